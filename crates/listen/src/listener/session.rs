//! A recording being heard, block by block.

use super::ears::{ClassicEars, Ears, NeuralEars};
use super::{Listener, Options};
use crate::beats::BeatActivations;
use crate::classic::{Scout, judge_inputs};
use crate::error::Result;
use crate::hits::{Alternative, CandidateFinder, choose, decide};
use crate::neural::{Activations, Stream};
use crate::recording::{Gauge, Recording};
use drums::{FrameRate, Hit, SampleRate};

/// Frames behind the newest in which nothing is told early: what comes next may belong to the same stroke.
const EARLY_GAP_FRAMES: u32 = 10;

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The hits, sorted by time, then score order, numbered from 0.
    pub hits: Vec<Hit>,
    /// What else each hit may have been, likeliest first; one list per hit. Empty lists from models that do not say.
    pub alternatives: Vec<Vec<Alternative>>,
    /// Beats and downbeats frame by frame, from models that follow them.
    pub beats: Option<BeatActivations>,
    /// How good the recording is.
    pub report: Recording,
}

/// Hears a recording block by block.
///
/// Memory of the classic ear: about a second of samples, and about 1.5 kB per onset. Of the neural one: per thread a window
/// of 36 s of samples and what the network needs for it, about 90 bytes per candidate, 180 per moment with candidates
/// where timbres count, and 2 bytes per frame.
#[derive(Clone)]
pub struct Session<'l> {
    listener: &'l Listener,
    options: Options,
    gauge: Gauge,
    work: Work<'l>,
    /// The first failure; nothing is run after it.
    failure: Option<String>,
}

#[derive(Clone)]
enum Work<'l> {
    Classic(&'l ClassicEars, Box<Scout>),
    Neural(&'l NeuralEars, Box<Stream>, Notes),
}

/// What is kept of the activations.
#[derive(Clone)]
struct Notes {
    finder: CandidateFinder,
    /// How many candidates were told early.
    told: usize,
    /// From a network that follows beats.
    beats: Option<BeatActivations>,
}

impl Notes {
    fn take(&mut self, activations: &Activations) {
        self.finder.hear(activations);
        let Some(beats) = &mut self.beats else { return };
        activations.beat.chunks_exact(2).for_each(|pair| beats.push(pair[0], pair[1]));
    }
}

impl<'l> Session<'l> {
    pub(super) fn new(listener: &'l Listener, options: &Options) -> Self {
        let work = match &listener.ears {
            Ears::Classic(ears) => Work::Classic(ears, Box::new(Scout::new(&ears.features))),
            Ears::Neural(ears) => {
                let finder = ears.finder();
                let rate = FrameRate::new(f64::from(SampleRate::LISTENING.get()) / ears.hop_samples as f64).ok();
                let beats = rate.filter(|_| ears.network.hears_beats()).map(BeatActivations::new);
                let notes = Notes { finder, told: 0, beats };
                Work::Neural(ears, Box::new(ears.stream(options.threads)), notes)
            }
        };
        Self { listener, options: *options, gauge: Gauge::default(), work, failure: None }
    }

    /// Takes the next mono samples at 44.1 kHz, any number of them. Where the model fails, [`Session::finish`] says so.
    pub fn push(&mut self, block: &[f32]) {
        if self.failure.is_some() {
            return;
        }
        self.gauge.hear(block);
        match &mut self.work {
            Work::Classic(ears, scout) => scout.push(block, &ears.templates),
            Work::Neural(ears, stream, notes) => {
                let done = stream.push(block, &ears.network, &mut |activations| notes.take(activations));
                self.failure = done.err();
            }
        }
    }

    /// Bytes of notes kept of what was heard so far: all that grows with a recording through a neural model. Of a classic
    /// one nothing is said (0).
    #[must_use]
    pub fn noted_bytes(&self) -> usize {
        match &self.work {
            Work::Classic(..) => 0,
            Work::Neural(_, _, notes) => {
                notes.finder.kept_bytes() + notes.beats.as_ref().map_or(0, BeatActivations::kept_bytes)
            }
        }
    }

    /// Hits heard since the last call, for whoever watches: decided from what is heard so far, so [`Session::finish`] may
    /// decide otherwise. Times in seconds, sorted as there; ids count from 0 in each call. A classic ear says nothing early.
    #[must_use]
    pub fn early_hits(&mut self) -> Vec<Hit> {
        let Work::Neural(ears, _, notes) = &mut self.work else { return Vec::new() };
        let settled = &notes.finder.candidates()[notes.told..notes.finder.settled(EARLY_GAP_FRAMES)];
        if settled.is_empty() {
            return Vec::new();
        }
        notes.told += settled.len();
        let frame_s = ears.hop_samples as f64 / f64::from(SampleRate::LISTENING.get());
        decide(&self.listener.card, settled, frame_s, self.options.log_odds_shift()).hits
    }

    /// Ends the recording and says what was heard.
    ///
    /// # Errors
    /// [`crate::Error::Run`] where a neural model failed.
    pub fn finish(self) -> Result<Heard> {
        let card = &self.listener.card;
        let shift = self.options.log_odds_shift();
        let rate_hz = f64::from(SampleRate::LISTENING.get());
        if let Some(reason) = self.failure {
            return Err(self.listener.failed(reason));
        }
        let (hits, alternatives, beats) = match self.work {
            Work::Classic(ears, scout) => {
                let candidates = scout.finish(&ears.templates);
                let verdicts = ears.judge.judge(judge_inputs(&candidates, rate_hz));
                let hits = choose(card, &candidates, &verdicts, shift);
                let alternatives = vec![Vec::new(); hits.len()];
                (hits, alternatives, None)
            }
            Work::Neural(ears, stream, mut notes) => {
                stream
                    .finish(&ears.network, &mut |activations| notes.take(activations))
                    .map_err(|reason| self.listener.failed(reason))?;
                let frame_s = ears.hop_samples as f64 / rate_hz;
                let decision = decide(card, &notes.finder.finish(), frame_s, shift);
                (decision.hits, decision.alternatives, notes.beats)
            }
        };
        let report = self.gauge.report(hits.len());
        Ok(Heard { hits, alternatives, beats, report })
    }
}
