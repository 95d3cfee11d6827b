//! How good the recording is: level, clipping, noise, hum, room, bandwidth, in numbers and in plain words.
//!
//! [`Gauge`] measures block by block and keeps histograms, so memory does not grow; [`Recording`] is what it found.

mod decay;
mod hum;
mod words;

pub use hum::Hum;
pub use words::{Room, Suitability};

use crate::features::{Spectrum, Tape, decibels};
use decay::DecayMeter;
use drums::SampleRate;
use hum::HumMeter;

/// Samples at or beyond this count as clipped.
const CLIP: f32 = 0.999;
/// Length of a block for the noise floor and the bandwidth, samples (about 46 ms).
const BLOCK_SAMPLES: usize = 2048;
/// Length of a stretch in which hum is looked for, samples (0.37 s).
const STRETCH_SAMPLES: usize = 8 * BLOCK_SAMPLES;
/// Power, relative to the loudest frequency, from which on a frequency has sound worth the name (-70 dB).
const BANDWIDTH_SHARE: f64 = 1e-7;

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
    /// Longest run of samples at full scale.
    pub longest_clip_samples: u64,
    /// A mains tone under the music.
    pub hum: Option<Hum>,
    /// Time in which sound dies away by 60 dB after the driest strokes, s; `None` where no stroke stands alone long enough.
    pub decay_s: Option<f32>,
    /// Highest frequency with sound worth the name, Hz; 0 for silence.
    pub bandwidth_hz: f32,
    /// How well it suits listening for drums.
    pub suitability: Suitability,
    /// What a listener would say, one sentence each; also the reasons for the suitability.
    pub remarks: Vec<String>,
}

impl Recording {
    /// Share of the samples that reach full scale, 0..=1.
    #[must_use]
    pub fn clipped_share(&self) -> f64 {
        let samples = self.duration_s * f64::from(SampleRate::LISTENING.get());
        self.clipped_samples as f64 / samples.max(1.0)
    }

    /// The room in a word, where its decay could be measured.
    #[must_use]
    pub fn room(&self) -> Option<Room> {
        self.decay_s.map(Room::of_decay)
    }
}

/// Measures a recording block by block.
#[derive(Clone)]
pub struct Gauge {
    samples: u64,
    peak: f32,
    energy: f64,
    clipped: u64,
    clip_run: u64,
    clip_longest: u64,
    /// Levels of blocks as a histogram of whole decibels below full scale.
    block_levels: [u64; 121],
    stretch: Vec<f32>,
    tools: Tools,
    spectrum: Vec<f64>,
    hum: HumMeter,
    decay: DecayMeter,
}

#[derive(Clone)]
struct Tools {
    block: Spectrum,
    stretch: Spectrum,
}

impl Default for Gauge {
    fn default() -> Self {
        Self {
            samples: 0,
            peak: 0.0,
            energy: 0.0,
            clipped: 0,
            clip_run: 0,
            clip_longest: 0,
            block_levels: [0; 121],
            stretch: Vec::with_capacity(STRETCH_SAMPLES),
            tools: Tools { block: Spectrum::new(BLOCK_SAMPLES), stretch: Spectrum::new(STRETCH_SAMPLES) },
            spectrum: vec![0.0; BLOCK_SAMPLES / 2 + 1],
            hum: HumMeter::default(),
            decay: DecayMeter::default(),
        }
    }
}

impl Gauge {
    /// Takes in mono samples at 44.1 kHz; those that are not finite count as 0.
    pub fn hear(&mut self, block: &[f32]) {
        for &sample in block {
            let sample = if sample.is_finite() { sample } else { 0.0 };
            self.samples += 1;
            self.peak = self.peak.max(sample.abs());
            self.energy += f64::from(sample) * f64::from(sample);
            self.clip_run = if sample.abs() >= CLIP { self.clip_run + 1 } else { 0 };
            self.clipped += u64::from(self.clip_run > 0);
            self.clip_longest = self.clip_longest.max(self.clip_run);
            self.decay.hear(sample);
            self.stretch.push(sample);
            if self.stretch.len() == STRETCH_SAMPLES {
                self.look();
            }
        }
    }

    /// The findings; `hits` is how many hits were found.
    #[must_use]
    pub fn report(mut self, hits: usize) -> Recording {
        self.look();
        let mut recording = Recording {
            duration_s: self.samples as f64 / f64::from(SampleRate::LISTENING.get()),
            peak_db: decibels(self.peak * self.peak),
            level_db: decibels((self.energy / self.samples.max(1) as f64) as f32),
            noise_floor_db: self.noise_floor_db(),
            clipped_samples: self.clipped,
            longest_clip_samples: self.clip_longest,
            hum: std::mem::take(&mut self.hum).hum(),
            decay_s: self.decay.decay_s(),
            bandwidth_hz: self.bandwidth_hz(),
            suitability: Suitability::Good,
            remarks: Vec::new(),
        };
        (recording.suitability, recording.remarks) = words::remarks(&recording, hits);
        recording
    }

    /// Looks at the stretch gathered so far, which is the last or a full one.
    fn look(&mut self) {
        let mut tape = Tape::default();
        tape.extend(&self.stretch);
        for (index, block) in self.stretch.chunks(BLOCK_SAMPLES).enumerate() {
            let energy: f64 = block.iter().map(|sample| f64::from(*sample) * f64::from(*sample)).sum();
            if block.len() == BLOCK_SAMPLES {
                let level_db = decibels((energy / BLOCK_SAMPLES as f64) as f32);
                self.block_levels[(-level_db).clamp(0.0, 120.0) as usize] += 1;
            }
            let power = self.tools.block.power_at(&tape, (index * BLOCK_SAMPLES + BLOCK_SAMPLES / 2) as i64);
            for (sum, value) in self.spectrum.iter_mut().zip(power) {
                *sum += f64::from(*value);
            }
        }
        if self.stretch.len() == STRETCH_SAMPLES {
            self.hum.see(self.tools.stretch.power_at(&tape, STRETCH_SAMPLES as i64 / 2));
        }
        self.stretch.clear();
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

    fn bandwidth_hz(&self) -> f32 {
        let loudest = self.spectrum.iter().copied().fold(0.0, f64::max);
        let highest = self.spectrum.iter().rposition(|&power| power > 0.0 && power >= loudest * BANDWIDTH_SHARE);
        let bin_hz = f64::from(SampleRate::LISTENING.get()) / BLOCK_SAMPLES as f64;
        highest.map_or(0.0, |bin| (bin as f64 * bin_hz) as f32)
    }
}
