//! What can be wrong with the lists a metric is asked about.

/// A list that no metric can be computed on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A time is not a finite number.
    #[error("{list} number {index} is not a finite time")]
    NotFinite {
        /// Which list.
        list: &'static str,
        /// Index in it, from 0.
        index: usize,
    },
    /// Times do not grow.
    #[error("{list} number {index} comes before the one in front of it")]
    NotSorted {
        /// Which list.
        list: &'static str,
        /// Index of the first out of order, from 0.
        index: usize,
    },
}

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Checks that times are finite and do not run back.
pub(crate) fn validate_times(list: &'static str, times: &[f64]) -> Result<()> {
    if let Some(index) = times.iter().position(|time| !time.is_finite()) {
        return Err(Error::NotFinite { list, index });
    }
    match times.windows(2).position(|pair| pair[1] < pair[0]) {
        Some(before) => Err(Error::NotSorted { list, index: before + 1 }),
        None => Ok(()),
    }
}
