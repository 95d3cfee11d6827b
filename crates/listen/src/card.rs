//! The model card: what a model is, what it wants to be fed and what its numbers mean.
//!
//! Conventions: a card is TOML; classes are ids of [`drums::Instrument`]; thresholds are probabilities.

use crate::error::{Error, Result};
use drums::{Instrument, Velocity};
use serde::Deserialize;

/// How a model works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Onset detection, template decomposition and a small trained judge; see [`crate::classic`].
    Classic,
    /// A neural network over log-mel frames.
    Neural,
}

/// The sound features a model was trained on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureCard {
    /// Sample rate, Hz.
    pub sample_rate_hz: u32,
    /// Length of the analysis window, samples.
    pub window_samples: usize,
    /// Step from frame to frame, samples.
    pub hop_samples: usize,
    /// Number of mel bands.
    pub bands: usize,
    /// Lower edge of the lowest band, Hz.
    pub low_hz: f64,
    /// Upper edge of the highest band, Hz.
    pub high_hz: f64,
}

/// Instruments of which at most one is struck at a time, such as the sounds of one hi-hat.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Name of the group.
    pub name: String,
    /// Ids of its instruments; they are classes of the card, in the card's order.
    pub members: Vec<String>,
    /// Probability from which on the group counts as struck, 0..1.
    pub threshold: f32,
    /// How the model's velocities become those of hits; unchanged where nothing is said.
    #[serde(default)]
    pub velocity: VelocityMap,
}

/// Spreads velocities: a model that is unsure guesses near the middle, so soft strokes come out too loud and loud ones too
/// soft. The line through (`heard_mean`, `true_mean`) with slope `gain` takes that back.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VelocityMap {
    /// Mean of the model's velocities on validation sounds, 0..=1.
    pub heard_mean: f32,
    /// Mean of the true ones, 0..=1.
    pub true_mean: f32,
    /// Slope, 0..=4.
    pub gain: f32,
}

impl Default for VelocityMap {
    fn default() -> Self {
        Self { heard_mean: 0.0, true_mean: 0.0, gain: 1.0 }
    }
}

impl VelocityMap {
    /// The velocity of a hit from the model's; at least 1/127, since the stroke was heard.
    #[must_use]
    pub fn map(&self, heard: f32) -> Velocity {
        let spread = self.true_mean + self.gain * (heard - self.heard_mean);
        Velocity::clamped(spread.clamp(1.0 / 127.0, 1.0))
    }

    fn is_sound(&self) -> bool {
        (0.0..=1.0).contains(&self.heard_mean)
            && (0.0..=1.0).contains(&self.true_mean)
            && (0.0..=4.0).contains(&self.gain)
    }
}

/// A model card.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// Name, such as `classic`.
    pub name: String,
    /// Version of the weights.
    pub version: String,
    /// How it works.
    pub kind: Kind,
    /// Licence of the weights (SPDX).
    pub licence: String,
    /// SHA-256 of the weights, lower case hex.
    pub sha256: String,
    /// Ids of the instruments it hears, in the order of its outputs.
    pub classes: Vec<String>,
    /// Seconds to add to every time it says, measured on synthetic sound.
    #[serde(default)]
    pub latency_s: f64,
    /// Shortest time between two hits of one instrument, s; closer ones are one hit.
    #[serde(default = "default_combine_s")]
    pub combine_s: f64,
    /// Which sound features it takes.
    pub features: FeatureCard,
    /// How its classes belong together.
    pub groups: Vec<Group>,
    /// What it was trained on; for people.
    #[serde(default)]
    pub data: Vec<toml::Value>,
    /// How it was trained; for people.
    #[serde(default)]
    pub training: Option<toml::Value>,
    /// How well it did; for people.
    #[serde(default)]
    pub scores: Option<toml::Value>,
}

const fn default_combine_s() -> f64 {
    0.03
}

impl ModelCard {
    /// Reads a card from the bytes of a `model.toml`.
    ///
    /// # Errors
    /// [`Error::Card`] where the bytes are no card; [`Error::Unusable`] where it contradicts itself or names
    /// instruments nobody knows.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(|e| Error::Card { reason: e.to_string() })?;
        let card: Self = toml::from_str(text).map_err(|e| Error::Card { reason: e.message().to_owned() })?;
        card.check()?;
        Ok(card)
    }

    /// The classes as instruments, in the order of the outputs.
    #[must_use]
    pub fn instruments(&self) -> Vec<Instrument> {
        self.classes.iter().filter_map(|id| id.parse().ok()).collect()
    }

    pub(crate) fn unusable(&self, reason: impl Into<String>) -> Error {
        Error::Unusable { model: self.name.clone(), reason: reason.into() }
    }

    fn check(&self) -> Result<()> {
        for id in &self.classes {
            id.parse::<Instrument>().map_err(|e| self.unusable(e.to_string()))?;
        }
        let members: Vec<&String> = self.groups.iter().flat_map(|group| &group.members).collect();
        if members != self.classes.iter().collect::<Vec<_>>() {
            return Err(self.unusable("its groups do not list its classes once each and in their order"));
        }
        if let Some(group) = self.groups.iter().find(|group| !(0.0..=1.0).contains(&group.threshold)) {
            return Err(self.unusable(format!("the threshold of {} is {}, not 0 to 1", group.name, group.threshold)));
        }
        if let Some(group) = self.groups.iter().find(|group| !group.velocity.is_sound()) {
            return Err(self.unusable(format!("the velocities of {} are spread beyond their range", group.name)));
        }
        if self.classes.is_empty() || self.groups.iter().any(|group| group.members.is_empty()) {
            return Err(self.unusable("it has no classes, or a group without members"));
        }
        if !self.latency_s.is_finite() || self.latency_s.abs() > 1.0 || !(0.0..=1.0).contains(&self.combine_s) {
            return Err(self.unusable("its latency or combination time is not within a second"));
        }
        self.features.check().map_err(|reason| self.unusable(reason))
    }
}

impl FeatureCard {
    fn check(&self) -> Result<(), String> {
        let nyquist_hz = f64::from(self.sample_rate_hz) / 2.0;
        if self.sample_rate_hz != drums::SampleRate::LISTENING.get() {
            return Err(format!("it wants sound at {} Hz, we hear at 44100 Hz", self.sample_rate_hz));
        }
        if !(64..=16_384).contains(&self.window_samples) || !self.window_samples.is_multiple_of(2) {
            return Err(format!("its window of {} samples is not even, or not 64 to 16384", self.window_samples));
        }
        if !(1..=self.window_samples).contains(&self.hop_samples) {
            return Err(format!("its hop of {} samples is not 1 to a window", self.hop_samples));
        }
        if !(1..=512).contains(&self.bands) {
            return Err(format!("it wants {} bands, we compute 1 to 512", self.bands));
        }
        if !(self.low_hz >= 0.0 && self.low_hz < self.high_hz && self.high_hz <= nyquist_hz) {
            return Err(format!("its bands go from {} to {} Hz", self.low_hz, self.high_hz));
        }
        Ok(())
    }
}
