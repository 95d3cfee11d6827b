//! Integration tests of the engraver: the laws of a page, odd scores, and a picture in words.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "test code")]

mod build;
mod folded;
mod laws;
mod odd;
mod picture;
mod random;
mod styles;
