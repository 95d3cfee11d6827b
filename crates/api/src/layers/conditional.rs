//! Answers that the client has already: JSON that is read gets an ETag, and 304 to whoever names it.
//!
//! Routes that know better, such as files with ranges, set their own ETag and are left alone.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use service::content_hash;

use crate::etag::names;

/// Larger answers are not hashed.
const BYTES_MAX: u64 = 1024 * 1024;

/// Adds the ETag and compares it with what the client has.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let reads = *request.method() == Method::GET;
    let known: Vec<HeaderValue> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
    let response = next.run(request).await;
    if !reads || response.status() != StatusCode::OK || !is_plain_json(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    if http_body::Body::size_hint(&body).exact().is_none_or(|bytes| bytes > BYTES_MAX) {
        return Response::from_parts(parts, body);
    }
    let Ok(bytes) = axum::body::to_bytes(body, BYTES_MAX as usize).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let tag = format!("W/\"{}\"", content_hash(&bytes));
    let Ok(tag) = HeaderValue::from_str(&tag) else { return Response::from_parts(parts, Body::from(bytes)) };
    let unchanged = known.iter().any(|value| names(value, &tag));
    parts.headers.insert(header::ETAG, tag);
    parts.headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    if !unchanged {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    Response::from_parts(parts, Body::empty())
}

fn is_plain_json(headers: &HeaderMap) -> bool {
    let json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    json && !headers.contains_key(header::ETAG)
}
