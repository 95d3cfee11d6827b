//! Where each hit is written.
//!
//! Conventions: beats count from 1 and are those of the meter (the dotted quarter in 6/8, the eighth in 7/8); swung
//! eighths are written straight, so their fraction is 1/2.

use crate::model::{Event, GraceKind, Measure, Score};
use drums::{HitId, Performance, Ticks};

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
    let mut swings = false;
    // Off-beats of swung measures, to take their common delay out of the residuals: index and share of the beat.
    let mut swung: Vec<(usize, f64)> = Vec::new();
    for measure in &score.measures {
        swings = measure.swing.unwrap_or(swings);
        for event in measure.voices.iter().flat_map(|voice| &voice.events) {
            let first = placements.len();
            place_hits(measure, event, &mut placements);
            for (index, placement) in placements.iter_mut().enumerate().skip(first) {
                let Some(hit) = performance.hits().get(placement.hit.0 as usize) else { continue };
                let written = measure.start + event.offset;
                let beat_s =
                    score.timeline.time_at(written + measure.meter.beat_ticks()) - score.timeline.time_at(written);
                placement.residual_s = (hit.time - score.timeline.time_at(written)).get();
                if swings && placement.fraction == (1, 2) {
                    swung.push((index, beat_s.get()));
                }
            }
        }
    }
    let mut delays: Vec<f64> = swung.iter().map(|&(index, beat_s)| placements[index].residual_s / beat_s).collect();
    delays.sort_by(f64::total_cmp);
    let delay = delays.get(delays.len() / 2).copied().unwrap_or(0.0);
    for (index, beat_s) in swung {
        placements[index].residual_s -= delay * beat_s;
    }
    placements.sort_by_key(|placement| placement.hit);
    placements
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
