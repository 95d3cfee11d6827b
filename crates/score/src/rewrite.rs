//! Writing a measure anew from chords that already have their names, for edits and simplifications.
//!
//! Conventions: chords, notes and grace groups keep their names; a rest or a tuplet takes over the name of the one that
//! began at the same place before.

use crate::error::{Error, Result};
use crate::model::{Chord, Content, ElementId, Event, Measure, Score, Voice};
use crate::passes::grouping::{Cell, Groups};
use crate::passes::voices::{self, Names, Sign};
use crate::passes::{fill, kit};
use drums::{Instrument, Meter, Piece, Ticks, VoiceRole};
use std::collections::{BTreeMap, BTreeSet};

/// A chord with its place and the name of its event.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// From the bar line.
    pub offset: Ticks,
    /// `None` for a new event.
    pub id: Option<ElementId>,
    pub chord: Chord,
}

impl Sign for Kept {
    fn offset(&self) -> Ticks {
        self.offset
    }

    fn is_short(&self) -> bool {
        self.chord.notes.iter().any(|note| voices::is_short(note.instrument))
    }

    fn chord(self, _: &mut Names) -> (Chord, Option<ElementId>) {
        (self.chord, self.id)
    }
}

/// The chords of a measure, hands and feet, each in order of place.
pub(crate) type Hands = [Vec<Kept>; 2];

/// Index of a voice in [`Hands`].
pub(crate) fn index_of(role: VoiceRole) -> usize {
    usize::from(role == VoiceRole::Feet)
}

/// Takes a measure apart into its chords.
pub(crate) fn chords_of(measure: &Measure) -> Hands {
    let mut chords = Hands::default();
    for voice in &measure.voices {
        let kept = voice
            .events
            .iter()
            .filter_map(|event| Some(Kept { offset: event.offset, id: Some(event.id), chord: event.chord()?.clone() }));
        chords[index_of(voice.role)].extend(kept);
    }
    chords
}

/// Whether hands and feet share a voice.
pub(crate) fn has_one_voice(score: &Score) -> bool {
    let hands = |voice: &&Voice| voice.role == VoiceRole::Hands;
    let mut notes = score.measures.iter().flat_map(|measure| &measure.voices).filter(hands).flat_map(notes_of);
    notes.any(|instrument| instrument.row().voice == VoiceRole::Feet)
}

fn notes_of(voice: &Voice) -> impl Iterator<Item = Instrument> {
    let chords = voice.events.iter().filter_map(Event::chord);
    chords.flat_map(|chord| &chord.notes).map(|note| note.instrument)
}

/// What writing anew needs to know of the score.
pub(crate) struct Writer {
    pub(crate) names: Names,
    groups: Groups,
}

impl Writer {
    pub(crate) fn of(score: &Score) -> Self {
        let strokes = score.measures.iter().flat_map(|measure| {
            measure.events().flat_map(move |event| {
                let notes = event.chord().map_or(&[][..], |chord| &chord.notes);
                notes.iter().map(move |note| (measure.meter, event.offset, note.instrument, note.velocity.get()))
            })
        });
        Self { names: Names::beyond(score), groups: Groups::of(strokes) }
    }

    /// The voices of a measure. `before` gives rests and tuplets their names, if any.
    ///
    /// # Errors
    /// [`Error::TooFine`] where a place is on no subdivision that can be written.
    pub(crate) fn voices(&mut self, meter: Meter, chords: Hands, before: Option<&Measure>) -> Result<Vec<Voice>> {
        let mut written = Vec::new();
        let both: Vec<Ticks> = chords.iter().flatten().map(|kept| kept.offset).collect();
        for (role, kept) in [VoiceRole::Hands, VoiceRole::Feet].into_iter().zip(chords) {
            if kept.is_empty() {
                continue;
            }
            let places: Vec<Ticks> = kept.iter().map(|kept| kept.offset).collect();
            let cells = self.groups.cells(meter, &both);
            if let Some(place) = unwritable(&places, &cells, meter) {
                return Err(Error::TooFine { offset: place });
            }
            written.push(voices::voice(role, kept, &cells, meter, &mut self.names));
        }
        if written.is_empty() {
            written.push(voices::silence(meter, &mut self.names));
        }
        if let Some(before) = before {
            written.iter_mut().for_each(|voice| take_names(voice, before));
        }
        Ok(written)
    }
}

/// The first place that no value can be written at.
fn unwritable(places: &[Ticks], cells: &[Cell], meter: Meter) -> Option<Ticks> {
    let outside = |place: &Ticks| *place < Ticks::ZERO || *place >= meter.bar_ticks();
    if let Some(place) = places.iter().copied().find(outside) {
        return Some(place);
    }
    cells.iter().find_map(|cell| {
        let inside = |place: &&Ticks| **place >= cell.offset && **place < cell.offset + cell.length;
        let own: Vec<Ticks> = places.iter().filter(inside).map(|place| *place - cell.offset).collect();
        if fill::can_fill(cell.length, &own) { None } else { own.last().map(|place| *place + cell.offset) }
    })
}

/// Gives rests and tuplets of a voice the names they had.
fn take_names(voice: &mut Voice, before: &Measure) {
    let Some(old) = before.voices.iter().find(|old| old.role == voice.role) else { return };
    let rests: BTreeMap<Ticks, ElementId> =
        old.events.iter().filter(|event| event.chord().is_none()).map(|event| (event.offset, event.id)).collect();
    let starts = old.events.iter().filter_map(|event| Some((event.offset, event.tuplet.filter(|t| t.starts)?.id)));
    let tuplets: BTreeMap<Ticks, ElementId> = starts.collect();
    let mut renamed: Option<ElementId> = None;
    for event in &mut voice.events {
        if matches!(event.content, Content::Rest { .. }) {
            event.id = rests.get(&event.offset).copied().unwrap_or(event.id);
        }
        if let Some(tuplet) = &mut event.tuplet {
            if tuplet.starts {
                renamed = tuplets.get(&event.offset).copied();
            }
            tuplet.id = renamed.unwrap_or(tuplet.id);
        }
    }
}

/// The kit after an edit: as it was where the score uses the same instruments; otherwise toms are arranged anew and all
/// else keeps its place.
pub(crate) fn kit_of(score: &Score) -> Vec<crate::model::KitPiece> {
    let voices = score.measures.iter().flat_map(|measure| &measure.voices);
    let mut used: BTreeSet<Instrument> = voices.flat_map(notes_of).collect();
    let graces = score.measures.iter().flat_map(Measure::events).filter_map(Event::chord);
    used.extend(graces.filter_map(|chord| chord.graces.as_ref()).map(|graces| graces.instrument));
    if used.iter().copied().eq(score.kit.iter().map(|piece| piece.instrument)) {
        return score.kit.clone();
    }
    let is_tom = |instrument: Instrument| instrument.row().piece == Piece::Tom;
    let same_toms = used.iter().copied().filter(|one| is_tom(*one)).eq(score
        .kit
        .iter()
        .map(|piece| piece.instrument)
        .filter(|one| is_tom(*one)));
    let mut pieces = kit::arrange(&used);
    for piece in &mut pieces {
        let old = score.kit.iter().find(|old| old.instrument == piece.instrument);
        if let Some(old) = old.filter(|_| same_toms || !is_tom(piece.instrument)) {
            piece.place = old.place;
        }
    }
    pieces
}
