//! The listener: a model made ready, and the way from sound to hits.
//!
//! [`Listener::start`] opens a [`Session`] that takes blocks of any size; [`Listener::hear`] is the same for a
//! recording already in memory. Equal sound gives equal hits however it is cut.

use crate::card::{FeatureCard, Kind, ModelCard};
use crate::classic::{Candidate, Judge, Scout, Templates, Weights, inputs_len, judge_inputs};
use crate::error::{Error, Result};
use crate::features::{LogMel, Tape, mix_down, resample};
use crate::hits::choose;
use crate::recording::{Gauge, Recording};
use drums::{Hit, Pcm, SampleRate};
use sha2::{Digest, Sha256};

/// Samples given to a session at a time by [`Listener::hear`] (about six seconds).
const BLOCK_SAMPLES: usize = 1 << 18;
/// Log-odds between the middle of the sensitivity range and its ends.
const SENSITIVITY_LOG_ODDS: f32 = 4.0;

/// A model as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its card, the contents of `model.toml`.
    pub card: Vec<u8>,
    /// Its weights.
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
}

impl Default for Options {
    fn default() -> Self {
        Self { sensitivity: 0.5 }
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

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The hits, sorted by time, then score order, numbered from 0.
    pub hits: Vec<Hit>,
    /// How good the recording is.
    pub report: Recording,
}

/// A model made ready to listen.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    card: ModelCard,
    templates: Templates,
    judge: Judge,
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
        if card.kind == Kind::Neural {
            return Err(card.unusable("neural models cannot be run yet, only classic ones"));
        }
        let damaged = |reason: String| Error::Weights { model: card.name.clone(), reason };
        let sha256 = hex(&Sha256::digest(&model.weights));
        if sha256 != card.sha256 {
            return Err(damaged(format!("their SHA-256 is {sha256}, the card says {}", card.sha256)));
        }
        let weights = Weights::parse(&model.weights).map_err(damaged)?;
        let (bands, classes) = (card.features.bands, card.classes.len());
        let templates = Templates::new(&weights, classes, bands).map_err(damaged)?;
        let judge = Judge::new(&weights, inputs_len(bands, classes), &card.groups).map_err(damaged)?;
        Ok(Self { card, templates, judge })
    }

    /// The card of the model.
    #[must_use]
    pub const fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Opens a session at the start of a recording.
    #[must_use]
    pub fn start(&self, options: &Options) -> Session<'_> {
        Session { listener: self, options: *options, scout: Scout::new(&self.card.features), gauge: Gauge::default() }
    }

    /// Hears a whole recording of any rate and number of channels.
    ///
    /// # Errors
    /// [`Error::Stopped`] where `progress` says so.
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
        Ok(session.finish())
    }

    /// How much of each instrument's templates is in each frame of mono samples at 44.1 kHz.
    ///
    /// Shape: frames x classes of the card, at its frame rate. Unit: magnitude of the rise over the frame 40 ms before.
    #[must_use]
    pub fn activations(&self, samples: &[f32]) -> Vec<Vec<f32>> {
        activations(samples, &self.card.features, &self.templates)
    }

    /// The hits among candidates of one recording.
    #[must_use]
    pub fn judge(&self, candidates: &[Candidate], options: &Options) -> Vec<Hit> {
        let inputs = judge_inputs(candidates, f64::from(self.card.features.sample_rate_hz));
        let verdicts = self.judge.judge(inputs);
        let sensitivity = if options.sensitivity.is_nan() { 0.5 } else { options.sensitivity.clamp(0.0, 1.0) };
        choose(&self.card, candidates, &verdicts, (sensitivity - 0.5) * 2.0 * SENSITIVITY_LOG_ODDS)
    }
}

fn activations(samples: &[f32], card: &FeatureCard, templates: &Templates) -> Vec<Vec<f32>> {
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
            templates.decompose(&rise)
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hears a recording block by block.
///
/// Memory: about a second of samples, and about 1.5 kB per onset.
#[derive(Clone)]
pub struct Session<'l> {
    listener: &'l Listener,
    options: Options,
    scout: Scout,
    gauge: Gauge,
}

impl Session<'_> {
    /// Takes the next mono samples at 44.1 kHz, any number of them.
    pub fn push(&mut self, block: &[f32]) {
        self.scout.push(block, &self.listener.templates, &mut self.gauge);
    }

    /// Ends the recording and says what was heard.
    #[must_use]
    pub fn finish(mut self) -> Heard {
        let candidates = self.scout.finish(&self.listener.templates, &mut self.gauge);
        let hits = self.listener.judge(&candidates, &self.options);
        let report = self.gauge.report(f64::from(self.listener.card.features.sample_rate_hz), hits.len());
        Heard { hits, report }
    }
}
