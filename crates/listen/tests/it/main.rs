//! The listener from outside: features, hits, sessions, damaged models.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod beats;
mod features;
mod hearing;
mod models;
mod sounds;
