//! From hits to paper: grooves in, notation out.

#![expect(clippy::print_stdout, reason = "the figures behind the limits, shown on demand")]
#![expect(clippy::unwrap_used, reason = "a panic in a test is its report")]

mod clips;
mod edits;
mod forms;
mod grooves;
mod laws;
mod levels;
mod paper;
mod places;
