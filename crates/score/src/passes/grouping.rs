//! Grouping: the cells a bar is written in. A note stays within its cell and beams join within it.
//!
//! Conventions: a quarter or dotted quarter beat is a cell of its own. Where the beat is an eighth or sixteenth, two or
//! three beats make a cell, as 2+2+3 in 7/8; which of the ways to group is chosen for all bars of a meter together, by
//! where the strong strokes fall.

use crate::passes::bars::{Bar, Plan};
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
    let mut strengths: BTreeMap<Meter, Vec<f64>> = BTreeMap::new();
    for stroke in placed {
        let bar = &plan.bars[stroke.bar];
        if !is_grouped(bar.meter) {
            continue;
        }
        let beats = strengths.entry(bar.meter).or_insert_with(|| vec![0.0; bar.pulses]);
        let (offset, length) = ((stroke.at - bar.start).get(), bar.meter.beat_ticks().get());
        if offset % length == 0 {
            beats[(offset / length) as usize] += strength(stroke);
        }
    }
    let groups: BTreeMap<Meter, Vec<usize>> =
        strengths.into_iter().map(|(meter, beats)| (meter, group(&beats))).collect();
    let mut uneven: BTreeMap<(usize, i64), ()> = BTreeMap::new();
    for stroke in placed {
        let bar = &plan.bars[stroke.bar];
        let (offset, length) = ((stroke.at - bar.start).get(), bar.meter.beat_ticks().get());
        if is_grouped(bar.meter) && offset % length % (length / 4).max(1) != 0 {
            uneven.insert((stroke.bar, offset / length), ());
        }
    }
    plan.bars.iter().enumerate().map(|(index, bar)| cells_of(index, bar, &groups, &uneven)).collect()
}

fn cells_of(
    index: usize,
    bar: &Bar,
    groups: &BTreeMap<Meter, Vec<usize>>,
    uneven: &BTreeMap<(usize, i64), ()>,
) -> Vec<Cell> {
    let pulse = Ticks(bar.meter.bar_ticks().get() / bar.pulses as i64);
    if !is_grouped(bar.meter) {
        return (0..bar.pulses as i64).map(|k| Cell { offset: pulse * k, length: pulse }).collect();
    }
    let default = group(&vec![0.0; bar.pulses]);
    let mut cells = Vec::new();
    let mut first = 0;
    for &size in groups.get(&bar.meter).unwrap_or(&default) {
        // A triplet within one beat of a group cannot share a cell with its neighbours.
        let split = (first..first + size).any(|beat| uneven.contains_key(&(index, beat as i64)));
        let part = if split { 1 } else { size };
        let starts = (first..first + size).step_by(part);
        cells.extend(starts.map(|k| Cell { offset: pulse * k as i64, length: pulse * part as i64 }));
        first += size;
    }
    cells
}

/// Whether beats of the meter are too short to be cells.
fn is_grouped(meter: Meter) -> bool {
    meter.denominator() >= 8 && !meter.is_compound()
}

/// How much a stroke says that a group starts here.
fn strength(stroke: &Placed) -> f64 {
    let instrument = stroke.stroke.instrument;
    let weight = match (instrument.row().piece, instrument) {
        (Piece::Cymbal, _) => 1.5,
        (Piece::Kick, _) => 1.0,
        (Piece::Snare, Instrument::CrossStick | Instrument::Snare | Instrument::Rimshot) => 0.9,
        _ => 0.15,
    };
    weight * f64::from(stroke.stroke.velocity)
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
