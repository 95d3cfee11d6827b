//! Notes, rests, grace notes and the marks on them.
//!
//! Conventions: the children of a note stand in the order of the schema. What belongs to a chord (beams, tuplet, accent,
//! roll, sticking) is written at its first note; open and half-open marks, ghosts and chokes at the note they belong to.

use super::{Divisions, Side, instrument_name, type_name};
use crate::element_name;
use crate::xml::Xml;
use drums::{Articulation, Instrument, Notehead, Ticks, Velocity};
use score::{Base, Beam, Chord, Content, Event, GraceGroup, GraceKind, Hand, Measure, Note, NoteValue, Score, Tremolo};

/// How long an event lasts: a rest of a whole measure as long as that, whatever sign stands for it.
pub(super) fn sounding_length(event: &Event, measure: &Measure) -> Ticks {
    let is_whole = matches!(event.content, Content::Rest { whole_measure: true });
    if is_whole { measure.length() } else { event.length() }
}

pub(super) fn write_event(
    xml: &mut Xml,
    score: &Score,
    measure: &Measure,
    event: &Event,
    side: Side,
    divisions: Divisions,
) {
    match &event.content {
        Content::Rest { whole_measure } => {
            rest(xml, event, sounding_length(event, measure), *whole_measure, side, divisions);
        }
        Content::Chord(chord) => {
            if let Some(graces) = &chord.graces {
                grace_notes(xml, score, graces, side);
            }
            for (index, note) in chord.notes.iter().enumerate() {
                chord_note(xml, score, event, chord, note, index == 0, side, divisions);
            }
        }
    }
}

fn rest(xml: &mut Xml, event: &Event, length: Ticks, whole_measure: bool, side: Side, divisions: Divisions) {
    xml.within("note", &[("id", &element_name(event.id))], |xml| {
        if whole_measure {
            xml.empty("rest", &[("measure", "yes")]);
        } else {
            xml.empty("rest", &[]);
        }
        xml.leaf("duration", &[], &divisions.text(length));
        xml.leaf("voice", &[], side.voice);
        if !whole_measure {
            written_value(xml, event.value);
            beams(xml, &event.beams);
            if event.tuplet.is_some_and(|tuplet| tuplet.starts || tuplet.stops) {
                xml.within("notations", &[], |xml| tuplet(xml, event, side));
            }
        }
    });
}

fn chord_note(
    xml: &mut Xml,
    score: &Score,
    event: &Event,
    chord: &Chord,
    note: &Note,
    is_first: bool,
    side: Side,
    divisions: Divisions,
) {
    let attributes = [("id", &*element_name(note.id)), ("dynamics", &*percent_of_forte(note.velocity))];
    xml.within("note", &attributes, |xml| {
        if !is_first {
            xml.empty("chord", &[]);
        }
        unpitched(xml, score, note.instrument);
        xml.leaf("duration", &[], &divisions.text(event.length()));
        xml.empty("instrument", &[("id", &instrument_name(note.instrument))]);
        xml.leaf("voice", &[], side.voice);
        written_value(xml, event.value);
        xml.leaf("stem", &[], side.stem);
        notehead(xml, note.instrument, note.ghost);
        if is_first {
            beams(xml, &event.beams);
        }
        notations(xml, event, chord, note, is_first, side);
        if let Some(hand) = chord.sticking.filter(|_| is_first) {
            sticking(xml, hand);
        }
    });
}

fn grace_notes(xml: &mut Xml, score: &Score, graces: &GraceGroup, side: Side) {
    let strokes = graces.kind.strokes();
    let (slash, base) = if graces.kind == GraceKind::Flam { ("yes", Base::Eighth) } else { ("no", Base::Sixteenth) };
    for stroke in 0..strokes {
        let name = element_name(graces.id);
        let id = if stroke == 0 { name } else { format!("{name}-{}", stroke + 1) };
        xml.within("note", &[("id", &id)], |xml| {
            xml.empty("grace", &[("slash", slash)]);
            unpitched(xml, score, graces.instrument);
            xml.empty("instrument", &[("id", &instrument_name(graces.instrument))]);
            xml.leaf("voice", &[], side.voice);
            written_value(xml, NoteValue::plain(base));
            xml.leaf("stem", &[], side.stem);
            notehead(xml, graces.instrument, false);
            let beam = match stroke {
                _ if strokes == 1 => return,
                0 => Beam::Begin,
                last if last + 1 == strokes => Beam::End,
                _ => Beam::Continue,
            };
            beams(xml, &[beam, beam]);
        });
    }
}

fn unpitched(xml: &mut Xml, score: &Score, instrument: Instrument) {
    let place = score.place_of(instrument);
    xml.within("unpitched", &[], |xml| {
        xml.leaf("display-step", &[], &place.step.letter().to_string());
        xml.leaf("display-octave", &[], &place.octave.to_string());
    });
}

fn written_value(xml: &mut Xml, value: NoteValue) {
    xml.leaf("type", &[], type_name(value.base));
    for _ in 0..value.dots {
        xml.empty("dot", &[]);
    }
    if let Some(ratio) = value.tuplet {
        xml.within("time-modification", &[], |xml| {
            xml.leaf("actual-notes", &[], &ratio.actual.to_string());
            xml.leaf("normal-notes", &[], &ratio.normal.to_string());
        });
    }
}

fn notehead(xml: &mut Xml, instrument: Instrument, ghost: bool) {
    let shape = match instrument.row().notehead {
        Notehead::Normal => "normal",
        Notehead::X => "x",
        Notehead::CircleX => "circle-x",
        Notehead::Plus => "cross",
        Notehead::Diamond => "diamond",
        Notehead::Triangle => "triangle",
        Notehead::Slashed => "slashed",
    };
    if ghost {
        xml.leaf("notehead", &[("parentheses", "yes")], shape);
    } else {
        xml.leaf("notehead", &[], shape);
    }
}

fn beams(xml: &mut Xml, beams: &[Beam]) {
    for (level, beam) in (1..=8).zip(beams) {
        let what = match beam {
            Beam::Begin => "begin",
            Beam::Continue => "continue",
            Beam::End => "end",
            Beam::HookForward => "forward hook",
            Beam::HookBackward => "backward hook",
        };
        xml.leaf("beam", &[("number", &i32::to_string(&level))], what);
    }
}

fn notations(xml: &mut Xml, event: &Event, chord: &Chord, note: &Note, is_first: bool, side: Side) {
    let has_tuplet = is_first && event.tuplet.is_some_and(|tuplet| tuplet.starts || tuplet.stops);
    let tremolo = chord.tremolo.filter(|_| is_first);
    let mark = note.instrument.row().articulation;
    let accent = chord.accent && is_first;
    let is_marked = has_tuplet || tremolo.is_some() || mark.is_some() || note.choke || accent;
    // The chord as a whole has no element of its own in MusicXML; its name stands at the marks of its first note.
    let name = element_name(event.id);
    let id = [("id", name.as_str())];
    let id: &[(&str, &str)] = if is_first { &id } else { &[] };
    if !is_marked {
        if is_first {
            xml.empty("notations", id);
        }
        return;
    }
    xml.within("notations", id, |xml| {
        if has_tuplet {
            tuplet(xml, event, side);
        }
        if let Some(tremolo) = tremolo {
            xml.within("ornaments", &[], |xml| roll(xml, tremolo, side));
        }
        if mark.is_some() || note.choke {
            xml.within("technical", &[], |xml| technical(xml, mark, note.choke, side));
        }
        if accent {
            xml.within("articulations", &[], |xml| xml.empty("accent", &[("placement", side.placement)]));
        }
    });
}

fn tuplet(xml: &mut Xml, event: &Event, side: Side) {
    let Some(tuplet) = event.tuplet else { return };
    // Stop first: a tuplet that ends where another begins would otherwise close the new one.
    if tuplet.stops {
        xml.empty("tuplet", &[("type", "stop"), ("number", "1")]);
    }
    if tuplet.starts {
        let name = element_name(tuplet.id);
        let bracket = if tuplet.bracket { "yes" } else { "no" };
        let attributes = [
            ("type", "start"),
            ("number", "1"),
            ("bracket", bracket),
            ("placement", side.placement),
            ("show-number", "actual"),
            ("id", &name),
        ];
        xml.empty("tuplet", &attributes);
    }
}

fn roll(xml: &mut Xml, tremolo: Tremolo, side: Side) {
    let placement = ("placement", side.placement);
    match tremolo {
        Tremolo::Slashes(count) => {
            xml.leaf("tremolo", &[("type", "single"), placement], &count.clamp(1, 8).to_string());
        }
        Tremolo::Buzz => {
            xml.leaf("tremolo", &[("type", "unmeasured"), placement, ("smufl", "buzzRoll")], "0");
        }
    }
}

fn technical(xml: &mut Xml, mark: Option<Articulation>, choke: bool, side: Side) {
    let placement = ("placement", side.placement);
    match mark {
        // Readers draw this circle where they leave out `open`.
        Some(Articulation::Open) => xml.empty("open-string", &[placement]),
        Some(Articulation::HalfOpen) => xml.empty("half-muted", &[placement, ("smufl", "guitarHalfOpenPedal")]),
        None => {}
    }
    if choke {
        xml.leaf("other-technical", &[placement, ("smufl", "pictChokeCymbal")], "choke");
    }
}

fn sticking(xml: &mut Xml, hand: Hand) {
    xml.within("lyric", &[("number", "1"), ("placement", "below")], |xml| {
        xml.leaf("syllabic", &[], "single");
        xml.leaf("text", &[], if hand == Hand::Right { "R" } else { "L" });
    });
}

/// MusicXML counts dynamics in percent of forte, which is MIDI velocity 90.
fn percent_of_forte(velocity: Velocity) -> String {
    let percent = f64::from(velocity.to_midi()) / 90.0 * 100.0;
    ((percent * 100.0).round() / 100.0).to_string()
}
