//! The same stories on SQLite and PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic in a test is the report")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

mod blobs;
mod doors;
mod migrations;
mod moving;
mod queue;
mod support;
mod tls;
