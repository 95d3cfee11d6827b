//! Neural networks: read and checked before they run, then run window by window. [`Network`] is the neural ear; what
//! takes recordings apart by a network ([`crate::separate`]) shares all but its ports.
//!
//! 1. An engine is a graph that fits a contract (its ports, its limits). [`Network`] is the one that hears:
//!    [`Network::run`] turns frames into [`Activations`].
//! 2. [`Stream`] cuts a recording into windows that overlap by what the network looks at, runs several at a time, and hands
//!    the activations on in order. The result does not depend on blocks or on the number of threads, and equals that of
//!    one run over the whole recording.
//!
//! Before the engine sees a graph it is read (`onnx`) and walked through with shapes (`survey`), so that its size, its work and
//! its operators are within limits; before it is used it is tried out (`probe`).
//!
//! Sound outside the recording is silence to the features, but there are no frames outside it.

mod engine;
mod network;
mod onnx;
mod probe;
mod stream;
mod survey;
mod windows;

pub(crate) use engine::{Contract, Engine, Output, Trial};
pub use network::{Activations, Network};
pub use rten::ThreadPool;
pub use stream::{Stream, WINDOW_FRAMES};
pub(crate) use survey::Limits;
pub(crate) use windows::{ALIGN_FRAMES, Window, Windows};
