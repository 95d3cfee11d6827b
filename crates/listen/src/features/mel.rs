//! Triangular mel bands over a power spectrum.
//!
//! Conventions: mel(f) = 2595 log10(1 + f / 700) (O'Shaughnessy 1987); triangles of height 1 between neighbouring
//! centres, so that the bands of a flat spectrum grow with frequency. A triangle too narrow to hold a bin takes the bin
//! nearest to its centre.

/// A bank of mel bands.
#[derive(Debug, Clone, PartialEq)]
pub struct MelBank {
    bands: Vec<Band>,
}

#[derive(Debug, Clone, PartialEq)]
struct Band {
    first_bin: usize,
    weights: Vec<f32>,
}

fn mel_of(hz: f64) -> f64 {
    2595.0 * (1.0 + hz / 700.0).log10()
}

fn hz_of(mel: f64) -> f64 {
    700.0 * (10f64.powf(mel / 2595.0) - 1.0)
}

impl MelBank {
    /// `bands` bands from `low_hz` to `high_hz` over the spectrum of `window_samples` samples.
    #[must_use]
    pub fn new(bands: usize, window_samples: usize, rate_hz: f64, low_hz: f64, high_hz: f64) -> Self {
        let (low, high) = (mel_of(low_hz), mel_of(high_hz));
        let edge = |i: usize| hz_of(low + (high - low) * i as f64 / (bands + 1) as f64);
        let bin_hz = rate_hz / window_samples as f64;
        let last_bin = window_samples / 2;
        let band = |i: usize| triangle(edge(i), edge(i + 1), edge(i + 2), bin_hz, last_bin);
        Self { bands: (0..bands).map(band).collect() }
    }

    /// Number of bands.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bands.len()
    }

    /// Whether there are no bands.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bands.is_empty()
    }

    /// Sums a power spectrum into the bands.
    pub fn apply(&self, power: &[f32], out: &mut [f32]) {
        for (value, band) in out.iter_mut().zip(&self.bands) {
            let bins = power.get(band.first_bin..).unwrap_or(&[]);
            *value = band.weights.iter().zip(bins).map(|(weight, power)| weight * power).sum();
        }
    }
}

fn triangle(left_hz: f64, centre_hz: f64, right_hz: f64, bin_hz: f64, last_bin: usize) -> Band {
    let height = |bin: usize| {
        let hz = bin as f64 * bin_hz;
        ((hz - left_hz) / (centre_hz - left_hz)).min((right_hz - hz) / (right_hz - centre_hz))
    };
    let inside: Vec<usize> = ((left_hz / bin_hz).ceil() as usize..=last_bin)
        .take_while(|&bin| bin as f64 * bin_hz < right_hz)
        .filter(|&bin| height(bin) > 0.0)
        .collect();
    match inside.first() {
        Some(&first_bin) => Band { first_bin, weights: inside.iter().map(|&bin| height(bin) as f32).collect() },
        None => Band { first_bin: ((centre_hz / bin_hz).round() as usize).min(last_bin), weights: vec![1.0] },
    }
}
