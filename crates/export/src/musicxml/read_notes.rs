//! The notes of a measure read back: as events of ours, or as strokes to be written down anew.

use super::base_of;
use super::read::{State, child, malformed, name_of, number, staff_place, text_of};
use crate::Result;
use drums::{Instrument, Notehead, StaffPlace, Ticks, Velocity, VoiceRole, instruments};
use roxmltree::Node;
use score::{
    Base, Beam, Chord, Content, ElementId, Event, GraceGroup, GraceKind, Hand, Measure, Note, NoteValue, SketchStroke,
    Tremolo, Tuplet, TupletRatio, Voice,
};
use std::collections::BTreeMap;

/// Most notes of a measure.
const NOTES_MAX: usize = 4_096;

/// What a `note` element says.
#[derive(Debug, Clone, Default)]
pub(super) struct Raw {
    id: Option<ElementId>,
    /// The name of the whole chord.
    event_id: Option<ElementId>,
    offset: Ticks,
    voice: String,
    is_rest: bool,
    whole_measure: bool,
    is_grace: bool,
    in_chord: bool,
    /// Whether it goes on from a note before.
    is_tied: bool,
    pub(super) instrument: Option<Instrument>,
    pub(super) place: Option<StaffPlace>,
    value: Option<NoteValue>,
    velocity: Option<Velocity>,
    ghost: bool,
    accent: bool,
    choke: bool,
    tremolo: Option<Tremolo>,
    sticking: Option<Hand>,
    beams: Vec<Beam>,
    tuplet_start: Option<(Option<ElementId>, bool)>,
    tuplet_stop: bool,
}

/// Every note and rest of a measure with its place.
pub(super) fn read_measure_notes(
    measure: Node<'_, '_>,
    state: &State,
    instruments: &BTreeMap<&str, Instrument>,
    index: usize,
) -> Result<Vec<Raw>> {
    let mut notes: Vec<Raw> = Vec::new();
    let (mut now, mut last_start) = (0_i64, 0_i64);
    for node in measure.children().filter(Node::is_element) {
        if is_note(node) {
            let mut raw = read_note(node, instruments);
            let start = if raw.in_chord { last_start } else { now };
            let place = || malformed(format!("measures[{index}]"), "a note far outside its measure");
            raw.offset = state.ticks(start).ok_or_else(place)?;
            if !raw.in_chord && !raw.is_grace {
                last_start = now;
            }
            notes.push(raw);
            crate::limit("measure", notes.len(), NOTES_MAX, "notes")?;
        }
        now = after(now, node);
    }
    Ok(notes)
}

fn is_note(node: Node<'_, '_>) -> bool {
    node.has_tag_name("note") && child(node, "cue").is_none()
}

/// Where a measure stands after an element, in divisions.
pub(super) fn after(now: i64, node: Node<'_, '_>) -> i64 {
    let duration = number::<f64>(node, "duration").filter(|duration| (0.0..1e9).contains(duration));
    let duration = duration.map_or(0, |duration| duration.round() as i64);
    match node.tag_name().name() {
        "backup" => (now - duration).max(0),
        "forward" => now + duration,
        "note" if is_note(node) && child(node, "chord").is_none() && child(node, "grace").is_none() => now + duration,
        _ => now,
    }
}

fn read_note(node: Node<'_, '_>, instruments: &BTreeMap<&str, Instrument>) -> Raw {
    let mut raw = Raw {
        id: name_of(node),
        voice: text_of(node, "voice").unwrap_or("1").to_owned(),
        is_rest: child(node, "rest").is_some(),
        whole_measure: child(node, "rest").is_some_and(|rest| rest.attribute("measure") == Some("yes")),
        is_grace: child(node, "grace").is_some(),
        in_chord: child(node, "chord").is_some(),
        is_tied: node.children().any(|node| node.has_tag_name("tie") && node.attribute("type") == Some("stop")),
        place: child(node, "unpitched").and_then(staff_place),
        value: read_value(node),
        velocity: read_velocity(node),
        ghost: child(node, "notehead").is_some_and(|head| head.attribute("parentheses") == Some("yes")),
        ..Raw::default()
    };
    for notations in node.children().filter(|child| child.has_tag_name("notations")) {
        raw.event_id = raw.event_id.or_else(|| name_of(notations));
        notations.children().filter(Node::is_element).for_each(|node| read_notation(node, &mut raw));
    }
    raw.instrument = child(node, "instrument")
        .and_then(|instrument| instruments.get(instrument.attribute("id")?).copied())
        .or_else(|| by_look(raw.place?, text_of(node, "notehead").unwrap_or("normal")))
        .filter(|_| !raw.is_rest);
    if let Some(text) = child(node, "lyric").and_then(|lyric| text_of(lyric, "text")) {
        raw.sticking = match text {
            "R" | "r" => Some(Hand::Right),
            "L" | "l" => Some(Hand::Left),
            _ => None,
        };
    }
    let mut beams: Vec<(u8, Beam)> = node.children().filter_map(read_beam).collect();
    beams.sort_by_key(|(number, _)| *number);
    raw.beams = beams.into_iter().map(|(_, beam)| beam).collect();
    raw
}

/// The instrument that looks like this on paper, where a document does not say.
fn by_look(place: StaffPlace, head: &str) -> Option<Instrument> {
    let head = match head {
        "x" => Notehead::X,
        "circle-x" => Notehead::CircleX,
        "cross" => Notehead::Plus,
        "diamond" => Notehead::Diamond,
        "triangle" => Notehead::Triangle,
        "slashed" => Notehead::Slashed,
        _ => Notehead::Normal,
    };
    let mut rows = instruments().iter().rev();
    rows.find(|row| row.place == place && row.notehead == head && row.articulation.is_none()).map(|row| row.instrument)
}

fn read_value(node: Node<'_, '_>) -> Option<NoteValue> {
    let base = base_of(text_of(node, "type")?)?;
    let dots = node.children().filter(|child| child.has_tag_name("dot")).count().min(2) as u8;
    let tuplet = child(node, "time-modification").and_then(|ratio| {
        let (actual, normal): (u8, u8) = (number(ratio, "actual-notes")?, number(ratio, "normal-notes")?);
        ((2..=15).contains(&actual) && (1..=16).contains(&normal)).then_some(TupletRatio { actual, normal })
    });
    Some(NoteValue { base, dots, tuplet })
}

/// Dynamics are in percent of forte, which is MIDI velocity 90.
fn read_velocity(node: Node<'_, '_>) -> Option<Velocity> {
    let percent: f64 = node.attribute("dynamics")?.parse().ok()?;
    Some(Velocity::from_midi((percent * 0.9).round().clamp(1.0, 127.0) as u8))
}

fn read_beam(node: Node<'_, '_>) -> Option<(u8, Beam)> {
    let beam = match node.text().filter(|_| node.has_tag_name("beam"))?.trim() {
        "begin" => Beam::Begin,
        "continue" => Beam::Continue,
        "end" => Beam::End,
        "forward hook" => Beam::HookForward,
        "backward hook" => Beam::HookBackward,
        _ => return None,
    };
    Some((node.attribute("number").and_then(|number| number.parse().ok()).unwrap_or(1), beam))
}

fn read_notation(node: Node<'_, '_>, raw: &mut Raw) {
    match node.tag_name().name() {
        "tuplet" if node.attribute("type") == Some("start") => {
            raw.tuplet_start = Some((name_of(node), node.attribute("bracket") == Some("yes")));
        }
        "tuplet" => raw.tuplet_stop = true,
        "ornaments" => {
            let tremolo = child(node, "tremolo");
            raw.tremolo = tremolo.and_then(|tremolo| match tremolo.attribute("type") {
                Some("unmeasured") => Some(Tremolo::Buzz),
                Some("start" | "stop") => None,
                _ => tremolo.text()?.trim().parse().ok().filter(|n| (1..=4).contains(n)).map(Tremolo::Slashes),
            });
        }
        "technical" => {
            raw.choke |= node.children().any(|child| child.attribute("smufl") == Some("pictChokeCymbal"));
        }
        "articulations" => {
            raw.accent |= node.children().any(|child| matches!(child.tag_name().name(), "accent" | "strong-accent"));
        }
        _ => {}
    }
}

/// The measures with voices as we wrote them; `None` where a note lacks what we write at each.
pub(super) fn as_ours(measures: &[Measure], raw: &[Vec<Raw>]) -> Option<Vec<Measure>> {
    let mut finished = Vec::with_capacity(measures.len());
    for (measure, notes) in measures.iter().zip(raw) {
        let mut measure = measure.clone();
        for (name, role) in [("1", VoiceRole::Hands), ("2", VoiceRole::Feet)] {
            let own: Vec<&Raw> = notes.iter().filter(|note| note.voice == name).collect();
            if !own.is_empty() {
                measure.voices.push(Voice { role, events: events(&own, measure.length())? });
            }
        }
        finished.push(measure);
    }
    Some(finished)
}

fn events(notes: &[&Raw], bar: Ticks) -> Option<Vec<Event>> {
    let mut events: Vec<Event> = Vec::new();
    let mut graces: Vec<&Raw> = Vec::new();
    let mut tuplet: Option<(ElementId, bool)> = None;
    for note in notes {
        if note.is_grace {
            graces.push(note);
            continue;
        }
        if note.in_chord {
            let Some(Content::Chord(chord)) = events.last_mut().map(|event| &mut event.content) else { return None };
            chord.notes.push(note_of(note)?);
            continue;
        }
        let mut starts = false;
        if let Some((id, bracket)) = note.tuplet_start {
            tuplet = Some((id.unwrap_or(ElementId(0)), bracket));
            starts = true;
        }
        let own = tuplet.map(|(id, bracket)| Tuplet { id, starts, stops: note.tuplet_stop, bracket });
        if note.tuplet_stop {
            tuplet = None;
        }
        let content = if note.is_rest {
            Content::Rest { whole_measure: note.whole_measure }
        } else {
            Content::Chord(chord_of(note, &graces)?)
        };
        graces.clear();
        let whole = || NoteValue::of_length(bar, 2).unwrap_or(NoteValue::plain(Base::Whole));
        events.push(Event {
            id: if note.is_rest { note.id } else { note.event_id }.unwrap_or(ElementId(0)),
            offset: note.offset,
            value: if note.whole_measure { whole() } else { note.value? },
            content,
            beams: note.beams.clone(),
            tuplet: own,
        });
    }
    Some(events)
}

fn chord_of(first: &Raw, graces: &[&Raw]) -> Option<Chord> {
    let graces = match graces.first() {
        None => None,
        Some(grace) => Some(GraceGroup {
            id: grace.id.unwrap_or(ElementId(0)),
            kind: grace_kind(graces.len())?,
            instrument: grace.instrument?,
            hits: Vec::new(),
        }),
    };
    let (accent, tremolo, sticking) = (first.accent, first.tremolo, first.sticking);
    Some(Chord { notes: vec![note_of(first)?], accent, graces, tremolo, sticking })
}

fn grace_kind(strokes: usize) -> Option<GraceKind> {
    [GraceKind::Flam, GraceKind::Drag, GraceKind::Ruff].into_iter().find(|kind| kind.strokes() == strokes)
}

fn note_of(raw: &Raw) -> Option<Note> {
    Some(Note {
        id: raw.id.unwrap_or(ElementId(0)),
        instrument: raw.instrument?,
        velocity: raw.velocity?,
        ghost: raw.ghost,
        choke: raw.choke,
        hits: Vec::new(),
    })
}

/// How hard a note is where a document does not say: plain, accented, ghost.
const VELOCITIES: [u8; 3] = [90, 115, 40];

/// The strokes of a measure, whatever voices they were in; notes that go on from others are none.
pub(super) fn strokes(bar: usize, notes: &[Raw]) -> Vec<SketchStroke> {
    let mut strokes: Vec<SketchStroke> = Vec::new();
    // Graces in front of the next note of their voice, and which they are.
    let mut graces: BTreeMap<&str, (Instrument, usize)> = BTreeMap::new();
    // Marks stand at the first note of a chord.
    let mut first = Raw::default();
    for note in notes.iter().filter(|note| !note.is_rest && !note.is_tied) {
        let Some(instrument) = note.instrument else { continue };
        if note.is_grace {
            graces.entry(&note.voice).or_insert((instrument, 0)).1 += 1;
            continue;
        }
        if !note.in_chord {
            first = note.clone();
        }
        let own = graces.get(note.voice.as_str()).filter(|(graced, _)| *graced == instrument).map(|(_, count)| *count);
        if own.is_some() {
            graces.remove(note.voice.as_str());
        }
        let velocity = match (note.ghost, first.accent) {
            (true, _) => VELOCITIES[2],
            (_, true) => VELOCITIES[1],
            _ => VELOCITIES[0],
        };
        strokes.push(SketchStroke {
            ghost: note.ghost,
            accent: first.accent,
            choke: note.choke,
            graces: own.and_then(|count| grace_kind(count.min(3))),
            tremolo: first.tremolo,
            sticking: first.sticking,
            ..SketchStroke::plain(bar, note.offset, instrument, note.velocity.unwrap_or(Velocity::from_midi(velocity)))
        });
    }
    strokes
}
