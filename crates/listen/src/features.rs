//! Sound features: windows, spectra, mel bands.
//!
//! Front door of `features/`: [`features`] gives the log-mel frames of a recording, the rooms inside give the parts.

mod mel;
mod resample;
mod stack;
mod stft;
mod tape;

pub use mel::MelBank;
pub use resample::{mix_down, resample};
pub use stack::{STACK_FLOOR_POWER, Stack};
pub use stft::Spectrum;
pub use tape::Tape;

use crate::card::FeatureCard;

/// Power below which a band counts as silent: -120 dB.
pub const FLOOR_POWER: f32 = 1e-12;

/// Log-mel frames of a recording.
///
/// Shape: frames x bands, row by row. Unit: dB relative to a full-scale sine, floored at -120 dB. Frame `n` is centred
/// on sample `n * hop`.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    bands: usize,
    values: Vec<f32>,
}

impl Features {
    /// Number of mel bands.
    #[must_use]
    pub const fn bands(&self) -> usize {
        self.bands
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.values.len() / self.bands
    }

    /// The bands of one frame, dB; empty beyond the end.
    #[must_use]
    pub fn frame(&self, index: usize) -> &[f32] {
        self.values.get(index * self.bands..(index + 1) * self.bands).unwrap_or(&[])
    }

    /// All values, frame by frame.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

/// Computes log-mel frames one at a time, anywhere in a recording.
#[derive(Clone)]
pub struct LogMel {
    spectrum: Spectrum,
    bank: MelBank,
}

impl LogMel {
    /// Frames as `card` wants them; the card has been checked when it was read.
    #[must_use]
    pub fn new(card: &FeatureCard) -> Self {
        let rate_hz = f64::from(card.sample_rate_hz);
        Self::of(card.window_samples, MelBank::new(card.bands, card.window_samples, rate_hz, card.low_hz, card.high_hz))
    }

    /// Frames of windows of `window_samples` samples, seen through a bank made for that length.
    #[must_use]
    pub fn of(window_samples: usize, bank: MelBank) -> Self {
        Self { spectrum: Spectrum::new(window_samples), bank }
    }

    /// Power in each band of the window centred on sample `centre` of the tape.
    pub fn power_at(&mut self, tape: &Tape, centre: i64, bands: &mut [f32]) {
        let power = self.spectrum.power_at(tape, centre);
        self.bank.apply(power, bands);
    }

    /// Log-mel values of the window centred on sample `centre` of the tape, dB.
    pub fn frame_at(&mut self, tape: &Tape, centre: i64, bands: &mut [f32]) {
        self.power_at(tape, centre, bands);
        for value in bands {
            *value = decibels(*value);
        }
    }
}

/// The log-mel frames of a whole recording at 44.1 kHz; one frame at least.
#[must_use]
pub fn features(samples: &[f32], card: &FeatureCard) -> Features {
    let mut tape = Tape::default();
    tape.extend(samples);
    let mut mel = LogMel::new(card);
    let frames = samples.len() / card.hop_samples + 1;
    let mut values = vec![0.0; frames * card.bands];
    for (index, frame) in values.chunks_exact_mut(card.bands).enumerate() {
        mel.frame_at(&tape, (index * card.hop_samples) as i64, frame);
    }
    Features { bands: card.bands, values }
}

/// Power as a level, dB, floored at -120 dB.
#[must_use]
pub fn decibels(power: f32) -> f32 {
    10.0 * power.max(FLOOR_POWER).log10()
}
