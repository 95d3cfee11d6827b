//! What can be wrong with a value given to a constructor of this crate.

/// A value that does not obey the rules of its type.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number is outside its range, or not a number at all.
    #[error("{what} is {value}, outside {min} to {max}")]
    OutOfRange {
        /// What the number says.
        what: &'static str,
        /// The refused number.
        value: f64,
        /// Smallest allowed number.
        min: f64,
        /// Largest allowed number.
        max: f64,
    },
    /// A list that has to be in order of time is not.
    #[error("{what} number {index} comes before the one in front of it")]
    NotSorted {
        /// What the list holds.
        what: &'static str,
        /// Index of the first element out of order, from 0.
        index: usize,
    },
    /// A list has another length than it must have.
    #[error("{what} has {actual} elements, expected {expected}")]
    WrongLength {
        /// What the list holds.
        what: &'static str,
        /// Elements found.
        actual: usize,
        /// Elements needed.
        expected: usize,
    },
    /// No instrument has this id, alias, label or MIDI key.
    #[error("no instrument is called {name:?}")]
    UnknownInstrument {
        /// The name as given.
        name: String,
    },
    /// A meter that is not written as `4/4`, or whose numbers are out of range.
    #[error("{text:?} is not a meter such as 4/4 or 6/8")]
    NotAMeter {
        /// The text as given.
        text: String,
    },
    /// Positions in the bar or meter spans contradict each other.
    #[error("beat number {index} stands at place {position} of a bar that has {beats_per_bar} beats")]
    BeatOutsideBar {
        /// Index of the beat, from 0.
        index: usize,
        /// Place in the bar, from 1.
        position: u8,
        /// Beats in the bar at that place.
        beats_per_bar: u8,
    },
    /// No option has this name.
    #[error("there is no option called {name:?}, known are {known}")]
    UnknownOption {
        /// The name as given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// An option cannot have this value.
    #[error("the option {option} cannot be {value:?}, it takes {allowed}")]
    OptionValue {
        /// Name of the option.
        option: &'static str,
        /// The value as given.
        value: String,
        /// What it takes, with the unit.
        allowed: String,
    },
}

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Checks that `value` is finite and within `min..=max`.
pub(crate) fn in_range(what: &'static str, value: f64, min: f64, max: f64) -> Result<f64> {
    if value.is_finite() && value >= min && value <= max {
        Ok(value)
    } else {
        Err(Error::OutOfRange { what, value, min, max })
    }
}
