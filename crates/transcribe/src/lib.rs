//! The whole chain on one page: sound in, score out.
//!
//! ```text
//! sound -> listen -> hits -> listen::beats -> beats
//!                       \______________________/
//!                         Performance -> score::notate -> Score
//! ```
//!
//! [`Transcriber::new`] makes the model ready once; [`Transcriber::start`] opens a [`Session`] per recording, which takes
//! the sound block by block and keeps none of it. Command line, service and tests all come through here.
//!
//! Conventions: sound is mono at 44.1 kHz ([`drums::SampleRate::LISTENING`]), 0 is the first sample. No clock is read here:
//! whoever observes measures.

#![deny(missing_docs)]

mod observer;
mod options;
pub mod relisten;
mod remarks;

use drums::{Alternative, Confidence, Hit, HitId, Performance, Seconds};
use listen::beats::{BeatOptions, Reading, track_beats};
use listen::{Listener, ModelSet, Recording};
use score::{NotationOptions, Score};

pub use observer::{Observer, Stage};
pub use options::{OPTIONS, Options};
pub use remarks::{Remark, RemarkKind};

/// What can end a transcription early.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The model cannot be used.
    #[error("the listening model cannot be used")]
    Model(#[source] listen::Error),
    /// The recording is longer than can be counted.
    #[error("the recording cannot be measured")]
    Recording(#[source] drums::Error),
    /// The observer asked to stop.
    #[error("stopped on request")]
    Stopped,
}

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcription {
    /// What was played, in seconds.
    pub performance: Performance,
    /// What is written.
    pub score: Score,
    /// How it came about, and what is doubtful.
    pub report: Report,
}

/// How a transcription came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Name and version of the model that listened.
    pub model: String,
    /// What the recording is like.
    pub recording: Recording,
    /// Other ways to read the beat, most likely first.
    pub alternatives: Vec<Reading>,
    /// Doubts and advice, most general first.
    pub remarks: Vec<Remark>,
}

/// A model made ready to transcribe any number of recordings, from any number of threads.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcriber {
    listener: Listener,
}

impl Transcriber {
    /// Reads and checks the model.
    ///
    /// # Errors
    /// [`Error::Model`] where it is damaged or of a kind that cannot be run.
    pub fn new(models: &ModelSet) -> Result<Self> {
        Listener::new(models).map(|listener| Self { listener }).map_err(Error::Model)
    }

    /// The model, for whoever wants the steps between.
    #[must_use]
    pub const fn listener(&self) -> &Listener {
        &self.listener
    }

    /// Name and version of the model.
    #[must_use]
    pub fn model(&self) -> String {
        format!("{} {}", self.listener.card().name, self.listener.card().version)
    }

    /// Opens a recording.
    #[must_use]
    pub fn start(&self, options: &Options) -> Session<'_> {
        Session { transcriber: self, options: options.clone(), heard: self.listener.start(&options.listen), samples: 0 }
    }
}

/// A recording being transcribed.
#[derive(Clone)]
pub struct Session<'t> {
    transcriber: &'t Transcriber,
    options: Options,
    heard: listen::Session<'t>,
    samples: usize,
}

impl Session<'_> {
    /// Takes the next mono samples at 44.1 kHz, any number of them.
    pub fn push(&mut self, block: &[f32]) {
        self.samples += block.len();
        self.heard.push(block);
    }

    /// Hits heard since the last call, before anything is final; see [`listen::Session::early_hits`].
    #[must_use]
    pub fn early_hits(&mut self) -> Vec<Hit> {
        let mut hits = self.heard.early_hits();
        for hit in &mut hits {
            hit.time = hit.time + self.options.start;
        }
        hits
    }

    /// Ends the recording and writes it down.
    ///
    /// # Errors
    /// [`Error::Stopped`] where the observer asks to stop, [`Error::Recording`] past eleven days of sound, [`Error::Model`]
    /// where the model fails.
    pub fn finish(self, observer: &mut dyn Observer) -> Result<Transcription> {
        let heard_s = self.samples as f64 / f64::from(drums::SampleRate::LISTENING.get());
        let duration = Seconds::new(self.options.start.get() + heard_s).map_err(Error::Recording)?;

        enter(observer, Stage::Strokes)?;
        let mut heard = self.heard.finish().map_err(Error::Model)?;
        for hit in &mut heard.hits {
            hit.time = hit.time + self.options.start;
        }

        enter(observer, Stage::Beat)?;
        let locks = self.options.beats.from(self.options.start);
        let network = heard.beats.take().map(|beats| beats.starting_at(self.options.start));
        let beats = track_beats(&heard.hits, duration, &locks, network.as_ref());
        let alternatives = heard.alternatives.iter().map(|list| list.iter().map(alternative).collect()).collect();
        let performance = Performance::new(duration, heard.hits, beats.grid)
            .and_then(|performance| performance.with_alternatives(alternatives))
            .map_err(Error::Recording)?;

        enter(observer, Stage::Writing)?;
        let (score, doubts) = score::notate(&performance, &self.options.notation);

        let tempo = performance.grid().tempo();
        let remarks = remarks::collect(&heard.report, tempo, &beats.remarks, &doubts);
        let report = Report {
            model: self.transcriber.model(),
            recording: heard.report,
            alternatives: beats.alternatives,
            remarks,
        };
        Ok(Transcription { performance, score, report })
    }
}

/// Writes a known performance anew, for example after its hits or beats were corrected.
#[must_use]
pub fn rewrite(performance: &Performance, notation: &NotationOptions) -> (Score, Vec<Remark>) {
    let (score, doubts) = score::notate(performance, notation);
    (score, doubts.iter().map(Remark::from_notation).collect())
}

fn alternative(other: &listen::hits::Alternative) -> Alternative {
    Alternative { instrument: other.instrument, confidence: Confidence::clamped(other.probability) }
}

/// Reads the beats of a known performance anew, with what the user knows about them, and says what is doubtful. Without
/// locks the performance stays as it is: its beats may come from more than its hits.
#[must_use]
pub fn reread(performance: &Performance, options: &BeatOptions) -> (Performance, Vec<Remark>) {
    let same = || (performance.clone(), Vec::new());
    if *options == BeatOptions::default() {
        return same();
    }
    let beats = track_beats(performance.hits(), performance.duration(), options, None);
    let remarks = remarks::of_beats(beats.grid.tempo(), &beats.remarks);
    let names = (0..).take(performance.hits().len()).map(HitId);
    let alternatives = names.map(|hit| performance.alternatives(hit).to_vec());
    let read = Performance::new(performance.duration(), performance.hits().to_vec(), beats.grid)
        .and_then(|read| read.with_alternatives(alternatives.collect()));
    match read {
        Ok(read) => (read, remarks),
        // The hits come from a performance, so they make one again.
        Err(_) => same(),
    }
}

fn enter(observer: &mut dyn Observer, stage: Stage) -> Result<()> {
    if observer.enter(stage) { Ok(()) } else { Err(Error::Stopped) }
}
