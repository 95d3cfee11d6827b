//! The chain as a whole, and what happens to a score afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic in a test is the report")]

mod relisten;
