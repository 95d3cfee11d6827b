//! What a network believes about beats, frame by frame, in a byte each; and the peaks that speak for a reading.
//!
//! Conventions: probabilities are kept in 1/255; a peak's strength is relative to the strong peaks of the song, since two
//! networks, or two sounds, differ in how sure they are more than in where they are sure.

use drums::{FrameRate, Seconds};

/// Frames on each side over which a peak is the largest (70 ms at a hundred frames a second).
const REACH_FRAMES: usize = 7;
/// Peaks below this are noise.
const PEAK_MIN: u8 = 10;
/// The share of the peaks that are below those called strong.
const STRONG: f64 = 0.9;

/// Beat and downbeat probabilities per frame from a network, two bytes a frame: an hour at 100 frames a second is 720 kB.
#[derive(Debug, Clone, PartialEq)]
pub struct BeatActivations {
    rate: FrameRate,
    start: Seconds,
    beat: Vec<u8>,
    downbeat: Vec<u8>,
}

impl BeatActivations {
    /// None yet, at `rate` frames a second; frame 0 will be centred on time 0.
    #[must_use]
    pub const fn new(rate: FrameRate) -> Self {
        Self { rate, start: Seconds::ZERO, beat: Vec::new(), downbeat: Vec::new() }
    }

    /// The same with frame 0 centred on `start`, as of a passage of a recording.
    #[must_use]
    pub fn starting_at(self, start: Seconds) -> Self {
        Self { start, ..self }
    }

    /// Adds a frame. Probabilities that are no numbers count as 0, others are brought to 0..=1.
    pub fn push(&mut self, beat: f32, downbeat: f32) {
        let byte = |p: f32| (p.clamp(0.0, 1.0) * 255.0).round() as u8;
        self.beat.push(byte(beat));
        self.downbeat.push(byte(downbeat));
    }

    /// Probability of a beat at each frame, 0..=1.
    pub fn beat(&self) -> impl Iterator<Item = f32> + '_ {
        self.beat.iter().map(|p| f32::from(*p) / 255.0)
    }

    /// Probability of a downbeat at each frame, 0..=1.
    pub fn downbeat(&self) -> impl Iterator<Item = f32> + '_ {
        self.downbeat.iter().map(|p| f32::from(*p) / 255.0)
    }

    /// Bytes kept.
    #[must_use]
    pub const fn kept_bytes(&self) -> usize {
        self.beat.len() + self.downbeat.len()
    }

    /// Probability of a beat at a time, 0 outside the frames.
    pub(super) fn beat_at(&self, time_s: f64) -> f32 {
        let frame = ((time_s - self.start.get()) * self.rate.get()).round();
        if frame < 0.0 { 0.0 } else { self.beat.get(frame as usize).map_or(0.0, |p| f32::from(*p) / 255.0) }
    }

    pub(super) fn beat_peaks(&self) -> Peaks {
        self.peaks(&self.beat)
    }

    pub(super) fn downbeat_peaks(&self) -> Peaks {
        self.peaks(&self.downbeat)
    }

    fn peaks(&self, curve: &[u8]) -> Peaks {
        let is_peak = |&frame: &usize| {
            let (from, to) = (frame.saturating_sub(REACH_FRAMES), (frame + REACH_FRAMES + 1).min(curve.len()));
            let here = curve[frame];
            // On a plateau the first frame counts.
            here >= PEAK_MIN
                && curve[from..frame].iter().all(|p| *p < here)
                && curve[frame..to].iter().all(|p| *p <= here)
        };
        let frames: Vec<usize> = (0..curve.len()).filter(is_peak).collect();
        let mut heights: Vec<u8> = frames.iter().map(|frame| curve[*frame]).collect();
        heights.sort_unstable();
        let strong = heights.get((heights.len() as f64 * STRONG) as usize).map_or(255.0, |height| f32::from(*height));
        let peak = |frame: &usize| Peak {
            time_s: self.start.get() + *frame as f64 / self.rate.get(),
            strength: (f32::from(curve[*frame]) / strong).min(1.0),
        };
        Peaks(frames.iter().map(peak).collect())
    }
}

/// A moment at which a network hears a beat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Peak {
    pub(super) time_s: f64,
    /// Relative to strong peaks of the song, 0..=1.
    pub(super) strength: f32,
}

/// Peaks in order of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Peaks(Vec<Peak>);

impl Peaks {
    /// Strength of the peak that each of the times (in order) meets, 0 where none is within `reach_s`.
    pub(super) fn at_each(&self, times: &[f64], reach_s: f64) -> Vec<f32> {
        let mut next = 0;
        let strength = |time: &f64| {
            next += self.0[next..].partition_point(|peak| peak.time_s < time - reach_s);
            let near = self.0[next..].iter().take_while(|peak| peak.time_s <= time + reach_s).enumerate();
            let nearest = near.min_by(|(_, a), (_, b)| (a.time_s - time).abs().total_cmp(&(b.time_s - time).abs()));
            nearest.map_or(0.0, |(index, peak)| {
                next += index + 1;
                peak.strength
            })
        };
        times.iter().map(strength).collect()
    }

    /// How well times (in order) meet the peaks: mean strength at the times, and the share of all strength from `from_s`
    /// to `to_s` that the times meet.
    pub(super) fn met_by(&self, times: &[f64], reach_s: f64, (from_s, to_s): (f64, f64)) -> [f32; 2] {
        let met: f32 = self.at_each(times, reach_s).iter().sum();
        let inside = self.0.iter().filter(|peak| (from_s - reach_s..=to_s + reach_s).contains(&peak.time_s));
        let all: f32 = inside.map(|peak| peak.strength).sum();
        [met / times.len().max(1) as f32, met / all.max(1.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beats every half second for ten seconds, every fourth a downbeat.
    fn heard() -> BeatActivations {
        let mut heard = BeatActivations::new(FrameRate::new(100.0).unwrap());
        for frame in 0..1000 {
            let beat = if frame % 50 == 0 { 0.6 } else { 0.01 };
            heard.push(beat, if frame % 200 == 0 { 0.4 } else { f32::NAN });
        }
        heard.starting_at(Seconds::clamped(2.0))
    }

    #[test]
    fn peaks_lie_where_the_network_is_sure_in_the_clock_of_the_recording() {
        let times: Vec<f64> = heard().downbeat_peaks().0.iter().map(|peak| peak.time_s).collect();
        assert_eq!(times, [2.0, 4.0, 6.0, 8.0, 10.0]);
        assert!(heard().beat_peaks().0.iter().all(|peak| (peak.strength - 1.0).abs() < 1e-6));
        assert!(heard().beat_at(2.5) > 0.5 && heard().beat_at(2.51) < 0.1 && heard().beat_at(1.0) < 0.1);
    }

    #[test]
    fn half_and_double_the_tempo_meet_peaks_worse() {
        let peaks = heard().beat_peaks();
        let met = |step_s: f64| {
            let times: Vec<f64> = (0..(10.0 / step_s) as usize).map(|i| 2.0 + i as f64 * step_s).collect();
            peaks.met_by(&times, 0.07, (2.0, 12.0))
        };
        assert_eq!(met(0.5), [1.0, 1.0]);
        assert_eq!(met(1.0), [1.0, 0.5]);
        assert_eq!(met(0.25), [0.5, 1.0]);
    }
}
