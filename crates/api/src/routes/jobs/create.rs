//! Asking for jobs, and the jobs of one recording.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, RawQuery, State};
use axum::http::request::Parts;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::jobs::{self, Filter, JobType, Status};
use service::{App, Error, FieldError, JobStatus};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{JobPage, JobRead, accepted};
use crate::extract::{Body, Caller, Id, Query, path_id, path_text};
use crate::problem::{Problem, Refused};
use crate::routes::notations::options::{self, NotationQuery};
use crate::routes::paging::{PageQuery, numbers};
use crate::routes::videos::work::WorkQuery;

/// A job to be done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewJob {
    /// The recording.
    video_id: Uuid,
    /// `audio_extraction`, `drum_detection`, `notation_generation`, `transcription`, which is all of these, or
    /// `separation`.
    #[schema(example = "transcription")]
    job_type: String,
    /// Do it anew even if it is done.
    #[serde(default)]
    force: bool,
    /// How the notation is to be written.
    #[serde(default)]
    options: NotationOptions,
}

/// What is known of the music and wanted of the notation.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(example = json!({ "tempo": 120, "similes": true }))]
pub(crate) struct NotationOptions {
    #[serde(flatten)]
    #[schema(ignore)]
    options: Map<String, Value>,
}

/// Ask for a job
///
/// When the same work waits or runs already, that job is given back.
#[utoipa::path(post, path = "/jobs", tag = "jobs", operation_id = "create_job", security(("login" = [])),
    request_body = NewJob, responses(
        (status = 202, description = "The job; its address is in `Location`.", body = JobRead),
        (status = 400, description = "The recording has no sound.", body = Problem),
        (status = 404, description = "The recording does not exist or is not yours.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Body(new): Body<NewJob>,
) -> Result<Response, Refused> {
    let kind = kind_of("body", &new.job_type)?;
    let known = options::of_body(new.options.options)?;
    let job = jobs::request_written(&app, &actor, new.video_id, kind, new.force, known).await?;
    Ok(accepted(&job.clone(), JobRead::from(job)))
}

fn kind_of(place: &str, word: &str) -> Result<JobType, Error> {
    JobType::parse(word).ok_or_else(|| {
        let words: Vec<&str> = JobType::ALL.iter().map(|kind| kind.as_str()).collect();
        let place = vec![place.to_owned(), "job_type".to_owned()];
        Error::Invalid(vec![FieldError { place, kind: "enum", message: format!("one of {}", words.join(", ")) }])
    })
}

/// A type of job and a recording in the path.
#[derive(Debug)]
pub(crate) struct Work(JobType, Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Work {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let kind = kind_of("path", &path_text(parts, state, "job_type").await?)?;
        let id = path_id(parts, state, "video_id").await?;
        Ok(Self(kind, id))
    }
}

/// Ask for a job of a type
#[utoipa::path(post, path = "/jobs/{job_type}/{video_id}", tag = "jobs", operation_id = "create_job_of_type",
    security(("login" = [])), params(
        ("job_type" = String, Path, description = "The type of job.", example = "transcription"),
        ("video_id" = Uuid, Path, description = "The recording."), WorkQuery, NotationQuery),
    responses(
        (status = 202, description = "The job; its address is in `Location`.", body = JobRead),
        (status = 400, description = "The recording has no sound.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn create_of_type(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Work(kind, video_id): Work,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let (known, force) = options::of_query(&query.unwrap_or_default())?;
    let job = jobs::request_written(&app, &actor, video_id, kind, force, known).await?;
    Ok(accepted(&job.clone(), JobRead::from(job)))
}

/// List the jobs of a recording
#[utoipa::path(get, path = "/jobs/video/{id}", tag = "jobs", operation_id = "list_jobs_of_video",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The recording."), PageQuery),
    responses((status = 200, description = "One page, newest first.", body = JobPage)))]
pub(crate) async fn of_video(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<PageQuery>,
) -> Result<Json<JobPage>, Refused> {
    let paging = PageQuery::paging(query.page, query.per_page)?;
    let found = jobs::list_of_video(&app, &actor, id, Filter::default(), paging).await?;
    let (total, page, per_page, pages) = numbers(&found);
    Ok(Json(JobPage { jobs: found.rows.into_iter().map(Into::into).collect(), total, page, per_page, pages }))
}

/// How far the whole work on a recording is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PipelineRead {
    video_id: Uuid,
    /// `not_started`, `pending`, `running`, `partial`, `completed` or `failed`.
    #[schema(example = "running")]
    status: &'static str,
    /// Percent of the way from recording to score.
    #[schema(example = 40, minimum = 0, maximum = 100)]
    progress: i32,
    /// What is done.
    #[schema(example = json!(["audio_extraction"]))]
    done: Vec<&'static str>,
    /// What is missing.
    #[schema(example = json!(["drum_detection", "notation_generation"]))]
    missing: Vec<&'static str>,
    /// The newest job of each type.
    jobs: Vec<JobRead>,
}

/// See how far the whole work on a recording is
#[utoipa::path(get, path = "/jobs/video/{id}/pipeline", tag = "jobs", operation_id = "pipeline_of_video",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The recording.")),
    responses((status = 200, description = "The way so far.", body = PipelineRead)))]
pub(crate) async fn pipeline(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<PipelineRead>, Refused> {
    Ok(Json(read_pipeline(jobs::status(&app, &actor, id).await?)))
}

/// The steps, and the share of the time each takes, percent.
const STEPS: [(JobType, i32); 3] =
    [(JobType::AudioExtraction, 15), (JobType::DrumDetection, 75), (JobType::NotationGeneration, 10)];

fn read_pipeline(status: Status) -> PipelineRead {
    let (done, missing): (Vec<_>, Vec<_>) = STEPS.into_iter().partition(|(kind, _)| status.done(*kind));
    let active = |job: &&service::Job| matches!(job.status, JobStatus::Pending | JobStatus::Running);
    let under_way = status.jobs.iter().find(active);
    let newest_failed = status.jobs.first().is_some_and(|job| job.status == JobStatus::Failed);
    let word = match under_way.map(|job| job.status) {
        Some(status) => status.as_str(),
        None if missing.is_empty() => "completed",
        None if newest_failed => "failed",
        None if done.is_empty() => "not_started",
        None => "partial",
    };
    // A job that does all that is missing knows best; otherwise what is done counts.
    let by_steps = done.iter().map(|(_, share)| share).sum();
    let by_job = under_way.filter(|job| job.job_type == JobType::Transcription.as_str()).map_or(0, |job| job.progress);
    let words = |steps: Vec<(JobType, i32)>| steps.into_iter().map(|(kind, _)| kind.as_str()).collect();
    PipelineRead {
        video_id: status.video.id,
        status: word,
        progress: by_job.max(by_steps),
        done: words(done),
        missing: words(missing),
        jobs: status.jobs.into_iter().map(Into::into).collect(),
    }
}
