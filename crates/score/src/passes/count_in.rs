//! Count-in: bars at the start in which only sticks or the hi-hat count the beats.

use crate::passes::bars::Plan;
use crate::passes::chords::{Line, Onset};
use crate::passes::dynamics::is_on_beat;
use drums::Instrument;

/// A count-in is at most this long.
const BARS_MAX: usize = 2;

/// Number of bars at the start that only count: one bar with a stroke on every beat, before it perhaps one with a stroke
/// on every other beat, all on one sound. More would be an intro.
pub(crate) fn bars(plan: &Plan, lines: &[Vec<Line>]) -> usize {
    let all = plan.bars.len();
    let count = |bar: usize| if bar < all { counted(plan, bar, &lines[bar]) } else { None };
    let beats = |bar: usize| usize::from(plan.bars[bar].meter.beats_per_bar());
    let Some((sound, strokes)) = count(0).filter(|(sound, _)| is_stick(*sound)) else { return 0 };
    let goes_on = |bars: usize| bars < all && count(bars).is_none_or(|(other, _)| other != sound);
    match count(1) {
        Some((other, more)) if sound == other => {
            let halves = strokes * 2 == beats(0) && more == beats(1);
            if halves && goes_on(BARS_MAX) { BARS_MAX } else { 0 }
        }
        _ => usize::from(strokes == beats(0) && goes_on(1)),
    }
}

/// What counts and how often, where a bar has nothing but single strokes of one sound on its beats.
fn counted(plan: &Plan, bar: usize, lines: &[Line]) -> Option<(Instrument, usize)> {
    let beat = plan.bars[bar].meter.beat_ticks();
    let onsets: Vec<&Onset> = lines.iter().flat_map(|line| &line.onsets).collect();
    let sound = onsets.first()?.strokes.first()?.0.instrument;
    let single = |onset: &&Onset| {
        matches!(onset.strokes.as_slice(), [(stroke, _)] if stroke.instrument == sound)
            && is_on_beat(onset.offset, beat)
    };
    onsets.iter().all(single).then_some((sound, onsets.len()))
}

/// What drummers count in on.
fn is_stick(instrument: Instrument) -> bool {
    matches!(
        instrument,
        Instrument::HihatClosed | Instrument::HihatPedal | Instrument::CrossStick | Instrument::Cowbell
    )
}
