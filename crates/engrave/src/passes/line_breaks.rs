//! Which measures share a system.
//!
//! Dynamic programming over all ways to cut the piece: each line costs the square of how far it must stretch, more where
//! it must shrink, and something where it does not have the preferred number of measures. Sections like to begin a line.

use crate::passes::columns::Plan;
use crate::passes::similes::Simile;
use std::ops::Range;

/// Stretch below which a line is not considered while there is any other.
const STRETCH_MIN: f64 = 0.75;
/// What shrinking costs, times the square of the share; cramped notes are worse than wide ones.
const COST_SHRINK: f64 = 5.0;
/// What stretching costs where a line has as many measures as it should, as a share.
const PREFERRED_SHARE: f64 = 0.2;
/// What every further line's worth of measures in a line costs.
const COST_MORE: f64 = 0.4;
const COST_HALF: f64 = 0.08;
const COST_EVEN: f64 = 0.12;
const COST_ODD: f64 = 0.4;
/// A last line of one measure.
const COST_ALONE: f64 = 0.5;
const COST_SECTION_INSIDE: f64 = 1.0;
/// A line that begins with a simile sends the reader back a line.
const COST_SIMILE_FIRST: f64 = 0.35;
const COST_IMPOSSIBLE: f64 = 1e3;

/// Cuts the measures into lines. `width` is the room of a line after its clef, `courtesy` what a meter announced at a
/// line's end takes.
pub(crate) fn cut(
    plans: &[Plan<'_>],
    width: f64,
    preferred: usize,
    courtesy: impl Fn(usize) -> f64,
) -> Vec<Range<usize>> {
    let count = plans.len();
    let preferred = preferred.clamp(1, 16);
    let mut cost = vec![f64::INFINITY; count + 1];
    let mut from = vec![0; count + 1];
    cost[0] = 0.0;
    for end in 1..=count {
        for start in (end.saturating_sub(2 * preferred)..end).rev() {
            let line = line_cost(plans, start..end, width - courtesy(end), preferred);
            if cost[start] + line < cost[end] {
                cost[end] = cost[start] + line;
                from[end] = start;
            }
        }
    }
    let mut lines = Vec::new();
    let mut end = count;
    while end > 0 {
        lines.push(from[end]..end);
        end = from[end];
    }
    lines.reverse();
    lines
}

fn line_cost(plans: &[Plan<'_>], line: Range<usize>, width: f64, preferred: usize) -> f64 {
    let inside = &plans[line.clone()];
    let fixed: f64 = inside.iter().map(|plan| plan.lead).sum();
    let natural: f64 = inside.iter().map(Plan::natural).sum();
    let minimum: f64 = inside.iter().map(Plan::minimum).sum();
    let stretch = (width - fixed) / natural.max(1e-9);
    let last = line.end == plans.len();
    let mut cost = if stretch >= 1.0 {
        // A short last line is left ragged, so it costs next to nothing.
        let preferred = if inside.len() == preferred { PREFERRED_SHARE } else { 1.0 };
        let share = if last { 0.02 } else { preferred };
        (stretch - 1.0).powi(2).min(9.0) * share
    } else {
        COST_SHRINK * (1.0 - stretch).powi(2)
    };
    if minimum > width || (stretch < STRETCH_MIN && inside.len() > 1) {
        cost += COST_IMPOSSIBLE * inside.len() as f64;
    }
    cost += match inside.len() {
        1 if last && line.start > 0 => COST_ALONE,
        count if count == preferred || (last && count < preferred) => 0.0,
        count if count * 2 == preferred => COST_HALF,
        count if count % 2 == 0 => COST_EVEN,
        _ => COST_ODD,
    };
    cost += COST_MORE * (inside.len() as f64 / preferred as f64 - 1.0).max(0.0);
    let sections = inside.iter().skip(1).filter(|plan| plan.measure.rehearsal.is_some()).count();
    cost += COST_SECTION_INSIDE * sections as f64;
    if inside.first().is_some_and(|plan| plan.bar.simile.is_some()) {
        cost += COST_SIMILE_FIRST;
    }
    let broken_pair = plans.get(line.end).is_some_and(|plan| plan.bar.simile == Some(Simile::PairSecond));
    cost + if broken_pair { COST_IMPOSSIBLE } else { 0.0 }
}

/// Widths of all columns of a line so that it fills `width` (without the leads): every column stretches alike but none
/// below its minimum. Where even the minima do not fit, all shrink alike.
pub(crate) fn fill(naturals: &[f64], minima: &[f64], width: f64) -> Vec<f64> {
    let width = width.max(0.0);
    let least: f64 = minima.iter().sum();
    if least >= width {
        return minima.iter().map(|minimum| minimum * width / least.max(1e-9)).collect();
    }
    let total = |stretch: f64| naturals.iter().zip(minima).map(|(n, m)| (n * stretch).max(*m)).sum::<f64>();
    let (mut low, mut high) = (0.0, 2.0 * width / naturals.iter().sum::<f64>().max(1e-9));
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if total(middle) < width {
            low = middle;
        } else {
            high = middle;
        }
    }
    naturals.iter().zip(minima).map(|(n, m)| (n * low).max(*m)).collect()
}
