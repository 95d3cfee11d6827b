//! The executable as its users meet it: files in, files out, exit codes, and a server that answers.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod clips;
mod doctor;
mod evaluate;
mod models;
mod moving;
mod program;
mod separate;
mod serve;
#[cfg(feature = "otlp")]
mod traces;
mod transcribe;
mod workers;
