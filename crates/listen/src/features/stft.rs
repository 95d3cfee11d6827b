//! Power spectra of Hann windows.
//!
//! Conventions: a full-scale sine in the middle of a bin has power 1 there. Source: F. J. Harris, "On the Use of
//! Windows for Harmonic Analysis with the Discrete Fourier Transform" (1978).

use super::tape::Tape;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Computes power spectra of one window length.
#[derive(Clone)]
pub struct Spectrum {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    samples: Vec<f32>,
    bins: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
}

impl Spectrum {
    /// Spectra of `window_samples` samples, at least 2; periodic Hann window.
    #[must_use]
    pub fn new(window_samples: usize) -> Self {
        let length = window_samples.max(2);
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(length);
        // A Hann window sums to half its length, so a sine of amplitude 1 peaks at length / 4.
        let scale = 4.0 / length as f64;
        let window = (0..length)
            .map(|n| {
                let phase = std::f64::consts::TAU * n as f64 / length as f64;
                ((0.5 - 0.5 * phase.cos()) * scale) as f32
            })
            .collect();
        Self {
            samples: fft.make_input_vec(),
            bins: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            power: vec![0.0; length / 2 + 1],
            window,
            fft,
        }
    }

    /// Power per bin of the window centred on sample `centre`; shape: window / 2 + 1.
    pub fn power_at(&mut self, tape: &Tape, centre: i64) -> &[f32] {
        tape.read(centre - self.window.len() as i64 / 2, &mut self.samples);
        for (sample, weight) in self.samples.iter_mut().zip(&self.window) {
            *sample *= weight;
        }
        let done = self.fft.process_with_scratch(&mut self.samples, &mut self.bins, &mut self.scratch);
        debug_assert!(done.is_ok(), "the buffers were made by the transform itself");
        for (power, bin) in self.power.iter_mut().zip(&self.bins) {
            *power = bin.norm_sqr();
        }
        &self.power
    }
}
