//! From judgements to hits: peaks, thresholds, velocity.
//!
//! Front door of `hits/`: [`pick_peaks`] for activations frame by frame, [`choose`] for judged candidates,
//! [`estimate_velocity`] for how hard.

mod choose;
mod peaks;
mod velocity;

pub use choose::choose;
pub use peaks::{Peak, PeakPicking, pick_peaks};
pub use velocity::estimate_velocity;
