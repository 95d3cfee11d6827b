//! A limiter that looks ahead: loud places are turned down before they come, and never clip.
//!
//! Conventions: the gain wanted at a sample is 1, or what brings the sample to the ceiling. The gain used is the mean, over
//! a window up to now, of the least gain wanted within a window from then on; each of those windows holds the sample
//! itself, so the gain is never more than it wants. After a loud place the gain comes back slowly.
//!
//! Source: ours.

use std::collections::VecDeque;

/// Largest sample that leaves.
const CEILING: f32 = 0.97;
/// Samples looked ahead: 3 ms.
const AHEAD: usize = 132;
/// Share of the way back to full gain at each sample: about 80 ms.
const RELEASE: f32 = 1.0 / 3_500.0;

/// A limiter between blocks.
#[derive(Debug, Clone)]
pub(super) struct Limiter {
    waiting: VecDeque<f32>,
    /// Gains wanted that may still be the least of their window: index and gain, gains rising.
    least: VecDeque<(usize, f32)>,
    gains: VecDeque<f32>,
    sum: f64,
    held: f32,
    now: usize,
}

impl Default for Limiter {
    fn default() -> Self {
        let gains = VecDeque::from(vec![1.0; AHEAD]);
        let (waiting, least) = (VecDeque::with_capacity(AHEAD + 1), VecDeque::new());
        Self { waiting, least, gains, sum: AHEAD as f64, held: 1.0, now: 0 }
    }
}

impl Limiter {
    /// Takes up samples and gives out those that are [`AHEAD`] older.
    pub(super) fn run(&mut self, samples: &[f32], out: &mut Vec<i16>) {
        for &sample in samples {
            let wanted = if sample.abs() > CEILING { CEILING / sample.abs() } else { 1.0 };
            while self.least.back().is_some_and(|(_, gain)| *gain >= wanted) {
                self.least.pop_back();
            }
            self.least.push_back((self.now, wanted));
            while self.least.front().is_some_and(|(index, _)| *index + AHEAD <= self.now) {
                self.least.pop_front();
            }
            let least = self.least.front().map_or(1.0, |(_, gain)| *gain);
            self.held = least.min(self.held + (1.0 - self.held) * RELEASE);
            self.gains.push_back(self.held);
            self.sum += f64::from(self.held) - self.gains.pop_front().map_or(1.0, f64::from);
            self.waiting.push_back(sample);
            self.now += 1;
            if self.waiting.len() >= AHEAD {
                let gain = (self.sum / AHEAD as f64) as f32;
                let sample = self.waiting.pop_front().unwrap_or(0.0) * gain;
                out.push((sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_louder_than_the_ceiling_and_quiet_passages_are_left_alone() {
        let mut limiter = Limiter::default();
        let loud = |i: usize| (i as f32 * 0.37).sin() * if (2_000..2_400).contains(&i) { 5.0 } else { 0.5 };
        let samples: Vec<f32> = (0..8_000).map(loud).collect();
        let mut out = Vec::new();
        limiter.run(&samples, &mut out);
        let peak = out.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
        let ceiling = (CEILING * 32_767.0) as u16;
        assert!(peak <= ceiling + 2 && peak > ceiling - 400, "{peak}");
        for index in 0..1_500 {
            let expected = (samples[index] * 32_767.0).round() as i16;
            assert!((out[index] - expected).abs() <= 1, "at {index}");
        }
    }
}
