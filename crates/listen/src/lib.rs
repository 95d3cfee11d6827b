//! Hears drums: sound in, hits in seconds out.
//!
//! [`Listener::new`] takes the bytes of a model, [`Listener::hear`] a recording; [`Listener::start`] hears block by
//! block with memory that does not grow with the samples. Every step between is public, so that benches, parity tests
//! and curious people can stop anywhere: [`features`], [`classic`], [`neural`], [`hits`]. [`separate`] takes a
//! recording apart by the hits heard in it.
//!
//! Conventions: sound is mono at 44.1 kHz once inside; frame `n` of anything is centred on sample `n * hop`; what lies
//! outside the recording is silence; levels are dB relative to full scale.

#![deny(missing_docs)]

pub mod beats;
mod card;
pub mod classic;
mod error;
pub mod features;
pub mod hits;
mod listener;
pub mod neural;
mod recording;
pub mod separate;

pub use card::{Ear, FeatureCard, Group, Kind, LayerCard, ModelCard, NetworkCard, StackCard, TimbreCard, VelocityMap};
pub use error::{Error, Result};
pub use listener::{Believed, Heard, Listener, Model, ModelSet, Options, Progress, Session};
pub use recording::{Gauge, Hum, Recording, Room, Suitability};
