//! Where each hit stands in the score.
//!
//! Conventions: bar and beat count from 1 as printed; the place inside the beat is an exact fraction of the beat of the
//! measure's meter, 0 up to but not including 1. Grace strokes share the place of the chord they lead to.

use drums::{HitId, Ticks};
use score::{Chord, Event, GraceKind, Measure, Note, Score};
use std::collections::BTreeMap;

/// Ornament a hit is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ornament {
    /// A ghost note.
    Ghost,
    /// A grace group.
    Grace(GraceKind),
}

/// A hit's place on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placement {
    /// Number of the measure.
    pub bar: u32,
    /// Beat, from 1.
    pub beat: i64,
    /// Place inside the beat: numerator and denominator.
    pub frac: (i64, i64),
    /// Whether it is a grace stroke.
    pub grace: bool,
    /// What it is part of.
    pub ornament: Option<Ornament>,
}

/// The place of every hit that the score writes.
pub(crate) fn placements(score: &Score) -> BTreeMap<HitId, Placement> {
    let mut places = BTreeMap::new();
    for (measure, event, chord) in chords(score) {
        for note in &chord.notes {
            for &hit in &note.hits {
                places.insert(hit, place(measure, event, false, ornament_of(chord, note)));
            }
        }
        if let Some(graces) = &chord.graces {
            for &hit in &graces.hits {
                places.insert(hit, place(measure, event, true, Some(Ornament::Grace(graces.kind))));
            }
        }
    }
    places
}

/// Every chord of the score with its event and measure, measure by measure, hands before feet.
pub(crate) fn chords(score: &Score) -> impl Iterator<Item = (&Measure, &Event, &Chord)> {
    score.measures.iter().flat_map(|measure| {
        let events = measure.voices.iter().flat_map(|voice| &voice.events);
        events.filter_map(move |event| event.chord().map(|chord| (measure, event, chord)))
    })
}

fn ornament_of(chord: &Chord, note: &Note) -> Option<Ornament> {
    let graces = chord.graces.as_ref().filter(|graces| graces.instrument == note.instrument);
    graces.map(|graces| Ornament::Grace(graces.kind)).or(note.ghost.then_some(Ornament::Ghost))
}

fn place(measure: &Measure, event: &Event, grace: bool, ornament: Option<Ornament>) -> Placement {
    let beat_length = measure.meter.beat_ticks();
    let beat = event.offset.get().div_euclid(beat_length.get());
    let inside = Ticks(event.offset.get().rem_euclid(beat_length.get()));
    Placement { bar: measure.number, beat: beat + 1, frac: inside.fraction_of(beat_length), grace, ornament }
}
