//! One file per resource: what goes in, what comes out, the handlers and their description.

#![allow(unused_qualifications, reason = "the macro that describes a handler repeats its types with their paths")]

pub(crate) mod audio;
pub(crate) mod drum_kits;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod jobs;
pub(crate) mod metrics;
pub(crate) mod models;
pub(crate) mod notations;
pub(crate) mod paging;
pub(crate) mod roles;
pub(crate) mod setup;
pub(crate) mod shares;
pub(crate) mod uploads;
pub(crate) mod users;
pub(crate) mod videos;
pub(crate) mod webhooks;
