//! How good is a transcription? Metrics of the field, one module per question.
//!
//! A judge shares no code with the judged: this crate sees the values of [`drums`] and never what made them.
//!
//! Conventions: times in seconds, lists sorted by time; scores are 0..=1 where larger is better unless said otherwise. With
//! nothing to find and nothing found a score is 1. The matching rules are those of mir_eval 0.8 (C. Raffel et al.,
//! *mir_eval: A Transparent Implementation of Common MIR Metrics*, ISMIR 2014), proven by fixtures made with it.

#![deny(missing_docs)]

pub mod beats;
mod error;
mod matching;
pub mod meter;
pub mod notation;
pub mod onsets;
pub mod tempo;
pub mod velocity;

pub use error::{Error, Result};
pub use matching::{Counts, match_events};
