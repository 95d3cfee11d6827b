//! Doubts of the writer, each with a plain sentence.

use drums::{HitId, Meter};
use std::fmt;

/// Something the reader of a score should know about how it came to be.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Remark {
    /// There were no beats to follow, so a steady 120 in 4/4 from the first stroke was assumed.
    NoBeats,
    /// A bar has another number of beats than its meter says.
    BarDidNotFit {
        /// Number of the measure as printed.
        measure: u32,
        /// The meter it should have.
        expected: Meter,
        /// The meter it is written in.
        written: Meter,
    },
    /// The strokes of a measure are far from any subdivision; the nearest was written.
    UnclearRhythm {
        /// Number of the measure as printed.
        measure: u32,
        /// Middle distance between played and written, in milliseconds.
        residual_ms: f64,
    },
    /// Bars before the music only count in and are not written.
    CountIn {
        /// The hits, in order of time.
        hits: Vec<HitId>,
        /// Number of bars.
        bars: usize,
    },
    /// The score reached its greatest length; these hits are not in it.
    LeftOut {
        /// The hits, in order of time.
        hits: Vec<HitId>,
        /// Greatest number of measures.
        measures_max: usize,
    },
}

impl Remark {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoBeats => "no_beats",
            Self::BarDidNotFit { .. } => "bar_did_not_fit",
            Self::UnclearRhythm { .. } => "unclear_rhythm",
            Self::CountIn { .. } => "count_in",
            Self::LeftOut { .. } => "left_out",
        }
    }

    /// Number of the measure it speaks of, if it speaks of one.
    #[must_use]
    pub const fn measure(&self) -> Option<u32> {
        match self {
            Self::BarDidNotFit { measure, .. } | Self::UnclearRhythm { measure, .. } => Some(*measure),
            Self::NoBeats | Self::CountIn { .. } | Self::LeftOut { .. } => None,
        }
    }

    /// Counts measures from so many later; false where the measure is no more.
    pub(crate) fn renumber(&mut self, by: u32) -> bool {
        match self {
            Self::BarDidNotFit { measure, .. } | Self::UnclearRhythm { measure, .. } if *measure > by => *measure -= by,
            Self::BarDidNotFit { .. } | Self::UnclearRhythm { .. } => return false,
            Self::NoBeats | Self::CountIn { .. } | Self::LeftOut { .. } => {}
        }
        true
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBeats => f.write_str("no beat was found; a steady 120 in 4/4 from the first stroke was assumed"),
            Self::BarDidNotFit { measure, expected, written } => {
                write!(f, "measure {measure} did not fit {expected}, written in {written}")
            }
            Self::UnclearRhythm { measure, residual_ms } => {
                write!(f, "the rhythm of measure {measure} is unclear: played {residual_ms:.0} ms off what is written")
            }
            Self::CountIn { hits, bars } => {
                let bars = if *bars == 1 { "a bar".to_owned() } else { format!("{bars} bars") };
                write!(f, "the music begins after {bars} of counting in; {} strokes are not written", hits.len())
            }
            Self::LeftOut { hits, measures_max } => write!(
                f,
                "{} strokes lie outside the {measures_max} measures a score may have and were left out",
                hits.len()
            ),
        }
    }
}
