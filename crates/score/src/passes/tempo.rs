//! Tempo marks: at the start, and where the tempo changes by more than 5 % for two bars.
//!
//! Conventions: the mark counts quarters, in compound meters dotted quarters.

use crate::model::TempoMark;
use crate::passes::bars::{Bar, Plan};
use crate::passes::marks::beat_value;
use drums::{Bpm, Seconds, Ticks};

/// A change is larger than this.
const CHANGE: f64 = 0.05;
/// A change lasts at least this many bars.
const BARS_MIN: usize = 2;

/// For each bar its mark, if it has one.
pub(crate) fn marks(plan: &Plan) -> Vec<Option<TempoMark>> {
    let paces: Vec<f64> = plan.bars.iter().map(|bar| quarters_per_minute(plan, bar)).collect();
    let mut marks = vec![None; paces.len()];
    let mut start = 0;
    while start < paces.len() {
        let pace = middle(&paces[start..(start + 4).min(paces.len())]);
        let end = next_change(&paces, start, pace);
        marks[start] = Some(mark(&plan.bars[start], middle(&paces[start..end])));
        start = end;
    }
    marks
}

/// First bar after `start` from which the pace stays away from `pace` on the same side.
fn next_change(paces: &[f64], start: usize, pace: f64) -> usize {
    let mut pace = pace;
    for bar in start + 1..paces.len() {
        let run = &paces[bar..(bar + BARS_MIN).min(paces.len())];
        let faster = run.iter().all(|other| *other > pace * (1.0 + CHANGE));
        let slower = run.iter().all(|other| *other < pace * (1.0 - CHANGE));
        if run.len() == BARS_MIN && (faster || slower) {
            return bar;
        }
        // The comparison follows what the mark will say: the middle of its bars, a few of them while it starts.
        if bar - start < 8 {
            pace = middle(&paces[start..=bar]);
        }
    }
    paces.len()
}

fn middle(paces: &[f64]) -> f64 {
    let mut sorted = paces.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(120.0)
}

fn quarters_per_minute(plan: &Plan, bar: &Bar) -> f64 {
    let pulses = &plan.pulses[bar.pulse_range()];
    let seconds = pulses.last().map_or(0.0, |last| last.end_s) - pulses.first().map_or(0.0, |first| first.time_s);
    60.0 * bar.meter.bar_ticks().in_quarters() / seconds.max(1e-6)
}

fn mark(bar: &Bar, quarters_per_minute: f64) -> TempoMark {
    let beat = beat_value(bar.meter);
    let quarters = beat.ticks().get() as f64 / Ticks::QUARTER.get() as f64;
    // To a tenth of a beat: more is not heard, and the engraver prints whole numbers.
    let per_minute = (quarters_per_minute / quarters * 10.0).round() / 10.0;
    let bpm = Bpm::from_period(Seconds::clamped(60.0 / per_minute.max(1e-3)));
    TempoMark { beat, bpm }
}
