//! Is the server there, and has it all it needs?

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use service::{App, health};
use utoipa::ToSchema;

use crate::studio;

/// A sign of life.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Welcome {
    /// For people.
    #[schema(example = "Backbeat is running. The API is described at /docs.")]
    message: &'static str,
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// Version of this server.
    #[schema(example = "0.1.0")]
    version: &'static str,
}

const WELCOME: Welcome = Welcome {
    message: "Backbeat is running. The API is described at /docs.",
    status: "ok",
    version: env!("CARGO_PKG_VERSION"),
};

/// Say hello
///
/// Programs get JSON; a browser gets the studio, the page for people.
#[utoipa::path(get, path = "/", tag = "health", responses((status = 200, description = "It is running.", body = Welcome)))]
pub(crate) async fn root(headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accept.contains("text/html") {
        return studio::page(&headers);
    }
    let mut response = Json(WELCOME).into_response();
    // The same address has another answer for browsers.
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// Is the process alive?
#[utoipa::path(get, path = "/health/live", tag = "health",
    responses((status = 200, description = "It is alive.", body = Welcome)))]
pub(crate) async fn live() -> Json<Welcome> {
    Json(WELCOME)
}

/// Whether each thing the server needs is there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// `ok`, or `unavailable` if anything is missing.
    #[schema(example = "ok")]
    status: &'static str,
    /// Each thing by name.
    checks: Vec<ReadinessCheck>,
}

/// One thing the server needs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadinessCheck {
    /// `database`, `storage`, `model` or `ffmpeg`.
    #[schema(example = "database")]
    name: &'static str,
    /// Whether it works.
    ok: bool,
    /// What it is, or what is wrong.
    #[schema(example = "sqlite")]
    detail: String,
}

/// Can it do its work?
///
/// Looks at the database, the file storage, the listening model and ffmpeg.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(
    (status = 200, description = "Everything is there.", body = Readiness),
    (status = 503, description = "Something is missing.", body = Readiness)))]
pub(crate) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Readiness>) {
    let checks = health::ready(&app).await;
    let ok = checks.iter().all(|check| check.ok);
    let (status, word) = if ok { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "unavailable") };
    let checks =
        checks.into_iter().map(|check| ReadinessCheck { name: check.name, ok: check.ok, detail: check.detail });
    (status, Json(Readiness { status: word, checks: checks.collect() }))
}
