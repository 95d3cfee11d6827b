//! Integration tests of the metrics.

mod parity;
