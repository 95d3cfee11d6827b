//! Taking recordings in, by one form.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use service::error::refusal;
use service::jobs::{self, JobType};
use service::videos::Upload;
use service::{Actor, App, Error, FieldError, Video};
use utoipa::{IntoParams, ToSchema};

use super::VideoRead;
use crate::extract::{Caller, Query, announced_bytes};
use crate::layers::leftovers::LEFT_BYTES_MAX;
use crate::problem::{Problem, Refused};
use crate::routes::jobs::JobRead;

/// A file to upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form; the handler reads it part by part")]
pub(crate) struct UploadForm {
    /// The recording: mp4, mov, avi, mkv, webm, or sound alone.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
}

/// An uploaded recording.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Uploaded {
    #[schema(example = "Video uploaded.")]
    message: &'static str,
    video: VideoRead,
    /// The job that writes its score, where that was asked for.
    job: Option<JobRead>,
}

/// What is to happen with it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// Have its score written, too.
    #[param(default = false)]
    process: Option<bool>,
}

/// What an upload may take beyond the file: names and boundaries of the form.
const FORM_BYTES_MAX: u64 = 64 * 1024;

/// Upload a recording
///
/// As a form with one part named `file`. It is written to storage while it arrives; what it is, is told by its content.
#[utoipa::path(post, path = "/videos/upload", tag = "videos", security(("login" = [])),
    params(UploadQuery), request_body(content = UploadForm, content_type = "multipart/form-data"), responses(
        (status = 201, description = "It is stored.", body = Uploaded),
        (status = 413, description = "The file is too large or too long, or your storage is full.", body = Problem),
        (status = 415, description = "It is not a recording that is read here.", body = Problem)))]
pub(crate) async fn upload(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<UploadQuery>,
    request: Request,
) -> Result<(StatusCode, Json<Uploaded>), Refused> {
    let bytes_max = app.config.video_bytes_max().saturating_add(FORM_BYTES_MAX);
    let announced = announced_bytes(request.headers());
    if announced.is_some_and(|bytes| bytes > bytes_max) {
        let message = format!("A recording has at most {} MB.", app.config.max_video_size_mb);
        let hint = "Cut it, or export it with a lower picture quality: only the sound is needed.";
        return Err(Error::TooLarge(refusal("upload_too_large", message, hint)).into());
    }
    let patience = Duration::from_secs(app.config.upload_s_max);
    let taken = tokio::time::timeout(patience, take_file(&app, &actor, request, announced)).await;
    let video = taken.unwrap_or_else(|_| {
        let message = format!("The upload took longer than {} s.", app.config.upload_s_max);
        Err(Error::Rule(refusal("upload_too_slow", message, "Try again on a faster connection.")))
    })?;
    // What has no sound has no score; the upload itself is fine.
    let job = if query.process.unwrap_or(false) && video.has_audio {
        Some(jobs::request(&app, &actor, video.id, JobType::NotationGeneration, false).await?.into())
    } else {
        None
    };
    Ok((StatusCode::CREATED, Json(Uploaded { message: "Video uploaded.", video: video.into(), job })))
}

/// The same request with a body whose first piece is there, and that pauses before each of the others. The reader of
/// forms takes in what it is given until there is a pause, so a client that is faster than our disk would otherwise fill
/// the memory; and it takes a body that comes whole between two of its looks for one that is cut off.
pub(crate) async fn paced(request: Request) -> Request {
    let (head, body) = request.into_parts();
    let mut pieces = body.into_data_stream();
    let first = pieces.next().await;
    let others = pieces.then(|piece| async {
        tokio::task::yield_now().await;
        piece
    });
    Request::from_parts(head, Body::from_stream(futures::stream::iter(first).chain(others)))
}

fn not_a_form() -> Error {
    Error::Invalid(vec![FieldError::body("file", "missing", "send a multipart form with a part named file")])
}

async fn take_file(app: &Arc<App>, actor: &Actor, request: Request, announced: Option<u64>) -> Result<Video, Error> {
    let mut form = Multipart::from_request(paced(request).await, app).await.map_err(|_| not_a_form())?;
    while let Some(mut part) = form.next_field().await.map_err(|_| broken_off())? {
        if part.name() != Some("file") {
            continue;
        }
        let taken = take_part(app, actor, &mut part, announced).await;
        if taken.is_err() {
            drain(&mut part).await;
        }
        return taken;
    }
    Err(not_a_form())
}

/// What a form adds to a file at least: a boundary before and after it.
const FORM_BYTES_MIN: u64 = 64;

async fn take_part(
    app: &Arc<App>,
    actor: &Actor,
    part: &mut Field<'_>,
    announced: Option<u64>,
) -> Result<Video, Error> {
    let filename = part.file_name().ok_or_else(not_a_form)?.to_owned();
    let expected = announced.map(|bytes| bytes.saturating_sub(FORM_BYTES_MIN));
    let mut upload = Upload::begin(app, actor, &filename, expected).await?;
    match fill(&mut upload, part).await {
        Ok(()) => upload.finish().await,
        Err(error) => {
            upload.give_up().await;
            Err(error)
        }
    }
}

async fn fill(upload: &mut Upload, part: &mut Field<'_>) -> Result<(), Error> {
    while let Some(bytes) = part.chunk().await.map_err(|_| broken_off())? {
        upload.write(bytes).await?;
    }
    Ok(())
}

fn broken_off() -> Error {
    Error::Rule(refusal("upload_broken_off", "The upload ended before the file did.", "Send the file again."))
}

/// Reads what is left of a file that was refused. The layer `leftovers` would as well, but a request with a key is known by
/// its whole body: only one read to its end has its refusal kept for when it comes again.
async fn drain(part: &mut Field<'_>) {
    let mut bytes = 0;
    while let Ok(Some(more)) = part.chunk().await {
        bytes += more.len();
        if bytes > LEFT_BYTES_MAX {
            break;
        }
    }
}
