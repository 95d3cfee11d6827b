//! Draws the beats of a reading along its tempo curve.

use super::BEATS_MAX;
use super::onsets::Onset;
use super::pulse::Pulse;
use super::rates::SLOTS;
use super::reading::Scored;
use drums::{Beat, BeatGrid, Confidence, Meter, MeterSpan, Seconds};

/// An onset this close says that the beat is there, in seconds.
const SUPPORT_S: f64 = 0.035;

/// The grid of a reading in whole bars of the given meters, the first from beat 0 on, and whether it had to end before the
/// music does.
pub(super) fn draw(onsets: &[Onset], pulse: &Pulse, reading: &Scored, spans: Vec<MeterSpan>) -> (BeatGrid, bool) {
    let pulses_per_beat = f64::from(reading.ratio.0) / f64::from(reading.ratio.1);
    let beats = (reading.last_slot - reading.first_slot) as usize / SLOTS + 1;
    let positions = positions(&spans, beats);
    let count = positions.len().clamp(2, BEATS_MAX);
    let phase = |beat: usize| (reading.first_slot as f64 / SLOTS as f64 + beat as f64) * pulses_per_beat;
    let raw = Pulse::new((0..count).map(|beat| pulse.time(phase(beat))).collect());
    let Some(smooth) = raw.and_then(|raw| raw.smoothed(onsets)).map(|pulse| pulse.straightened(onsets)) else {
        return (BeatGrid::default(), true);
    };
    let beats = smooth.times().iter().zip(&positions).map(|(&time, &position)| Beat {
        time: Seconds::clamped(time),
        position,
        confidence: Confidence::clamped(if supported(onsets, time) { 0.9 } else { 0.6 }),
    });
    (BeatGrid::new(beats.collect(), spans).unwrap_or_default(), positions.len() > count)
}

/// Place in its bar of each of the beats, and of those that fill the last bar; two at least.
fn positions(spans: &[MeterSpan], beats: usize) -> Vec<u8> {
    let mut positions: Vec<u8> = Vec::with_capacity(beats);
    for (index, span) in spans.iter().enumerate() {
        let per_bar = usize::from(span.meter.beats_per_bar());
        let end = match spans.get(index + 1) {
            Some(next) => next.first_beat,
            None => span.first_beat + (beats.max(span.first_beat + 1) - span.first_beat).next_multiple_of(per_bar),
        };
        positions.extend((0..end - span.first_beat).map(|beat| (beat % per_bar) as u8 + 1));
    }
    if let &[only] = positions.as_slice() {
        positions.push(only);
    }
    positions
}

fn supported(onsets: &[Onset], time: f64) -> bool {
    let next = onsets.partition_point(|o| o.time < time - SUPPORT_S);
    onsets.get(next).is_some_and(|o| o.time <= time + SUPPORT_S)
}

/// A grid in one meter; empty where the beats do not make one.
pub(super) fn one_meter(beats: Vec<Beat>, meter: Meter) -> BeatGrid {
    BeatGrid::new(beats, vec![MeterSpan { first_beat: 0, meter }]).unwrap_or_default()
}
