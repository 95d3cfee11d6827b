//! From judgements to hits: peaks, thresholds, velocity.
//!
//! Front door of `hits/`: [`CandidateFinder`] and [`decide`] for the activations of a network, [`pick_peaks`] for any
//! activation curve, [`choose`] for the candidates of the classic ear, [`estimate_velocity`] for how hard.

mod candidates;
mod choose;
mod decide;
mod peaks;
mod timbre;
mod velocity;

pub use candidates::{Candidate, CandidateFinder, FLOOR_PROBABILITY, REACH_FRAMES};
pub use choose::choose;
pub use decide::{Alternative, Decision, decide};
pub use peaks::{Peak, PeakPicking, pick_peaks};
pub use velocity::estimate_velocity;
