//! What is to be done with a recording, and how far that is.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value as Document;
use service::jobs::{self, JobType};
use service::{Actor, App, Error, Job, JobStatus};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::extract::{Caller, Id, Query};
use crate::problem::{Problem, Refused};
use crate::routes::jobs::{JobRead, accepted};
use crate::routes::notations::options::{self, NotationQuery};

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
/// `Prefer: wait=30` the answer waits up to so many seconds for the job. With options a new score is written.
#[utoipa::path(post, path = "/videos/{id}/generate-notation", tag = "videos", security(("login" = [])),
    params(
        ("id" = Uuid, Path, description = "The recording."),
        WorkQuery,
        NotationQuery,
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
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let (known, force) = options::of_query(&query.unwrap_or_default())?;
    if !force
        && known.is_empty()
        && let Some(written) = written(&app, &actor, id).await?
    {
        return Ok(Json(written).into_response());
    }
    let mut job = jobs::request_written(&app, &actor, id, JobType::NotationGeneration, force, known).await?;
    if let Some(patience) = patience(&headers, app.config.prefer_wait_s_max) {
        job = jobs::wait(&app, &actor, job.id, patience).await?;
        if job.status == JobStatus::Completed
            && let Some(ticket) = job.result.as_ref().and_then(NotationTicket::of)
        {
            return Ok(Json(ticket).into_response());
        }
    }
    Ok(accepted(&job, JobTicket::from(&job)))
}

impl NotationTicket {
    /// What a finished job says of the notation it wrote.
    fn of(result: &Document) -> Option<Self> {
        Some(Self {
            notation_id: result["notation_id"].as_str()?.parse().ok()?,
            tempo: result["tempo"].as_f64()?,
            time_signature: result["time_signature"].as_str()?.to_owned(),
            measures: result["measures"].as_i64()?.try_into().ok()?,
        })
    }
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
        // Only the first is a stage on the way to the score.
        JobType::NotationGeneration
        | JobType::Transcription
        | JobType::Separation
        | JobType::Export
        | JobType::AudioAnalysis => "generate-notation",
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
