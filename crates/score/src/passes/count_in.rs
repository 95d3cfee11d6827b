//! Count-in: bars at the start in which only sticks or the hi-hat count the beats.

use crate::passes::bars::Plan;
use crate::passes::chords::Line;
use crate::passes::dynamics::is_on_beat;
use drums::Instrument;

/// A count-in is at most this long.
const BARS_MAX: usize = 2;

/// Number of bars at the start that only count.
pub(crate) fn bars(plan: &Plan, lines: &[Vec<Line>]) -> usize {
    let counting = (0..plan.bars.len().min(BARS_MAX + 1)).take_while(|&bar| is_count(plan, bar, &lines[bar])).count();
    // Counting that never ends, or that is all there is, is music.
    if counting > BARS_MAX || counting >= plan.bars.len() { 0 } else { counting }
}

fn is_count(plan: &Plan, bar: usize, lines: &[Line]) -> bool {
    let meter = plan.bars[bar].meter;
    let beat = meter.beat_ticks();
    let onsets: Vec<_> = lines.iter().flat_map(|line| &line.onsets).collect();
    let sticks = onsets.iter().flat_map(|onset| &onset.strokes).all(|(stroke, _)| {
        matches!(
            stroke.instrument,
            Instrument::HihatClosed | Instrument::HihatPedal | Instrument::CrossStick | Instrument::Cowbell
        )
    });
    sticks
        && onsets.len() * 2 >= usize::from(meter.beats_per_bar())
        && onsets.iter().all(|onset| is_on_beat(onset.offset, beat))
}
