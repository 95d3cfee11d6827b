//! The listener: a model made ready, and the way from sound to hits.
//!
//! [`Listener::start`] opens a [`Session`] that takes blocks of any size; [`Listener::hear`] is the same for a
//! recording already in memory. Equal sound gives equal hits however it is cut.

mod ears;
mod session;

pub use ears::Believed;
pub use session::{Heard, Session};

use crate::card::{ModelCard, check_weights};
use crate::error::{Error, Result};
use crate::features::{mix_down, resample};
use crate::hits::Candidate;
use drums::{Pcm, SampleRate};
use ears::Ears;

/// Samples given to a session at a time by [`Listener::hear`] (about six seconds).
const BLOCK_SAMPLES: usize = 1 << 18;
/// Log-odds between the middle of the sensitivity range and its ends.
const SENSITIVITY_LOG_ODDS: f32 = 4.0;

/// A model as bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Model {
    /// Its card, the contents of `model.toml`.
    pub card: Vec<u8>,
    /// Its weights: `weights.bin` of a classic model, `model.onnx` of a neural one.
    pub weights: Vec<u8>,
}

/// The models a listener works with; today exactly one, which hears hits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelSet {
    /// The models.
    pub models: Vec<Model>,
}

impl ModelSet {
    /// A set of one model.
    #[must_use]
    pub fn single(card: &[u8], weights: &[u8]) -> Self {
        Self { models: vec![Model { card: card.to_vec(), weights: weights.to_vec() }] }
    }
}

/// How to listen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// 0 (only what is certain) to 1 (rather too much than too little); 0.5 is what the model was tuned for.
    pub sensitivity: f32,
    /// How many threads a neural model may use; what is heard does not depend on it.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { sensitivity: 0.5, threads: 1 }
    }
}

impl Options {
    /// By how much thresholds are lowered, log-odds.
    fn log_odds_shift(&self) -> f32 {
        let sensitivity = if self.sensitivity.is_nan() { 0.5 } else { self.sensitivity.clamp(0.0, 1.0) };
        (sensitivity - 0.5) * 2.0 * SENSITIVITY_LOG_ODDS
    }
}

/// Watches the work, and may end it.
pub trait Progress {
    /// Called now and then with the share done, 0..=1; `false` stops the work with [`Error::Stopped`].
    fn advance(&mut self, done: f64) -> bool;
}

impl<F: FnMut(f64) -> bool> Progress for F {
    fn advance(&mut self, done: f64) -> bool {
        self(done)
    }
}

/// A model made ready to listen.
///
/// Two listeners are equal where their cards are: a card holds the SHA-256 of its weights.
#[derive(Debug, Clone)]
pub struct Listener {
    card: ModelCard,
    ears: Ears,
}

impl PartialEq for Listener {
    fn eq(&self, other: &Self) -> bool {
        self.card == other.card
    }
}

impl Listener {
    /// Reads and checks a model.
    ///
    /// # Errors
    /// [`Error::Card`], [`Error::Unusable`] or [`Error::Weights`] where the model is damaged or wants what we cannot
    /// compute, [`Error::WrongNumberOfModels`] where the set does not hold exactly one.
    pub fn new(models: &ModelSet) -> Result<Self> {
        let [model] = models.models.as_slice() else {
            return Err(Error::WrongNumberOfModels { count: models.models.len() });
        };
        let card = ModelCard::parse(&model.card)?;
        check_weights(&card.name, &card.sha256, &model.weights)?;
        let ears = Ears::new(&card, &model.weights)?;
        Ok(Self { card, ears })
    }

    /// The card of the model.
    #[must_use]
    pub const fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Multiplications a neural model makes per frame; of a classic one nothing is known.
    #[must_use]
    pub fn work_per_frame(&self) -> Option<u64> {
        match &self.ears {
            Ears::Classic(_) => None,
            Ears::Neural(ears) => Some(ears.network.work_per_frame()),
        }
    }

    /// Opens a session at the start of a recording.
    #[must_use]
    pub fn start(&self, options: &Options) -> Session<'_> {
        Session::new(self, options)
    }

    /// Hears a whole recording of any rate and number of channels.
    ///
    /// # Errors
    /// [`Error::Stopped`] where `progress` says so, [`Error::Run`] where the model fails.
    pub fn hear(&self, pcm: &Pcm, options: &Options, progress: &mut dyn Progress) -> Result<Heard> {
        let samples = resample(&mix_down(pcm), pcm.rate(), SampleRate::LISTENING);
        let mut session = self.start(options);
        let mut heard = 0;
        for block in samples.chunks(BLOCK_SAMPLES) {
            session.push(block);
            heard += block.len();
            if !progress.advance(heard as f64 / samples.len() as f64) {
                return Err(Error::Stopped);
            }
        }
        session.finish()
    }

    /// What the model believes at each frame of mono samples at 44.1 kHz, at the frame rate of its card.
    ///
    /// # Errors
    /// [`Error::Run`] where the model fails.
    pub fn activations(&self, samples: &[f32]) -> Result<Believed> {
        self.ears.activations(samples).map_err(|reason| self.failed(reason))
    }

    /// The possible hits of mono samples at 44.1 kHz through a neural model, before anything is decided; of a classic one
    /// none.
    ///
    /// # Errors
    /// [`Error::Run`] where the model fails.
    pub fn candidates(&self, samples: &[f32]) -> Result<Vec<Candidate>> {
        match &self.ears {
            Ears::Classic(_) => Ok(Vec::new()),
            Ears::Neural(ears) => ears.candidates(samples).map_err(|reason| self.failed(reason)),
        }
    }

    fn failed(&self, reason: String) -> Error {
        Error::Run { model: self.card.name.clone(), reason }
    }
}
