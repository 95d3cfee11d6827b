//! The part of a card that says how the model works and which sound features it was trained on.
//!
//! Conventions: a classic model takes one kind of frame ([`FeatureCard`]); a neural one a stack of layers
//! ([`StackCard`]), each a window length with one or more places relative to the frame's centre.

use super::Kind;
use serde::Deserialize;

/// Lengths of analysis windows we compute, samples.
const WINDOW_SAMPLES: std::ops::RangeInclusive<usize> = 64..=16_384;
/// Most mel bands of one window.
const BANDS_MAX: usize = 512;
/// Most values of a frame of a stack.
const WIDTH_MAX: usize = 4096;
/// Most values of a timbre.
const TIMBRE_VALUES_MAX: usize = 64;
/// Most moments that lend to one.
const NEIGHBOURS_MAX: usize = 64;
/// Most frames on each side on which an output may depend (41 s).
const CONTEXT_FRAMES_MAX: usize = 4096;

/// How a model works.
#[derive(Debug, Clone, PartialEq)]
pub enum Ear {
    /// Onset detection, templates and a small judge, over frames of one kind.
    Classic(FeatureCard),
    /// A neural network over stacked frames.
    Neural(StackCard, NetworkCard),
}

/// The frames of a classic model.
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

/// The frames of a neural model: the bands of all layers one after the other.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackCard {
    /// Sample rate, Hz.
    pub sample_rate_hz: u32,
    /// Step from frame to frame, samples.
    pub hop_samples: usize,
    /// The layers, in the order of the values.
    pub layers: Vec<LayerCard>,
}

/// Mel bands of one window length, at one or more places around the centre of a frame.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerCard {
    /// Length of the analysis window, samples.
    pub window_samples: usize,
    /// Number of mel bands per place.
    pub bands: usize,
    /// Lower edge of the lowest band, Hz.
    pub low_hz: f64,
    /// Upper edge of the highest band, Hz.
    pub high_hz: f64,
    /// Centres of the windows relative to the frame's, samples, in the order of the values.
    pub centres_samples: Vec<i32>,
}

/// What must be known about a network beside its graph.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkCard {
    /// Frames on each side on which an output may depend.
    pub context_frames: usize,
    /// Whether the network says how hard strokes were; where nothing is said, its graph decides.
    #[serde(default)]
    pub velocity: Option<bool>,
    /// What strokes that sound alike do for each other; nothing where the card is silent.
    #[serde(default)]
    pub timbre: Option<TimbreCard>,
}

/// How moments of a recording that sound alike lend each other evidence; see [`crate::hits::CandidateFinder::finish`].
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimbreCard {
    /// Values a frame of the network's output `timbre`, 1..=64.
    pub values: usize,
    /// Most moments that lend to one, 1..=64.
    pub neighbours: usize,
    /// By how much the cosine between two timbres falls until the weight falls to 1/e, 0.01..=2.
    pub reach: f32,
    /// Share of the log-odds that is lent, 0..=1.
    pub share: f32,
}

impl Ear {
    pub(super) fn read(kind: Kind, features: toml::Value, network: Option<NetworkCard>) -> Result<Self, String> {
        let reason = |e: toml::de::Error| format!("[features]: {}", e.message());
        match (kind, network) {
            (Kind::Classic, None) => features.try_into().map(Self::Classic).map_err(reason),
            (Kind::Classic, Some(_)) => Err("a classic model has no [network]".to_owned()),
            (Kind::Neural, Some(network)) => {
                features.try_into().map(|stack| Self::Neural(stack, network)).map_err(reason)
            }
            (Kind::Neural, None) => Err("[network] with context_frames is missing".to_owned()),
        }
    }

    /// How the model works, in a word.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Classic(_) => Kind::Classic,
            Self::Neural(..) => Kind::Neural,
        }
    }

    /// The frames of a classic model.
    #[must_use]
    pub const fn classic(&self) -> Option<&FeatureCard> {
        match self {
            Self::Classic(card) => Some(card),
            Self::Neural(..) => None,
        }
    }

    /// Step from frame to frame, samples.
    #[must_use]
    pub const fn hop_samples(&self) -> usize {
        match self {
            Self::Classic(card) => card.hop_samples,
            Self::Neural(card, _) => card.hop_samples,
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Classic(card) => card.check(),
            Self::Neural(stack, network) => stack.check().and_then(|()| network.check()),
        }
    }
}

impl FeatureCard {
    fn check(&self) -> Result<(), String> {
        check_rate(self.sample_rate_hz)?;
        check_bands(self.window_samples, self.bands, self.low_hz, self.high_hz)?;
        check_hop(self.hop_samples, self.window_samples)
    }
}

impl StackCard {
    /// Number of values per frame.
    #[must_use]
    pub fn width(&self) -> usize {
        self.layers.iter().map(|layer| layer.bands.saturating_mul(layer.centres_samples.len())).sum()
    }

    fn check(&self) -> Result<(), String> {
        check_rate(self.sample_rate_hz)?;
        for layer in &self.layers {
            check_bands(layer.window_samples, layer.bands, layer.low_hz, layer.high_hz)?;
            let reach = i32::try_from(layer.window_samples).unwrap_or(i32::MAX);
            if let Some(far) = layer.centres_samples.iter().find(|centre| !(-reach..=reach).contains(centre)) {
                return Err(format!("a window is centred {far} samples from its frame, further than its length"));
            }
        }
        check_hop(self.hop_samples, self.layers.iter().map(|layer| layer.window_samples).max().unwrap_or(0))?;
        match self.width() {
            1..=WIDTH_MAX => Ok(()),
            width => Err(format!("its frames have {width} values, we compute 1 to {WIDTH_MAX}")),
        }
    }
}

impl NetworkCard {
    fn check(&self) -> Result<(), String> {
        match self.context_frames {
            0..=CONTEXT_FRAMES_MAX => self.timbre.map_or(Ok(()), |timbre| timbre.check()),
            frames => Err(format!(
                "it looks {frames} frames to each side, {CONTEXT_FRAMES_MAX} are allowed: train one that looks less far"
            )),
        }
    }
}

impl TimbreCard {
    fn check(&self) -> Result<(), String> {
        let Self { values, neighbours, reach, share } = *self;
        if !(1..=TIMBRE_VALUES_MAX).contains(&values) || !(1..=NEIGHBOURS_MAX).contains(&neighbours) {
            return Err(format!(
                "its timbre has {values} values and {neighbours} neighbours, not 1 to {TIMBRE_VALUES_MAX} and 1 to \
                 {NEIGHBOURS_MAX}"
            ));
        }
        if !(0.01..=2.0).contains(&reach) || !(0.0..=1.0).contains(&share) {
            return Err(format!("its timbre has a reach of {reach} and a share of {share}, not 0.01 to 2 and 0 to 1"));
        }
        Ok(())
    }
}

pub(crate) fn check_rate(sample_rate_hz: u32) -> Result<(), String> {
    if sample_rate_hz == drums::SampleRate::LISTENING.get() {
        return Ok(());
    }
    Err(format!("it wants sound at {sample_rate_hz} Hz, we hear at 44100 Hz"))
}

fn check_hop(hop_samples: usize, window_samples: usize) -> Result<(), String> {
    if (16..=window_samples).contains(&hop_samples) {
        return Ok(());
    }
    Err(format!("its hop of {hop_samples} samples is not 16 to a window of {window_samples}"))
}

fn check_bands(window_samples: usize, bands: usize, low_hz: f64, high_hz: f64) -> Result<(), String> {
    let nyquist_hz = f64::from(drums::SampleRate::LISTENING.get()) / 2.0;
    if !WINDOW_SAMPLES.contains(&window_samples) || !window_samples.is_multiple_of(2) {
        return Err(format!("its window of {window_samples} samples is not even, or not 64 to 16384"));
    }
    if !(1..=BANDS_MAX).contains(&bands) {
        return Err(format!("it wants {bands} bands, we compute 1 to {BANDS_MAX}"));
    }
    if !(low_hz >= 0.0 && low_hz < high_hz && high_hz <= nyquist_hz) {
        return Err(format!("its bands go from {low_hz} to {high_hz} Hz"));
    }
    Ok(())
}
