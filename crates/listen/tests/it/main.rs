//! The listener from outside: features, hits, sessions, damaged models.

mod beats;
mod features;
mod hearing;
mod models;
mod sounds;
