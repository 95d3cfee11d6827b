//! Integration tests of the metrics.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod parity;
