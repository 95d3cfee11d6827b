//! The tables as Rust types, one file per table.
//!
//! Conventions: ids are UUID v7, times are UTC with microseconds (all that PostgreSQL keeps), every table can be
//! soft-deleted, documents of the domain are JSON that nothing here opens.

pub mod audio_files;
pub mod condemned_files;
pub mod derived_files;
pub mod drum_events;
pub mod drum_kits;
pub mod exports;
pub mod idempotency_keys;
pub mod job_hits;
pub mod login_failures;
pub mod models;
pub mod moves;
pub mod notations;
pub mod openai_enrichments;
pub mod processing_jobs;
pub mod refresh_tokens;
pub mod relistenings;
pub mod revisions;
pub mod roles;
pub mod separations;
pub mod sessions;
pub mod setup_links;
pub mod shares;
pub mod upload_parts;
pub mod uploads;
pub mod user_roles;
pub mod users;
pub mod videos;
pub mod webhook_deliveries;
pub mod webhooks;
