//! Edits of single notes and chords.

use super::Edit;
use crate::error::{Error, Result};
use crate::model::{Chord, Content, ElementId, Event, GraceGroup, GraceKind, Measure, Note, Score, Tremolo};
use crate::passes::similes;
use crate::passes::strokes::takes_graces;
use crate::rewrite::{self, Hands, Kept, Writer, chords_of, index_of};
use drums::{Instrument, Ticks, VoiceRole};

/// Applies an edit that concerns notes; any other leaves the score as it is.
pub(super) fn edit(score: &Score, edit: &Edit) -> Result<Score> {
    let mut edited = score.clone();
    match *edit {
        Edit::Velocity(id, velocity) => note_mut(&mut edited, id)?.velocity = velocity,
        Edit::Choke(id, choke) => note_mut(&mut edited, id)?.choke = choke,
        Edit::Ghost(id, ghost) => note_mut(&mut edited, id)?.ghost = ghost,
        Edit::Accent(id, accent) => chord_mut(&mut edited, id)?.accent = accent,
        Edit::Sticking(id, hand) => chord_mut(&mut edited, id)?.sticking = hand,
        Edit::Graces(id, kind) => set_graces(&mut edited, id, kind)?,
        Edit::Roll(id, tremolo) => set_roll(&mut edited, id, tremolo)?,
        Edit::Add { measure, offset, instrument, velocity } => {
            let index = measure_at(score, measure)?;
            let mut desk = Desk::of(score);
            let id = desk.writer.names.next();
            let note = Note { id, instrument, velocity, ghost: false, choke: false, hits: Vec::new() };
            desk.put(score, index, offset, Loose::of(note))?;
            desk.finish(&mut edited)?;
        }
        Edit::Remove(id) => remove(score, &mut edited, id)?,
        Edit::Move { note, measure, offset } => {
            let (from, to) = (measure_of(score, note)?, measure_at(score, measure)?);
            let mut desk = Desk::of(score);
            let loose = desk.take(score, from, note)?;
            desk.put(score, to, offset, loose)?;
            desk.finish(&mut edited)?;
        }
        Edit::Instrument(id, instrument) => {
            let index = measure_of(score, id)?;
            let mut desk = Desk::of(score);
            let mut loose = desk.take(score, index, id)?;
            let offset = loose.offset;
            loose.become_instrument(instrument);
            desk.put(score, index, offset, loose)?;
            desk.finish(&mut edited)?;
        }
        _ => {}
    }
    similes::keep_true(&mut edited);
    Ok(edited)
}

/// Index of a measure.
pub(super) fn measure_at(score: &Score, id: ElementId) -> Result<usize> {
    let found = score.measures.iter().position(|measure| measure.id == id);
    found.ok_or(Error::NoSuchElement { what: "measure", id })
}

/// Index of the measure a note stands in.
fn measure_of(score: &Score, note: ElementId) -> Result<usize> {
    let has = |measure: &Measure| {
        let mut notes = measure.events().filter_map(Event::chord).flat_map(|chord| &chord.notes);
        notes.any(|own| own.id == note)
    };
    score.measures.iter().position(has).ok_or(Error::NoSuchElement { what: "note", id: note })
}

fn chords_mut(score: &mut Score) -> impl Iterator<Item = (ElementId, &mut Chord)> {
    let events = score.measures.iter_mut().flat_map(|measure| &mut measure.voices).flat_map(|voice| &mut voice.events);
    events.filter_map(|event| match &mut event.content {
        Content::Chord(chord) => Some((event.id, chord)),
        Content::Rest { .. } => None,
    })
}

fn note_mut(score: &mut Score, id: ElementId) -> Result<&mut Note> {
    let mut notes = chords_mut(score).flat_map(|(_, chord)| &mut chord.notes);
    notes.find(|note| note.id == id).ok_or(Error::NoSuchElement { what: "note", id })
}

/// The chord of an event or of one of its notes.
fn chord_mut(score: &mut Score, id: ElementId) -> Result<&mut Chord> {
    let mut found = chords_mut(score).filter(|(event, chord)| *event == id || chord.notes.iter().any(|n| n.id == id));
    found.next().map(|(_, chord)| chord).ok_or(Error::NoSuchElement { what: "chord", id })
}

/// The first drum of a chord that takes graces and rolls.
fn drum_of(chord: &Chord) -> Result<Instrument> {
    let mut drums = chord.notes.iter().map(|note| note.instrument).filter(|one| takes_graces(*one));
    drums.next().ok_or(Error::NeedsDrum)
}

fn set_graces(score: &mut Score, id: ElementId, kind: Option<GraceKind>) -> Result<()> {
    let mut names = crate::passes::voices::Names::beyond(score);
    let chord = chord_mut(score, id)?;
    match (kind, &mut chord.graces) {
        (None, graces) => *graces = None,
        (Some(kind), Some(graces)) => graces.kind = kind,
        (Some(kind), None) => {
            let instrument = drum_of(chord)?;
            chord.graces = Some(GraceGroup { id: names.next(), kind, instrument, hits: Vec::new() });
        }
    }
    Ok(())
}

fn set_roll(score: &mut Score, id: ElementId, tremolo: Option<Tremolo>) -> Result<()> {
    if let Some(Tremolo::Slashes(slashes @ (0 | 5..))) = tremolo {
        return Err(Error::OutOfRange { what: "number of slashes", value: slashes.into(), expected: "1 to 4" });
    }
    let chord = chord_mut(score, id)?;
    if tremolo.is_some() {
        drum_of(chord)?;
    }
    chord.tremolo = tremolo;
    Ok(())
}

fn remove(score: &Score, edited: &mut Score, id: ElementId) -> Result<()> {
    let graced = chords_mut(edited).find(|(_, chord)| chord.graces.as_ref().is_some_and(|graces| graces.id == id));
    if let Some((_, chord)) = graced {
        chord.graces = None;
        edited.kit = rewrite::kit_of(edited);
        return Ok(());
    }
    let index = measure_of(score, id)?;
    let mut desk = Desk::of(score);
    desk.take(score, index, id)?;
    desk.finish(edited)
}

/// A note in the hand, with what goes with it.
struct Loose {
    note: Note,
    offset: Ticks,
    /// Name and marks of the chord it was alone in; with company, only its own graces.
    id: Option<ElementId>,
    chord: Chord,
}

impl Loose {
    fn of(note: Note) -> Self {
        Self { note, offset: Ticks::ZERO, id: None, chord: Chord::default() }
    }

    fn become_instrument(&mut self, instrument: Instrument) {
        let before = std::mem::replace(&mut self.note.instrument, instrument);
        match &mut self.chord.graces {
            Some(graces) if graces.instrument == before && takes_graces(instrument) => graces.instrument = instrument,
            graces => *graces = graces.take().filter(|graces| graces.instrument != before),
        }
        if !takes_graces(instrument) {
            self.chord.tremolo = None;
        }
    }
}

/// The measures taken apart for an edit.
struct Desk {
    writer: Writer,
    one_voice: bool,
    open: Vec<(usize, Hands)>,
}

impl Desk {
    fn of(score: &Score) -> Self {
        Self { writer: Writer::of(score), one_voice: rewrite::has_one_voice(score), open: Vec::new() }
    }

    fn chords(&mut self, score: &Score, measure: usize) -> &mut Hands {
        let place = self.open.iter().position(|(index, _)| *index == measure).unwrap_or_else(|| {
            self.open.push((measure, chords_of(&score.measures[measure])));
            self.open.len() - 1
        });
        &mut self.open[place].1
    }

    /// Takes a note out of its measure.
    fn take(&mut self, score: &Score, measure: usize, id: ElementId) -> Result<Loose> {
        for voice in self.chords(score, measure) {
            for at in 0..voice.len() {
                let Some(place) = voice[at].chord.notes.iter().position(|note| note.id == id) else { continue };
                let offset = voice[at].offset;
                let note = voice[at].chord.notes.remove(place);
                if voice[at].chord.notes.is_empty() {
                    let Kept { id, chord, .. } = voice.remove(at);
                    return Ok(Loose { note, offset, id, chord });
                }
                let own = |graces: &mut GraceGroup| graces.instrument == note.instrument;
                let graces = voice[at].chord.graces.take_if(own);
                return Ok(Loose { note, offset, id: None, chord: Chord { graces, ..Chord::default() } });
            }
        }
        Err(Error::NoSuchElement { what: "note", id })
    }

    /// Puts a note down.
    fn put(&mut self, score: &Score, measure: usize, offset: Ticks, loose: Loose) -> Result<()> {
        let length = score.measures[measure].length();
        if offset < Ticks::ZERO || offset >= length {
            return Err(Error::OutsideMeasure { offset, length });
        }
        let instrument = loose.note.instrument;
        let role = if self.one_voice { VoiceRole::Hands } else { instrument.row().voice };
        let voice = &mut self.chords(score, measure)[index_of(role)];
        match voice.binary_search_by_key(&offset, |kept| kept.offset) {
            Err(place) => {
                let chord = Chord { notes: vec![loose.note], ..loose.chord };
                voice.insert(place, Kept { offset, id: loose.id, chord });
            }
            Ok(place) => {
                let chord = &mut voice[place].chord;
                match chord.notes.binary_search_by_key(&instrument, |note| note.instrument) {
                    Ok(_) => return Err(Error::AlreadyThere { instrument, offset }),
                    Err(place) => chord.notes.insert(place, loose.note),
                }
                chord.accent |= loose.chord.accent;
                chord.graces = chord.graces.take().or(loose.chord.graces);
                chord.tremolo = chord.tremolo.or(loose.chord.tremolo);
                chord.sticking = chord.sticking.or(loose.chord.sticking);
            }
        }
        Ok(())
    }

    /// Writes the measures on the desk anew.
    fn finish(mut self, edited: &mut Score) -> Result<()> {
        for (index, chords) in self.open {
            let measure = &edited.measures[index];
            let voices = self.writer.voices(measure.meter, chords, Some(measure))?;
            edited.measures[index].voices = voices;
        }
        edited.kit = rewrite::kit_of(edited);
        Ok(())
    }
}
