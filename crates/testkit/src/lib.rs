//! Grooves as text, a synthetic drummer and a tiny drum machine, so that tests need no data set.
//!
//! - [`groove`] and [`Tab`] read drum tab; [`tab`] prints it.
//! - [`Drummer`] plays plausible grooves with human timing and says where each stroke was meant.
//! - [`synth`] turns a performance into sound whose hits are known exactly.
//!
//! Conventions: everything is deterministic; randomness comes from a seed through [`Random`]. This crate is for tests and
//! benchmarks, so text that is not tab panics with a sentence that says why.

#![deny(missing_docs)]

mod drummer;
mod random;
mod synth;
mod tab;

pub use drummer::{Drummer, Place, Take};
pub use random::Random;
pub use synth::synth;
pub use tab::{Tab, groove, tab};
