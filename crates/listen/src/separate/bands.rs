//! Bands in which drums are described: bins of their own below 900 Hz, a seventeenth of the frequency wide above.

use super::spectra::{BINS, MASK_GRID};
use drums::SampleRate;

/// Up to here every bin is a band of its own, Hz: kick and toms ring at single pitches.
const NARROW_HZ: f64 = 900.0;
/// Width of the bands above, as a part of their frequency.
const WIDTH: f64 = 1.0 / 17.0;

/// Which bins belong together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bands {
    /// First bin of each band, and one past the last bin at the end.
    edges: Vec<usize>,
}

impl Bands {
    pub(super) fn new() -> Self {
        let bin_hz = f64::from(SampleRate::LISTENING.get()) / MASK_GRID.window_samples as f64;
        let (mut edges, mut next) = (vec![0], 1.0_f64);
        while (next as usize) < BINS {
            edges.push(next as usize);
            let hz = next * bin_hz;
            next += if hz > NARROW_HZ { (hz * WIDTH / bin_hz).max(1.0) } else { 1.0 };
        }
        edges.push(BINS);
        edges.dedup();
        Self { edges }
    }

    /// How many.
    pub(super) const fn len(&self) -> usize {
        self.edges.len() - 1
    }

    /// Sums bins into bands.
    pub(super) fn sum(&self, bins: &[f32], bands: &mut [f32]) {
        for (band, pair) in bands.iter_mut().zip(self.edges.windows(2)) {
            *band = bins[pair[0]..pair[1]].iter().sum();
        }
    }

    /// Each band with its bins.
    pub(super) fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.edges.windows(2).map(|pair| pair[0]..pair[1])
    }
}
