//! The subcommands, one file each.

pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod evaluate;
pub(crate) mod migrate;
pub(crate) mod models;
pub(crate) mod moving;
pub(crate) mod openapi;
pub(crate) mod ping;
pub(crate) mod separate;
pub(crate) mod serve;
pub(crate) mod transcribe;
pub(crate) mod user;
pub(crate) mod work;
