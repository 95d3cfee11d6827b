//! A recording goes by: once to be learnt from, where the separator wants that, then to be split, block by block.

use super::Stem;
use super::desk::Desk;
use super::masks::Masks;
use super::network::{Networked, StemNetwork};
use super::spectra::MASK_GRID;
use super::study::Learning;
use crate::error::{Error, Result};
use drums::Instrument;
use std::sync::Arc;

/// Samples taken in at a time, so that a long block does not make a long tape.
const PIECE_SAMPLES: usize = 1 << 15;

/// A piece of every stem.
#[derive(Debug)]
pub struct StemBlock<'a> {
    /// Number of its first sample.
    pub start_samples: u64,
    /// The recording itself; shape: channels x samples.
    pub sound: &'a [Vec<f32>],
    /// In the order of [`Stem::ALL`]; shape of each: channels x samples. Their sum is the recording.
    pub stems: &'a [Vec<Vec<f32>>],
}

/// What the masks say of themselves, stem by stem in the order of [`Stem::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Quality {
    /// Energy of the stem, against full scale, summed over samples and channels.
    pub energy: f64,
    /// Part of the recording's energy that is in this stem.
    pub share: f64,
    /// Of this stem, energy wanted over energy that the masks themselves hold to be of others, dB: their own belief,
    /// which is no measurement. -60..=60; 0 where the stem is silent.
    pub certainty_db: f64,
}

/// A recording before it is split.
#[derive(Clone)]
pub struct Study(Before);

#[derive(Clone)]
enum Before {
    Masks(Box<Learning>),
    Network(Arc<StemNetwork>),
}

impl Study {
    pub(super) fn of_masks(learning: Learning) -> Self {
        Self(Before::Masks(Box::new(learning)))
    }

    pub(super) const fn of_network(network: Arc<StemNetwork>) -> Self {
        Self(Before::Network(network))
    }

    /// Whether the sound has to go by to be learnt from, before it is split. A network has learnt before.
    #[must_use]
    pub const fn wants_sound(&self) -> bool {
        matches!(self.0, Before::Masks(_))
    }

    /// Takes the next samples; shape: channels x samples, as many channels each time.
    pub fn push(&mut self, block: &[Vec<f32>]) {
        if let Before::Masks(learning) = &mut self.0 {
            learning.push(block);
        }
    }

    /// How much is kept so far to be learnt from, seconds; at most [`super::STUDY_S_MAX`].
    #[must_use]
    pub fn seconds_learnt(&self) -> f64 {
        if let Before::Masks(learning) = &self.0 { learning.seconds_learnt() } else { 0.0 }
    }

    /// The instruments whose sound is learnt, in score order.
    #[must_use]
    pub fn instruments(&self) -> Vec<Instrument> {
        if let Before::Masks(learning) = &self.0 { learning.instruments().collect() } else { Vec::new() }
    }

    /// Begins to split the recording, which comes from its beginning; `channels` of it.
    #[must_use]
    pub fn split(self, channels: usize) -> Splitting {
        let (grid, way) = match self.0 {
            Before::Masks(learning) => (MASK_GRID, Way::Masks(Box::new(Masks::new(learning.finish())))),
            Before::Network(network) => (network.grid(), Way::Network(Networked::new(network))),
        };
        Splitting { desk: Desk::new(grid, channels), way, failure: None }
    }
}

/// A recording being split. Memory does not grow with it; see [`Splitting::kept_bytes`].
#[derive(Clone)]
pub struct Splitting {
    desk: Desk,
    way: Way,
    /// The first failure; nothing is split after it.
    failure: Option<Error>,
}

/// Who makes the masks.
#[derive(Clone)]
enum Way {
    Masks(Box<Masks>),
    Network(Networked),
}

impl Splitting {
    /// Takes the next samples (channels x samples) and hands out what is split. Where a network fails,
    /// [`Splitting::finish`] says so.
    pub fn push(&mut self, block: &[Vec<f32>], hand_out: &mut dyn FnMut(StemBlock<'_>)) {
        let samples = block.first().map_or(0, Vec::len);
        for start in (0..samples).step_by(PIECE_SAMPLES) {
            if self.failure.is_some() {
                return;
            }
            self.desk.take(block, start..(start + PIECE_SAMPLES).min(samples));
            match &mut self.way {
                Way::Masks(masks) => masks.split_known(&mut self.desk, hand_out),
                Way::Network(network) => self.failure = network.split_known(&mut self.desk, hand_out).err(),
            }
        }
    }

    /// Bytes of sound kept at the moment; they do not grow with the recording.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        self.desk.kept_bytes()
    }

    /// Ends the recording, hands out the last, and says how sure the masks are.
    ///
    /// # Errors
    /// [`Error::Run`] where a network failed.
    pub fn finish(mut self, hand_out: &mut dyn FnMut(StemBlock<'_>)) -> Result<[Quality; Stem::ALL.len()]> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        match &mut self.way {
            Way::Masks(masks) => masks.split_rest(&mut self.desk, hand_out),
            Way::Network(network) => network.split_rest(&mut self.desk, hand_out)?,
        }
        Ok(self.desk.quality())
    }
}
