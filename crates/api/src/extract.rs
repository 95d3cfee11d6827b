//! What handlers take in: the caller, ids, queries, bodies - each refused in the API's own words.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use service::error::refusal;
use service::users::Account;
use service::{Actor, App, Error, FieldError, Stranger, users};
use uuid::Uuid;

use crate::problem::Refused;

/// A caller with a valid token.
#[derive(Debug)]
pub(crate) struct Caller(pub(crate) Actor);

/// The cookie that carries an access token for what cannot send headers, such as a video element of a page.
pub(crate) const SESSION_COOKIE: &str = "backbeat_session";

/// The token a request came with: of the header, or of the cookie where nothing can be changed by it.
pub(crate) fn token(method: &Method, headers: &HeaderMap) -> Option<String> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned());
    }
    if *method != Method::GET && *method != Method::HEAD {
        return None;
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == SESSION_COOKIE).map(|(_, token)| token.to_owned())
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let token = token(&parts.method, &parts.headers).ok_or(Error::Unauthenticated(Stranger::NoToken))?;
        Ok(Self(users::authenticate(app, &token).await?))
    }
}

/// The caller's own account, for those who want nothing but that.
#[derive(Debug)]
pub(crate) struct Myself(pub(crate) Account);

impl FromRequestParts<Arc<App>> for Myself {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let token = token(&parts.method, &parts.headers).ok_or(Error::Unauthenticated(Stranger::NoToken))?;
        Ok(Self(users::myself(app, &token).await?))
    }
}

/// A part of the path.
pub(crate) async fn path_text<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Result<String, Refused> {
    let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| {
        let place = vec!["path".to_owned(), name.to_owned()];
        Error::Invalid(vec![FieldError { place, kind: "value_error", message: "this is not valid text".to_owned() }])
    })?;
    let found = params.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
    if found.as_ref().is_some_and(|value| value.contains('\0')) {
        return Err(zero_character(&["path", name]).into());
    }
    found.ok_or_else(|| Error::internal(format!("the path has no {name}")).into())
}

/// An id in the path.
pub(crate) async fn path_id<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Result<Uuid, Refused> {
    let text = path_text(parts, state, name).await?;
    Uuid::parse_str(&text).map_err(|_| {
        let place = vec!["path".to_owned(), name.to_owned()];
        let message = "this is not a UUID".to_owned();
        Error::Invalid(vec![FieldError { place, kind: "uuid_parsing", message }]).into()
    })
}

/// Makes an extractor of one part of the path.
macro_rules! path_part {
    ($($(#[$doc:meta])* $part:ident($kind:ty) = $read:ident $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub(crate) struct $part(pub(crate) $kind);

        impl<S: Send + Sync> FromRequestParts<S> for $part {
            type Rejection = Refused;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
                $read(parts, state, $name).await.map(Self)
            }
        }
    )*};
}

path_part! {
    /// The id in the path.
    Id(Uuid) = path_id "id";
    /// The id of a file made of a notation.
    ExportId(Uuid) = path_id "export_id";
    /// The id of a call of a webhook.
    DeliveryId(Uuid) = path_id "delivery_id";
    /// The account's id in the path.
    UserId(Uuid) = path_id "user_id";
    /// The role's id in the path.
    RoleId(Uuid) = path_id "role_id";
    /// The name in the path.
    Name(String) = path_text "name";
    /// The e-mail address in the path.
    Email(String) = path_text "email";
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
        let (head, body) = request.into_parts();
        Ok(Self(read_json(&read_body(&head.headers, body, app).await?)?))
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
        let (head, body) = request.into_parts();
        let body = read_body(&head.headers, body, app).await?;
        Ok(if form { Self::Form(read_form(&body, "body")?) } else { Self::Json(read_json(&body)?) })
    }
}

/// The body, up to the limit; where its length is announced, a larger one is refused before it is read.
pub(crate) async fn read_body(headers: &HeaderMap, body: axum::body::Body, app: &App) -> Result<Bytes, Error> {
    let limit = app.config.body_kb_max.saturating_mul(1024);
    let too_large = || {
        let message = format!("The body of a request has at most {} KB.", app.config.body_kb_max);
        Error::TooLarge(refusal("body_too_large", message, "Send less at once."))
    };
    if announced_bytes(headers).is_some_and(|bytes| bytes > limit as u64) {
        return Err(too_large());
    }
    axum::body::to_bytes(body, limit).await.map_err(|_| too_large())
}

/// The length a client announces.
pub(crate) fn announced_bytes(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    // Readers of named fields would take a list in their order as well; the contract does not.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(in_words("body", ".", "", false));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = match serde_path_to_error::deserialize(&mut reader) {
        Ok(value) => reader.end().map(|()| value).map_err(|_| in_words("body", ".", "", true))?,
        Err(error) => {
            let syntax = error.inner().is_syntax() || error.inner().is_eof();
            let refusal = || in_words("body", &error.path().to_string(), &error.inner().to_string(), syntax);
            with_whole_numbers(body).ok_or_else(refusal)?
        }
    };
    if escapes_zero(body) { Err(zero_character(&["body"])) } else { Ok(value) }
}

/// Reads a body once more with 2.0 as 2: for JSON Schema both are whole numbers.
fn with_whole_numbers<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let mut document = serde_json::from_slice(body).ok()?;
    make_whole(&mut document);
    serde_json::from_value(document).ok()
}

/// Writes every number of a document without a fraction as a whole one, as far as those are exact.
pub(crate) fn make_whole(document: &mut Value) {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    match document {
        Value::Number(number) => {
            let whole = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() <= EXACT_MAX);
            if let Some(value) = whole.filter(|_| number.is_f64()) {
                *number = (value as i64).into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_whole),
        Value::Object(fields) => fields.values_mut().for_each(make_whole),
        _ => {}
    }
}

/// The refusal of a text with a zero character, which databases do not keep.
pub(crate) fn zero_character(place: &[&str]) -> Error {
    let place = place.iter().map(|part| (*part).to_owned()).collect();
    let message = "a text has no zero characters".to_owned();
    Error::Invalid(vec![FieldError { place, kind: "zero_character", message }])
}

/// Whether a text of a JSON document has a zero character: such a one is written as an escape, after an even number of
/// backslashes.
fn escapes_zero(document: &[u8]) -> bool {
    let mut rest = document;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        if rest[at + 1..].starts_with(b"u0000") {
            return true;
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    false
}

fn read_form<T: DeserializeOwned>(form: &[u8], place: &str) -> Result<T, Error> {
    let with_zero = form_urlencoded::parse(form).find(|(name, value)| name.contains('\0') || value.contains('\0'));
    if let Some((name, _)) = with_zero {
        let name: String = name.chars().filter(|letter| *letter != '\0').take(40).collect();
        return Err(zero_character(&[place, &name]));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_characters_are_found_however_they_come() {
        assert!(escapes_zero(br#"{"name": "a\u0000"}"#) && escapes_zero(br#"{"\u0000": 1}"#));
        assert!(escapes_zero(br#"{"name": "a\\\u0000"}"#));
        assert!(!escapes_zero(br#"{"name": "a\\u0000", "b": "\u0001", "c": "\\"}"#));
        for form in [&b"name=a%00"[..], b"na%00me=a", b"x=1&name=%00"] {
            let refused = read_form::<std::collections::BTreeMap<String, String>>(form, "query").unwrap_err();
            assert!(matches!(&refused, Error::Invalid(fields) if fields[0].kind == "zero_character"));
        }
    }

    #[test]
    fn whole_numbers_may_be_written_with_a_point() {
        type Numbers = std::collections::BTreeMap<String, i32>;
        assert_eq!(read_json::<Numbers>(br#"{"revision": 2.0, "other": -3e1}"#).unwrap()["other"], -30);
        for wrong in [
            &br#"{"revision": 2.5}"#[..],
            br#"{"revision": 1e300}"#,
            br#"{"revision": 2.0} 3"#,
            br#"{"revision": "2"}"#,
        ] {
            assert!(read_json::<Numbers>(wrong).is_err());
        }
        let mut edit = serde_json::json!({ "op": "add", "offset_ticks": 5040.0, "velocity": 0.5 });
        make_whole(&mut edit);
        assert_eq!(edit, serde_json::json!({ "op": "add", "offset_ticks": 5040, "velocity": 0.5 }));
    }
}
