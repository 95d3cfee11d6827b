//! How good the recording is: level, clipping, noise, bandwidth, in numbers and in plain words.

use crate::features::decibels;

/// Samples at or beyond this count as clipped.
const CLIP: f32 = 0.999;
/// Length of a block for the noise floor, samples (about 46 ms).
const BLOCK_SAMPLES: usize = 2048;

/// What was found out about a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Length, s.
    pub duration_s: f64,
    /// Largest magnitude of a sample, dB relative to full scale; -120 for silence.
    pub peak_db: f32,
    /// Mean level, dB relative to a full-scale square wave.
    pub level_db: f32,
    /// Level that nine blocks in ten exceed, dB.
    pub noise_floor_db: f32,
    /// Samples that reach full scale.
    pub clipped_samples: u64,
    /// Highest frequency with sound worth the name, Hz; 0 for silence.
    pub bandwidth_hz: f32,
    /// What a listener would say, one sentence each.
    pub remarks: Vec<String>,
}

/// Measures a recording block by block.
///
/// Levels of blocks are kept as a histogram of whole decibels, so memory does not grow.
#[derive(Debug, Clone)]
pub struct Gauge {
    samples: u64,
    peak: f32,
    energy: f64,
    clipped: u64,
    block_energy: f64,
    block_filled: usize,
    block_levels: [u64; 121],
    spectrum: Vec<f64>,
}

impl Default for Gauge {
    fn default() -> Self {
        Self {
            samples: 0,
            peak: 0.0,
            energy: 0.0,
            clipped: 0,
            block_energy: 0.0,
            block_filled: 0,
            block_levels: [0; 121],
            spectrum: Vec::new(),
        }
    }
}

impl Gauge {
    /// Takes in samples; those that are not finite count as 0.
    pub fn hear(&mut self, block: &[f32]) {
        for &sample in block {
            let sample = if sample.is_finite() { sample } else { 0.0 };
            let power = f64::from(sample) * f64::from(sample);
            self.samples += 1;
            self.peak = self.peak.max(sample.abs());
            self.clipped += u64::from(sample.abs() >= CLIP);
            self.energy += power;
            self.block_energy += power;
            self.block_filled += 1;
            if self.block_filled == BLOCK_SAMPLES {
                let level_db = decibels((self.block_energy / BLOCK_SAMPLES as f64) as f32);
                self.block_levels[(-level_db).clamp(0.0, 120.0) as usize] += 1;
                self.block_energy = 0.0;
                self.block_filled = 0;
            }
        }
    }

    /// Takes in a power spectrum; all must have the same length.
    pub fn see(&mut self, power: &[f32]) {
        self.spectrum.resize(power.len(), 0.0);
        for (sum, value) in self.spectrum.iter_mut().zip(power) {
            *sum += f64::from(*value);
        }
    }

    /// The findings; `hits` is how many hits were found.
    #[must_use]
    pub fn report(&self, sample_rate_hz: f64, hits: usize) -> Recording {
        let mut recording = Recording {
            duration_s: self.samples as f64 / sample_rate_hz,
            peak_db: decibels(self.peak * self.peak),
            level_db: decibels((self.energy / self.samples.max(1) as f64) as f32),
            noise_floor_db: self.noise_floor_db(),
            clipped_samples: self.clipped,
            bandwidth_hz: self.bandwidth_hz(sample_rate_hz),
            remarks: Vec::new(),
        };
        recording.remarks = remarks(&recording, hits);
        recording
    }

    fn noise_floor_db(&self) -> f32 {
        let blocks: u64 = self.block_levels.iter().sum();
        let mut quieter = 0;
        for (index, count) in self.block_levels.iter().enumerate().rev() {
            quieter += count;
            if quieter * 10 > blocks {
                return -(index as f32);
            }
        }
        decibels((self.energy / self.samples.max(1) as f64) as f32)
    }

    fn bandwidth_hz(&self, sample_rate_hz: f64) -> f32 {
        let loudest = self.spectrum.iter().copied().fold(0.0, f64::max);
        let bins = self.spectrum.len().saturating_sub(1).max(1);
        let highest = self.spectrum.iter().rposition(|&power| power > 0.0 && power >= loudest * 1e-7);
        highest.map_or(0.0, |bin| (bin as f64 / bins as f64 * sample_rate_hz / 2.0) as f32)
    }
}

fn remarks(recording: &Recording, hits: usize) -> Vec<String> {
    let mut remarks = Vec::new();
    if recording.duration_s == 0.0 {
        return vec!["There is no sound at all.".to_owned()];
    }
    if recording.peak_db <= -90.0 {
        return vec!["The recording is silent.".to_owned()];
    }
    if hits == 0 {
        remarks.push("No drums were found in this recording.".to_owned());
    }
    if recording.peak_db < -30.0 {
        remarks.push(format!("The recording is very quiet: its peak is {:.0} dB.", recording.peak_db));
    }
    let clipped_per_s = recording.clipped_samples as f64 / recording.duration_s;
    if recording.clipped_samples > 20 && clipped_per_s > 5.0 {
        let count = recording.clipped_samples;
        remarks
            .push(format!("The recording is overdriven: {count} samples reach full scale, which hides soft strokes."));
    }
    if recording.level_db - recording.noise_floor_db < 6.0 && hits > 0 {
        remarks
            .push("There is hardly a quiet moment: noise, room or other instruments may hide soft strokes.".to_owned());
    }
    if (1.0..6_000.0).contains(&recording.bandwidth_hz) {
        let hz = recording.bandwidth_hz;
        remarks.push(format!("Nothing sounds above {hz:.0} Hz: hi-hats and cymbals are hard to tell apart."));
    }
    remarks
}
