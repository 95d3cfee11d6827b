//! What can go wrong when a score is changed.

use crate::model::ElementId;
use drums::{Instrument, Meter, Ticks};

/// Why an edit was refused; the score is as it was.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The score has no such element, or one of another kind.
    #[error("the score has no {what} with the id {}", id.0)]
    NoSuchElement {
        /// Kind of element, such as "note".
        what: &'static str,
        /// Its name.
        id: ElementId,
    },
    /// A place outside its measure.
    #[error("the place {} lies outside the measure, which has {} ticks", offset.0, length.0)]
    OutsideMeasure {
        /// The place, in ticks from the bar line.
        offset: Ticks,
        /// Length of the measure.
        length: Ticks,
    },
    /// The instrument is struck there already.
    #[error("{instrument} is struck at {} ticks already", offset.0)]
    AlreadyThere {
        /// The instrument.
        instrument: Instrument,
        /// The place, in ticks from the bar line.
        offset: Ticks,
    },
    /// A place on no subdivision that can be written.
    #[error("no note value reaches the place {} ticks after the bar line", offset.0)]
    TooFine {
        /// The place, in ticks from the bar line.
        offset: Ticks,
    },
    /// The ornament needs a drum.
    #[error("grace notes and rolls are for snare and toms")]
    NeedsDrum,
    /// What is left over makes no bar.
    #[error("{} ticks are left over, which no bar in the manner of {meter} has", length.0)]
    NoSuchBar {
        /// Length of what is left over.
        length: Ticks,
        /// The meter asked for.
        meter: Meter,
    },
    /// A value out of range.
    #[error("{what} is {value}, expected {expected}")]
    OutOfRange {
        /// What it is.
        what: &'static str,
        /// The value.
        value: i64,
        /// What would do.
        expected: &'static str,
    },
    /// The restored part does not fit the score.
    #[error("the part to restore does not fit the score")]
    DoesNotFit,
}

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
