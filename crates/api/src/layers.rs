//! What happens around every request: an id, a log line, headers, slashes; in `layers/`: limits, repeated requests,
//! answers that the client has already, what is left of a body that was not read.

pub(crate) mod conditional;
pub(crate) mod leftovers;
pub(crate) mod limits;
pub(crate) mod repeated;

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use service::App;
use service::metrics::{REQUEST_TIME, REQUESTS};
use tower::Service;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tracing::Instrument;
use uuid::Uuid;

/// The id of the request under way; a fresh one outside of any.
pub(crate) fn request_id() -> Uuid {
    service::request::id().unwrap_or_else(Uuid::now_v7)
}

/// Runs `work` on a task of its own, in the name of the same request: it goes on when the client hangs up.
pub(crate) async fn detached<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, tokio::task::JoinError> {
    tokio::spawn(service::request::answering(request_id(), work.in_current_span())).await
}

/// The header that carries it.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, logs the answer, adds the headers every answer has.
pub(crate) async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = Uuid::now_v7();
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", request.id = %id);
    let answer = async {
        let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
        let mut response = next.run(request).await;
        note(&app, &method, route.as_deref(), response.status(), started);
        let headers = response.headers_mut();
        for (name, value) in [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(self), payment=()"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        // Pages set their own; nothing else is to be run or shown.
        let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
            headers.insert(X_REQUEST_ID, id);
        }
        let duration_ms = started.elapsed().as_millis() as u64;
        tracing::info!(%method, path, status = response.status().as_u16(), duration_ms, "answered");
        response
    };
    service::request::answering(id, answer.instrument(span)).await
}

/// Counts and measures an answer. Paths that lead nowhere share one name: anybody may ask for anything.
fn note(app: &App, method: &Method, route: Option<&str>, status: StatusCode, started: Instant) {
    let route = route.unwrap_or("none");
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let method = if known.contains(method) { method.as_str() } else { "other" };
    app.metrics.note(&REQUESTS, &[("method", method), ("route", route), ("status", status.as_str())], 1.0);
    app.metrics.note(&REQUEST_TIME, &[("route", route)], started.elapsed().as_secs_f64());
}

/// What foreign pages may send.
const MAY_SEND: [&str; 13] = [
    "authorization",
    "content-type",
    "prefer",
    "idempotency-key",
    "if-none-match",
    "range",
    "last-event-id",
    "tus-resumable",
    "upload-length",
    "upload-offset",
    "upload-metadata",
    "upload-checksum",
    "upload-defer-length",
];

/// What foreign pages may read.
const MAY_READ: [&str; 22] = [
    "x-request-id",
    "location",
    "content-disposition",
    "content-range",
    "accept-ranges",
    "etag",
    "retry-after",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "idempotency-replayed",
    "tus-resumable",
    "upload-length",
    "upload-offset",
    "upload-expires",
    "upload-metadata",
    "tus-version",
    "tus-extension",
    "tus-max-size",
    "tus-checksum-algorithm",
    "backbeat-video-id",
    "backbeat-frame-times-s",
];

/// Which foreign web pages may call the API.
pub(crate) fn cors(origins: &str) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins
        .split(',')
        .filter_map(|origin| origin.trim().parse().ok())
        .filter(|origin: &HeaderValue| !origin.is_empty())
        .collect();
    let allowed = match origins.as_slice() {
        [] => return CorsLayer::new(),
        [all] if all == "*" => AllowOrigin::any(),
        _ => AllowOrigin::list(origins),
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(MAY_SEND.map(HeaderName::from_static))
        .expose_headers(MAY_READ.map(HeaderName::from_static))
        .max_age(std::time::Duration::from_secs(600))
}

/// Takes the slash off the end of the path, before the routes are looked at: both spellings answer, without a redirect.
#[derive(Clone, Debug)]
pub(crate) struct TrimSlash<S>(pub(crate) S);

impl<S: Service<Request>> Service<Request> for TrimSlash<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if let Some(trimmed) = trimmed(request.uri()) {
            *request.uri_mut() = trimmed;
        }
        self.0.call(request)
    }
}

fn trimmed(uri: &Uri) -> Option<Uri> {
    let path = uri.path().strip_suffix('/').filter(|path| !path.is_empty())?;
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("{path}{query}").parse().ok()?);
    Uri::from_parts(parts).ok()
}
