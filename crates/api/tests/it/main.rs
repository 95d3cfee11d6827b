//! The API as clients meet it: the real router on real databases and real media.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic in a test is the report")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

mod accounts;
mod admins;
mod audio;
mod bucket;
mod contract;
mod documents;
mod errors;
mod events;
mod exports;
mod jobs;
mod layers;
mod models;
mod never_again;
mod never_again_jobs;
mod never_again_videos;
mod notation;
mod recordings;
mod roles;
mod separations;
mod separators;
mod sessions;
mod setup;
mod shares;
mod story;
mod studio;
mod support;
mod tus_client;
mod uploads;
mod videos;
mod webhooks;
