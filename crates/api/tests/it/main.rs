//! The API as clients meet it: the real router on real databases and real media.

mod accounts;
mod documents;
mod recordings;
mod story;
mod support;
