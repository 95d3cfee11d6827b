//! ABC: the score as text for folk-music programs, read by abcm2ps, abc2svg, EasyABC and music21.
//!
//! Conventions: version 2.1 with the percussion clef; voice 1 is hands, voice 2 feet, each written in full. The unit is a
//! sixteenth. Letters are places on the staff; in a percussion clef `^` is an x-head and `_` an x in a circle. Marks ABC
//! has no word for are annotations: `()` a ghost, `z` a buzz roll, `ø` half open, `choke`.
//!
//! Source: abcnotation.com, *The ABC music standard 2.1* (2011); abcm2ps 8.14 for heads.

use crate::{FormatInfo, Material, Options, Result};
use drums::{Articulation, Instrument, Meter, Notehead, StaffPlace, Ticks, VoiceRole};
use score::{
    Beam, Chord, Content, DynamicSign, Event, GraceGroup, GraceKind, Hand, Measure, NoteValue, Score, TempoMark,
    Tremolo,
};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "abc",
    extension: "abc",
    media_type: "text/vnd.abc; charset=utf-8",
    name: "ABC",
    description: "The score as text for ABC programs.",
    pages: false,
    write,
};

const UNIT: Ticks = Ticks::quarters(1, 4);
const MEASURES_A_LINE: usize = 4;

fn write(material: &Material<'_>, _: &Options) -> Result<Vec<u8>> {
    let score = material.score();
    let mut text = String::from("%abc-2.1\nX:1\n");
    for (index, title) in [&score.title, &score.subtitle].into_iter().enumerate() {
        let title = plain(title);
        // The first title is asked for even where there is none.
        if index == 0 || !title.is_empty() {
            let _ = writeln!(text, "T:{title}");
        }
    }
    let meter = score.measures.first().map_or(Meter::FOUR_FOUR, |measure| measure.meter);
    let _ = writeln!(text, "M:{meter}\nL:1/16");
    if let Some(mark) = score.measures.first().and_then(|measure| measure.tempo) {
        let _ = writeln!(text, "Q:{}", tempo(mark));
    }
    drum_map(&mut text, score);
    let roles: BTreeSet<VoiceRole> =
        score.measures.iter().flat_map(|measure| &measure.voices).map(|voice| voice.role).collect();
    let roles: Vec<VoiceRole> = if roles.is_empty() { vec![VoiceRole::Hands] } else { roles.into_iter().collect() };
    let numbers: Vec<String> = (1..=roles.len()).map(|number| number.to_string()).collect();
    let _ = writeln!(text, "%%score ({})\n%%continueall 1\nK:C", numbers.join(" "));
    for (number, role) in (1..).zip(roles) {
        write_voice(&mut text, score, number, role);
    }
    Ok(text.into_bytes())
}

/// Text without what would end a line or begin a comment.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_control() && *c != '%' && *c != '\\' && *c != '"');
    kept.collect::<String>().trim().to_owned()
}

fn tempo(mark: TempoMark) -> String {
    let (numerator, denominator) = mark.beat.ticks().fraction_of(Ticks::QUARTER * 4);
    format!("{numerator}/{denominator}={}", mark.bpm.get().round())
}

/// What the letters sound like, for programs that play.
fn drum_map(text: &mut String, score: &Score) {
    text.push_str("%%MIDI channel 10\n");
    for piece in &score.kit {
        let _ =
            writeln!(text, "%%MIDI drummap {} {}", letter(score, piece.instrument), piece.instrument.row().midi_key);
    }
}

fn write_voice(text: &mut String, score: &Score, number: usize, role: VoiceRole) {
    let (name, stem) = if role == VoiceRole::Hands { ("hands", "up") } else { ("feet", "down") };
    let _ = writeln!(text, "V:{number} clef=perc stem={stem} name=\"{name}\"");
    let mut meter = score.measures.first().map(|measure| measure.meter);
    for (index, measure) in score.measures.iter().enumerate() {
        if Some(measure.meter) != meter {
            let _ = write!(text, "[M:{}]", measure.meter);
            meter = Some(measure.meter);
        }
        if number == 1 {
            above(text, measure, index == 0);
        }
        match measure.voices.iter().find(|voice| voice.role == role) {
            Some(voice) => events(text, score, measure, &voice.events),
            // Nothing is drawn where the voice is silent.
            None => text.push_str(&format!("x{}", length(measure.length()))),
        }
        let is_last = index + 1 == score.measures.len();
        text.push_str(if is_last { "|]" } else { "|" });
        text.push(if is_last || (index + 1) % MEASURES_A_LINE == 0 { '\n' } else { ' ' });
    }
    if score.measures.is_empty() {
        text.push_str("z16|]\n");
    }
}

fn above(text: &mut String, measure: &Measure, is_first: bool) {
    if let Some(mark) = measure.tempo.filter(|_| !is_first) {
        let _ = write!(text, "[Q:{}]", tempo(mark));
    }
    if let Some(letter) = measure.rehearsal.as_deref().map(plain).filter(|letter| !letter.is_empty()) {
        let _ = write!(text, "[P:{}]", letter.replace(']', ")"));
    }
    if let Some(swings) = measure.swing {
        text.push_str(if swings { "\"^Swing\"" } else { "\"^Straight\"" });
    }
    let words = plain(&measure.text);
    if !words.is_empty() {
        let _ = write!(text, "\"^{words}\"");
    }
    // A letter stands at a note in ABC; one inside the measure stands at its beginning, hairpins are left out.
    for mark in &measure.dynamics {
        if let DynamicSign::Level(level) = mark.sign {
            let _ = write!(text, "!{}!", level.letters());
        }
    }
}

fn events(text: &mut String, score: &Score, measure: &Measure, events: &[Event]) {
    for (index, event) in events.iter().enumerate() {
        if event.tuplet.is_some_and(|tuplet| tuplet.starts) {
            let count = 1 + events[index..].iter().take_while(|event| event.tuplet.is_none_or(|t| !t.stops)).count();
            let ratio = event.value.tuplet.map_or((3, 2), |ratio| (ratio.actual, ratio.normal));
            let _ = write!(text, "({}:{}:{count}", ratio.0, ratio.1);
        }
        match &event.content {
            // Programs differ in what they make of Z, and music21 wants lengths.
            Content::Rest { whole_measure: true } => text.push_str(&format!("z{}", length(measure.length()))),
            Content::Rest { whole_measure: false } => text.push_str(&format!("z{}", length(straight(event.value)))),
            Content::Chord(chord) => write_chord(text, score, event, chord),
        }
        let joins = event.beams.first().is_some_and(|beam| matches!(beam, Beam::Begin | Beam::Continue));
        if !joins {
            text.push(' ');
        }
    }
}

/// The length of a value outside its tuplet.
fn straight(value: NoteValue) -> Ticks {
    NoteValue { tuplet: None, ..value }.ticks()
}

fn length(length: Ticks) -> String {
    match length.fraction_of(UNIT) {
        (1, 1) => String::new(),
        (numerator, 1) => numerator.to_string(),
        (1, denominator) => format!("/{denominator}"),
        (numerator, denominator) => format!("{numerator}/{denominator}"),
    }
}

fn write_chord(text: &mut String, score: &Score, event: &Event, chord: &Chord) {
    if let Some(graces) = &chord.graces {
        write_graces(text, score, graces);
    }
    for (is_marked, mark) in [
        (chord.accent, "!>!"),
        (chord.notes.iter().any(|note| note.ghost), "\"_()\""),
        (chord.notes.iter().any(|note| note.choke), "\"^choke\""),
        (chord.sticking == Some(Hand::Right), "\"_R\""),
        (chord.sticking == Some(Hand::Left), "\"_L\""),
        (chord.tremolo == Some(Tremolo::Buzz), "\"^z\""),
    ] {
        if is_marked {
            text.push_str(mark);
        }
    }
    if let Some(Tremolo::Slashes(slashes)) = chord.tremolo {
        let _ = write!(text, "!{}!", "/".repeat(usize::from(slashes.clamp(1, 4))));
    }
    let articulations = chord.notes.iter().filter_map(|note| note.instrument.row().articulation);
    for articulation in articulations.collect::<Vec<_>>() {
        text.push_str(if articulation == Articulation::Open { "!open!" } else { "\"^ø\"" });
    }
    let letters: Vec<String> = chord.notes.iter().map(|note| letter(score, note.instrument)).collect();
    let value = length(straight(event.value));
    let _ = match letters.as_slice() {
        [only] => write!(text, "{only}{value}"),
        several => write!(text, "[{}]{value}", several.concat()),
    };
}

fn write_graces(text: &mut String, score: &Score, graces: &GraceGroup) {
    let slash = if graces.kind == GraceKind::Flam { "/" } else { "" };
    let letter = letter(score, graces.instrument);
    let _ = write!(text, "{{{slash}{}}}", letter.repeat(graces.kind.strokes()));
}

/// The letter of a place, behind the sign of its head.
fn letter(score: &Score, instrument: Instrument) -> String {
    let head = match instrument.row().notehead {
        Notehead::Normal | Notehead::Slashed => "",
        Notehead::CircleX | Notehead::Triangle => "_",
        Notehead::X | Notehead::Plus | Notehead::Diamond => "^",
    };
    let StaffPlace { octave, step } = score.place_of(instrument);
    let letter = step.letter();
    match octave {
        ..=4 => format!("{head}{letter}{}", ",".repeat(usize::from(4 - octave.min(4)))),
        _ => format!("{head}{}{}", letter.to_ascii_lowercase(), "'".repeat(usize::from(octave - 5))),
    }
}
