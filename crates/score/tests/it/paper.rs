//! A score as text, so that snapshots read like the page.
//!
//! One line per voice: `4 8 16 32` are note values, a dot follows, `r` is a rest, `[3 ...]` a tuplet, `(...)` a ghost,
//! `>` an accent, `~` a roll, `f`/`d`/`u` flam, drag and ruff, `/R` a hand, `_` joins what one beam holds.

use drums::VoiceRole;
use score::{Base, Beam, Content, Event, GraceKind, Score, TempoMark, check};
use std::fmt::Write;

/// The score as text. Panics where it breaks a law.
pub(crate) fn paper(score: &Score) -> String {
    assert_eq!(check(score), [], "laws of the model");
    let mut text = String::new();
    let mut meter = None;
    for measure in &score.measures {
        let mut head = measure.number.to_string();
        if meter != Some(measure.meter) {
            write!(head, " {}", measure.meter).unwrap();
            meter = Some(measure.meter);
        }
        if let Some(TempoMark { beat, bpm }) = measure.tempo {
            write!(head, " {}={}", value_of(beat), bpm.get()).unwrap();
        }
        if let Some(swing) = measure.swing {
            head += if swing { " Swing" } else { " Straight" };
        }
        if !measure.text.is_empty() {
            write!(head, " {:?}", measure.text).unwrap();
        }
        if let Some(repeat) = measure.repeat {
            write!(head, " {repeat:?}").unwrap();
        }
        writeln!(text, "{head}").unwrap();
        for voice in &measure.voices {
            let name = if voice.role == VoiceRole::Hands { "hands" } else { "feet " };
            let events: String = voice.events.iter().map(event_of).collect();
            writeln!(text, "  {name} {}", events.trim_end()).unwrap();
        }
    }
    text
}

fn value_of(value: score::NoteValue) -> String {
    let base = match value.base {
        Base::Whole => "1",
        Base::Half => "2",
        Base::Quarter => "4",
        Base::Eighth => "8",
        Base::Sixteenth => "16",
        Base::ThirtySecond => "32",
        Base::SixtyFourth => "64",
    };
    format!("{base}{}", ".".repeat(usize::from(value.dots)))
}

fn event_of(event: &Event) -> String {
    let mut text = String::new();
    if let Some(tuplet) = event.tuplet.filter(|tuplet| tuplet.starts) {
        let ratio = event.value.tuplet.expect("a tuplet has a ratio");
        let mark = if tuplet.bracket { "[" } else { "" };
        write!(text, "{mark}{}:{} ", ratio.actual, ratio.normal).unwrap();
    }
    match &event.content {
        Content::Rest { whole_measure: true } => text += "r-",
        Content::Rest { .. } => write!(text, "r{}", value_of(event.value)).unwrap(),
        Content::Chord(chord) => {
            if let Some(graces) = &chord.graces {
                text += match graces.kind {
                    GraceKind::Flam => "f",
                    GraceKind::Drag => "d",
                    GraceKind::Ruff => "u",
                };
            }
            text += &value_of(event.value);
            let notes: Vec<String> = chord
                .notes
                .iter()
                .map(|note| {
                    let row = note.instrument.row();
                    let name = if matches!(row.tab_stroke, 'x' if row.tab_label != "RD")
                        || row.tab_stroke == 'o' && row.tab_label != "HH"
                    {
                        row.tab_label.to_owned()
                    } else {
                        format!("{}{}", row.tab_label, row.tab_stroke)
                    };
                    let name = if note.choke { format!("{name}!") } else { name };
                    if note.ghost { format!("({name})") } else { name }
                })
                .collect();
            text += &notes.join("+");
            if chord.accent {
                text += ">";
            }
            if let Some(hand) = chord.sticking {
                text += if hand == score::Hand::Right { "/R" } else { "/L" };
            }
            if chord.tremolo.is_some() {
                text += "~";
            }
        }
    }
    let joined = matches!(event.beams.first(), Some(Beam::Begin | Beam::Continue));
    if event.tuplet.is_some_and(|tuplet| tuplet.stops && tuplet.bracket) {
        text += "]";
    }
    text + if joined { "_" } else { " " }
}
