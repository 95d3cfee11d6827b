//! What was played: hits and beats in seconds, before any bar line is drawn.

use crate::beat::BeatGrid;
use crate::error::{Error, Result, in_range};
use crate::hit::{Alternative, Hit, HitId};
use crate::units::Seconds;

/// A performance: hits in order of time and the beats they were played over.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Performance {
    duration: Seconds,
    hits: Vec<Hit>,
    /// One list per hit, or none at all.
    alternatives: Vec<Vec<Alternative>>,
    grid: BeatGrid,
}

impl Performance {
    /// A performance of `duration` seconds. Hits are sorted by time, then score order, and numbered from 0.
    ///
    /// # Errors
    /// [`crate::Error::OutOfRange`] where the duration is negative.
    pub fn new(duration: Seconds, mut hits: Vec<Hit>, grid: BeatGrid) -> Result<Self> {
        in_range("duration in seconds", duration.get(), 0.0, Seconds::MAX_S)?;
        hits.sort_by(|a, b| a.time.total_cmp(&b.time).then(a.instrument.cmp(&b.instrument)));
        for (id, hit) in (0..).zip(hits.iter_mut()) {
            hit.id = HitId(id);
        }
        Ok(Self { duration, hits, alternatives: Vec::new(), grid })
    }

    /// Length of the sound it was heard in.
    #[must_use]
    pub const fn duration(&self) -> Seconds {
        self.duration
    }

    /// The hits in order of time; `hits()[i].id` is `HitId(i)`.
    #[must_use]
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// The same with what else each hit may have been, likeliest first: one list per hit, in order of hits.
    ///
    /// # Errors
    /// [`Error::WrongLength`] where there are not as many lists as hits.
    pub fn with_alternatives(mut self, alternatives: Vec<Vec<Alternative>>) -> Result<Self> {
        let (actual, expected) = (alternatives.len(), self.hits.len());
        if actual != expected {
            return Err(Error::WrongLength { what: "list of alternatives", actual, expected });
        }
        self.alternatives = if alternatives.iter().all(Vec::is_empty) { Vec::new() } else { alternatives };
        Ok(self)
    }

    /// What else a hit may have been, likeliest first; empty where nobody said.
    #[must_use]
    pub fn alternatives(&self, hit: HitId) -> &[Alternative] {
        self.alternatives.get(hit.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The beats; empty where none were found.
    #[must_use]
    pub const fn grid(&self) -> &BeatGrid {
        &self.grid
    }
}
