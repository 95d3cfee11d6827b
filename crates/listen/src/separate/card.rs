//! The card of a network that takes recordings apart: what it is fed, and which stems its masks are of.
//!
//! Conventions: a card is TOML; stems are ids of [`Stem`], in the order of the masks.

use super::Stem;
use super::spectra::Grid;
use crate::card::{SEPARATOR, check_rate, kind_of, read_toml};
use crate::error::{Error, Result};
use serde::Deserialize;

/// Lengths of windows we compute, samples.
const WINDOW_SAMPLES: std::ops::RangeInclusive<usize> = 256..=8192;
/// Shortest hop, samples.
const HOP_SAMPLES_MIN: usize = 64;
/// Most frames on each side on which a mask may depend (6 s at a hop of 512 samples).
const CONTEXT_FRAMES_MAX: usize = 512;

/// The card of a network that takes recordings apart.
#[derive(Debug, Clone, PartialEq)]
pub struct SeparatorCard {
    /// Name, such as `apart`.
    pub name: String,
    /// Version of the weights.
    pub version: String,
    /// Licence of the weights (SPDX).
    pub licence: String,
    /// SHA-256 of the weights, lower case hex.
    pub sha256: String,
    /// The drums it has masks of, in the order of these; what they leave is the rest.
    pub stems: Vec<Stem>,
    /// What it is fed.
    pub spectra: SpectraCard,
    /// Frames on each side on which a mask may depend.
    pub context_frames: usize,
    /// What it was trained on; for people.
    pub data: Vec<toml::Value>,
    /// How it was trained; for people.
    pub training: Option<toml::Value>,
    /// How well it did; for people.
    pub scores: Option<toml::Value>,
}

/// The frames a network is fed: magnitudes under the root of a Hann window, bins 0 to window / 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpectraCard {
    /// Sample rate, Hz.
    pub sample_rate_hz: u32,
    /// Samples under a spectrum.
    pub window_samples: usize,
    /// Samples from frame to frame; a whole number of them, 2 at least, is a window.
    pub hop_samples: usize,
}

/// The card as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    version: String,
    #[serde(rename = "kind")]
    _kind: String,
    licence: String,
    sha256: String,
    stems: Vec<String>,
    spectra: SpectraCard,
    network: NetworkCard,
    #[serde(default)]
    data: Vec<toml::Value>,
    training: Option<toml::Value>,
    scores: Option<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkCard {
    context_frames: usize,
}

impl SeparatorCard {
    /// Reads a card from the bytes of a `model.toml`.
    ///
    /// # Errors
    /// [`Error::Card`] where the bytes are no card of a separator; [`Error::Unusable`] where it names stems nobody knows or
    /// wants what we do not compute.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let kind = kind_of(bytes)?;
        if kind != SEPARATOR {
            let reason =
                format!("its kind is {kind:?}, not {SEPARATOR:?}: such a model does not take recordings apart");
            return Err(Error::Card { reason });
        }
        let written: Written = read_toml(bytes)?;
        let unusable = |reason: String| Error::Unusable { model: written.name.clone(), reason };
        let stems = read_stems(&written.stems).map_err(unusable)?;
        written.spectra.check().map_err(unusable)?;
        let context_frames = written.network.context_frames;
        if context_frames > CONTEXT_FRAMES_MAX {
            return Err(unusable(format!(
                "it looks {context_frames} frames to each side, {CONTEXT_FRAMES_MAX} are allowed: train one that looks less far"
            )));
        }
        Ok(Self {
            stems,
            context_frames,
            name: written.name,
            version: written.version,
            licence: written.licence,
            sha256: written.sha256,
            spectra: written.spectra,
            data: written.data,
            training: written.training,
            scores: written.scores,
        })
    }

    /// How it wants sound to be cut.
    pub(super) const fn grid(&self) -> Grid {
        Grid { window_samples: self.spectra.window_samples, hop_samples: self.spectra.hop_samples }
    }
}

impl SpectraCard {
    /// Values a frame: bins of a spectrum.
    #[must_use]
    pub const fn bins(&self) -> usize {
        self.window_samples / 2 + 1
    }

    fn check(&self) -> std::result::Result<(), String> {
        check_rate(self.sample_rate_hz)?;
        let Self { window_samples, hop_samples, .. } = *self;
        if !WINDOW_SAMPLES.contains(&window_samples) || !window_samples.is_multiple_of(2) {
            let (least, most) = (WINDOW_SAMPLES.start(), WINDOW_SAMPLES.end());
            return Err(format!("its window of {window_samples} samples is not even, or not {least} to {most}"));
        }
        let fits = (HOP_SAMPLES_MIN..=window_samples / 2).contains(&hop_samples);
        if !fits || !window_samples.is_multiple_of(hop_samples) {
            return Err(format!(
                "its hop of {hop_samples} samples is below {HOP_SAMPLES_MIN}, or not a whole part of its window of \
                 {window_samples}, half of it at most: frames laid over each other would not add up"
            ));
        }
        Ok(())
    }
}

fn read_stems(names: &[String]) -> std::result::Result<Vec<Stem>, String> {
    let known = Stem::DRUMS.map(Stem::id).join(", ");
    if names.is_empty() || names.len() > Stem::DRUMS.len() {
        let most = Stem::DRUMS.len();
        return Err(format!("it lists {} stems, not 1 to {most}, each one of {known}", names.len()));
    }
    let mut stems = Vec::with_capacity(names.len());
    for name in names {
        let stem = match Stem::named(name) {
            Some(Stem::Rest) => {
                return Err(
                    "it lists the stem rest, which is what the others leave: export its masks without that".into()
                );
            }
            Some(stem) => stem,
            None => return Err(format!("it lists the stem {name:?}; there are {known}")),
        };
        if stems.contains(&stem) {
            return Err(format!("it lists the stem {name} twice"));
        }
        stems.push(stem);
    }
    Ok(stems)
}
