//! The listener from outside: features, hits, sessions, recordings, neural and damaged models; recordings taken apart by masks
//! and by networks.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod beats;
mod decisions;
mod features;
mod hearing;
mod hostile;
mod models;
mod neural;
mod onnx;
mod recordings;
mod separate;
mod sounds;
mod stems;
