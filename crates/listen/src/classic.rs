//! The classic ear: find onsets, describe the sound around each, take it apart into templates, judge what was struck.
//!
//! 1. [`OnsetFinder`] listens for sudden rises of energy in bands and proposes candidates, too many rather than few.
//! 2. [`Describer`] looks at the spectrum before, at and after each candidate.
//! 3. [`Templates`] explain the rise as a sum of known drum sounds (non-negative decomposition).
//! 4. [`Judge`], a small perceptron, weighs all of this against the colour of the whole song and says, for each group of
//!    instruments, how likely a stroke is and on which member.
//!
//! Learnt numbers come as bytes ([`Weights`]); `training/classic` makes them.

mod decompose;
mod describe;
mod judge;
mod onsets;
mod scout;
mod weights;

pub use decompose::Templates;
pub use describe::{Candidate, Describer, inputs_len, judge_inputs};
pub(crate) use judge::logistic;
pub use judge::{Judge, Verdict};
pub use onsets::{OnsetFinder, SHORT_HOP, SHORT_WINDOW};
pub use scout::Scout;
pub use weights::{Array, Weights};
