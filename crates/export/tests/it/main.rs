//! Tests of the file formats, format by format, on scores written as short text.

#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod drummers;
mod edits;
mod every_format;
mod foreign;
mod gallery;
mod generated;
mod hostile;
mod identity;
mod json;
mod judge;
mod meters;
mod midi;
mod musicxml;
mod pages;
mod pictures;
mod schema;
mod scores;
mod tab;
mod wav;
