//! The model card: what a model is, what it wants to be fed and what its numbers mean.
//!
//! Conventions: a card is TOML; classes are ids of [`drums::Instrument`]; thresholds are probabilities.

mod ear;

pub(crate) use ear::check_rate;
pub use ear::{Ear, FeatureCard, LayerCard, NetworkCard, StackCard, TimbreCard};

use crate::classic::logistic;
use crate::error::{Error, Result};
use drums::{Confidence, Instrument, Velocity};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// How a model works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Onset detection, template decomposition and a small trained judge; see [`crate::classic`].
    Classic,
    /// A neural network over log-mel frames; see [`crate::neural`].
    Neural,
}

/// Instruments of which at most one is struck at a time, such as the sounds of one hi-hat.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Name of the group.
    pub name: String,
    /// Ids of its instruments; they are classes of the card, in the card's order.
    pub members: Vec<String>,
    /// Probability from which on the group counts as struck, 0..1; one for all of its members.
    #[serde(default)]
    pub threshold: Option<f32>,
    /// The same, one per member; neural models only, in place of `threshold`.
    #[serde(default)]
    pub thresholds: Vec<f32>,
    /// How the model's velocities become those of hits; unchanged where nothing is said.
    #[serde(default)]
    pub velocity: VelocityMap,
    /// How probabilities become the confidence of hits; unchanged where nothing is said.
    #[serde(default)]
    pub confidence: ConfidenceMap,
    /// Which other groups its strokes are taken for; neural models only.
    #[serde(default)]
    pub bleed: Vec<Bleed>,
}

impl Group {
    /// Probability from which on a member counts as struck; a half where the card is silent, which [`ModelCard::parse`]
    /// does not let pass.
    #[must_use]
    pub fn threshold_of(&self, member: usize) -> f32 {
        self.thresholds.get(member).copied().or(self.threshold).unwrap_or(0.5)
    }

    fn check(&self, kind: Kind) -> Result<(), String> {
        let name = &self.name;
        if self.members.is_empty() {
            return Err(format!("the group {name} has no members"));
        }
        match (self.threshold, self.thresholds.len()) {
            (Some(_), 0) => {}
            (None, count) if count == self.members.len() && kind == Kind::Neural => {}
            (None, 0) => return Err(format!("the group {name} has no threshold")),
            (_, count) => {
                let members = self.members.len();
                return Err(format!(
                    "the group {name} has {count} thresholds for {members} members; give one `threshold`, or, to a \
                     neural model, one of `thresholds` per member"
                ));
            }
        }
        let mut thresholds = self.threshold.iter().chain(&self.thresholds);
        if let Some(threshold) = thresholds.find(|threshold| !(0.0..=1.0).contains(*threshold)) {
            return Err(format!("the threshold of {name} is {threshold}, not 0 to 1"));
        }
        if !self.velocity.is_sound() {
            return Err(format!("the velocities of {name} are spread beyond their range"));
        }
        if !self.confidence.is_sound() {
            return Err(format!("the confidence of {name} does not grow with its probability"));
        }
        if !self.bleed.is_empty() && kind != Kind::Neural {
            return Err(format!("the group {name} has a bleed, which only neural models may have"));
        }
        if let Some(bleed) = self.bleed.iter().find(|bleed| !(-4.0..=4.0).contains(&bleed.slope)) {
            return Err(format!("the bleed of {} into {name} has the slope {}, not -4 to 4", bleed.from, bleed.slope));
        }
        Ok(())
    }
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

/// Makes probabilities true: of hits with a confidence of .8 four in five are to be right. The log-odds of a hit are put on
/// the line through `shift` at 0 with slope `gain`, fitted on validation sounds (J. C. Platt, "Probabilistic outputs for
/// support vector machines", 1999).
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfidenceMap {
    /// Log-odds of being right where the model says one half, -8..=8.
    pub shift: f32,
    /// Slope, 0..=4.
    pub gain: f32,
}

impl Default for ConfidenceMap {
    fn default() -> Self {
        Self { shift: 0.0, gain: 1.0 }
    }
}

impl ConfidenceMap {
    /// The confidence of a hit from the log-odds the model gives it.
    #[must_use]
    pub fn map(&self, log_odds: f32) -> Confidence {
        Confidence::clamped(logistic(self.shift + self.gain * log_odds))
    }

    fn is_sound(&self) -> bool {
        (-8.0..=8.0).contains(&self.shift) && (0.0..=4.0).contains(&self.gain)
    }
}

/// What another group's strokes do to the evidence for this one: a long kick sounds like a floor tom as well.
///
/// Taken into account as far as the song itself shows it: see [`crate::hits::decide`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bleed {
    /// Name of the other group.
    pub from: String,
    /// Log-odds taken off per log-odds of the other group, -4..=4; below 0 its evidence counts for this group too.
    pub slope: f32,
}

/// A model card.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    /// Name, such as `classic`.
    pub name: String,
    /// Version of the weights.
    pub version: String,
    /// How it works, and which sound features it takes.
    pub ear: Ear,
    /// Licence of the weights (SPDX).
    pub licence: String,
    /// SHA-256 of the weights, lower case hex.
    pub sha256: String,
    /// Ids of the instruments it hears, in the order of its outputs.
    pub classes: Vec<String>,
    /// Seconds to add to every time it says, measured on synthetic sound.
    pub latency_s: f64,
    /// Shortest time between two hits of one instrument, s; closer ones are one hit.
    pub combine_s: f64,
    /// How its classes belong together.
    pub groups: Vec<Group>,
    /// What it was trained on; for people.
    pub data: Vec<toml::Value>,
    /// How it was trained; for people.
    pub training: Option<toml::Value>,
    /// How well it did; for people.
    pub scores: Option<toml::Value>,
}

/// The card as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    version: String,
    kind: Kind,
    licence: String,
    sha256: String,
    classes: Vec<String>,
    #[serde(default)]
    latency_s: f64,
    #[serde(default = "default_combine_s")]
    combine_s: f64,
    features: toml::Value,
    network: Option<NetworkCard>,
    groups: Vec<Group>,
    #[serde(default)]
    data: Vec<toml::Value>,
    training: Option<toml::Value>,
    scores: Option<toml::Value>,
}

impl Written {
    fn understood(self) -> Result<ModelCard> {
        let ear = Ear::read(self.kind, self.features, self.network).map_err(|reason| Error::Card { reason })?;
        Ok(ModelCard {
            name: self.name,
            version: self.version,
            ear,
            licence: self.licence,
            sha256: self.sha256,
            classes: self.classes,
            latency_s: self.latency_s,
            combine_s: self.combine_s,
            groups: self.groups,
            data: self.data,
            training: self.training,
            scores: self.scores,
        })
    }
}

/// Reads a card of any kind.
pub(crate) fn read_toml<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let text = std::str::from_utf8(bytes).map_err(|e| Error::Card { reason: e.to_string() })?;
    toml::from_str(text).map_err(|e| Error::Card { reason: e.message().to_owned() })
}

/// The word of a card of any kind that says which; empty where it says nothing.
pub(crate) fn kind_of(bytes: &[u8]) -> Result<String> {
    #[derive(Deserialize)]
    struct Peek {
        #[serde(default)]
        kind: String,
    }
    read_toml::<Peek>(bytes).map(|peek| peek.kind)
}

/// The kind of cards of networks that take recordings apart.
pub(crate) const SEPARATOR: &str = "separator";

/// Whether weights are those of a card of any kind, and not too many.
pub(crate) fn check_weights(model: &str, sha256: &str, weights: &[u8]) -> Result<()> {
    let damaged = |reason: String| Error::Weights { model: model.to_owned(), reason };
    if weights.len() > WEIGHTS_BYTES_MAX {
        let size = weights.len();
        return Err(damaged(format!(
            "its weights have {size} bytes, up to {WEIGHTS_BYTES_MAX} are taken: train a smaller model"
        )));
    }
    let found: String = Sha256::digest(weights).iter().map(|byte| format!("{byte:02x}")).collect();
    if found == sha256 {
        return Ok(());
    }
    Err(damaged(format!("the SHA-256 of its weights is {found}, the card says {sha256}")))
}

/// Largest weights we take.
const WEIGHTS_BYTES_MAX: usize = 64 << 20;
/// The table of instruments is far shorter than this.
const CLASSES_MAX: usize = 256;

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
        if kind_of(bytes)? == SEPARATOR {
            let reason = format!("its kind is {SEPARATOR:?}: it takes recordings apart and hears nothing");
            return Err(Error::Card { reason });
        }
        let card = read_toml::<Written>(bytes)?.understood()?;
        card.check()?;
        Ok(card)
    }

    /// The classes as instruments, in the order of the outputs.
    #[must_use]
    pub fn instruments(&self) -> Vec<Instrument> {
        self.classes.iter().filter_map(|id| id.parse().ok()).collect()
    }

    /// Which classes a group has, as positions in [`Self::classes`].
    pub(crate) fn classes_of(&self, group: &str) -> Option<std::ops::Range<usize>> {
        let at = self.groups.iter().position(|other| other.name == group)?;
        let first = self.groups[..at].iter().map(|other| other.members.len()).sum();
        Some(first..first + self.groups[at].members.len())
    }

    /// What strokes that sound alike do for each other.
    #[must_use]
    pub const fn timbre(&self) -> Option<TimbreCard> {
        match &self.ear {
            Ear::Neural(_, network) => network.timbre,
            Ear::Classic(_) => None,
        }
    }

    pub(crate) fn unusable(&self, reason: impl Into<String>) -> Error {
        Error::Unusable { model: self.name.clone(), reason: reason.into() }
    }

    fn check(&self) -> Result<()> {
        for id in &self.classes {
            id.parse::<Instrument>().map_err(|e| self.unusable(e.to_string()))?;
        }
        let distinct: std::collections::BTreeSet<&String> = self.classes.iter().collect();
        if distinct.len() != self.classes.len() {
            return Err(self.unusable("it lists a class twice"));
        }
        let members: Vec<&String> = self.groups.iter().flat_map(|group| &group.members).collect();
        if members != self.classes.iter().collect::<Vec<_>>() {
            return Err(self.unusable("its groups do not list its classes once each and in their order"));
        }
        if self.classes.is_empty() || self.classes.len() > CLASSES_MAX {
            return Err(self.unusable(format!("it hears {} classes, not 1 to {CLASSES_MAX}", self.classes.len())));
        }
        for group in &self.groups {
            group.check(self.ear.kind()).map_err(|reason| self.unusable(reason))?;
            let other = |bleed: &&Bleed| bleed.from == group.name || self.classes_of(&bleed.from).is_none();
            if let Some(bleed) = group.bleed.iter().find(other) {
                let (name, from) = (&group.name, &bleed.from);
                return Err(
                    self.unusable(format!("the group {name} names a bleed from {from}, which is no other group"))
                );
            }
        }
        if !self.latency_s.is_finite() || self.latency_s.abs() > 1.0 || !(0.0..=1.0).contains(&self.combine_s) {
            return Err(self.unusable("its latency or combination time is not within a second"));
        }
        self.ear.check().map_err(|reason| self.unusable(reason))
    }
}
