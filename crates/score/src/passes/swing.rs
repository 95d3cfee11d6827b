//! Swing: where off-beats are late by habit, they are written as straight eighths under the word "Swing".
//!
//! Conventions: the ratio is the place of the off-beat in the beat, 0.5 straight, 2/3 a full triplet swing. Only meters
//! with a quarter beat swing. Where the middle triplet is played too, triplets are written instead.

use crate::passes::bars::Plan;
use crate::passes::quantize::Cluster;
use drums::Ticks;

/// Ratios that count as swing.
const RATIO: std::ops::RangeInclusive<f64> = 0.54..=0.72;
/// How far off-beats may lie from their common ratio.
const SPREAD: f64 = 0.05;
/// Places of off-beats, swung or straight or dotted.
const OFFBEAT: std::ops::Range<f64> = 0.42..0.82;
/// Places of the middle triplet.
const MIDDLE: std::ops::Range<f64> = 0.28..0.4;
/// Fewest swung off-beats that make a habit.
const OFFBEATS_MIN: usize = 3;
/// Bars over which the habit is measured, either way.
const BARS_AROUND: usize = 8;

/// For each bar the ratio of its swing, or none where it is straight.
pub(crate) fn find(plan: &Plan, clusters: &[Cluster]) -> Vec<Option<f64>> {
    let mut offbeats: Vec<Vec<f64>> = vec![Vec::new(); plan.bars.len()];
    let mut middles = vec![0usize; plan.bars.len()];
    for cluster in clusters {
        let pulse = plan.pulses[cluster.pulse];
        if pulse.length != Ticks::QUARTER {
            continue;
        }
        if OFFBEAT.contains(&cluster.place) {
            offbeats[pulse.bar].push(cluster.place);
        } else if MIDDLE.contains(&cluster.place) {
            middles[pulse.bar] += 1;
        }
    }
    let mut habits: Vec<Option<f64>> = Vec::with_capacity(plan.bars.len());
    for bar in 0..plan.bars.len() {
        let around = bar.saturating_sub(BARS_AROUND)..(bar + BARS_AROUND + 1).min(plan.bars.len());
        let nearby: Vec<f64> = offbeats[around.clone()].iter().flatten().copied().take(400).collect();
        habits.push(habit(nearby, middles[around].iter().sum()).filter(|_| plan.bars[bar].meter.denominator() == 4));
    }
    smooth(&mut habits, &offbeats);
    habits
}

/// The common ratio of off-beats, if they swing.
fn habit(mut offbeats: Vec<f64>, middles: usize) -> Option<f64> {
    if offbeats.len() < OFFBEATS_MIN {
        return None;
    }
    offbeats.sort_by(f64::total_cmp);
    let ratio = offbeats[offbeats.len() / 2];
    let close = offbeats.iter().filter(|place| (*place - ratio).abs() <= SPREAD).count();
    let swings = RATIO.contains(&ratio)
        && close >= OFFBEATS_MIN
        && close * 4 >= offbeats.len() * 3
        && middles as f64 <= 0.15 * close as f64;
    swings.then_some(ratio)
}

/// A bar takes part in the habit around it unless its own off-beats are clearly straight; gaps and single bars follow
/// their neighbours, so that the word does not flicker.
fn smooth(habits: &mut [Option<f64>], offbeats: &[Vec<f64>]) {
    for (habit, own) in habits.iter_mut().zip(offbeats) {
        let straight = own.iter().filter(|place| (**place - 0.5).abs() < 0.03).count();
        if straight >= OFFBEATS_MIN && straight * 4 >= own.len() * 3 {
            *habit = None;
        }
    }
    for bar in 1..habits.len().saturating_sub(1) {
        if habits[bar - 1].is_some() == habits[bar + 1].is_some() && habits[bar].is_some() != habits[bar + 1].is_some()
        {
            habits[bar] = habits[bar - 1];
        }
    }
}
