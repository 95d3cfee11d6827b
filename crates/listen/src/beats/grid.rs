//! Draws the beats of a reading along its tempo curve.

use super::BEATS_MAX;
use super::onsets::Onset;
use super::pulse::Pulse;
use super::rates::SLOTS;
use super::reading::Scored;
use drums::{Beat, BeatGrid, Confidence, Meter, MeterSpan, Seconds};

/// An onset this close says that the beat is there, in seconds.
const SUPPORT_S: f64 = 0.035;

/// The grid of a reading in whole bars, and whether it had to end before the music does.
pub(super) fn draw(onsets: &[Onset], pulse: &Pulse, reading: &Scored) -> (BeatGrid, bool) {
    let per_bar = usize::from(reading.meter.beats_per_bar());
    let pulses_per_beat = f64::from(reading.ratio.0) / f64::from(reading.ratio.1);
    let beats = (reading.last_slot - reading.first_slot) as usize / SLOTS;
    let wanted = (beats / per_bar + 1) * per_bar;
    let count = wanted.clamp(2, BEATS_MAX);
    let phase = |beat: usize| (reading.first_slot as f64 / SLOTS as f64 + beat as f64) * pulses_per_beat;
    let raw = Pulse::new((0..count).map(|beat| pulse.time(phase(beat))).collect());
    let Some(smooth) = raw.and_then(|raw| raw.smoothed(onsets)) else {
        return (BeatGrid::default(), true);
    };
    let beats = smooth.times().iter().enumerate().map(|(i, &time)| Beat {
        time: Seconds::clamped(time),
        position: (i % per_bar) as u8 + 1,
        confidence: Confidence::clamped(if supported(onsets, time) { 0.9 } else { 0.6 }),
    });
    (one_meter(beats.collect(), reading.meter), wanted > count)
}

fn supported(onsets: &[Onset], time: f64) -> bool {
    let next = onsets.partition_point(|o| o.time < time - SUPPORT_S);
    onsets.get(next).is_some_and(|o| o.time <= time + SUPPORT_S)
}

/// A grid in one meter; empty where the beats do not make one.
pub(super) fn one_meter(beats: Vec<Beat>, meter: Meter) -> BeatGrid {
    BeatGrid::new(beats, vec![MeterSpan { first_beat: 0, meter }]).unwrap_or_default()
}
