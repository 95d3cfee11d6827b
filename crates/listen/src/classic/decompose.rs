//! Explains a spectrum as a sum of known drum sounds.
//!
//! Conventions: templates are mel magnitude spectra that sum to 1, several per class; decomposition minimises the
//! Kullback-Leibler divergence with the templates held fixed. Source: D. Lee and S. Seung, "Algorithms for Non-negative
//! Matrix Factorization" (2000), multiplicative updates.

use super::weights::Weights;

const ROUNDS: usize = 25;
const TINY: f32 = 1e-9;

/// Spectral templates of drum sounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Templates {
    classes: usize,
    bands: usize,
    /// One row per template.
    spectra: Vec<Vec<f32>>,
}

impl Templates {
    /// Takes the array `templates` (classes x templates x bands) out of the weights.
    ///
    /// # Errors
    /// A phrase where it is missing, has another shape, or is negative somewhere.
    pub fn new(weights: &Weights, classes: usize, bands: usize) -> Result<Self, String> {
        let array = weights.get("templates", 3)?;
        if array.shape[0] != classes || array.shape[2] != bands || array.shape[1] == 0 {
            return Err(format!("the templates have shape {:?}, not {classes} x any x {bands}", array.shape));
        }
        if array.values.iter().any(|value| *value < 0.0) {
            return Err("a template is negative".to_owned());
        }
        let spectra = array.values.chunks_exact(bands).map(normalised).collect();
        Ok(Self { classes, bands, spectra })
    }

    /// Magnitude of each class in a power spectrum; all 0 for silence.
    #[must_use]
    pub fn decompose(&self, power: &[f32]) -> Vec<f32> {
        let magnitude: Vec<f32> = power.iter().map(|p| p.max(0.0).sqrt()).collect();
        let total: f32 = magnitude.iter().sum();
        if total <= TINY || magnitude.len() != self.bands {
            return vec![0.0; self.classes];
        }
        let wanted: Vec<f32> = magnitude.iter().map(|m| m / total).collect();
        let mut amounts = vec![1.0 / self.spectra.len() as f32; self.spectra.len()];
        for _ in 0..ROUNDS {
            let ratio = self.ratio(&wanted, &amounts);
            for (amount, spectrum) in amounts.iter_mut().zip(&self.spectra) {
                *amount *= spectrum.iter().zip(&ratio).map(|(s, r)| s * r).sum::<f32>();
            }
        }
        let per_class = self.spectra.len() / self.classes;
        amounts.chunks_exact(per_class).map(|class| class.iter().sum::<f32>() * total).collect()
    }

    /// What is wanted over what the present amounts give, per band.
    fn ratio(&self, wanted: &[f32], amounts: &[f32]) -> Vec<f32> {
        let mut sum = vec![TINY; self.bands];
        for (amount, spectrum) in amounts.iter().zip(&self.spectra) {
            for (value, s) in sum.iter_mut().zip(spectrum) {
                *value += amount * s;
            }
        }
        wanted.iter().zip(&sum).map(|(w, s)| w / s).collect()
    }
}

fn normalised(spectrum: &[f32]) -> Vec<f32> {
    let sum: f32 = spectrum.iter().sum::<f32>().max(TINY);
    spectrum.iter().map(|value| value / sum).collect()
}
