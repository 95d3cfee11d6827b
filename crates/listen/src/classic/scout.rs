//! Walks along a stream of samples and brings back described candidates.
//!
//! Conventions: the outcome does not depend on how the stream is cut into blocks. Kept in memory are the last second or
//! so of samples and the descriptions.

use super::decompose::Templates;
use super::describe::{Candidate, Describer, NEEDS_AFTER, NEEDS_BEFORE};
use super::onsets::{OnsetFinder, SHORT_HOP, SHORT_WINDOW};
use crate::card::FeatureCard;
use crate::features::{Spectrum, Tape};
use std::collections::VecDeque;

/// Samples taken in at a time, so that a long block does not make a long tape.
const PIECE_SAMPLES: usize = 8192;
/// The onset finder looks back so far, samples (50 short frames).
const FINDER_DELAY: i64 = 50 * SHORT_HOP as i64;

/// Finds and describes candidates in a stream of samples.
#[derive(Clone)]
pub struct Scout {
    tape: Tape,
    short: Spectrum,
    next_frame: i64,
    finder: OnsetFinder,
    pending: VecDeque<f64>,
    describer: Describer,
    candidates: Vec<Candidate>,
}

impl Scout {
    /// A scout at the start of a stream.
    #[must_use]
    pub fn new(card: &FeatureCard) -> Self {
        Self {
            tape: Tape::default(),
            short: Spectrum::new(SHORT_WINDOW),
            next_frame: 0,
            finder: OnsetFinder::new(f64::from(card.sample_rate_hz)),
            pending: VecDeque::new(),
            describer: Describer::new(card),
            candidates: Vec::new(),
        }
    }

    /// Takes the next samples, any number of them.
    pub fn push(&mut self, block: &[f32], templates: &Templates) {
        for piece in block.chunks(PIECE_SAMPLES) {
            self.tape.extend(piece);
            self.walk(self.tape.end() - SHORT_WINDOW as i64 / 2);
            self.describe(self.tape.end(), templates);
            let oldest = self.pending.front().map_or(i64::MAX, |onset| *onset as i64);
            let looked = self.next_frame * SHORT_HOP as i64 - FINDER_DELAY;
            self.tape.forget_before(oldest.min(looked) - NEEDS_BEFORE);
        }
    }

    /// The candidates so far, and those that were waiting for more sound.
    #[must_use]
    pub fn finish(mut self, templates: &Templates) -> Vec<Candidate> {
        self.walk(self.tape.end());
        let end = self.tape.end() as f64;
        self.pending.extend(self.finder.finish().into_iter().filter(|onset| *onset <= end));
        self.describe(i64::MAX, templates);
        self.candidates
    }

    /// Looks at all short frames centred before sample `until`.
    fn walk(&mut self, until: i64) {
        while self.next_frame * (SHORT_HOP as i64) < until {
            let power = self.short.power_at(&self.tape, self.next_frame * SHORT_HOP as i64);
            self.pending.extend(self.finder.push(power));
            self.next_frame += 1;
        }
    }

    fn describe(&mut self, until: i64, templates: &Templates) {
        while let Some(onset) = self.pending.pop_front_if(|onset| until.saturating_sub(NEEDS_AFTER) > *onset as i64) {
            self.candidates.push(self.describer.describe(&self.tape, onset, templates));
        }
    }
}
