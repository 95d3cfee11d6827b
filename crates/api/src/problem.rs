//! Errors as clients read them: one function from kind to status.

use axum::Json;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use service::{Error, FieldError, Refusal, Stranger};
use utoipa::ToSchema;

use crate::layers::request_id;

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// What happened, in a sentence.
    #[schema(example = "This recording has no sound track.")]
    detail: String,
    /// Stable name of the reason.
    #[schema(example = "media_no_audio")]
    code: String,
    /// What to do next.
    #[schema(example = "Notation is written from sound. Check the export settings of your editor.")]
    hint: String,
    /// Tell this to the operator when asking for help.
    #[schema(example = "01938f3e-7b1c-7e61-9d0a-3f2f5a8b6c7d")]
    request_id: String,
}

/// Which fields of a request are not as they should be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValidationProblem {
    /// One entry for each field.
    detail: Vec<FieldProblem>,
    /// Always `validation_failed`.
    #[schema(example = "validation_failed")]
    code: &'static str,
    /// Tell this to the operator when asking for help.
    #[schema(example = "01938f3e-7b1c-7e61-9d0a-3f2f5a8b6c7d")]
    request_id: String,
}

/// One field that is not as it should be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Kind of mistake; `rule` where each field is possible and what they say together is not.
    #[serde(rename = "type")]
    #[schema(example = "value_error")]
    kind: &'static str,
    /// Where it is.
    #[schema(example = json!(["body", "email"]))]
    loc: Vec<String>,
    /// What is wrong.
    #[schema(example = "this is not an e-mail address")]
    msg: String,
}

/// A service error on its way to a client.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Error);

impl<E: Into<Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        answer(self.0)
    }
}

/// The one function from error kind to status.
fn answer(error: Error) -> Response {
    match error {
        Error::Invalid(fields) => invalid(fields),
        Error::Rule(refusal) => refused(StatusCode::BAD_REQUEST, &refusal),
        Error::Unauthenticated(stranger) => unauthenticated(stranger),
        Error::Forbidden(refusal) => refused(StatusCode::FORBIDDEN, &refusal),
        Error::NotFound(what) => {
            let detail = format!("{}{} not found.", what[..1].to_uppercase(), &what[1..]);
            say(StatusCode::NOT_FOUND, "not_found", &detail, "It does not exist, was deleted, or is not yours.")
        }
        Error::Conflict(refusal) => refused(StatusCode::CONFLICT, &refusal),
        Error::TooLarge(refusal) => refused(StatusCode::PAYLOAD_TOO_LARGE, &refusal),
        Error::Unsupported(refusal) => refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, &refusal),
        Error::Busy(refusal) => {
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS, &refusal);
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("10"));
            response
        }
        Error::Limited { refusal, retry_after_s } => {
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS, &refusal);
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(retry_after_s));
            response
        }
        Error::Unavailable(refusal) => refused(StatusCode::SERVICE_UNAVAILABLE, &refusal),
        other => {
            tracing::error!(error = %other, "request failed");
            let hint = "Try again. If it stays so, tell the operator the request id; the log has the rest.";
            say(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something broke on our side.", hint)
        }
    }
}

fn refused(status: StatusCode, refusal: &Refusal) -> Response {
    say(status, refusal.code, &refusal.message, &refusal.hint)
}

fn say(status: StatusCode, code: &str, detail: &str, hint: &str) -> Response {
    let problem = Problem {
        detail: detail.to_owned(),
        code: code.to_owned(),
        hint: hint.to_owned(),
        request_id: request_id().to_string(),
    };
    (status, Json(problem)).into_response()
}

fn invalid(fields: Vec<FieldError>) -> Response {
    let detail =
        fields.into_iter().map(|field| FieldProblem { kind: field.kind, loc: field.place, msg: field.message });
    let problem =
        ValidationProblem { detail: detail.collect(), code: "validation_failed", request_id: request_id().to_string() };
    (StatusCode::UNPROCESSABLE_ENTITY, Json(problem)).into_response()
}

/// The sentences are those clients of the seed compare with.
fn unauthenticated(stranger: Stranger) -> Response {
    let (code, detail, hint) = match stranger {
        Stranger::NoToken => {
            ("not_authenticated", "Not authenticated", "Log in and send the header Authorization: Bearer <token>.")
        }
        Stranger::BadToken => (
            "token_invalid",
            "Could not validate credentials",
            "The token is damaged, expired or revoked: log in again.",
        ),
        Stranger::BadLogin => {
            ("login_failed", "Incorrect email or password", "Check both; capitals count in the password only.")
        }
        Stranger::BadRefresh => (
            "refresh_token_invalid",
            "Could not validate credentials",
            "The refresh token is unknown, over, or was used before: log in again.",
        ),
    };
    let mut response = say(StatusCode::UNAUTHORIZED, code, detail, hint);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
    response
}

/// The answer to a part of a file that does not have it.
pub(crate) fn no_such_bytes(size_bytes: u64) -> Response {
    let detail = format!("The file has {size_bytes} bytes; the part asked for begins behind them.");
    let hint = "Ask for a part within the file, or for all of it.";
    let mut response = say(StatusCode::RANGE_NOT_SATISFIABLE, "range_not_satisfiable", &detail, hint);
    if let Ok(range) = header::HeaderValue::from_str(&format!("bytes */{size_bytes}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    response
}

/// The answer to a client that speaks another version of a protocol.
pub(crate) fn wrong_protocol(spoken: &str, hint: &str) -> Response {
    let detail = format!("Uploads are taken by {spoken} here.");
    say(StatusCode::PRECONDITION_FAILED, "protocol_version", &detail, hint)
}

/// The answer to a path that leads nowhere.
pub(crate) async fn no_such_route(uri: Uri) -> Response {
    let detail = format!("There is nothing at {}.", uri.path());
    say(StatusCode::NOT_FOUND, "no_such_route", &detail, "Every route is listed at /docs.")
}

/// The answer to a method a path does not know.
pub(crate) async fn no_such_method(method: Method, uri: Uri) -> Response {
    let detail = format!("{method} is not possible at {}.", uri.path());
    say(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", &detail, "Every route is listed at /docs.")
}
