//! Recordings, and what is to be done with them.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use service::error::refusal;
use service::jobs::{self, JobType};
use service::videos::{self, Upload};
use service::{Actor, App, Error, FieldError, Job, JobStatus, Page, Video};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::jobs::{JobRead, accepted};
use super::paging::{PageQuery, numbers};
use crate::extract::{Caller, Id, Query, announced_bytes};
use crate::problem::{Problem, Refused};

/// A recording.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VideoRead {
    id: Uuid,
    user_id: Uuid,
    #[schema(example = "drum_performance.mp4")]
    filename: String,
    /// Key in the server's storage, not a path of the machine.
    storage_path: String,
    /// Length in seconds, as measured.
    #[schema(example = 8.0)]
    duration_seconds: Option<f64>,
    #[schema(example = 196_608)]
    size_bytes: i64,
    /// By content.
    #[schema(example = "video/mp4")]
    media_type: String,
    /// Pixels.
    width: Option<i32>,
    /// Pixels.
    height: Option<i32>,
    /// Pictures per second.
    frame_rate: Option<f64>,
    /// Whether there is a sound track.
    has_audio: bool,
    /// Of the uploaded bytes, hexadecimal.
    sha256: String,
    #[schema(example = "uploaded")]
    status: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Video> for VideoRead {
    fn from(video: Video) -> Self {
        Self {
            id: video.id,
            user_id: video.user_id,
            filename: video.filename,
            storage_path: video.storage_path,
            duration_seconds: video.duration_seconds,
            size_bytes: video.size_bytes,
            media_type: video.media_type,
            width: video.width,
            height: video.height,
            frame_rate: video.frame_rate,
            has_audio: video.has_audio,
            sha256: video.sha256,
            status: video.status,
            created_at: video.created_at,
            updated_at: video.updated_at,
        }
    }
}

/// One page of recordings, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VideoPage {
    videos: Vec<VideoRead>,
    #[schema(example = 1)]
    total: u64,
    #[schema(example = 1)]
    page: u64,
    #[schema(example = 20)]
    per_page: u64,
    #[schema(example = 1)]
    pages: u64,
}

impl From<Page<Video>> for VideoPage {
    fn from(found: Page<Video>) -> Self {
        let (total, page, per_page, pages) = numbers(&found);
        Self { videos: found.rows.into_iter().map(Into::into).collect(), total, page, per_page, pages }
    }
}

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
}

/// What an upload may take beyond the file: names and boundaries of the form.
const FORM_BYTES_MAX: u64 = 64 * 1024;

/// Upload a recording
///
/// As a form with one part named `file`. It is written to storage while it arrives; what it is, is told by its content.
#[utoipa::path(post, path = "/videos/upload", tag = "videos", security(("login" = [])),
    request_body(content = UploadForm, content_type = "multipart/form-data"), responses(
        (status = 201, description = "It is stored.", body = Uploaded),
        (status = 413, description = "The file is too large or too long, or your storage is full.", body = Problem),
        (status = 415, description = "It is not a recording that is read here.", body = Problem)))]
pub(crate) async fn upload(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    request: Request,
) -> Result<(StatusCode, Json<Uploaded>), Refused> {
    let bytes_max = app.config.video_bytes_max().saturating_add(FORM_BYTES_MAX);
    if announced_bytes(request.headers()).is_some_and(|bytes| bytes > bytes_max) {
        let message = format!("A recording has at most {} MB.", app.config.max_video_size_mb);
        let hint = "Cut it, or export it with a lower picture quality: only the sound is needed.";
        return Err(Error::TooLarge(refusal("upload_too_large", message, hint)).into());
    }
    let form = Multipart::from_request(request, &app).await.map_err(|_| not_a_form())?;
    let patience = Duration::from_secs(app.config.upload_s_max);
    let taken = tokio::time::timeout(patience, take_file(&app, &actor, form)).await;
    let video = taken.unwrap_or_else(|_| {
        let message = format!("The upload took longer than {} s.", app.config.upload_s_max);
        Err(Error::Rule(refusal("upload_too_slow", message, "Try again on a faster connection.")))
    })?;
    Ok((StatusCode::CREATED, Json(Uploaded { message: "Video uploaded.", video: video.into() })))
}

fn not_a_form() -> Error {
    Error::Invalid(vec![FieldError::body("file", "missing", "send a multipart form with a part named file")])
}

async fn take_file(app: &Arc<App>, actor: &Actor, mut form: Multipart) -> Result<Video, Error> {
    while let Some(mut part) = form.next_field().await.map_err(|_| broken_off())? {
        if part.name() != Some("file") {
            continue;
        }
        let taken = take_part(app, actor, &mut part).await;
        if taken.is_err() {
            drain(&mut part).await;
        }
        return taken;
    }
    Err(not_a_form())
}

async fn take_part(app: &Arc<App>, actor: &Actor, part: &mut Field<'_>) -> Result<Video, Error> {
    let filename = part.file_name().ok_or_else(not_a_form)?.to_owned();
    let mut upload = Upload::begin(app, actor, &filename).await?;
    while let Some(bytes) = part.chunk().await.map_err(|_| broken_off())? {
        upload.write(&bytes).await?;
    }
    upload.finish().await
}

fn broken_off() -> Error {
    Error::Rule(refusal("upload_broken_off", "The upload ended before the file did.", "Send the file again."))
}

/// What is read and dropped after a refusal; a client that is still sending would otherwise not see the answer.
const DRAIN_BYTES_MAX: usize = 16 * 1024 * 1024;

async fn drain(part: &mut Field<'_>) {
    let mut bytes = 0;
    while let Ok(Some(more)) = part.chunk().await {
        bytes += more.len();
        if bytes > DRAIN_BYTES_MAX {
            break;
        }
    }
}

/// Which recordings to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VideoQuery {
    /// Which page, from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    per_page: Option<u64>,
    /// For admins: only this user's.
    user_id: Option<Uuid>,
    /// For admins: only their own.
    owner_only: Option<bool>,
}

/// List recordings
///
/// Your own; admins see everybody's.
#[utoipa::path(get, path = "/videos", tag = "videos", operation_id = "list_videos", security(("login" = [])),
    params(VideoQuery), responses((status = 200, description = "One page, newest first.", body = VideoPage)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<VideoQuery>,
) -> Result<Json<VideoPage>, Refused> {
    let paging = PageQuery::paging(query.page, query.per_page)?;
    let found = if query.owner_only.unwrap_or(false) {
        videos::list_mine(&app, &actor, paging).await?
    } else {
        videos::list(&app, &actor, query.user_id, paging).await?
    };
    Ok(Json(found.into()))
}

/// List your own recordings
#[utoipa::path(get, path = "/videos/my-videos", tag = "videos", security(("login" = [])), params(PageQuery),
    responses((status = 200, description = "One page, newest first.", body = VideoPage)))]
pub(crate) async fn my_videos(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<VideoPage>, Refused> {
    let paging = PageQuery::paging(query.page, query.per_page)?;
    Ok(Json(videos::list_mine(&app, &actor, paging).await?.into()))
}

/// Read a recording
#[utoipa::path(get, path = "/videos/{id}", tag = "videos", operation_id = "get_video", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The recording.")),
    responses((status = 200, description = "The recording.", body = VideoRead)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<VideoRead>, Refused> {
    Ok(Json(videos::get(&app, &actor, id).await?.into()))
}

/// How to do it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WorkQuery {
    /// Do it anew even if it is done.
    force: Option<bool>,
}

impl WorkQuery {
    pub(crate) fn forced(&self) -> bool {
        self.force.unwrap_or(false)
    }
}

/// A job that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobTicket {
    /// Look at it under `/jobs/{job_id}`.
    job_id: Uuid,
    #[schema(example = "pending")]
    status: &'static str,
    #[schema(example = "Waits for a worker. Follow it at the address in Location.")]
    message: &'static str,
}

impl From<&Job> for JobTicket {
    fn from(job: &Job) -> Self {
        let message = match job.status {
            JobStatus::Pending => "Waits for a worker. Follow it at the address in Location.",
            JobStatus::Running => "Is being worked on. Follow it at the address in Location.",
            JobStatus::Completed => "Is done.",
            JobStatus::Failed => "Did not work out; see error_message of the job.",
        };
        Self { job_id: job.id, status: job.status.as_str(), message }
    }
}

/// Extract the sound
///
/// Keeps the sound track as FLAC. When that is running already, the same job is given back.
#[utoipa::path(post, path = "/videos/{id}/extract-audio", tag = "videos", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The recording."), WorkQuery), responses(
        (status = 202, description = "A job; its address is in `Location`.", body = JobTicket),
        (status = 400, description = "The recording has no sound.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn extract_audio(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<WorkQuery>,
) -> Result<Response, Refused> {
    let force = query.force.unwrap_or(false);
    let job = jobs::request(&app, &actor, id, JobType::AudioExtraction, force).await?;
    Ok(accepted(&job, JobTicket::from(&job)))
}

/// A detection that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DetectionTicket {
    #[serde(flatten)]
    job: JobTicket,
    /// Strokes found; unknown until the job has completed.
    detected_events: Option<i64>,
    /// Their mean confidence; unknown until the job has completed.
    confidence_avg: Option<f64>,
}

/// Find the strokes
///
/// Listens to the sound; extracts it first where that is missing. When done, the job has `detected_events` and
/// `confidence_avg`.
#[utoipa::path(post, path = "/videos/{id}/analyze-drums", tag = "videos", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The recording."), WorkQuery), responses(
        (status = 202, description = "A job; its address is in `Location`.", body = DetectionTicket),
        (status = 400, description = "The recording has no sound.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn analyze_drums(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<WorkQuery>,
) -> Result<Response, Refused> {
    let force = query.force.unwrap_or(false);
    let job = jobs::request(&app, &actor, id, JobType::DrumDetection, force).await?;
    let ticket = DetectionTicket { job: JobTicket::from(&job), detected_events: None, confidence_avg: None };
    Ok(accepted(&job, ticket))
}

/// A notation that is there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotationTicket {
    /// Look at it under `/notation/{notation_id}`.
    notation_id: Uuid,
    /// Beats a minute, as printed.
    #[schema(example = 120.0)]
    tempo: f64,
    #[schema(example = "4/4")]
    time_signature: String,
    #[schema(example = 4)]
    measures: i32,
}

/// Write the score
///
/// Answers at once when the score is written already; otherwise with a job, which first does what is missing. With
/// `Prefer: wait=30` the answer waits up to so many seconds for the job.
#[utoipa::path(post, path = "/videos/{id}/generate-notation", tag = "videos", security(("login" = [])),
    params(
        ("id" = Uuid, Path, description = "The recording."),
        WorkQuery,
        ("prefer" = Option<String>, Header, description = "`wait`, or `wait=` and seconds.", example = "wait=30")),
    responses(
        (status = 200, description = "The score is written.", body = NotationTicket),
        (status = 202, description = "A job; its address is in `Location`.", body = JobTicket),
        (status = 400, description = "The recording has no sound.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn generate_notation(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<WorkQuery>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let force = query.force.unwrap_or(false);
    if !force && let Some(written) = written(&app, &actor, id).await? {
        return Ok(Json(written).into_response());
    }
    let mut job = jobs::request(&app, &actor, id, JobType::NotationGeneration, force).await?;
    if let Some(patience) = patience(&headers, app.config.prefer_wait_s_max) {
        job = jobs::wait(&app, &actor, job.id, patience).await?;
        if job.status == JobStatus::Completed
            && let Some(written) = written(&app, &actor, id).await?
        {
            return Ok(Json(written).into_response());
        }
    }
    Ok(accepted(&job, JobTicket::from(&job)))
}

async fn written(app: &App, actor: &Actor, id: Uuid) -> Result<Option<NotationTicket>, Error> {
    let status = jobs::status(app, actor, id).await?;
    Ok(status.current_notation().map(|notation| NotationTicket {
        notation_id: notation.id,
        tempo: notation.tempo,
        time_signature: notation.time_signature.clone(),
        measures: notation.measures,
    }))
}

/// How long a client prefers to wait (RFC 7240), up to the limit.
fn patience(headers: &HeaderMap, s_max: u64) -> Option<Duration> {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let waits = preferences.flat_map(|value| value.split([',', ';'])).filter_map(|preference| {
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"').parse().unwrap_or(s_max))
    });
    waits.max().map(|seconds| Duration::from_secs(seconds.min(s_max)))
}

/// One stage of the way from recording to score.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StageRead {
    #[schema(example = "drum_detection")]
    stage: &'static str,
    /// `not_started`, `pending`, `running`, `completed` or `failed`.
    #[schema(example = "running")]
    status: &'static str,
    /// Percent, 0-100.
    #[schema(example = 40)]
    progress: i32,
    job_id: Option<Uuid>,
    error_message: Option<String>,
    error_code: Option<String>,
    /// What to do, if anything.
    #[schema(example = "Wait for the job.")]
    next_action: Option<String>,
}

/// How far a recording is on its way to a score.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProcessingStatus {
    video_id: Uuid,
    has_audio_extracted: bool,
    has_drums_analyzed: bool,
    has_notation: bool,
    /// Strokes found, once they are looked for.
    detected_events: Option<i32>,
    confidence_avg: Option<f64>,
    notation_id: Option<Uuid>,
    stages: Vec<StageRead>,
    /// The newest job of each type.
    jobs: Vec<JobRead>,
}

/// See how far a recording is
#[utoipa::path(get, path = "/videos/{id}/processing-status", tag = "videos", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The recording.")),
    responses((status = 200, description = "Every stage.", body = ProcessingStatus)))]
pub(crate) async fn processing_status(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<ProcessingStatus>, Refused> {
    let status = jobs::status(&app, &actor, id).await?;
    Ok(Json(ProcessingStatus {
        video_id: status.video.id,
        has_audio_extracted: status.done(JobType::AudioExtraction),
        has_drums_analyzed: status.done(JobType::DrumDetection),
        has_notation: status.done(JobType::NotationGeneration),
        detected_events: status.audio.as_ref().and_then(|audio| audio.detected_events),
        confidence_avg: status.audio.as_ref().and_then(|audio| audio.confidence_avg),
        notation_id: status.notation.as_ref().map(|notation| notation.id),
        stages: JobType::STEPS.into_iter().map(|kind| stage(&status, kind)).collect(),
        jobs: status.jobs.into_iter().map(Into::into).collect(),
    }))
}

fn stage(status: &jobs::Status, kind: JobType) -> StageRead {
    let job = status.job(kind);
    let done = status.done(kind);
    let route = match kind {
        JobType::AudioExtraction => "extract-audio",
        JobType::DrumDetection => "analyze-drums",
        JobType::NotationGeneration | JobType::Transcription => "generate-notation",
    };
    let ask = || format!("POST /videos/{}/{route}", status.video.id);
    let (word, progress, next_action) = match job.map(|job| job.status) {
        Some(JobStatus::Pending) => ("pending", 0, Some("Wait for the job.".to_owned())),
        Some(JobStatus::Running) => {
            ("running", job.map_or(0, |job| job.progress), Some("Wait for the job.".to_owned()))
        }
        _ if done => ("completed", 100, None),
        Some(JobStatus::Failed) => {
            ("failed", job.map_or(0, |job| job.progress), job.map(|job| format!("POST /jobs/{}/retry", job.id)))
        }
        _ => ("not_started", 0, Some(ask())),
    };
    let failed = job.filter(|_| word == "failed");
    StageRead {
        stage: kind.as_str(),
        status: word,
        progress,
        job_id: job.map(|job| job.id),
        error_message: failed.and_then(|job| job.error_message.clone()),
        error_code: failed.and_then(|job| job.error_code.clone()),
        next_action,
    }
}
