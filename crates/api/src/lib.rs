//! HTTP: routes, documents about them, errors as clients read them.
//!
//! Invariant: the only crate that knows status codes, headers and the JSON shapes of the API; it knows no SQL and no rule.
//! Start reading at `router.rs`, where every route is on one screen.

mod docs;
mod download;
mod etag;
mod extract;
mod layers;
mod openapi;
mod problem;
mod router;
mod routes;
mod server;
mod studio;

pub use openapi::json as openapi_json;
pub use router::router;
pub use server::{ServeError, Server, serve, work};
