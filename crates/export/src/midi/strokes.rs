//! The strokes of a file: from the score as written, or from the performance as played.
//!
//! Conventions: sorted by place, then key; places in our ticks from the first bar line of the file. Grace strokes stand
//! a sixty-fourth apart in front of their chord; rolls are written out.

use super::tempo::Lead;
use crate::Material;
use crate::walk::chords;
use drums::{HitId, Instrument, Performance, Ticks, Velocity};
use score::{Chord, Event, GraceGroup, Tremolo};

/// One note to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stroke {
    pub(super) at: Ticks,
    pub(super) key: u8,
    pub(super) velocity: u8,
}

impl Stroke {
    fn new(at: Ticks, instrument: Instrument, velocity: Velocity) -> Self {
        Self { at, key: instrument.row().midi_key, velocity: velocity.to_midi() }
    }
}

const GRACE_STEP: Ticks = Ticks::quarters(1, 16);

/// The hits of the performance at their own times.
pub(super) fn performed(material: &Material<'_>, lead: Lead) -> Vec<Stroke> {
    let timeline = &material.score().timeline;
    let hits = material.performance().hits().iter();
    sorted(hits.map(|hit| Stroke::new(lead.place(timeline, hit.time), hit.instrument, hit.velocity)).collect())
}

/// The notes of the score where they are written.
pub(super) fn written(material: &Material<'_>) -> Vec<Stroke> {
    let mut strokes = Vec::new();
    for (measure, event, chord) in chords(material.score()) {
        let start = measure.start + event.offset;
        graces(&mut strokes, material.performance(), chord, start);
        for note in &chord.notes {
            for at in roll(event, chord) {
                strokes.push(Stroke::new(start + at, note.instrument, note.velocity));
            }
        }
    }
    sorted(strokes)
}

fn sorted(mut strokes: Vec<Stroke>) -> Vec<Stroke> {
    strokes.sort();
    strokes
}

fn graces(strokes: &mut Vec<Stroke>, performance: &Performance, chord: &Chord, start: Ticks) {
    let Some(graces) = &chord.graces else { return };
    let main = chord.notes.iter().find(|note| note.instrument == graces.instrument).or(chord.notes.first());
    let main = main.map_or(Velocity::MAX, |note| note.velocity);
    let count = graces.kind.strokes();
    for stroke in 0..count {
        let at = start - GRACE_STEP * (count - stroke) as i64;
        // In front of the first bar line there is no room; the main stroke stands alone there.
        if at >= Ticks::ZERO {
            strokes.push(Stroke::new(at, graces.instrument, grace_velocity(performance, graces, stroke, main)));
        }
    }
}

/// As played where the hit is known, otherwise half as hard as the main stroke.
fn grace_velocity(performance: &Performance, graces: &GraceGroup, stroke: usize, main: Velocity) -> Velocity {
    let heard = graces.hits.get(stroke).and_then(|&HitId(id)| performance.hits().get(id as usize));
    heard.map_or(Velocity::clamped(main.get() * 0.5), |hit| hit.velocity)
}

/// Where the strokes of a chord fall, from its start: one, or as many as its roll has.
fn roll(event: &Event, chord: &Chord) -> impl Iterator<Item = Ticks> {
    let length = event.length().get();
    let slashes = match chord.tremolo {
        None => None,
        Some(Tremolo::Slashes(slashes)) => Some(usize::from(slashes.clamp(1, 4)) + event.value.base.flags()),
        // A buzz roll has no measure; thirty-seconds come near.
        Some(Tremolo::Buzz) => Some(3),
    };
    let step = slashes.map_or(length, |slashes| Ticks::QUARTER.get() >> slashes.min(4)).max(1);
    let count = (length / step).max(1);
    (0..count).map(move |stroke| Ticks(stroke * step))
}
