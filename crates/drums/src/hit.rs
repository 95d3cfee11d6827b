//! A stroke on an instrument at a time.

use crate::table::Instrument;
use crate::units::{Confidence, Seconds, Velocity};

/// Names a hit within its performance; numbered from 0 in order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HitId(pub u32);

/// What else a hit may have been.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alternative {
    /// The other instrument.
    pub instrument: Instrument,
    /// How sure we are of it.
    pub confidence: Confidence,
}

/// One stroke.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its name within the performance.
    pub id: HitId,
    /// When the sound begins.
    pub time: Seconds,
    /// What was struck, and how.
    pub instrument: Instrument,
    /// How hard.
    pub velocity: Velocity,
    /// How sure we are that the hit is there and is this instrument.
    pub confidence: Confidence,
}

impl Hit {
    /// A hit we are sure of, with id 0; [`crate::Performance::new`] numbers the hits.
    #[must_use]
    pub fn new(time: Seconds, instrument: Instrument, velocity: Velocity) -> Self {
        Self { id: HitId(0), time, instrument, velocity, confidence: Confidence::MAX }
    }
}
