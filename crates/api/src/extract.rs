//! What handlers take in: the caller, ids, queries, bodies - each refused in the API's own words.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use service::error::refusal;
use service::{Actor, App, Error, FieldError, Stranger, users};
use uuid::Uuid;

use crate::problem::Refused;

/// A caller with a valid token.
#[derive(Debug)]
pub(crate) struct Caller(pub(crate) Actor);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let missing = Error::Unauthenticated(Stranger::NoToken);
        let Some(value) = parts.headers.get(header::AUTHORIZATION) else { return Err(missing.into()) };
        let Some((scheme, token)) = value.to_str().ok().and_then(|value| value.split_once(' ')) else {
            return Err(missing.into());
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(missing.into());
        }
        Ok(Self(users::authenticate(app, token.trim()).await?))
    }
}

/// The id in the path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(Error::internal)?;
        let id = params.iter().find(|(name, _)| *name == "id").and_then(|(_, value)| Uuid::parse_str(value).ok());
        id.map(Self).ok_or_else(|| {
            let place = vec!["path".to_owned(), "id".to_owned()];
            let message = "this is not a UUID".to_owned();
            Error::Invalid(vec![FieldError { place, kind: "uuid_parsing", message }]).into()
        })
    }
}

/// The query of the address.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refused> {
        read_form(parts.uri.query().unwrap_or_default().as_bytes(), "query").map(Self).map_err(Into::into)
    }
}

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        Ok(Self(read_json(&read_body(request, app).await?)?))
    }
}

/// A body that is JSON, or a form when its content type says so.
#[derive(Debug)]
pub(crate) enum FormOrJson<F, J> {
    Form(F),
    Json(J),
}

impl<F: DeserializeOwned, J: DeserializeOwned> FromRequest<Arc<App>> for FormOrJson<F, J> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let form = kind.starts_with("application/x-www-form-urlencoded");
        let body = read_body(request, app).await?;
        Ok(if form { Self::Form(read_form(&body, "body")?) } else { Self::Json(read_json(&body)?) })
    }
}

/// The body, up to the limit; where its length is announced, a larger one is refused before it is read.
async fn read_body(request: Request, app: &App) -> Result<Bytes, Error> {
    let limit = app.config.body_kb_max.saturating_mul(1024);
    let too_large = || {
        let message = format!("The body of a request has at most {} KB.", app.config.body_kb_max);
        Error::TooLarge(refusal("body_too_large", message, "Send less at once."))
    };
    if announced_bytes(request.headers()).is_some_and(|bytes| bytes > limit as u64) {
        return Err(too_large());
    }
    axum::body::to_bytes(request.into_body(), limit).await.map_err(|_| too_large())
}

/// The length a client announces.
pub(crate) fn announced_bytes(headers: &axum::http::HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let syntax = error.inner().is_syntax() || error.inner().is_eof();
        in_words("body", &error.path().to_string(), &error.inner().to_string(), syntax)
    })?;
    reader.end().map_err(|_| in_words("body", ".", "", true))?;
    Ok(value)
}

fn read_form<T: DeserializeOwned>(form: &[u8], place: &str) -> Result<T, Error> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(form));
    serde_path_to_error::deserialize(pairs)
        .map_err(|error| in_words(place, &error.path().to_string(), &error.inner().to_string(), false))
}

/// A reader's complaint in our words; never what was sent, which may be a password.
fn in_words(place: &str, path: &str, complaint: &str, syntax: bool) -> Error {
    let mut at: Vec<String> = vec![place.to_owned()];
    at.extend(path.split('.').filter(|part| !part.is_empty() && *part != "?").map(ToOwned::to_owned));
    let named = complaint.split('`').nth(1);
    let (kind, message) = if syntax {
        ("json_invalid", "this is not valid JSON".to_owned())
    } else if complaint.starts_with("missing field") {
        at.extend(named.map(ToOwned::to_owned));
        ("missing", "this field is required".to_owned())
    } else if complaint.starts_with("unknown field") {
        ("extra_forbidden", "there is no such field here".to_owned())
    } else if complaint.starts_with("duplicate field") {
        ("duplicate", "this field is there twice".to_owned())
    } else {
        ("value_error", "this is not a value of the right kind".to_owned())
    };
    Error::Invalid(vec![FieldError { place: at, kind, message }])
}
