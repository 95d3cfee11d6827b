//! Spectra with phase, there and back.
//!
//! Conventions: frame `n` is centred on sample `n * hop`, and may be negative; the root of a Hann window both
//! ways, so that overlapping frames add up to the sound.

use crate::features::Tape;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// How sound is cut into frames: the hop divides the window, twice at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    /// Samples under a spectrum.
    pub(super) window_samples: usize,
    /// Samples from frame to frame.
    pub(super) hop_samples: usize,
}

/// That of the masks: 46 ms, long enough to tell a bass from a kick, short enough for strokes; every 11.6 ms.
pub(super) const MASK_GRID: Grid = Grid { window_samples: 2048, hop_samples: 512 };
/// Samples from frame to frame of the masks.
pub(super) const HOP_SAMPLES: usize = MASK_GRID.hop_samples;
/// Bins of a spectrum of the masks.
pub(super) const BINS: usize = MASK_GRID.bins();
/// The first frame of the masks.
pub(super) const FIRST_FRAME: i64 = MASK_GRID.first_frame();

/// The frame of the masks nearest to a time.
pub(super) fn frame_at(seconds: f64) -> i64 {
    (seconds * f64::from(drums::SampleRate::LISTENING.get()) / HOP_SAMPLES as f64).round() as i64
}

impl Grid {
    /// Bins of a spectrum.
    pub(super) const fn bins(self) -> usize {
        self.window_samples / 2 + 1
    }

    const fn half(self) -> i64 {
        self.window_samples as i64 / 2
    }

    /// The first frame that touches sample 0.
    pub(super) const fn first_frame(self) -> i64 {
        -((self.half() - 1) / self.hop_samples as i64)
    }

    /// One past the last frame that touches a sound of so many samples.
    pub(super) const fn end_frame(self, samples: i64) -> i64 {
        if samples <= 0 { self.first_frame() } else { (samples - 1 + self.half()) / self.hop_samples as i64 + 1 }
    }

    /// Frames whose sound is all among the first `samples`.
    pub(super) const fn whole_frames(self, samples: i64) -> i64 {
        (samples - self.half()).div_euclid(self.hop_samples as i64) + 1
    }

    /// The first sample of a frame; no frame from it on adds to one before.
    pub(super) const fn start_of(self, frame: i64) -> i64 {
        frame * self.hop_samples as i64 - self.half()
    }
}

/// Transforms frames.
#[derive(Clone)]
pub(super) struct Fourier {
    grid: Grid,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    window: Vec<f32>,
    samples: Vec<f32>,
    scratch: Vec<Complex<f32>>,
}

impl Fourier {
    pub(super) fn new(grid: Grid) -> Self {
        let mut planner = RealFftPlanner::<f32>::new();
        let length = grid.window_samples;
        let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
        let hann = |n: usize| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / length as f64).cos();
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            grid,
            window: (0..length).map(|n| hann(n).sqrt() as f32).collect(),
            samples: vec![0.0; length],
            scratch: vec![Complex::default(); scratch],
            forward,
            inverse,
        }
    }

    /// How it cuts sound into frames.
    pub(super) const fn grid(&self) -> Grid {
        self.grid
    }

    /// What a magnitude is multiplied by so that a full-scale sine in the middle of a bin has 1.
    pub(super) fn full_scale(&self) -> f32 {
        (2.0 / self.window.iter().map(|weight| f64::from(*weight)).sum::<f64>()) as f32
    }

    /// Adds the magnitudes of a frame to a list of them: the root of the mean power over channels.
    pub(super) fn magnitudes(&mut self, tapes: &[Tape], frame: i64, seen: &mut Vec<f32>) {
        let mut bins = vec![Complex::default(); self.grid.bins()];
        let first = seen.len();
        seen.resize(first + bins.len(), 0.0);
        for tape in tapes {
            self.analyse(tape, frame, &mut bins);
            for (power, bin) in seen[first..].iter_mut().zip(&bins) {
                *power += bin.norm_sqr();
            }
        }
        let share = 1.0 / tapes.len().max(1) as f32;
        for power in &mut seen[first..] {
            *power = (*power * share).sqrt();
        }
    }

    /// The spectrum of a frame; shape of `bins`: bins of the grid.
    pub(super) fn analyse(&mut self, tape: &Tape, frame: i64, bins: &mut [Complex<f32>]) {
        tape.read(self.grid.start_of(frame), &mut self.samples);
        for (sample, weight) in self.samples.iter_mut().zip(&self.window) {
            *sample *= weight;
        }
        let done = self.forward.process_with_scratch(&mut self.samples, bins, &mut self.scratch);
        debug_assert!(done.is_ok(), "all buffers have the transform's own lengths");
    }

    /// Adds the sound of a spectrum to `sound`, which begins where the frame does; spoils `bins`.
    pub(super) fn add_sound(&mut self, bins: &mut [Complex<f32>], sound: &mut [f32]) {
        // The first and the last bin of a real sound are real.
        for end in [0, self.grid.bins() - 1] {
            bins[end].im = 0.0;
        }
        let done = self.inverse.process_with_scratch(bins, &mut self.samples, &mut self.scratch);
        debug_assert!(done.is_ok(), "all buffers have the transform's own lengths");
        // The transform multiplies by its length; the overlapping Hann windows add up to their number / 2.
        let Grid { window_samples, hop_samples } = self.grid;
        let scale = 2.0 * hop_samples as f32 / (window_samples * window_samples) as f32;
        for ((sum, sample), weight) in sound.iter_mut().zip(&self.samples).zip(&self.window) {
            *sum += sample * weight * scale;
        }
    }
}
