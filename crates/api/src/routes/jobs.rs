//! Work in the background.

mod create;
mod queue;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Document;
use service::jobs::{self, Filter, JobType};
use service::{App, Error, FieldError, Job, JobStatus};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::paging::{PageQuery, numbers};
use crate::extract::{Caller, Id, Query};
use crate::problem::{Problem, Refused};

pub(crate) use create::*;
pub(crate) use queue::*;

/// An answer to who asked for a job; its address is in `Location`.
pub(crate) fn accepted(job: &Job, body: impl Serialize) -> Response {
    let mut response = (StatusCode::ACCEPTED, Json(body)).into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("/jobs/{}", job.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobRead {
    id: Uuid,
    /// The recording it works on.
    video_id: Option<Uuid>,
    #[schema(example = "drum_detection")]
    job_type: String,
    /// `pending`, `running`, `completed` or `failed`; a cancelled job is `failed` with the error code `cancelled`.
    #[schema(example = "completed")]
    status: &'static str,
    /// Percent, 0-100.
    #[schema(example = 100, minimum = 0, maximum = 100)]
    progress: i32,
    /// What it is doing.
    #[schema(example = "listening")]
    stage: Option<String>,
    /// Why it failed, in a sentence.
    error_message: Option<String>,
    /// Why it failed, as a stable name.
    error_code: Option<String>,
    /// How often it was started.
    #[schema(example = 1)]
    attempt: i32,
    /// When it may start, where that is later than now: it broke off and is tried again.
    next_attempt_at: Option<DateTime<Utc>>,
    /// What came of it.
    #[schema(example = json!({"detected_events": 42, "confidence_avg": 0.87}))]
    result: Option<Document>,
    /// Strokes found, once a `drum_detection` has completed.
    detected_events: Option<i64>,
    /// Their mean confidence, once a `drum_detection` has completed.
    confidence_avg: Option<f64>,
    /// Whether it can still be cancelled.
    can_cancel: bool,
    /// Whether it can be tried again.
    can_retry: bool,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
}

impl From<Job> for JobRead {
    fn from(job: Job) -> Self {
        let of_result = |field: &str| job.result.as_ref().and_then(|result| result.get(field)).cloned();
        Self {
            detected_events: of_result("detected_events").and_then(|value| value.as_i64()),
            confidence_avg: of_result("confidence_avg").and_then(|value| value.as_f64()),
            id: job.id,
            video_id: job.video_id,
            can_cancel: matches!(job.status, JobStatus::Pending | JobStatus::Running) && !job.cancel_requested,
            can_retry: job.status == JobStatus::Failed,
            status: job.status.as_str(),
            job_type: job.job_type,
            progress: job.progress,
            stage: job.stage,
            error_message: job.error_message,
            error_code: job.error_code,
            attempt: job.attempts,
            next_attempt_at: (job.status == JobStatus::Pending && job.attempts > 0).then_some(job.run_at),
            result: job.result,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
        }
    }
}

/// One page of jobs, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobPage {
    jobs: Vec<JobRead>,
    #[schema(example = 1)]
    total: u64,
    #[schema(example = 1)]
    page: u64,
    #[schema(example = 20)]
    per_page: u64,
    #[schema(example = 1)]
    pages: u64,
}

impl From<service::Page<Job>> for JobPage {
    fn from(found: service::Page<Job>) -> Self {
        let (total, page, per_page, pages) = numbers(&found);
        Self { jobs: found.rows.into_iter().map(Into::into).collect(), total, page, per_page, pages }
    }
}

/// Which jobs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobQuery {
    /// Which page, from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    per_page: Option<u64>,
    /// `pending`, `running`, `completed` or `failed`.
    #[param(example = "completed")]
    status: Option<String>,
    /// Such as `drum_detection`.
    #[param(example = "drum_detection")]
    job_type: Option<String>,
    /// Only of this recording.
    video_id: Option<Uuid>,
}

impl JobQuery {
    fn filter(&self) -> Result<Filter, Error> {
        let unknown = |field: &str, message: &str| {
            let place = vec!["query".to_owned(), field.to_owned()];
            Error::Invalid(vec![FieldError { place, kind: "enum", message: message.to_owned() }])
        };
        let all = [JobStatus::Pending, JobStatus::Running, JobStatus::Completed, JobStatus::Failed];
        let status = match &self.status {
            None => None,
            Some(word) => Some(
                all.into_iter()
                    .find(|status| status.as_str() == word)
                    .ok_or_else(|| unknown("status", "one of pending, running, completed, failed"))?,
            ),
        };
        if self.job_type.as_deref().is_some_and(|word| JobType::parse(word).is_none()) {
            return Err(unknown("job_type", "there is no such type of job"));
        }
        Ok(Filter { user_id: None, status, job_type: self.job_type.clone(), video_id: self.video_id })
    }
}

/// List your jobs
#[utoipa::path(get, path = "/jobs", tag = "jobs", operation_id = "list_jobs", security(("login" = [])), params(JobQuery),
    responses((status = 200, description = "One page, newest first.", body = JobPage)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<JobQuery>,
) -> Result<Json<JobPage>, Refused> {
    let paging = PageQuery::paging(query.page, query.per_page)?;
    let found = jobs::list(&app, &actor, query.filter()?, paging).await?;
    let (total, page, per_page, pages) = numbers(&found);
    Ok(Json(JobPage { jobs: found.rows.into_iter().map(Into::into).collect(), total, page, per_page, pages }))
}

/// Read a job
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", operation_id = "get_job", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The job.")),
    responses((status = 200, description = "The job.", body = JobRead)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<JobRead>, Refused> {
    Ok(Json(jobs::get(&app, &actor, id).await?.into()))
}

/// Cancel a job
///
/// A waiting job is cancelled at once; one that runs stops within seconds.
#[utoipa::path(delete, path = "/jobs/{id}", tag = "jobs", operation_id = "cancel_job", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The job.")), responses(
        (status = 202, description = "It is cancelled, or its worker is told so.", body = JobRead),
        (status = 409, description = "It is over already.", body = Problem)))]
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<(StatusCode, Json<JobRead>), Refused> {
    Ok((StatusCode::ACCEPTED, Json(jobs::cancel(&app, &actor, id).await?.into())))
}

/// Try a failed job again
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs", operation_id = "retry_job", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The job.")), responses(
        (status = 202, description = "It waits again, under the same id.", body = JobRead),
        (status = 409, description = "It has not failed.", body = Problem)))]
pub(crate) async fn retry(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<(StatusCode, Json<JobRead>), Refused> {
    Ok((StatusCode::ACCEPTED, Json(jobs::retry(&app, &actor, id).await?.into())))
}
