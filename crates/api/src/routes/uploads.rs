//! Resumable uploads: tus 1.0 with creation, creation-with-upload, expiration, checksum and termination.
//!
//! Source: the protocol's text at tus.io, version 1.0.0. A finished upload answers with the header `Backbeat-Video-Id`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use service::error::refusal;
use service::uploads::{self, Announced, Checksum, Progress};
use service::{Actor, App, Error, FieldError};
use uuid::Uuid;

use crate::extract::{Caller, Id};
use crate::problem::{Problem, Refused};

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const TUS_CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const VIDEO_ID: HeaderName = HeaderName::from_static("backbeat-video-id");

/// The version spoken here.
const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const EXTENSIONS: HeaderValue =
    HeaderValue::from_static("creation,creation-with-upload,expiration,checksum,termination");
const ALGORITHMS: HeaderValue = HeaderValue::from_static("sha1,sha256");
/// The media type of pieces.
const PIECE: &str = "application/offset+octet-stream";
/// The protocol's own status for bytes whose sum differs.
const CHECKSUM_STATUS: u16 = 460;

/// See what uploads can do
#[utoipa::path(options, path = "/uploads", tag = "uploads", operation_id = "upload_abilities",
    responses((status = 204, description = "In the headers `Tus-Version`, `Tus-Extension`, `Tus-Max-Size` and \
        `Tus-Checksum-Algorithm`.")))]
pub(crate) async fn abilities(State(app): State<Arc<App>>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(TUS_RESUMABLE, VERSION);
    headers.insert(TUS_VERSION, VERSION);
    headers.insert(TUS_EXTENSION, EXTENSIONS);
    headers.insert(TUS_CHECKSUM_ALGORITHM, ALGORITHMS);
    headers.insert(TUS_MAX_SIZE, HeaderValue::from(app.config.video_bytes_max()));
    response
}

/// Answers OPTIONS of uploads before the rules for pages of other origins do, unless such a page asks about those rules.
pub(crate) async fn answer_options(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let about_origins = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let path = request.uri().path();
    let ours = path == "/uploads" || path.starts_with("/uploads/");
    if request.method() == Method::OPTIONS && ours && !about_origins {
        return abilities(State(app)).await;
    }
    next.run(request).await
}

/// Begin a resumable upload
///
/// `Upload-Length` is the size of the file, `Upload-Metadata` has its `filename` and may have `process` (`true` starts
/// the whole pipeline afterwards), both in base64. The room is held from now on. Bytes may come along.
#[utoipa::path(post, path = "/uploads", tag = "uploads", operation_id = "begin_upload", security(("login" = [])),
    params(
        ("tus-resumable" = String, Header, description = "`1.0.0`.", pattern = r"^1\.0\.0$", example = "1.0.0"),
        ("upload-length" = u64, Header, description = "Bytes.", minimum = 1, example = 196_608),
        ("upload-metadata" = String, Header, description = "Pairs of key and base64, `filename` among them.",
            example = "filename Y2xpcC5tcDQ=")),
    responses(
        (status = 201, description = "It goes on at the address in `Location`, until `Upload-Expires`."),
        (status = 412, description = "Another version of the protocol.", body = Problem),
        (status = 413, description = "Larger than this server takes, or your storage is full.", body = Problem),
        (status = 415, description = "It is not a recording that is read here.", body = Problem)))]
pub(crate) async fn begin(State(app): State<Arc<App>>, Caller(actor): Caller, request: Request) -> Response {
    speak(begin_upload(&app, &actor, request).await)
}

async fn begin_upload(app: &Arc<App>, actor: &Actor, request: Request) -> Result<Response, Refused> {
    if let Some(other) = other_version(request.headers()) {
        return Ok(other);
    }
    let announced = announced(request.headers())?;
    let mut progress = uploads::begin(app, actor, announced).await?;
    if request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PIECE) {
        progress = append(app, actor, progress.id, 0, request).await?;
    }
    let mut response = StatusCode::CREATED.into_response();
    let location = HeaderValue::from_str(&format!("/uploads/{}", progress.id)).map_err(Error::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    describe(&mut response, &progress);
    Ok(response)
}

/// See how far an upload is
#[utoipa::path(head, path = "/uploads/{id}", tag = "uploads", operation_id = "upload_progress",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The upload."),
        ("tus-resumable" = String, Header, description = "`1.0.0`.", pattern = r"^1\.0\.0$", example = "1.0.0")),
    responses(
        (status = 200, description = "In the headers `Upload-Offset` and `Upload-Length`; once it is finished also \
            `Backbeat-Video-Id`."),
        (status = 412, description = "Another version of the protocol.")))]
pub(crate) async fn progress(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Response {
    if let Some(other) = other_version(&headers) {
        return speak(Ok(other));
    }
    // On a task of its own: what it may have to put together is not given up when the client goes away.
    let found = tokio::spawn(async move { uploads::progress(&app, &actor, id).await }).await;
    let found = found.map_err(|error| Error::internal(error).into()).and_then(|found| found.map_err(Refused::from));
    speak(found.map(|progress| {
        let mut response = StatusCode::OK.into_response();
        describe(&mut response, &progress);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }))
}

/// Go on with an upload
///
/// The bytes begin at `Upload-Offset`. With the last one the upload becomes a recording, whose id is in the header
/// `Backbeat-Video-Id`.
#[utoipa::path(patch, path = "/uploads/{id}", tag = "uploads", operation_id = "continue_upload",
    security(("login" = [])),
    params(
        ("id" = Uuid, Path, description = "The upload."),
        ("tus-resumable" = String, Header, description = "`1.0.0`.", pattern = r"^1\.0\.0$", example = "1.0.0"),
        ("upload-offset" = u64, Header, description = "Where the bytes begin.", example = 0),
        ("upload-checksum" = Option<String>, Header, description = "`sha1` or `sha256` and the sum in base64.",
            example = "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=")),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, description = "They are safe; `Upload-Offset` is where to go on."),
        (status = 409, description = "The upload is not at that offset.", body = Problem),
        (status = 412, description = "Another version of the protocol.", body = Problem),
        (status = 415, description = "Not pieces, or it turned out to be no recording.", body = Problem),
        (status = 460, description = "The bytes have another checksum; they were dropped.", body = Problem)))]
pub(crate) async fn go_on(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    request: Request,
) -> Response {
    speak(continue_upload(&app, &actor, id, request).await)
}

async fn continue_upload(app: &Arc<App>, actor: &Actor, id: Uuid, request: Request) -> Result<Response, Refused> {
    if let Some(other) = other_version(request.headers()) {
        return Ok(other);
    }
    if request.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind != PIECE) {
        let message = format!("Pieces of an upload are of the type {PIECE}.");
        return Err(Error::Unsupported(refusal("not_a_piece", message, "Send that as Content-Type.")).into());
    }
    let offset = number(request.headers(), UPLOAD_OFFSET, "Upload-Offset")?;
    let progress = append(app, actor, id, offset, request).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    describe(&mut response, &progress);
    Ok(response)
}

/// Drop an upload
#[utoipa::path(delete, path = "/uploads/{id}", tag = "uploads", operation_id = "end_upload", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The upload."),
        ("tus-resumable" = String, Header, description = "`1.0.0`.", pattern = r"^1\.0\.0$", example = "1.0.0")),
    responses(
        (status = 204, description = "It is gone; a recording it became stays."),
        (status = 412, description = "Another version of the protocol.", body = Problem)))]
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Response {
    if let Some(other) = other_version(&headers) {
        return speak(Ok(other));
    }
    let ended = uploads::terminate(&app, &actor, id).await;
    speak(ended.map(|()| StatusCode::NO_CONTENT.into_response()).map_err(Into::into))
}

/// Takes the body in, on a task of its own: when the client goes away, what came is still made safe.
async fn append(app: &Arc<App>, actor: &Actor, id: Uuid, offset: u64, request: Request) -> Result<Progress, Refused> {
    let checksum = checksum(request.headers())?;
    let (app, actor) = (Arc::clone(app), actor.clone());
    let patience = Duration::from_secs(app.config.upload_s_max);
    let work = tokio::spawn(async move {
        let body: Body = request.into_body();
        let appended = uploads::append(&app, &actor, id, offset, checksum, body.into_data_stream());
        tokio::time::timeout(patience, appended).await
    });
    let too_slow = |_| {
        let message = format!("The request took longer than {} s.", patience.as_secs());
        let hint = "Ask for the offset with HEAD, then go on from there.";
        Error::Rule(refusal("upload_too_slow", message, hint))
    };
    Ok(work.await.map_err(Error::internal)?.map_err(too_slow)??)
}

/// The answer in the protocol's way: its version always, its own status for wrong sums.
fn speak(answer: Result<Response, Refused>) -> Response {
    let wrong_sum = matches!(&answer, Err(Refused(Error::Rule(refusal))) if refusal.code == "upload_checksum_mismatch");
    let mut response = answer.into_response();
    if wrong_sum && let Ok(status) = StatusCode::from_u16(CHECKSUM_STATUS) {
        *response.status_mut() = status;
    }
    response.headers_mut().insert(TUS_RESUMABLE, VERSION);
    response
}

fn describe(response: &mut Response, progress: &Progress) {
    let headers = response.headers_mut();
    headers.insert(UPLOAD_OFFSET, HeaderValue::from(progress.offset_bytes));
    headers.insert(UPLOAD_LENGTH, HeaderValue::from(progress.size_bytes));
    let expires = progress.expires_at.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(expires) = HeaderValue::from_str(&expires) {
        headers.insert(UPLOAD_EXPIRES, expires);
    }
    if let Some(Ok(id)) = progress.video_id.map(|id| HeaderValue::from_str(&id.to_string())) {
        headers.insert(VIDEO_ID, id);
    }
}

/// The refusal of clients that speak another version.
fn other_version(headers: &HeaderMap) -> Option<Response> {
    if headers.get(TUS_RESUMABLE).is_some_and(|version| version == VERSION) {
        return None;
    }
    let mut refused = crate::problem::wrong_protocol("tus 1.0.0", "Send the header Tus-Resumable: 1.0.0.");
    refused.headers_mut().insert(TUS_VERSION, VERSION);
    Some(refused)
}

fn wrong_header(name: &str, message: impl Into<String>) -> Error {
    let place = vec!["header".to_owned(), name.to_owned()];
    Error::Invalid(vec![FieldError { place, kind: "value_error", message: message.into() }])
}

fn number(headers: &HeaderMap, name: HeaderName, shown: &str) -> Result<u64, Error> {
    let value = headers.get(name).and_then(|value| value.to_str().ok()?.parse().ok());
    value.ok_or_else(|| wrong_header(shown, "this header is required, a whole number of bytes"))
}

/// Length and metadata of a new upload.
fn announced(headers: &HeaderMap) -> Result<Announced, Error> {
    let size_bytes = number(headers, UPLOAD_LENGTH, "Upload-Length")?;
    let pairs = headers.get(UPLOAD_METADATA).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let value = |wanted: &str| {
        let mut all = pairs.split(',').filter_map(|pair| pair.trim().split_once(' '));
        let (_, value) = all.find(|(key, _)| *key == wanted)?;
        let bytes = service::uploads::base64(value.trim())?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    let filename = value("filename").filter(|name| !name.is_empty());
    let filename = filename.or_else(|| value("name")).ok_or_else(|| {
        wrong_header("Upload-Metadata", "filename is required: the word, a space, and the name in base64")
    })?;
    Ok(Announced { size_bytes, filename, process: value("process").as_deref() == Some("true") })
}

fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Error> {
    let Some(value) = headers.get(UPLOAD_CHECKSUM) else { return Ok(None) };
    let refuse = || wrong_header("Upload-Checksum", "sha1 or sha256, a space, and the sum in base64");
    let (algorithm, sum) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(refuse)?;
    let sum = service::uploads::base64(sum.trim()).ok_or_else(refuse)?;
    match (algorithm, sum.len()) {
        ("sha1", 20) => Ok(Some(Checksum::Sha1(sum))),
        ("sha256", 32) => Ok(Some(Checksum::Sha256(sum))),
        _ => Err(refuse()),
    }
}
