//! From hits to paper: grooves in, notation out.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its report")]

mod grooves;
mod paper;
