//! Finds moments at which energy rises suddenly, in all bands together or in the low, middle or high ones alone.
//!
//! Conventions: short frames of 512 samples every 147 samples (300 a second); frame `m` is centred on sample `147 m`.
//! The rise of a band is its level in dB minus the larger of its levels three and four frames earlier. Source: the idea
//! is spectral flux with a look-back maximum (S. Böck and G. Widmer, "Maximum Filter Vibrato Suppression for Onset
//! Detection", 2013).

use super::describe::ATTACK_EDGES_HZ;
use crate::features::FLOOR_POWER;
use std::collections::VecDeque;

/// Samples from short frame to short frame.
pub const SHORT_HOP: usize = 147;
/// Samples in a short window.
pub const SHORT_WINDOW: usize = 512;

/// Bands in which rises are looked at.
const BANDS: usize = ATTACK_EDGES_HZ.len() - 1;
/// Frames kept; the frame under judgement is in the middle.
const HISTORY: usize = 81;
const MIDDLE: usize = 40;
/// Frames before and after over which a peak is compared with the mean.
const MEAN_BEFORE: usize = 30;
const MEAN_AFTER: usize = 12;
/// A peak is the largest of so many frames on each side (13 ms).
const PEAK_REACH: usize = 4;
/// Peaks closer than this are one onset, frames (20 ms).
const MERGE: u64 = 6;
/// How far a peak must stand above the mean, dB: all bands, low, middle, high.
const STAND_OUT_DB: [f32; CURVES] = [1.2, 4.5, 2.2, 2.2];
/// Curves: all bands, and the three groups.
const CURVES: usize = 4;
const GROUPS: [std::ops::Range<usize>; CURVES] = [0..BANDS, 0..3, 3..8, 8..BANDS];
/// Level below the running peak at which a band counts as silent, as a power ratio (-70 dB).
const FLOOR_RATIO: f32 = 1e-7;
/// The running peak halves in about ten seconds.
const PEAK_KEEP: f32 = 0.999_77;

/// Proposes onsets from a stream of short power spectra.
#[derive(Debug, Clone)]
pub struct OnsetFinder {
    edges: Vec<usize>,
    peak_power: f32,
    levels: VecDeque<[f32; BANDS]>,
    curves: VecDeque<[f32; CURVES]>,
    frames: u64,
    pending: Option<Proposal>,
}

#[derive(Debug, Clone, Copy)]
struct Proposal {
    frame: u64,
    time_frames: f64,
    strength: f32,
    from_all: bool,
}

impl OnsetFinder {
    /// A finder for short frames at `sample_rate_hz`.
    #[must_use]
    pub fn new(sample_rate_hz: f64) -> Self {
        let bin_hz = sample_rate_hz / SHORT_WINDOW as f64;
        let edges = ATTACK_EDGES_HZ.iter().map(|hz| (hz / bin_hz).ceil() as usize).collect();
        Self {
            edges,
            peak_power: 0.0,
            levels: VecDeque::new(),
            curves: std::iter::repeat_n([0.0; CURVES], HISTORY).collect(),
            frames: 0,
            pending: None,
        }
    }

    /// Takes the next short spectrum; may return the time of an onset, in samples.
    pub fn push(&mut self, power: &[f32]) -> Option<f64> {
        let rise = self.rise(power);
        self.advance(rise)
    }

    /// Tells the finder that the sound is over and returns the onsets it still held back.
    pub fn finish(&mut self) -> Vec<f64> {
        let mut rest: Vec<f64> = (0..HISTORY).filter_map(|_| self.advance([0.0; CURVES])).collect();
        rest.extend(self.pending.take().map(Proposal::in_samples));
        rest
    }

    fn rise(&mut self, power: &[f32]) -> [f32; CURVES] {
        let mut bands = [0.0f32; BANDS];
        for (band, edge) in bands.iter_mut().zip(self.edges.windows(2)) {
            *band = power.get(edge[0]..edge[1]).unwrap_or(&[]).iter().sum();
        }
        self.peak_power = bands.iter().copied().fold(self.peak_power * PEAK_KEEP, f32::max);
        let floor = self.peak_power * FLOOR_RATIO + FLOOR_POWER;
        let level = bands.map(|band| 10.0 * (band + floor).log10());
        let before: Vec<[f32; BANDS]> = [2, 3].iter().filter_map(|&back| self.levels.get(back).copied()).collect();
        let mut rises = [0.0f32; BANDS];
        for (b, rise) in rises.iter_mut().enumerate() {
            let earlier = before.iter().map(|frame| frame[b]).fold(f32::NEG_INFINITY, f32::max);
            let earlier = if earlier.is_finite() { earlier } else { 10.0 * floor.log10() };
            *rise = (level[b] - earlier).clamp(0.0, 30.0);
        }
        self.levels.push_front(level);
        self.levels.truncate(4);
        GROUPS.map(|group| rises[group.clone()].iter().sum::<f32>() / group.len() as f32)
    }

    fn advance(&mut self, rise: [f32; CURVES]) -> Option<f64> {
        self.curves.pop_front();
        self.curves.push_back(rise);
        self.frames += 1;
        let judged = self.frames.checked_sub((HISTORY - MIDDLE) as u64)?;
        let proposal = self.judge(judged);
        let out = match (self.pending, proposal) {
            (Some(old), Some(new)) if new.frame - old.frame < MERGE => {
                self.pending = Some(old.merged(new));
                return None;
            }
            (Some(old), None) if judged - old.frame < MERGE => return None,
            (old, new) => {
                self.pending = new;
                old
            }
        };
        out.map(Proposal::in_samples)
    }

    fn judge(&self, frame: u64) -> Option<Proposal> {
        let standing = |curve: usize| {
            let value = self.curves[MIDDLE][curve];
            let is_peak = (1..=PEAK_REACH)
                .all(|d| value > self.curves[MIDDLE - d][curve] && value >= self.curves[MIDDLE + d][curve]);
            let around = MIDDLE - MEAN_BEFORE..=MIDDLE + MEAN_AFTER;
            let mean = around.map(|i| self.curves[i][curve]).sum::<f32>() / (MEAN_BEFORE + MEAN_AFTER + 1) as f32;
            (is_peak && value > mean + STAND_OUT_DB[curve]).then_some(value - mean)
        };
        let (curve, strength) = (0..CURVES).find_map(|curve| Some((curve, standing(curve)?)))?;
        let [before, here, after] = [-1i32, 0, 1].map(|d| self.curves[(MIDDLE as i32 + d) as usize][curve]);
        let bend = before - 2.0 * here + after;
        let shift = if bend < -1e-6 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 };
        Some(Proposal { frame, time_frames: frame as f64 + f64::from(shift), strength, from_all: curve == 0 })
    }
}

impl Proposal {
    fn in_samples(self) -> f64 {
        self.time_frames * SHORT_HOP as f64
    }

    /// One proposal out of two close ones: the rise over all bands has the better time.
    fn merged(self, new: Self) -> Self {
        let take_new = (new.from_all, new.strength) > (self.from_all, self.strength);
        if take_new { new } else { self }
    }
}
