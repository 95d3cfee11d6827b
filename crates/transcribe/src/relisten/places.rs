//! Where in a score a stroke can be written that was quantised over other bars.

use drums::{Seconds, Ticks};
use score::{ElementId, Measure, Score};

/// Places that a place of the new writing is moved to where they are this near, ticks.
const SNAP_TICKS: i64 = 60;
/// Farthest that a stroke is written from where it was quantised, seconds.
const FAR_S: f64 = 0.06;
/// Steps of the grids that are tried where a place does not do: sixteenths, triplets of eighths, eighths, quarters.
const STEPS_TICKS: [i64; 4] = [2520, 3360, 5040, 10_080];

/// A measure by name and a place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) measure: ElementId,
    pub(super) offset: Ticks,
}

/// The places a stroke at `time` may be written at, the best first; none outside the bars.
pub(super) fn places(score: &Score, time: Seconds) -> Vec<Place> {
    let ticks = score.timeline.ticks_at(time).get();
    let Some(index) = score.measures.iter().rposition(|measure| measure.start.get() <= ticks + SNAP_TICKS) else {
        return Vec::new();
    };
    let measure = &score.measures[index];
    let wanted = (ticks - measure.start.get()).max(0);
    if wanted >= measure.length().get() {
        return Vec::new();
    }
    let mut offsets = Vec::new();
    let taken = measure.events().filter(|event| event.chord().is_some()).map(|event| event.offset.get());
    let exact =
        taken.filter(|offset| (offset - wanted).abs() <= SNAP_TICKS).min_by_key(|offset| (offset - wanted).abs());
    offsets.push(exact.unwrap_or(wanted));
    let mut grid: Vec<i64> = STEPS_TICKS.iter().map(|step| (wanted + step / 2) / step * step).collect();
    grid.sort_by_key(|offset| (offset - wanted).abs());
    for offset in grid {
        if !offsets.contains(&offset) && is_near(score, measure, offset, time) {
            offsets.push(offset);
        }
    }
    let inside = offsets.into_iter().filter(|offset| *offset < measure.length().get());
    inside.map(|offset| Place { measure: measure.id, offset: Ticks(offset) }).collect()
}

fn is_near(score: &Score, measure: &Measure, offset: i64, time: Seconds) -> bool {
    let written = score.timeline.time_at(measure.start + Ticks(offset));
    (written.get() - time.get()).abs() <= FAR_S
}

/// Number of the measure in which a time falls, as printed; of the nearest one outside the bars.
pub(super) fn measure_at(score: &Score, time: Seconds) -> u32 {
    let ticks = score.timeline.ticks_at(time).get();
    let inside = score.measures.iter().rev().find(|measure| measure.start.get() <= ticks + SNAP_TICKS);
    inside.or(score.measures.first()).map_or(0, |measure| measure.number)
}
