//! What a listener hears with: the classic ear or the neural one, behind one door.

use crate::card::{Ear, FeatureCard, ModelCard, TimbreCard};
use crate::classic::{Judge, Templates, Weights, inputs_len};
use crate::error::{Error, Result};
use crate::features::{LogMel, Stack, Tape};
use crate::hits::{Candidate, CandidateFinder, FLOOR_PROBABILITY};
use crate::neural::{Network, Stream, WINDOW_FRAMES};
use std::fmt;
use std::sync::Arc;

/// However low a threshold, less probable moments are not kept.
const FLOOR_MIN: f32 = 0.01;

/// What a model believes at each frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Believed {
    /// Frames x classes of the card. Of a neural model the probability that a stroke begins; of a classic one the magnitude of
    /// the class in the rise over the frame 40 ms before.
    pub onset: Vec<Vec<f32>>,
    /// Probability of a beat and of a downbeat at each frame, 0..=1; empty of models that do not follow beats.
    pub beat: Vec<[f32; 2]>,
}

/// A model's learnt part.
#[derive(Clone)]
pub(super) enum Ears {
    /// The classic ear.
    Classic(Box<ClassicEars>),
    /// The neural ear.
    Neural(NeuralEars),
}

/// What the classic ear has learnt.
#[derive(Clone)]
pub(super) struct ClassicEars {
    pub(super) features: FeatureCard,
    pub(super) templates: Templates,
    pub(super) judge: Judge,
}

/// What the neural ear has learnt.
#[derive(Clone)]
pub(super) struct NeuralEars {
    pub(super) network: Arc<Network>,
    pub(super) stack: Stack,
    pub(super) hop_samples: usize,
    /// Least probability of a candidate.
    floor: f32,
    timbre: Option<TimbreCard>,
}

impl fmt::Debug for Ears {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Classic(_) => "Classic",
            Self::Neural(_) => "Neural",
        })
    }
}

impl Ears {
    /// Reads the learnt part that belongs to a card.
    pub(super) fn new(card: &ModelCard, weights: &[u8]) -> Result<Self> {
        let damaged = |reason: String| Error::Weights { model: card.name.clone(), reason };
        match &card.ear {
            Ear::Classic(features) => {
                let weights = Weights::parse(weights).map_err(damaged)?;
                let (bands, classes) = (features.bands, card.classes.len());
                let templates = Templates::new(&weights, classes, bands).map_err(damaged)?;
                let judge = Judge::new(&weights, inputs_len(bands, classes), &card.groups).map_err(damaged)?;
                Ok(Self::Classic(Box::new(ClassicEars { features: features.clone(), templates, judge })))
            }
            Ear::Neural(stack, network) => {
                let network = Network::new(card, stack, network, weights).map_err(|reason| card.unusable(reason))?;
                Ok(Self::Neural(NeuralEars {
                    network: Arc::new(network),
                    stack: Stack::new(stack),
                    hop_samples: stack.hop_samples,
                    floor: floor(card),
                    timbre: card.timbre(),
                }))
            }
        }
    }

    /// What the model believes at each frame; see [`super::Listener::activations`].
    pub(super) fn activations(&self, samples: &[f32]) -> Result<Believed, String> {
        match self {
            Self::Classic(ears) => Ok(Believed { onset: ears.activations(samples), beat: Vec::new() }),
            Self::Neural(ears) => {
                let mut believed = Believed::default();
                let mut stream = ears.stream(1);
                let classes = ears.network.classes();
                let mut hear = |heard: &crate::neural::Activations| {
                    believed.onset.extend(heard.onset.chunks_exact(classes).map(<[f32]>::to_vec));
                    believed.beat.extend(heard.beat.as_chunks::<2>().0);
                };
                stream.push(samples, &ears.network, &mut hear)?;
                stream.finish(&ears.network, &mut hear)?;
                Ok(believed)
            }
        }
    }
}

/// Least probability of a candidate: low enough for the lowest threshold of the card.
fn floor(card: &ModelCard) -> f32 {
    let thresholds =
        card.groups.iter().flat_map(|group| (0..group.members.len()).map(|member| group.threshold_of(member)));
    thresholds.fold(FLOOR_PROBABILITY, f32::min).max(FLOOR_MIN)
}

impl NeuralEars {
    /// A finder of candidates, low enough for all thresholds of the card.
    pub(super) fn finder(&self) -> CandidateFinder {
        CandidateFinder::new(self.network.classes(), self.floor, self.timbre)
    }

    /// All candidates of mono samples.
    pub(super) fn candidates(&self, samples: &[f32]) -> Result<Vec<Candidate>, String> {
        let (mut finder, mut stream) = (self.finder(), self.stream(1));
        stream.push(samples, &self.network, &mut |heard| finder.hear(heard))?;
        stream.finish(&self.network, &mut |heard| finder.hear(heard))?;
        Ok(finder.finish())
    }

    /// A stream through the network.
    pub(super) fn stream(&self, threads: usize) -> Stream {
        Stream::new(&self.network, &self.stack, self.hop_samples, WINDOW_FRAMES, threads)
    }
}

impl ClassicEars {
    fn activations(&self, samples: &[f32]) -> Vec<Vec<f32>> {
        let card = &self.features;
        let mut tape = Tape::default();
        tape.extend(samples);
        let mut mel = LogMel::new(card);
        let back = (0.04 * f64::from(card.sample_rate_hz)) as i64;
        let (mut now, mut before) = (vec![0.0; card.bands], vec![0.0; card.bands]);
        (0..=samples.len() / card.hop_samples)
            .map(|frame| {
                let centre = (frame * card.hop_samples) as i64;
                mel.power_at(&tape, centre, &mut now);
                mel.power_at(&tape, centre - back, &mut before);
                let rise: Vec<f32> = now.iter().zip(&before).map(|(now, before)| (now - before).max(0.0)).collect();
                self.templates.decompose(&rise)
            })
            .collect()
    }
}
