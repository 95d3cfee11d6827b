//! Idempotency-Key: a POST that is sent again is answered as the first time, without being done again.
//!
//! Conventions: a key belongs to the account that sends it, or to the address where there is none. Bodies are read
//! before the route sees them, but for uploads, which are hashed on their way. A form's boundary is left out of its hash,
//! since clients make up a new one each time. Answers that tell of a passing state are not kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde_json::{Value, json};
use service::error::refusal;
use service::idempotency::{self, BodyHash, Kept, Ticket};
use service::{App, Error, users};

use super::limits::address;
use crate::extract::{self, read_body};
use crate::problem::Refused;

/// The header with the key.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Longest key, characters.
const KEY_CHARS_MAX: usize = 255;
/// Bodies that are hashed on their way.
const STREAMED: [&str; 2] = ["multipart/", "application/offset+octet-stream"];
/// Headers that say what another request would say in its body: the beginning of a resumable upload has none.
const SAID_IN_HEADERS: [&str; 3] = ["tus-resumable", "upload-length", "upload-metadata"];
/// What a route may leave unread of a body it has understood, such as the end of a form.
const REST_BYTES_MAX: usize = 64 * 1024;
/// Larger answers are not kept.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// Their answers are tokens, which are kept nowhere.
pub(crate) const NEVER: [&str; 4] = ["/users/login", "/users/refresh", "/users/logout", "/setup"];
/// What is not true for long: who one is, how often one asks, what fits.
const PASSING: [StatusCode; 4] = [
    StatusCode::UNAUTHORIZED,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::TOO_MANY_REQUESTS,
];

/// Answers a POST with a key once.
pub(crate) async fn layer(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let key = request.headers().get(IDEMPOTENCY_KEY).cloned();
    let Some(key) = key.filter(|_| *request.method() == Method::POST) else { return next.run(request).await };
    if NEVER.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    match once(&app, &key, request, next).await {
        Ok(response) => response,
        Err(error) => Refused(error).into_response(),
    }
}

async fn once(app: &Arc<App>, key: &HeaderValue, request: Request, next: Next) -> Result<Response, Error> {
    let key = key.to_str().ok().filter(|key| (1..=KEY_CHARS_MAX).contains(&key.len())).ok_or_else(|| {
        let message = format!("An Idempotency-Key has 1 to {KEY_CHARS_MAX} printable ASCII characters.");
        Error::Rule(refusal("idempotency_key_invalid", message, "Use a UUID, a new one for every new request."))
    })?;
    let caller = match extract::token(request.method(), request.headers()) {
        None => address(&request, &app.config.proxies().unwrap_or_default()).to_string(),
        Some(token) => match users::authenticate(app, &token).await {
            Ok(actor) => actor.user_id.to_string(),
            // Whoever is refused must not be given what somebody else was answered.
            Err(_) => return Ok(next.run(request).await),
        },
    };
    let route = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let (request, reading) = watch(app, request).await?;
    match idempotency::begin(app, &caller, &route, key).await? {
        idempotency::Request::First(ticket) => {
            let app = Arc::clone(app);
            let work = async move {
                let response = next.run(request).await;
                settle(&app, ticket, &reading, response).await
            };
            super::detached(work).await.map_err(Error::internal)
        }
        idempotency::Request::Again(kept) => again(kept, &reading).await,
    }
}

/// A body and its hash, made while it is read.
struct Reading {
    body: BodyDataStream,
    hash: BodyHash,
    /// Left out of the hash.
    boundary: Vec<u8>,
    /// The end of what was read, which may be the beginning of a boundary.
    rest: Vec<u8>,
    whole: bool,
}

impl Reading {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, axum::Error>>> {
        let part = std::task::ready!(self.body.poll_next_unpin(context));
        match &part {
            Some(Ok(bytes)) => self.take(bytes),
            Some(Err(_)) => {}
            None => self.end(),
        }
        Poll::Ready(part)
    }

    fn take(&mut self, bytes: &[u8]) {
        if self.boundary.is_empty() {
            return self.hash.update(bytes);
        }
        self.rest.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(at) = memchr::memmem::find(&self.rest[from..], &self.boundary) {
            self.hash.update(&self.rest[from..from + at]);
            from += at + self.boundary.len();
        }
        let sure = self.rest.len().saturating_sub(self.boundary.len() - 1).max(from);
        self.hash.update(&self.rest[from..sure]);
        self.rest.drain(..sure);
    }

    fn end(&mut self) {
        let rest = std::mem::take(&mut self.rest);
        self.hash.update(&rest);
        self.whole = true;
    }
}

type Shared = Arc<Mutex<Reading>>;

fn locked(reading: &Shared) -> std::sync::MutexGuard<'_, Reading> {
    reading.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same request, its body read and hashed, or to be hashed while the route reads it.
async fn watch(app: &App, request: Request) -> Result<(Request, Shared), Error> {
    let (head, body) = request.into_parts();
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (boundary, streamed) = (boundary(kind), STREAMED.iter().any(|streamed| kind.starts_with(streamed)));
    let mut hash = BodyHash::new(app);
    for (name, value) in SAID_IN_HEADERS.iter().filter_map(|name| Some((name, head.headers.get(*name)?))) {
        for part in [name.as_bytes(), b": ", value.as_bytes(), b"\n"] {
            hash.update(part);
        }
    }
    let reading = |body: Body, boundary| {
        let body = body.into_data_stream();
        Arc::new(Mutex::new(Reading { body, hash, boundary, rest: Vec::new(), whole: false }))
    };
    if streamed {
        let reading = reading(body, boundary);
        let shared = Arc::clone(&reading);
        let watched = futures::stream::poll_fn(move |context| locked(&shared).poll(context));
        return Ok((Request::from_parts(head, Body::from_stream(watched)), reading));
    }
    let bytes = read_body(&head.headers, body, app).await?;
    let reading = reading(Body::from(bytes.clone()), Vec::new());
    finish(&reading, usize::MAX).await;
    Ok((Request::from_parts(head, Body::from(bytes)), reading))
}

/// Reads what is left of a body, up to a limit; whether it is read whole.
async fn finish(reading: &Shared, bytes_max: usize) -> bool {
    let mut bytes = 0;
    while !locked(reading).whole {
        match std::future::poll_fn(|context| locked(reading).poll(context)).await {
            Some(Ok(part)) => bytes += part.len(),
            Some(Err(_)) => return false,
            None => return true,
        }
        if bytes > bytes_max {
            return false;
        }
    }
    true
}

fn boundary(kind: &str) -> Vec<u8> {
    let mut parameters = kind.split(';').skip(1).filter_map(|parameter| parameter.trim().split_once('='));
    let found = parameters.find(|(name, _)| name.eq_ignore_ascii_case("boundary"));
    found.map(|(_, value)| value.trim_matches('"').as_bytes().to_vec()).unwrap_or_default()
}

/// Keeps the answer if it is one to keep, and gives it on.
async fn settle(app: &App, ticket: Ticket, reading: &Shared, response: Response) -> Response {
    let hash = finish(reading, REST_BYTES_MAX).await.then(|| locked(reading).hash.clone());
    let (parts, body) = response.into_parts();
    let lasting = !parts.status.is_server_error() && !PASSING.contains(&parts.status);
    let small = http_body::Body::size_hint(&body).exact().is_some_and(|bytes| bytes <= ANSWER_BYTES_MAX as u64);
    let Some(hash) = hash.filter(|_| lasting && small) else {
        forget(app, ticket).await;
        return Response::from_parts(parts, body);
    };
    let bytes = axum::body::to_bytes(body, ANSWER_BYTES_MAX).await.unwrap_or_default();
    let settled = match document(parts.status, &parts.headers, &bytes) {
        Some(answer) => idempotency::keep(app, ticket, hash, answer).await,
        None => idempotency::give_up(app, ticket).await,
    };
    if let Err(error) = settled {
        tracing::warn!(%error, "an answer could not be kept for its Idempotency-Key");
    }
    Response::from_parts(parts, Body::from(bytes))
}

async fn forget(app: &App, ticket: Ticket) {
    if let Err(error) = idempotency::give_up(app, ticket).await {
        tracing::warn!(%error, "an Idempotency-Key could not be released");
    }
}

/// An answer as it is kept; none when it is no text.
fn document(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<Value> {
    let body = std::str::from_utf8(body).ok()?;
    let texts = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let headers: Vec<(&str, &str)> =
        texts.filter(|(name, _)| !["set-cookie", "content-length", "date"].contains(name)).collect();
    Some(json!({ "status": status.as_u16(), "headers": headers, "body": body }))
}

/// The first answer, to a request whose body is the same as then.
async fn again(kept: Kept, reading: &Shared) -> Result<Response, Error> {
    if !finish(reading, usize::MAX).await {
        return Err(Error::Rule(refusal("upload_broken_off", "The body ended too early.", "Send the request again.")));
    }
    let answer = kept.answer(locked(reading).hash.clone())?;
    let damaged = || Error::internal("a kept answer is damaged");
    let status = answer["status"].as_u64().and_then(|status| StatusCode::from_u16(status as u16).ok());
    let mut response = Response::new(Body::from(answer["body"].as_str().unwrap_or_default().to_owned()));
    *response.status_mut() = status.ok_or_else(damaged)?;
    let headers: Vec<(String, String)> = serde_json::from_value(answer["headers"].clone()).map_err(|_| damaged())?;
    for (name, value) in headers {
        let name = HeaderName::try_from(name).map_err(|_| damaged())?;
        response.headers_mut().append(name, HeaderValue::try_from(value).map_err(|_| damaged())?);
    }
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    Ok(response)
}
