//! Where the stems of a recording are between left and right, and how that tells them apart.
//!
//! Conventions: a place is the covariance of left and right of a stem in an octave of the spectrum, of trace 2, real and
//! symmetric, since loudness is what places drums. Source: N. Duong, E. Vincent, R. Gribonval, "Under-Determined
//! Reverberant Audio Source Separation Using a Full-Rank Spatial Covariance Model" (2010); the masks give the powers.

use super::Stem;
use super::spectra::BINS;
use realfft::num_complex::Complex;

/// First bin of each octave, and one past the last bin at the end.
const EDGES: [usize; 9] = [0, 6, 12, 24, 48, 96, 192, 384, BINS];
const OCTAVES: usize = EDGES.len() - 1;
const STEMS: usize = Stem::ALL.len();
/// The part of every stem that comes from everywhere: room, and what the masks got wrong.
const DIFFUSE: f32 = 0.05;
/// Energy, against full scale, below which a place is not known.
const KNOWN_ENERGY: f64 = 1e-9;

/// Left and right of a frame.
pub(super) type Sides<'a> = [&'a [Complex<f32>]; 2];

/// Left, right, and what both have in common.
#[derive(Debug, Clone, Copy)]
struct Place {
    left: f32,
    right: f32,
    both: f32,
}

/// What was seen of the places so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// Stems x octaves x (left, right, both).
    sums: [[[f64; 3]; OCTAVES]; STEMS],
}

/// The places of all stems, to split frames by.
#[derive(Debug, Clone)]
pub(super) struct Map {
    /// Octaves x stems.
    places: [[Place; STEMS]; OCTAVES],
}

impl Places {
    /// Takes a frame into account. Shape of `masks`: drums x BINS; the rest of each bin is the rest.
    pub(super) fn learn(&mut self, [left, right]: Sides<'_>, masks: &[Vec<f32>]) {
        for (octave, bins) in octaves().enumerate() {
            let mut found = [[0.0_f32; 3]; STEMS];
            for bin in bins {
                let (l, r) = (left[bin], right[bin]);
                let seen = [l.norm_sqr(), r.norm_sqr(), l.re * r.re + l.im * r.im];
                for (found, share) in found.iter_mut().zip(shares(masks, bin)) {
                    // Bins that are mostly of others tell little of this one.
                    for (sum, seen) in found.iter_mut().zip(seen) {
                        *sum += share * share * seen;
                    }
                }
            }
            for (sums, found) in self.sums.iter_mut().zip(found) {
                for (sum, found) in sums[octave].iter_mut().zip(found) {
                    *sum += f64::from(found);
                }
            }
        }
    }

    /// The places by what was seen so far.
    pub(super) fn map(&self) -> Map {
        let place = |sums: &[f64; 3]| {
            let energy = (sums[0] + sums[1]) / 2.0;
            let [left, right, both] =
                if energy > KNOWN_ENERGY { sums.map(|sum| (sum / energy) as f32) } else { [1.0, 1.0, 0.0] };
            let near = 1.0 - DIFFUSE;
            Place { left: left * near + DIFFUSE, right: right * near + DIFFUSE, both: both * near }
        };
        let octave = |octave: usize| std::array::from_fn(|stem| place(&self.sums[stem][octave]));
        Map { places: std::array::from_fn(octave) }
    }
}

impl Map {
    /// Takes out of a frame what all stems have in common: each is then its share times its place of this.
    /// `left` and `right` are changed in place; shape of `masks` as in [`Places::learn`].
    pub(super) fn whiten(&self, left: &mut [Complex<f32>], right: &mut [Complex<f32>], masks: &[Vec<f32>]) {
        for (places, bins) in self.places.iter().zip(octaves()) {
            for bin in bins {
                let mut all = Place { left: 0.0, right: 0.0, both: 0.0 };
                for (place, share) in places.iter().zip(shares(masks, bin)) {
                    all.left += share * place.left;
                    all.right += share * place.right;
                    all.both += share * place.both;
                }
                // Never 0: each place has a diffuse part, and the shares add up to 1.
                let over = 1.0 / (all.left * all.right - all.both * all.both);
                let (l, r) = (left[bin], right[bin]);
                left[bin] = (l * all.right - r * all.both) * over;
                right[bin] = (r * all.left - l * all.both) * over;
            }
        }
    }

    /// One side of a stem of a frame that was whitened; side 0 is left.
    pub(super) fn side(&self, stem: usize, side: usize, white: Sides<'_>, mask: &[f32], out: &mut [Complex<f32>]) {
        let [left, right] = white;
        for (places, bins) in self.places.iter().zip(octaves()) {
            let place = places[stem];
            let (of_left, of_right) = if side == 0 { (place.left, place.both) } else { (place.both, place.right) };
            for bin in bins {
                out[bin] = (left[bin] * of_left + right[bin] * of_right) * mask[bin];
            }
        }
    }
}

/// The bins of each octave.
fn octaves() -> impl Iterator<Item = std::ops::Range<usize>> {
    EDGES.windows(2).map(|edge| edge[0]..edge[1])
}

/// The share of each stem in a bin; the last is what the drums leave.
fn shares(masks: &[Vec<f32>], bin: usize) -> [f32; STEMS] {
    let mut shares = [0.0; STEMS];
    let mut rest = 1.0_f32;
    for (share, mask) in shares.iter_mut().zip(masks) {
        *share = mask[bin];
        rest -= mask[bin];
    }
    shares[STEMS - 1] = rest.max(0.0);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise of a frame, by a seed of its own.
    fn noise(seed: u32) -> Vec<Complex<f32>> {
        let mut seed = seed;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..BINS).map(|_| Complex::new(next(), next())).collect()
    }

    #[test]
    fn what_is_on_the_right_is_told_from_what_is_on_the_left() {
        let (hat, band) = (noise(1), noise(2));
        let of = |hat_part: f32, band_part: f32| -> Vec<Complex<f32>> {
            hat.iter().zip(&band).map(|(hat, band)| hat * hat_part + band * band_part).collect()
        };
        let masks_of = |hat: f32| -> Vec<Vec<f32>> {
            (0..STEMS - 1).map(|drum| vec![if drum == Stem::Hihat as usize { hat } else { 0.0 }; BINS]).collect()
        };
        let mut places = Places::default();
        places.learn([&of(0.2, 0.0), &of(1.0, 0.0)], &masks_of(1.0));
        places.learn([&of(0.0, 1.0), &of(0.0, 0.2)], &masks_of(0.0));
        let (mut left, mut right) = (of(0.2, 1.0), of(1.0, 0.2));
        // The masks alone cannot tell the two apart here.
        let masks = masks_of(0.5);
        let map = places.map();
        map.whiten(&mut left, &mut right, &masks);
        let mut found = vec![Complex::default(); BINS];
        map.side(Stem::Hihat as usize, 1, [&left, &right], &masks[Stem::Hihat as usize], &mut found);
        let wrong: f32 = found.iter().zip(&hat).map(|(found, hat)| (found - hat).norm_sqr()).sum();
        let right: f32 = hat.iter().map(Complex::norm_sqr).sum();
        assert!(wrong < 0.05 * right, "{wrong} of {right}");
    }

    #[test]
    fn stems_add_up_though_one_side_is_silent() {
        let (left, right) = (noise(3), vec![Complex::default(); BINS]);
        let masks: Vec<Vec<f32>> = (0..STEMS - 1).map(|drum| vec![0.1 * drum as f32 / 2.0; BINS]).collect();
        let mut places = Places::default();
        places.learn([&left, &right], &masks);
        let map = places.map();
        let (mut white_left, mut white_right) = (left.clone(), right.clone());
        map.whiten(&mut white_left, &mut white_right, &masks);
        let mut sum = vec![Complex::<f32>::default(); BINS];
        for stem in 0..STEMS {
            let mask: Vec<f32> = (0..BINS).map(|bin| shares(&masks, bin)[stem]).collect();
            let mut out = vec![Complex::default(); BINS];
            map.side(stem, 0, [&white_left, &white_right], &mask, &mut out);
            sum.iter_mut().zip(&out).for_each(|(sum, out)| *sum += out);
        }
        assert!(sum.iter().zip(&left).all(|(sum, left)| (sum - left).norm() < 1e-3));
    }
}
