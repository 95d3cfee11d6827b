//! The score document: from the notation model to JSON and back.

pub(super) mod entries;
mod part;

use super::{EVENTS_A_VOICE_MAX, MEASURES_MAX, at, open};
use crate::{Error, Result, limit};
use drums::{Bpm, HitId, Instrument, Seconds, StaffPlace, Step, Ticks, Velocity};
use entries::{
    AnchorEntry, Body, ChordEntry, DynamicEntry, EventEntry, GraceEntry, KitEntry, MeasureEntry, NoteEntry,
    RepeatEntry, SwingEntry, TempoEntry, TupletEntry, ValueEntry, VoiceEntry, Word,
};
use score::{
    Anchor, Chord, Content, DynamicMark, DynamicSign, ElementId, Event, GraceGroup, KitPiece, Law, Measure, Note,
    NoteValue, Repeat, Score, Swing, TempoMark, Timeline, Tremolo, Tuplet, TupletRatio, Voice,
};
use std::collections::BTreeSet;

pub(super) use part::{PartEntry, part_entry, read_part};

const FORMAT: &str = "backbeat-score";
const VERSION: u32 = 1;
/// Longest title, word or letter read, in characters.
const TEXT_CHARS_MAX: usize = 2_000;

/// A score as a document.
///
/// # Errors
/// [`Error::Json`] where the encoder fails, which no score causes.
pub fn write(score: &Score) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec(&super::Enveloped { format: FORMAT, version: VERSION, body: body(score) })?)
}

/// Reads a score document.
///
/// # Errors
/// - [`Error::Json`], [`Error::NotThisDocument`] where it is not a score document of version 1;
/// - [`Error::LimitReached`] where it is larger than the limits of [`crate::json`] allow;
/// - [`Error::Value`] and [`Error::Malformed`] where a value breaks a rule of its type, or the score a law of the
///   notation model (full measures, no gaps, ids used once, ...).
pub fn read(bytes: &[u8]) -> Result<Score> {
    open(bytes, FORMAT, VERSION)?;
    let body: Body = serde_json::from_slice(bytes)?;
    limit("score", body.measures.len(), MEASURES_MAX, "measures")?;
    let mut ids = BTreeSet::new();
    let mut measures: Vec<Measure> = Vec::with_capacity(body.measures.len());
    for (index, entry) in body.measures.iter().enumerate() {
        let place = format!("measures[{index}]");
        let start = measures.last().map_or(Ticks::ZERO, |before: &Measure| before.start + before.length());
        measures.push(read_measure(&place, entry, start, &mut ids)?);
    }
    let score = Score {
        title: text("title", &body.title)?,
        subtitle: text("subtitle", &body.subtitle)?,
        kit: read_kit(&body.kit)?,
        measures,
        timeline: read_timeline(&body.timeline)?,
        repeats: read_repeats(&body.repeats)?,
    };
    // A score without measures breaks a law too, but is what silence is written as.
    match score::check(&score).into_iter().find(|violation| violation.law != Law::NoMeasure) {
        Some(violation) => Err(malformed(&format!("measures[{}]", violation.measure), violation.to_string())),
        None => Ok(score),
    }
}

fn body(score: &Score) -> Body {
    Body {
        title: score.title.clone(),
        subtitle: score.subtitle.clone(),
        kit: score.kit.iter().map(kit_entry).collect(),
        measures: score.measures.iter().map(measure_entry).collect(),
        timeline: part::timeline_entries(&score.timeline),
        repeats: score.repeats.iter().map(repeat_entry).collect(),
    }
}

fn kit_entry(piece: &KitPiece) -> KitEntry {
    KitEntry {
        instrument: piece.instrument.id().to_owned(),
        place: format!("{}{}", piece.place.step.letter(), piece.place.octave),
    }
}

fn measure_entry(measure: &Measure) -> MeasureEntry {
    MeasureEntry {
        id: measure.id.0,
        number: measure.number,
        start: measure.start.get(),
        meter: measure.meter.to_string(),
        tempo: measure.tempo.map(|mark| TempoEntry { beat: value_entry(mark.beat), bpm: mark.bpm.get() }),
        swing: measure.swing,
        rehearsal: measure.rehearsal.clone(),
        text: measure.text.clone(),
        repeat: measure.repeat.map(Word),
        feel: measure.feel.map(|feel| SwingEntry { unit: Word(feel.unit), ratio: feel.ratio }),
        dynamics: measure.dynamics.iter().map(dynamic_entry).collect(),
        voices: measure.voices.iter().map(voice_entry).collect(),
    }
}

fn repeat_entry(repeat: &Repeat) -> RepeatEntry {
    let Repeat { first, length, times, ending, ref endings } = *repeat;
    RepeatEntry { first, length, times, ending, endings: endings.clone() }
}

fn read_repeats(entries: &[RepeatEntry]) -> Result<Vec<Repeat>> {
    limit("repeats", entries.len(), MEASURES_MAX, "repeats")?;
    let repeats = entries.iter().map(|entry| {
        let RepeatEntry { first, length, times, ending, ref endings } = *entry;
        limit("repeat", endings.len(), MEASURES_MAX, "endings")?;
        Ok(Repeat { first, length, times, ending, endings: endings.clone() })
    });
    repeats.collect()
}

fn dynamic_entry(mark: &DynamicMark) -> DynamicEntry {
    let (mut level, mut crescendo, mut diminuendo) = (None, None, None);
    match mark.sign {
        DynamicSign::Level(dynamic) => level = Some(Word(dynamic)),
        DynamicSign::Crescendo(length) => crescendo = Some(length.get()),
        DynamicSign::Diminuendo(length) => diminuendo = Some(length.get()),
    }
    DynamicEntry { id: mark.id.0, offset: mark.offset.get(), level, crescendo, diminuendo }
}

fn read_dynamic(place: &str, entry: &DynamicEntry, ids: &mut Ids) -> Result<DynamicMark> {
    let sign = match (entry.level, entry.crescendo, entry.diminuendo) {
        (Some(level), None, None) => DynamicSign::Level(level.0),
        (None, Some(length), None) => DynamicSign::Crescendo(bounded_ticks(place, length)?),
        (None, None, Some(length)) => DynamicSign::Diminuendo(bounded_ticks(place, length)?),
        _ => return Err(malformed(place, "a dynamic mark is a level, a crescendo or a diminuendo")),
    };
    Ok(DynamicMark { id: new_id(place, entry.id, ids)?, offset: bounded_ticks(place, entry.offset)?, sign })
}

fn voice_entry(voice: &Voice) -> VoiceEntry {
    VoiceEntry { role: Word(voice.role), events: voice.events.iter().map(event_entry).collect() }
}

fn event_entry(event: &Event) -> EventEntry {
    let (chord, whole_measure) = match &event.content {
        Content::Rest { whole_measure } => (None, *whole_measure),
        Content::Chord(chord) => (Some(chord_entry(chord)), false),
    };
    EventEntry {
        id: event.id.0,
        offset: event.offset.get(),
        value: value_entry(event.value),
        chord,
        whole_measure,
        beams: event.beams.iter().map(|&beam| Word(beam)).collect(),
        tuplet: event.tuplet.map(|tuplet| TupletEntry {
            id: tuplet.id.0,
            starts: tuplet.starts,
            stops: tuplet.stops,
            bracket: tuplet.bracket,
        }),
    }
}

fn chord_entry(chord: &Chord) -> ChordEntry {
    ChordEntry {
        notes: chord.notes.iter().map(note_entry).collect(),
        accent: chord.accent,
        graces: chord.graces.as_ref().map(|graces| GraceEntry {
            id: graces.id.0,
            kind: Word(graces.kind),
            instrument: graces.instrument.id().to_owned(),
            hits: graces.hits.iter().map(|hit| hit.0).collect(),
        }),
        slashes: match chord.tremolo {
            Some(Tremolo::Slashes(slashes)) => Some(slashes),
            _ => None,
        },
        buzz: chord.tremolo == Some(Tremolo::Buzz),
        sticking: chord.sticking.map(Word),
    }
}

fn note_entry(note: &Note) -> NoteEntry {
    NoteEntry {
        id: note.id.0,
        instrument: note.instrument.id().to_owned(),
        velocity: note.velocity.get(),
        ghost: note.ghost,
        choke: note.choke,
        hits: note.hits.iter().map(|hit| hit.0).collect(),
    }
}

fn value_entry(value: NoteValue) -> ValueEntry {
    ValueEntry {
        base: Word(value.base),
        dots: value.dots,
        tuplet: value.tuplet.map(|ratio| (ratio.actual, ratio.normal)),
    }
}

type Ids = BTreeSet<ElementId>;

fn new_id(place: &str, id: u32, ids: &mut Ids) -> Result<ElementId> {
    let id = ElementId(id);
    if ids.insert(id) { Ok(id) } else { Err(malformed(place, format!("the id {} is used twice", id.0))) }
}

pub(super) fn malformed(place: &str, why: impl Into<String>) -> Error {
    Error::Malformed { place: place.to_owned(), why: why.into() }
}

pub(super) fn text(what: &'static str, text: &str) -> Result<String> {
    limit(what, text.chars().count(), TEXT_CHARS_MAX, "characters")?;
    Ok(text.to_owned())
}

pub(super) fn instrument(place: &str, name: &str) -> Result<Instrument> {
    at(|| place.to_owned(), name.parse())
}

fn read_kit(entries: &[KitEntry]) -> Result<Vec<KitPiece>> {
    limit("kit", entries.len(), drums::instruments().len(), "instruments")?;
    let pieces = entries.iter().map(|entry| {
        let place = staff_place(&entry.place).ok_or_else(|| malformed("kit", format!("no place {:?}", entry.place)))?;
        Ok(KitPiece { instrument: instrument("kit", &entry.instrument)?, place })
    });
    pieces.collect()
}

/// Reads a place such as `C5`, within three octaves of the staff.
fn staff_place(name: &str) -> Option<StaffPlace> {
    let mut characters = name.chars();
    let letter = characters.next()?;
    let steps = [Step::C, Step::D, Step::E, Step::F, Step::G, Step::A, Step::B];
    let step = steps.into_iter().find(|step| step.letter() == letter)?;
    let octave = characters.as_str().parse().ok().filter(|octave| (1..=8).contains(octave))?;
    Some(StaffPlace::new(step, octave))
}

fn read_timeline(entries: &[AnchorEntry]) -> Result<Timeline> {
    limit("timeline", entries.len(), MEASURES_MAX * 64, "anchors")?;
    let anchors = entries.iter().enumerate().map(|(index, entry)| {
        let time = at(|| format!("timeline[{index}]"), Seconds::new(entry.time_s))?;
        Ok(Anchor { ticks: bounded_ticks("timeline", entry.ticks)?, time })
    });
    Ok(Timeline::new(anchors.collect::<Result<Vec<_>>>()?))
}

/// Ticks far from where sums of them could overflow.
pub(super) fn bounded_ticks(place: &str, ticks: i64) -> Result<Ticks> {
    let far = i64::from(u32::MAX) * 1_000;
    if (-far..=far).contains(&ticks) { Ok(Ticks(ticks)) } else { Err(malformed(place, "far outside any score")) }
}

fn read_measure(place: &str, entry: &MeasureEntry, start: Ticks, ids: &mut Ids) -> Result<Measure> {
    if entry.start != start.get() {
        return Err(malformed(place, format!("starts at {}, the measure before ends at {}", entry.start, start.get())));
    }
    limit("measure", entry.voices.len(), 2, "voices")?;
    let tempo = match &entry.tempo {
        None => None,
        Some(mark) => {
            Some(TempoMark { beat: read_value(place, &mark.beat)?, bpm: at(|| place.to_owned(), Bpm::new(mark.bpm))? })
        }
    };
    let mut measure = Measure {
        id: new_id(place, entry.id, ids)?,
        number: entry.number,
        start,
        meter: at(|| place.to_owned(), entry.meter.parse())?,
        tempo,
        swing: entry.swing,
        rehearsal: entry.rehearsal.as_deref().map(|letter| text("rehearsal mark", letter)).transpose()?,
        text: text("text of a measure", &entry.text)?,
        repeat: entry.repeat.map(|word| word.0),
        feel: entry.feel.map(|feel| Swing { unit: feel.unit.0, ratio: feel.ratio }),
        dynamics: Vec::with_capacity(entry.dynamics.len()),
        voices: Vec::with_capacity(entry.voices.len()),
    };
    limit("measure", entry.dynamics.len(), EVENTS_A_VOICE_MAX, "dynamic marks")?;
    for mark in &entry.dynamics {
        measure.dynamics.push(read_dynamic(place, mark, ids)?);
    }
    for (index, voice) in entry.voices.iter().enumerate() {
        let place = format!("{place}.voices[{index}]");
        let events = read_events(&place, voice, ids)?;
        measure.voices.push(Voice { role: voice.role.0, events });
    }
    Ok(measure)
}

fn read_events(place: &str, voice: &VoiceEntry, ids: &mut Ids) -> Result<Vec<Event>> {
    limit("voice", voice.events.len(), EVENTS_A_VOICE_MAX, "events")?;
    let mut events: Vec<Event> = Vec::with_capacity(voice.events.len());
    let mut tuplets = Ids::new();
    for (index, entry) in voice.events.iter().enumerate() {
        let place = format!("{place}.events[{index}]");
        let event = read_event(&place, entry, ids)?;
        let before = events.last().map_or(Ticks::ZERO, Event::end);
        if event.offset != before {
            return Err(malformed(&place, format!("starts at {}, expected {}", event.offset.get(), before.get())));
        }
        if let Some(tuplet) = event.tuplet.filter(|tuplet| tuplets.insert(tuplet.id)) {
            new_id(&place, tuplet.id.0, ids)?;
        }
        events.push(event);
    }
    Ok(events)
}

fn read_event(place: &str, entry: &EventEntry, ids: &mut Ids) -> Result<Event> {
    limit("list of beams", entry.beams.len(), 8, "levels")?;
    let content = match &entry.chord {
        Some(chord) => Content::Chord(read_chord(place, chord, ids)?),
        None => Content::Rest { whole_measure: entry.whole_measure },
    };
    Ok(Event {
        id: new_id(place, entry.id, ids)?,
        offset: bounded_ticks(place, entry.offset)?,
        value: read_value(place, &entry.value)?,
        content,
        beams: entry.beams.iter().map(|word| word.0).collect(),
        tuplet: entry.tuplet.map(|tuplet| Tuplet {
            id: ElementId(tuplet.id),
            starts: tuplet.starts,
            stops: tuplet.stops,
            bracket: tuplet.bracket,
        }),
    })
}

fn read_chord(place: &str, entry: &ChordEntry, ids: &mut Ids) -> Result<Chord> {
    limit("chord", entry.notes.len(), drums::instruments().len(), "notes")?;
    if entry.notes.is_empty() {
        return Err(malformed(place, "a chord without notes"));
    }
    let notes = entry.notes.iter().map(|note| read_note(place, note, ids)).collect::<Result<Vec<Note>>>()?;
    let graces = match &entry.graces {
        None => None,
        Some(graces) => Some(GraceGroup {
            id: new_id(place, graces.id, ids)?,
            kind: graces.kind.0,
            instrument: instrument(place, &graces.instrument)?,
            hits: graces.hits.iter().map(|&hit| HitId(hit)).collect(),
        }),
    };
    let tremolo = match entry.slashes {
        Some(slashes @ 1..=4) => Some(Tremolo::Slashes(slashes)),
        Some(slashes) => return Err(malformed(place, format!("{slashes} slashes, a roll has 1 to 4"))),
        None => entry.buzz.then_some(Tremolo::Buzz),
    };
    Ok(Chord { notes, accent: entry.accent, graces, tremolo, sticking: entry.sticking.map(|word| word.0) })
}

fn read_note(place: &str, entry: &NoteEntry, ids: &mut Ids) -> Result<Note> {
    Ok(Note {
        id: new_id(place, entry.id, ids)?,
        instrument: instrument(place, &entry.instrument)?,
        velocity: at(|| place.to_owned(), Velocity::new(entry.velocity))?,
        ghost: entry.ghost,
        choke: entry.choke,
        hits: entry.hits.iter().map(|&hit| HitId(hit)).collect(),
    })
}

fn read_value(place: &str, entry: &ValueEntry) -> Result<NoteValue> {
    let tuplet = match entry.tuplet {
        None => None,
        Some((actual @ 2..=15, normal @ 1..=16)) => Some(TupletRatio { actual, normal }),
        Some((actual, normal)) => return Err(malformed(place, format!("no tuplet has {actual} in {normal}"))),
    };
    if entry.dots > 2 {
        return Err(malformed(place, format!("{} dots, at most 2 are allowed", entry.dots)));
    }
    Ok(NoteValue { base: entry.base.0, dots: entry.dots, tuplet })
}
