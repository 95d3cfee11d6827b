//! Where each hit is written.
//!
//! Conventions: beats count from 1 and are those of the meter (the dotted quarter in 6/8, the eighth in 7/8); swung
//! eighths are written straight, so their fraction is 1/2.

use crate::model::{Event, GraceKind, Measure, Score};
use drums::{HitId, Performance, Seconds, Ticks};

/// The place of a hit on paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// The hit.
    pub hit: HitId,
    /// Number of the measure as printed.
    pub measure: u32,
    /// Beat of the meter, from 1.
    pub beat: u32,
    /// Place within the beat as a reduced fraction in 0..1: numerator, denominator.
    pub fraction: (i64, i64),
    /// Set for grace strokes, which stand where their main note does.
    pub grace: Option<GraceKind>,
    /// Whether it is written as a ghost note.
    pub ghost: bool,
    /// Played minus written, in seconds, swing taken into account; 0 for hits the performance does not have.
    pub residual_s: f64,
}

/// The place of every hit the score has, in order of hits. `performance` is the one the score was made from.
#[must_use]
pub fn placements(score: &Score, performance: &Performance) -> Vec<Placement> {
    let mut placements = Vec::new();
    for measure in &score.measures {
        for event in measure.events() {
            let first = placements.len();
            place_hits(measure, event, &mut placements);
            let time = sounding_time(score, measure, event.offset);
            for placement in &mut placements[first..] {
                if let Some(hit) = performance.hits().get(placement.hit.0 as usize) {
                    placement.residual_s = (hit.time - time).get();
                }
            }
        }
    }
    placements.sort_by_key(|placement| placement.hit);
    placements
}

/// When a place of a measure is meant to sound: straight places lean with the measure's swing.
pub(crate) fn sounding_time(score: &Score, measure: &Measure, offset: Ticks) -> Seconds {
    let at = score.timeline.time_at(measure.start + offset);
    let Some(feel) = measure.feel else { return at };
    let beat = measure.meter.beat_ticks();
    let part = Ticks(offset.get() % beat.get());
    let (_, parts) = part.fraction_of(beat);
    if !(parts as u64).is_power_of_two() {
        return at;
    }
    let from = measure.start + offset - part;
    let bent = feel.bend(part.get() as f64 / beat.get() as f64);
    let start = score.timeline.time_at(from);
    start + (score.timeline.time_at(from + beat) - start) * bent
}

fn place_hits(measure: &Measure, event: &Event, out: &mut Vec<Placement>) {
    let Some(chord) = event.chord() else { return };
    let beat = measure.meter.beat_ticks();
    let (whole, part) = (event.offset.get() / beat.get(), event.offset.get() % beat.get());
    let place = |hit, grace, ghost| Placement {
        hit,
        measure: measure.number,
        beat: whole as u32 + 1,
        fraction: Ticks(part).fraction_of(beat),
        grace,
        ghost,
        residual_s: 0.0,
    };
    for note in &chord.notes {
        out.extend(note.hits.iter().map(|&hit| place(hit, None, note.ghost)));
    }
    if let Some(graces) = &chord.graces {
        out.extend(graces.hits.iter().map(|&hit| place(hit, Some(graces.kind), false)));
    }
}
