//! Spectra with phase, there and back.
//!
//! Conventions: frame `n` is centred on sample `n * HOP_SAMPLES`, and may be negative; the root of a Hann window both
//! ways, so that overlapping frames add up to the sound.

use crate::features::Tape;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Samples under a spectrum: 46 ms, long enough to tell a bass from a kick, short enough for strokes.
pub(super) const WINDOW_SAMPLES: usize = 2048;
/// Samples from frame to frame: 11.6 ms.
pub(super) const HOP_SAMPLES: usize = 512;
/// Bins of a spectrum.
pub(super) const BINS: usize = WINDOW_SAMPLES / 2 + 1;
/// Half a window, samples.
pub(super) const HALF_SAMPLES: i64 = WINDOW_SAMPLES as i64 / 2;
/// The first frame that touches sample 0.
pub(super) const FIRST_FRAME: i64 = 1 - HALF_SAMPLES / HOP_SAMPLES as i64;

/// The frame nearest to a time.
pub(super) fn frame_at(seconds: f64) -> i64 {
    (seconds * f64::from(drums::SampleRate::LISTENING.get()) / HOP_SAMPLES as f64).round() as i64
}

/// One past the last frame that touches a sound of so many samples.
pub(super) const fn end_frame(samples: i64) -> i64 {
    if samples <= 0 { FIRST_FRAME } else { (samples - 1 + HALF_SAMPLES) / HOP_SAMPLES as i64 + 1 }
}

/// Frames whose sound is all among the first `samples`.
pub(super) const fn whole_frames(samples: i64) -> i64 {
    (samples - HALF_SAMPLES).div_euclid(HOP_SAMPLES as i64) + 1
}

/// Transforms frames.
#[derive(Clone)]
pub(super) struct Fourier {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    window: Vec<f32>,
    samples: Vec<f32>,
    scratch: Vec<Complex<f32>>,
}

impl Fourier {
    pub(super) fn new() -> Self {
        let mut planner = RealFftPlanner::<f32>::new();
        let forward = planner.plan_fft_forward(WINDOW_SAMPLES);
        let inverse = planner.plan_fft_inverse(WINDOW_SAMPLES);
        let hann = |n: usize| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / WINDOW_SAMPLES as f64).cos();
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            window: (0..WINDOW_SAMPLES).map(|n| hann(n).sqrt() as f32).collect(),
            samples: vec![0.0; WINDOW_SAMPLES],
            scratch: vec![Complex::default(); scratch],
            forward,
            inverse,
        }
    }

    /// The spectrum of a frame; shape of `bins`: BINS.
    pub(super) fn analyse(&mut self, tape: &Tape, frame: i64, bins: &mut [Complex<f32>]) {
        tape.read(frame * HOP_SAMPLES as i64 - HALF_SAMPLES, &mut self.samples);
        for (sample, weight) in self.samples.iter_mut().zip(&self.window) {
            *sample *= weight;
        }
        let done = self.forward.process_with_scratch(&mut self.samples, bins, &mut self.scratch);
        debug_assert!(done.is_ok(), "all buffers have the transform's own lengths");
    }

    /// Adds the sound of a spectrum to `sound`, which begins where the frame does; spoils `bins`.
    pub(super) fn add_sound(&mut self, bins: &mut [Complex<f32>], sound: &mut [f32]) {
        // The first and the last bin of a real sound are real.
        for end in [0, BINS - 1] {
            bins[end].im = 0.0;
        }
        let done = self.inverse.process_with_scratch(bins, &mut self.samples, &mut self.scratch);
        debug_assert!(done.is_ok(), "all buffers have the transform's own lengths");
        // The transform multiplies by its length; the overlapping Hann windows add up to their number / 2.
        let scale = 2.0 * HOP_SAMPLES as f32 / (WINDOW_SAMPLES * WINDOW_SAMPLES) as f32;
        for ((sum, sample), weight) in sound.iter_mut().zip(&self.samples).zip(&self.window) {
            *sum += sample * weight * scale;
        }
    }
}
