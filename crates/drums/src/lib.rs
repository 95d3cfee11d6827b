//! The words every other crate speaks: instruments, units, sound, hits, beats and performances.
//!
//! This crate knows no file format, no model and no other crate. Constructors validate, so that code further down the
//! line may rely on what a value says: times are finite, lists are sorted, probabilities lie in 0..=1.
//!
//! Conventions: times are seconds from the first sample of the sound; velocities and confidences are 0..=1; musical
//! lengths are exact fractions of a quarter note ([`Ticks`]).

#![deny(missing_docs)]

mod beat;
mod error;
mod hit;
mod meter;
mod options;
mod pcm;
mod performance;
mod table;
mod units;

pub use beat::{Beat, BeatGrid, MeterSpan};
pub use error::{Error, Result};
pub use hit::{Alternative, Hit, HitId};
pub use meter::Meter;
pub use options::{OptionInfo, SWITCH, Values, option_named};
pub use pcm::Pcm;
pub use performance::Performance;
pub use table::{Articulation, Family, Instrument, Notehead, Piece, Row, StaffPlace, Step, VoiceRole, instruments};
pub use units::{Bpm, Confidence, FrameIndex, FrameRate, SampleRate, Seconds, TICKS_PER_QUARTER, Ticks, Velocity};
