//! Grouping: the cells a bar is written in. A note stays within its cell and beams join within it.
//!
//! Conventions: a quarter or dotted quarter beat is a cell of its own. Where the beat is an eighth or sixteenth, two or
//! three beats make a cell, as 2+2+3 in 7/8; which of the ways to group is chosen for all bars of a meter together, by
//! where the strong strokes fall.

use crate::passes::bars::{Plan, pulses_per_bar};
use crate::passes::quantize::Placed;
use drums::{Instrument, Meter, Piece, Ticks};
use std::collections::BTreeMap;

/// A stretch of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    /// From the bar line.
    pub offset: Ticks,
    pub length: Ticks,
}

/// The cells of every bar.
pub(crate) fn cells(plan: &Plan, placed: &[Placed]) -> Vec<Vec<Cell>> {
    let strokes = placed.iter().map(|placed| {
        let bar = &plan.bars[placed.bar];
        (bar.meter, placed.at - bar.start, placed.stroke.instrument, placed.stroke.velocity)
    });
    let groups = Groups::of(strokes);
    let mut places: Vec<Vec<Ticks>> = vec![Vec::new(); plan.bars.len()];
    for stroke in placed.iter().filter(|stroke| is_grouped(plan.bars[stroke.bar].meter)) {
        places[stroke.bar].push(stroke.at - plan.bars[stroke.bar].start);
    }
    plan.bars.iter().zip(places).map(|(bar, places)| groups.cells(bar.meter, &places)).collect()
}

/// How the bars of each meter are grouped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups(BTreeMap<Meter, Vec<usize>>);

impl Groups {
    /// From all strokes of the piece: meter, place in the bar, what and how hard.
    pub(crate) fn of(strokes: impl Iterator<Item = (Meter, Ticks, Instrument, f32)>) -> Self {
        let mut strengths: BTreeMap<Meter, Vec<f64>> = BTreeMap::new();
        for (meter, offset, instrument, velocity) in strokes.filter(|(meter, ..)| is_grouped(*meter)) {
            let beats = strengths.entry(meter).or_insert_with(|| vec![0.0; usize::from(meter.beats_per_bar())]);
            let (offset, length) = (offset.get(), meter.beat_ticks().get());
            if offset % length == 0 {
                beats[(offset / length) as usize] += strength(instrument, velocity);
            }
        }
        Self(strengths.into_iter().map(|(meter, beats)| (meter, group(&beats))).collect())
    }

    /// The cells of a bar with strokes at `places`.
    pub(crate) fn cells(&self, meter: Meter, places: &[Ticks]) -> Vec<Cell> {
        let count = i64::from(pulses_per_bar(meter));
        let pulse = Ticks(meter.bar_ticks().get() / count);
        if !is_grouped(meter) {
            return (0..count).map(|k| Cell { offset: pulse * k, length: pulse }).collect();
        }
        // A triplet within one beat of a group cannot share a cell with its neighbours.
        let uneven = |beat: i64| {
            let own = places.iter().map(|place| place.get()).filter(|place| place / pulse.get() == beat);
            own.map(|place| place % pulse.get()).any(|part| part % (pulse.get() / 4).max(1) != 0)
        };
        let default = group(&vec![0.0; count as usize]);
        let mut cells = Vec::new();
        let mut first = 0;
        for size in self.0.get(&meter).unwrap_or(&default).iter().map(|&size| size as i64) {
            let split = (first..first + size).any(uneven);
            let part = if split { 1 } else { size };
            let starts = (first..first + size).step_by(part as usize);
            cells.extend(starts.map(|k| Cell { offset: pulse * k, length: pulse * part }));
            first += size;
        }
        cells
    }
}

/// Whether beats of the meter are too short to be cells.
fn is_grouped(meter: Meter) -> bool {
    meter.denominator() >= 8 && !meter.is_compound()
}

/// How much a stroke says that a group starts here.
fn strength(instrument: Instrument, velocity: f32) -> f64 {
    let weight = match (instrument.row().piece, instrument) {
        (Piece::Cymbal, _) => 1.5,
        (Piece::Kick, _) => 1.0,
        (Piece::Snare, Instrument::CrossStick | Instrument::Snare | Instrument::Rimshot) => 0.9,
        _ => 0.15,
    };
    weight * f64::from(velocity)
}

/// Sizes of the groups, twos and threes (a single 1 in a bar of one beat): starts where the strokes are strong, few
/// groups of three, those late.
fn group(beats: &[f64]) -> Vec<usize> {
    let count = beats.len();
    if count < 2 {
        return vec![1; count];
    }
    let mean = beats.iter().sum::<f64>() / count as f64;
    // best[i]: score and first size of the best grouping of beats i.. .
    let mut best: Vec<Option<(f64, usize)>> = vec![None; count + 1];
    best[count] = Some((0.0, 0));
    for start in (0..count).rev() {
        for size in [2, 3] {
            let Some((rest, _)) = best.get(start + size).copied().flatten() else { continue };
            let early_three = if size == 3 { 1e-3 * (mean + 1.0) * (2 * count - start) as f64 } else { 0.0 };
            let score = beats[start] - mean + rest - early_three;
            if best[start].is_none_or(|(other, _)| score > other) {
                best[start] = Some((score, size));
            }
        }
    }
    let mut sizes = Vec::new();
    let mut at = 0;
    while let Some((_, size)) = best[at].filter(|&(_, size)| size > 0) {
        sizes.push(size);
        at += size;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_start_at_strong_beats() {
        assert_eq!(group(&[0.0; 7]), [2, 2, 3]);
        assert_eq!(group(&[9.0, 1.0, 1.0, 8.0, 1.0, 9.0, 1.0]), [3, 2, 2]);
        assert_eq!(group(&[0.0; 5]), [2, 3]);
        assert_eq!(group(&[0.0; 3]), [3]);
        assert_eq!(group(&[1.0]), [1]);
        assert_eq!(group(&[0.0; 32]).iter().sum::<usize>(), 32);
    }
}
