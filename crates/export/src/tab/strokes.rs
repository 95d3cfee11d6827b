//! Characters: which stands for which stroke, and on which line.

use super::grid::BarGrid;
use crate::walk::chords;
use drums::{Instrument, Meter, VoiceRole, instruments};
use score::{Chord, GraceKind, Measure, Note, Score, Tremolo};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// A line of the tab. Instruments with one label share it; hands come before feet, each in score order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    voice: VoiceRole,
    /// The first instrument of the table with the line's label.
    instrument: Instrument,
}

impl Line {
    /// Stands for all where nothing is played.
    pub(super) const SILENT: Self = Self { voice: VoiceRole::Hands, instrument: Instrument::Snare };

    fn of(instrument: Instrument) -> Self {
        let label = instrument.row().tab_label;
        let first = instruments().iter().find(|row| row.tab_label == label).map_or(instrument, |row| row.instrument);
        Self { voice: first.row().voice, instrument: first }
    }

    pub(super) fn label(self) -> &'static str {
        self.instrument.row().tab_label
    }
}

/// The lines a measure uses.
pub(super) fn lines_of(measure: &Measure) -> BTreeSet<Line> {
    let events = measure.voices.iter().flat_map(|voice| &voice.events);
    let notes = events.filter_map(|event| event.chord()).flat_map(|chord| &chord.notes);
    notes.map(|note| Line::of(note.instrument)).collect()
}

/// The characters of a line in a measure.
pub(super) fn cells(measure: &Measure, bar: &BarGrid, line: Line) -> Vec<char> {
    let mut cells = vec!['-'; bar.columns()];
    for event in measure.voices.iter().flat_map(|voice| &voice.events) {
        for (chord, note) in
            event.chord().into_iter().flat_map(|chord| chord.notes.iter().map(move |note| (chord, note)))
        {
            if Line::of(note.instrument) == line {
                cells[bar.column(event.offset)] = stroke(chord, note);
            }
        }
    }
    cells
}

/// What is written above a measure: a new meter, a new tempo, its letter, swing and words. What does not fit is left
/// out, words are cut.
pub(super) fn words(measure: &Measure, meter_before: Option<Meter>, width_chars: usize) -> String {
    let changes = meter_before.is_some_and(|before| before != measure.meter);
    let meter = changes.then(|| measure.meter.to_string());
    let tempo = measure.tempo.filter(|_| meter_before.is_some()).map(super::tempo_words);
    let letter = measure.rehearsal.as_ref().map(|letter| format!("[{letter}]"));
    let swing = measure.swing.map(|swings| if swings { "Swing" } else { "Straight" }.to_owned());
    let mut words = String::new();
    for word in [meter, tempo, letter, swing].into_iter().flatten() {
        let room = width_chars.saturating_sub(words.chars().count() + usize::from(!words.is_empty()));
        if word.chars().count() <= room {
            words.push_str(if words.is_empty() { "" } else { " " });
            words.push_str(&word);
        }
    }
    if !measure.text.trim().is_empty() {
        words.push_str(if words.is_empty() { "" } else { " " });
        words.push_str(measure.text.trim());
    }
    let words = words.chars().filter(|character| !character.is_control()).take(width_chars);
    words.collect::<String>().trim_end().to_owned()
}

fn stroke(chord: &Chord, note: &Note) -> char {
    let grace = chord.graces.as_ref().filter(|graces| graces.instrument == note.instrument);
    if let Some(graces) = grace {
        return match graces.kind {
            GraceKind::Flam => 'f',
            GraceKind::Drag => 'd',
            GraceKind::Ruff => 'r',
        };
    }
    let rolls = note.instrument == chord.notes.last().map_or(note.instrument, |last| last.instrument);
    match chord.tremolo.filter(|_| rolls) {
        Some(Tremolo::Buzz) => return 'z',
        Some(Tremolo::Slashes(_)) => return '=',
        None => {}
    }
    let plain = note.instrument.row().tab_stroke;
    if note.choke {
        '#'
    } else if note.ghost {
        'g'
    } else if chord.accent {
        plain.to_ascii_uppercase()
    } else {
        plain
    }
}

/// Two columns of text: what the lines are, and what the characters used in this score mean.
pub(super) fn legend(score: &Score) -> String {
    let mut lines: BTreeMap<Line, ()> = BTreeMap::new();
    let mut meanings: BTreeMap<char, BTreeSet<String>> = BTreeMap::new();
    for (_, _, chord) in chords(score) {
        for note in &chord.notes {
            lines.insert(Line::of(note.instrument), ());
            let character = stroke(chord, note);
            meanings.entry(character).or_default().insert(meaning(character, note.instrument));
        }
    }
    let mut legend = String::new();
    for line in lines.keys() {
        let _ = writeln!(legend, "{:<2}  {}", line.label(), line_name(*line));
    }
    if !legend.is_empty() {
        legend.push('\n');
    }
    for (character, meanings) in &meanings {
        let meanings: Vec<&str> = meanings.iter().map(String::as_str).collect();
        let _ = writeln!(legend, "{character}   {}", meanings.join("; "));
    }
    legend
}

/// The last row with a label has the plainest name: the snare after the rimshot, the ride after its bell.
fn line_name(line: Line) -> &'static str {
    let mut rows = instruments().iter().rev();
    let name = rows.find(|row| row.tab_label == line.label()).map_or("", |row| row.name);
    name.split_once(',').map_or(name, |(piece, _)| piece)
}

fn meaning(character: char, instrument: Instrument) -> String {
    let name = instrument.name().to_lowercase();
    match character {
        'f' => "flam".to_owned(),
        'd' => "drag".to_owned(),
        'r' => "ruff".to_owned(),
        'z' => "buzz roll".to_owned(),
        '=' => "roll".to_owned(),
        '#' => "choked".to_owned(),
        'g' => "ghost note".to_owned(),
        'o' | 'x' if !name.contains(',') => "stroke".to_owned(),
        'O' | 'X' if !name.contains(',') => "accent".to_owned(),
        _ if character.is_uppercase() && instrument.row().tab_stroke.is_lowercase() => format!("{name}, accent"),
        _ => name,
    }
}

/// What a character means on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Plain(Instrument),
    Accent(Instrument),
    Ghost(Instrument),
    Flam(Instrument),
    Drag(Instrument),
    Ruff(Instrument),
    Buzz(Instrument),
    Roll(Instrument),
    Choke(Instrument),
}

impl Sign {
    pub(super) const fn instrument(self) -> Instrument {
        match self {
            Self::Plain(own)
            | Self::Accent(own)
            | Self::Ghost(own)
            | Self::Flam(own)
            | Self::Drag(own)
            | Self::Ruff(own)
            | Self::Buzz(own)
            | Self::Roll(own)
            | Self::Choke(own) => own,
        }
    }
}

/// Labels that others use, with ours.
const LABELS: [(&str, &str); 22] = [
    ("H", "HH"),
    ("HI", "HH"),
    ("S", "SD"),
    ("SN", "SD"),
    ("B", "BD"),
    ("K", "BD"),
    ("KD", "BD"),
    ("BA", "BD"),
    ("C", "CR"),
    ("CC", "CR"),
    ("C1", "CR"),
    ("CY", "CR"),
    ("R", "RD"),
    ("RC", "RD"),
    ("RI", "RD"),
    ("T", "T1"),
    ("HT", "T1"),
    ("MT", "T3"),
    ("LT", "T4"),
    ("F", "FT"),
    ("FH", "HF"),
    ("HP", "HF"),
];

/// Our label for a label as it stands in a tab; the empty one is the line of silence.
pub(super) fn label_of(label: &str) -> Option<&'static str> {
    let wanted = label.to_ascii_uppercase();
    if wanted.is_empty() {
        return Some("");
    }
    let own = instruments().iter().map(|row| row.tab_label).find(|own| *own == wanted);
    own.or_else(|| LABELS.iter().find(|(theirs, _)| *theirs == wanted).map(|(_, own)| *own))
}

/// What a character means on the line with one of our labels.
pub(super) fn sign_of(label: &str, character: char) -> Option<Sign> {
    let own = || instruments().iter().filter(|row| row.tab_label == label);
    let named = |stroke: char| own().find(|row| row.tab_stroke == stroke).map(|row| row.instrument);
    // The last row with a label is the plainest: the snare after the rimshot. The hi-hat is plain when closed.
    let plain = named('x').filter(|_| label == "HH").or_else(|| own().next_back().map(|row| row.instrument));
    let plain = named('x').filter(|_| label == "HF").or(plain)?;
    if let Some(instrument) = named(character) {
        return Some(Sign::Plain(instrument));
    }
    match character {
        'g' => return Some(Sign::Ghost(plain)),
        'f' => return Some(Sign::Flam(plain)),
        'd' => return Some(Sign::Drag(plain)),
        'r' => return Some(Sign::Ruff(plain)),
        'z' => return Some(Sign::Buzz(plain)),
        '=' => return Some(Sign::Roll(plain)),
        '#' => return Some(Sign::Choke(plain)),
        _ => {}
    }
    if let Some(instrument) = named(character.to_ascii_lowercase()) {
        return Some(Sign::Accent(instrument));
    }
    // Elsewhere an x on the snare is a cross-stick, and drums and cymbals are told apart by their lines alone.
    match (label, character) {
        ("SD", 'x' | 'X') => Some(Sign::Plain(Instrument::CrossStick)),
        (_, 'x' | 'o') => Some(Sign::Plain(plain)),
        (_, 'X' | 'O') => Some(Sign::Accent(plain)),
        _ => None,
    }
}
