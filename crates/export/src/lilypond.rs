//! LilyPond: the score as source text that LilyPond engraves.
//!
//! Conventions: version 2.24; a drum staff with our places and heads, hands in the voice with stems up, feet below. Beams
//! are written out. What drum mode has no word for is text: `z` for a buzz roll, `choke`. Grace notes in one voice have
//! their silent likeness in the other, because LilyPond would otherwise move the voices apart.
//!
//! Source: *LilyPond Notation Reference* 2.24, sections 2.5.1 and B.14.

use crate::{FormatInfo, Material, Options, Result};
use drums::{Instrument, Notehead, Ticks, VoiceRole};
use score::{
    Beam, Chord, Content, DynamicMark, DynamicSign, Event, GraceKind, Hand, Measure, NoteValue, Score, Tremolo, Voice,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "lilypond",
    extension: "ly",
    media_type: "text/x-lilypond; charset=utf-8",
    name: "LilyPond",
    description: "The score as source text for LilyPond.",
    pages: false,
    write,
};

fn write(material: &Material<'_>, _: &Options) -> Result<Vec<u8>> {
    let score = material.score();
    let mut text = String::from("\\version \"2.24.0\"\n\n\\header {\n");
    for (key, value) in [("title", &score.title), ("subtitle", &score.subtitle)] {
        if !value.trim().is_empty() {
            let _ = writeln!(text, "  {key} = {}", quoted(value));
        }
    }
    text.push_str("  tagline = ##f\n}\n\n");
    kit(&mut text, score);
    let roles = score.measures.iter().flat_map(|measure| &measure.voices).map(|voice| voice.role);
    let roles: BTreeSet<VoiceRole> = roles.chain([VoiceRole::Hands]).collect();
    for role in &roles {
        let _ = writeln!(text, "{} = \\drummode {{", name_of(*role));
        voice(&mut text, score, *role);
        text.push_str("}\n\n");
    }
    let shaded = score.measures.iter().any(|measure| !measure.dynamics.is_empty());
    if shaded {
        text.push_str("shades = {\n");
        dynamics(&mut text, score);
        text.push_str("}\n\n");
    }
    text.push_str("\\score {\n  <<\n    \\new DrumStaff \\with { drumStyleTable = #(alist->hash-table kit) } <<\n");
    for role in &roles {
        let direction = if *role == VoiceRole::Hands { "voiceOne" } else { "voiceTwo" };
        let _ = writeln!(text, "      \\new DrumVoice {{ \\{direction} \\{} }}", name_of(*role));
    }
    text.push_str("    >>\n");
    if shaded {
        text.push_str("    \\new Dynamics \\shades\n");
    }
    text.push_str("  >>\n  \\layout { }\n  \\midi { }\n}\n");
    Ok(text.into_bytes())
}

fn name_of(role: VoiceRole) -> &'static str {
    if role == VoiceRole::Hands { "hands" } else { "feet" }
}

fn quoted(text: &str) -> String {
    let kept: String = text.chars().filter(|character| !character.is_control()).collect();
    format!("\"{}\"", kept.trim().replace('\\', "\\\\").replace('"', "\\\""))
}

/// Heads and places of the instruments used.
fn kit(text: &mut String, score: &Score) {
    text.push_str("kit = #'(\n");
    let named: BTreeMap<&str, Instrument> =
        score.kit.iter().map(|piece| (drum(piece.instrument).0, piece.instrument)).collect();
    for (name, instrument) in named {
        let head = match instrument.row().notehead {
            Notehead::Normal => "default",
            Notehead::X | Notehead::Plus => "cross",
            Notehead::CircleX => "xcircle",
            Notehead::Diamond => "diamond",
            Notehead::Triangle => "triangle",
            Notehead::Slashed => "slash",
        };
        let script = match instrument {
            Instrument::HihatOpen => "open",
            Instrument::HihatHalfOpen => "halfopen",
            _ => "#f",
        };
        // Counted from the middle line.
        let place = score.place_of(instrument).steps_above_bottom_line() - 4;
        let _ = writeln!(text, "  ({name} {head} {script} {place})");
    }
    text.push_str(")\n\n");
}

/// The long and the short name of a drum. The foot splash is the pedal with a circle.
const fn drum(instrument: Instrument) -> (&'static str, &'static str) {
    match instrument {
        Instrument::Splash => ("splashcymbal", "cyms"),
        Instrument::Crash2 => ("crashcymbalb", "cymcb"),
        Instrument::China => ("chinesecymbal", "cymch"),
        Instrument::Crash => ("crashcymbal", "cymc"),
        Instrument::HihatClosed => ("closedhihat", "hhc"),
        Instrument::HihatHalfOpen => ("halfopenhihat", "hhho"),
        Instrument::HihatOpen => ("openhihat", "hho"),
        Instrument::Ride2 => ("ridecymbalb", "cymrb"),
        Instrument::RideBell => ("ridebell", "rb"),
        Instrument::Ride => ("ridecymbal", "cymr"),
        Instrument::Cowbell => ("cowbell", "cb"),
        Instrument::Clap => ("handclap", "hc"),
        Instrument::Tambourine => ("tambourine", "tamb"),
        Instrument::TomHigh => ("hightom", "tomh"),
        Instrument::TomHighMid => ("himidtom", "tommh"),
        Instrument::TomLowMid => ("lowmidtom", "tomml"),
        Instrument::TomLow => ("lowtom", "toml"),
        Instrument::CrossStick => ("sidestick", "ss"),
        Instrument::Rimshot => ("electricsnare", "sne"),
        Instrument::Snare => ("snare", "sn"),
        Instrument::TomFloor => ("highfloortom", "tomfh"),
        Instrument::TomFloorLow => ("lowfloortom", "tomfl"),
        Instrument::Kick => ("bassdrum", "bd"),
        Instrument::Kick2 => ("acousticbassdrum", "bda"),
        Instrument::HihatPedal | Instrument::HihatFootSplash => ("pedalhihat", "hhp"),
    }
}

fn voice(text: &mut String, score: &Score, role: VoiceRole) {
    text.push_str("  \\autoBeamOff \\numericTimeSignature\n");
    if score.measures.first().is_some_and(|measure| measure.number == 0) {
        text.push_str("  \\set Score.currentBarNumber = #0\n");
    }
    let mut meter = None;
    for measure in &score.measures {
        text.push_str("  ");
        if meter != Some(measure.meter) {
            let _ = write!(text, "\\time {} ", measure.meter);
            meter = Some(measure.meter);
        }
        if role == VoiceRole::Hands {
            above(text, measure);
        }
        let own = measure.voices.iter().find(|voice| voice.role == role);
        let other = measure.voices.iter().find(|voice| voice.role != role);
        let graces = other.map(graces_of).unwrap_or_default();
        match own {
            Some(voice) => events(text, measure, &voice.events, &graces),
            None => silent(text, measure, &graces),
        }
        text.push_str("|\n");
    }
    if score.measures.is_empty() {
        text.push_str("  R1\n");
    }
    text.push_str("  \\bar \"|.\"\n");
}

fn above(text: &mut String, measure: &Measure) {
    if let Some(mark) = measure.tempo {
        let _ = write!(text, "\\tempo {} = {} ", value(mark.beat), mark.bpm.get().round());
    }
    if let Some(letter) = measure.rehearsal.as_deref().filter(|letter| !letter.trim().is_empty()) {
        let _ = write!(text, "\\mark \\markup \\box {} ", quoted(letter));
    }
    let swing = measure.swing.map(|swings| if swings { "Swing" } else { "Straight" });
    let words = Some(measure.text.as_str()).filter(|words| !words.trim().is_empty());
    for words in swing.into_iter().chain(words) {
        let _ = write!(text, "\\textMark {} ", quoted(words));
    }
}

/// Where the other voice has grace notes.
type Graces = BTreeMap<Ticks, GraceKind>;

fn graces_of(voice: &Voice) -> Graces {
    let graced = voice.events.iter().filter_map(|event| Some((event.offset, event.chord()?.graces.as_ref()?.kind)));
    graced.collect()
}

/// A measure in which the voice rests unseen.
fn silent(text: &mut String, measure: &Measure, graces: &Graces) {
    let mut at = Ticks::ZERO;
    for (offset, kind) in graces {
        spacer(text, *offset - at);
        silent_grace(text, *kind);
        at = *offset;
    }
    spacer(text, measure.length() - at);
}

fn spacer(text: &mut String, length: Ticks) {
    if length > Ticks::ZERO {
        let (numerator, denominator) = length.fraction_of(Ticks::QUARTER * 4);
        let _ = write!(text, "s1*{numerator}/{denominator} ");
    }
}

fn silent_grace(text: &mut String, kind: GraceKind) {
    text.push_str(match kind {
        GraceKind::Flam => "\\grace s8 ",
        GraceKind::Drag => "\\grace { s16 s16 } ",
        GraceKind::Ruff => "\\grace { s16 s16 s16 } ",
    });
}

fn events(text: &mut String, measure: &Measure, events: &[Event], graces: &Graces) {
    for event in events {
        let own = event.chord().and_then(|chord| chord.graces.as_ref());
        if let Some(kind) = graces.get(&event.offset).filter(|_| own.is_none()) {
            silent_grace(text, *kind);
        }
        if let Some(ratio) = event.value.tuplet.filter(|_| event.tuplet.is_some_and(|tuplet| tuplet.starts)) {
            let _ = write!(text, "\\tuplet {}/{} {{ ", ratio.actual, ratio.normal);
        }
        match &event.content {
            Content::Rest { whole_measure: true } => {
                let (numerator, denominator) = measure.length().fraction_of(Ticks::QUARTER * 4);
                let _ = write!(text, "R1*{numerator}/{denominator} ");
            }
            Content::Rest { whole_measure: false } => {
                let _ = write!(text, "r{} ", value(event.value));
            }
            Content::Chord(chord) => write_chord(text, event, chord),
        }
        if event.tuplet.is_some_and(|tuplet| tuplet.stops) {
            text.push_str("} ");
        }
    }
}

/// A value without its tuplet: 4 for a quarter, 8. for a dotted eighth.
fn value(value: NoteValue) -> String {
    format!("{}{}", 1 << (value.base as u32), ".".repeat(usize::from(value.dots)))
}

fn write_chord(text: &mut String, event: &Event, chord: &Chord) {
    if let Some(graces) = &chord.graces {
        let name = drum(graces.instrument).1;
        let _ = match graces.kind {
            GraceKind::Flam => write!(text, "\\slashedGrace {name}8 "),
            GraceKind::Drag => write!(text, "\\grace {{ {name}16[ {name}16] }} "),
            GraceKind::Ruff => write!(text, "\\grace {{ {name}16[ {name}16 {name}16] }} "),
        };
    }
    let heads: Vec<String> = chord
        .notes
        .iter()
        .map(|note| format!("{}{}", if note.ghost { "\\parenthesize " } else { "" }, drum(note.instrument).1))
        .collect();
    // Also around one head: it keeps parentheses and marks apart.
    let _ = write!(text, "<{}>{}", heads.join(" "), value(event.value));
    match chord.tremolo {
        Some(Tremolo::Slashes(slashes)) => {
            let _ = write!(text, ":{}", 4 << (usize::from(slashes.clamp(1, 4)) + event.value.base.flags()));
        }
        Some(Tremolo::Buzz) => text.push_str("^\"z\""),
        None => {}
    }
    match event.beams.first() {
        Some(Beam::Begin) => text.push('['),
        Some(Beam::End) => text.push(']'),
        _ => {}
    }
    let splash = chord.notes.iter().any(|note| note.instrument == Instrument::HihatFootSplash);
    let choke = chord.notes.iter().any(|note| note.choke);
    let hand = chord.sticking.map(|hand| if hand == Hand::Right { "_\"R\"" } else { "_\"L\"" });
    let marks = [chord.accent.then_some("->"), splash.then_some("\\open"), choke.then_some("^\"choke\""), hand];
    marks.into_iter().flatten().for_each(|mark| text.push_str(mark));
    text.push(' ');
}

/// Dynamics in a line of their own: spaces from mark to mark.
fn dynamics(text: &mut String, score: &Score) {
    let mut marks: BTreeMap<Ticks, Vec<&'static str>> = BTreeMap::new();
    for (measure, DynamicMark { offset, sign, .. }) in
        score.measures.iter().flat_map(|measure| measure.dynamics.iter().map(move |mark| (measure, mark)))
    {
        let at = measure.start + *offset;
        let mut put = |at: Ticks, what| marks.entry(at.min(score.length())).or_default().push(what);
        match sign {
            DynamicSign::Level(level) => put(at, level.letters()),
            DynamicSign::Crescendo(length) => {
                put(at, "<");
                put(at + *length, "!");
            }
            DynamicSign::Diminuendo(length) => {
                put(at, ">");
                put(at + *length, "!");
            }
        }
    }
    let end = score.length();
    let places: Vec<Ticks> = marks.keys().copied().filter(|at| *at < end).collect();
    let first = places.first().copied().unwrap_or(end);
    text.push_str("  ");
    spacer(text, first);
    for (index, at) in places.iter().enumerate() {
        let next = places.get(index + 1).copied().unwrap_or(end);
        spacer(text, next - *at);
        text.truncate(text.trim_end().len());
        let mut own = marks.get(at).cloned().unwrap_or_default();
        // An end first, then the letter, then what begins.
        own.sort_by_key(|mark| match *mark {
            "!" => 0,
            "<" | ">" => 2,
            _ => 1,
        });
        own.dedup();
        let begins = own.iter().any(|mark| matches!(*mark, "<" | ">"));
        for mark in own.into_iter().filter(|mark| !(begins && *mark == "!")) {
            let _ = write!(text, "\\{mark}");
        }
        text.push(' ');
    }
    if marks.contains_key(&end) {
        // A hairpin that ends with the score ends at a chord without notes.
        text.push_str("<>\\!");
    }
    text.push('\n');
}
