//! The queue seen from above.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use service::jobs::{JobType, Queue, TypeStatistics, quantile};
use service::{App, Error, FieldError, JobStatus, cleanup, jobs};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Caller, Query};
use crate::problem::{Problem, Refused};

/// How much waits and runs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueStatus {
    /// Jobs that wait, everybody's.
    #[schema(example = 3)]
    pending: i64,
    /// Jobs that run, everybody's.
    #[schema(example = 2)]
    running: i64,
    /// How long the oldest waits, seconds.
    #[schema(example = 1.25)]
    oldest_waiting_seconds: Option<f64>,
    /// Your jobs that wait.
    #[schema(example = 1)]
    your_pending: i64,
    /// Your jobs that run.
    #[schema(example = 1)]
    your_running: i64,
    by_type: Vec<TypeStatus>,
}

/// How much of one type waits and runs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TypeStatus {
    #[schema(example = "drum_detection")]
    job_type: &'static str,
    #[schema(example = 3)]
    pending: i64,
    #[schema(example = 2)]
    running: i64,
}

/// See how long the queue is
#[utoipa::path(get, path = "/jobs/queue-status", tag = "jobs", operation_id = "queue_status", security(("login" = [])),
    responses((status = 200, description = "Numbers of jobs; nobody's names.", body = QueueStatus)))]
pub(crate) async fn queue_status(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
) -> Result<Json<QueueStatus>, Refused> {
    let queue = jobs::queue(&app, &actor).await?;
    let of_type = |kind: JobType, status| {
        let mine = queue.all.iter().filter(|depth| depth.job_type == kind.as_str() && depth.status == status);
        mine.map(|depth| depth.jobs).sum()
    };
    let by_type = JobType::ALL.into_iter().map(|kind| TypeStatus {
        job_type: kind.as_str(),
        pending: of_type(kind, JobStatus::Pending),
        running: of_type(kind, JobStatus::Running),
    });
    Ok(Json(QueueStatus {
        by_type: by_type.collect(),
        pending: queue.count(JobStatus::Pending),
        running: queue.count(JobStatus::Running),
        oldest_waiting_seconds: queue.oldest_waiting_s(),
        your_pending: queue.count_own(JobStatus::Pending),
        your_running: queue.count_own(JobStatus::Running),
    }))
}

/// Whether jobs are being done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobsHealth {
    /// `ok`; `stalled` when jobs wait and none runs; `recovering` when workers were lost and their jobs go to others.
    #[schema(example = "ok")]
    status: &'static str,
    #[schema(example = 0)]
    pending: i64,
    #[schema(example = 0)]
    running: i64,
    /// Running jobs whose worker gives no sign of life.
    #[schema(example = 0)]
    stranded: u64,
    /// How long the oldest waits, seconds.
    oldest_waiting_seconds: Option<f64>,
}

/// A job that waits longer while none runs is waiting for a worker that is not there, seconds.
const STALLED_S: f64 = 60.0;

/// Are jobs being done?
#[utoipa::path(get, path = "/jobs/health", tag = "jobs", operation_id = "jobs_health", security(("login" = [])),
    responses((status = 200, description = "How the workers are.", body = JobsHealth)))]
pub(crate) async fn health(State(app): State<Arc<App>>, Caller(actor): Caller) -> Result<Json<JobsHealth>, Refused> {
    let queue = jobs::queue(&app, &actor).await?;
    Ok(Json(JobsHealth {
        status: health_word(&queue),
        pending: queue.count(JobStatus::Pending),
        running: queue.count(JobStatus::Running),
        stranded: queue.stranded,
        oldest_waiting_seconds: queue.oldest_waiting_s(),
    }))
}

fn health_word(queue: &Queue) -> &'static str {
    let waits = queue.oldest_waiting_s().is_some_and(|seconds| seconds > STALLED_S);
    match queue {
        Queue { stranded: 1.., .. } => "recovering",
        queue if waits && queue.count(JobStatus::Running) == 0 => "stalled",
        _ => "ok",
    }
}

/// Which time to look at.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatisticsQuery {
    /// The last so many hours.
    #[param(minimum = 1, maximum = 720, default = 24)]
    hours: Option<u32>,
}

/// How jobs went.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobStatistics {
    /// Over the last so many hours.
    #[schema(example = 24)]
    hours: u32,
    /// Whether there were more jobs than are counted: then these are the newest.
    cut: bool,
    by_type: Vec<TypeFigures>,
}

/// How jobs of one type went.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TypeFigures {
    #[schema(example = "drum_detection")]
    job_type: String,
    #[schema(example = 120)]
    completed: u64,
    /// How many failed, by code.
    #[schema(example = json!({"no_drums_found": 2}))]
    failed: BTreeMap<String, u64>,
    /// Starts beyond the first.
    #[schema(example = 1)]
    retries: u64,
    /// Half of those that completed took no longer, seconds.
    #[schema(example = 2.5)]
    duration_p50_seconds: Option<f64>,
    /// 95 of 100 took no longer, seconds.
    #[schema(example = 9.1)]
    duration_p95_seconds: Option<f64>,
    /// Half of them waited no longer, seconds.
    #[schema(example = 0.02)]
    wait_p50_seconds: Option<f64>,
    /// 95 of 100 waited no longer, seconds.
    #[schema(example = 0.8)]
    wait_p95_seconds: Option<f64>,
}

/// See how jobs went
#[utoipa::path(get, path = "/jobs/admin/statistics", tag = "jobs", operation_id = "job_statistics",
    security(("login" = [])), params(StatisticsQuery), responses(
        (status = 200, description = "By type.", body = JobStatistics),
        (status = 403, description = "For admins only.", body = Problem)))]
pub(crate) async fn statistics(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<StatisticsQuery>,
) -> Result<Json<JobStatistics>, Refused> {
    let hours = within("hours", query.hours.unwrap_or(24), 1, 720)?;
    let found = jobs::statistics(&app, &actor, hours).await?;
    let by_type = found.types.into_iter().map(|(job_type, of_type)| figures(job_type, of_type));
    Ok(Json(JobStatistics { hours, cut: found.cut, by_type: by_type.collect() }))
}

fn figures(job_type: String, of_type: TypeStatistics) -> TypeFigures {
    TypeFigures {
        job_type,
        completed: of_type.completed,
        failed: of_type.failed,
        retries: of_type.retries,
        duration_p50_seconds: quantile(&of_type.durations_s, 0.5),
        duration_p95_seconds: quantile(&of_type.durations_s, 0.95),
        wait_p50_seconds: quantile(&of_type.waits_s, 0.5),
        wait_p95_seconds: quantile(&of_type.waits_s, 0.95),
    }
}

/// What to clean up.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CleanupQuery {
    /// Jobs that ended before so many days; without it the server's own setting.
    #[param(minimum = 0, maximum = 3650, example = 90)]
    older_than_days: Option<u32>,
}

/// What was cleaned up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cleaned {
    /// Jobs removed.
    #[schema(example = 12)]
    removed: u64,
}

/// Remove old jobs
///
/// Only jobs that ended; what they made stays.
#[utoipa::path(post, path = "/jobs/admin/cleanup", tag = "jobs", operation_id = "clean_up_jobs",
    security(("login" = [])), params(CleanupQuery), responses(
        (status = 200, description = "How many.", body = Cleaned),
        (status = 403, description = "For admins only.", body = Problem)))]
pub(crate) async fn clean_up(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<CleanupQuery>,
) -> Result<Json<Cleaned>, Refused> {
    let days = within("older_than_days", query.older_than_days.unwrap_or(app.config.job_retention_days), 0, 3650)?;
    Ok(Json(Cleaned { removed: cleanup::remove_old_jobs(&app, &actor, days).await? }))
}

fn within(field: &str, value: u32, least: u32, most: u32) -> Result<u32, Error> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    let place = vec!["query".to_owned(), field.to_owned()];
    let message = format!("must be {least} to {most}");
    Err(Error::Invalid(vec![FieldError { place, kind: "out_of_range", message }]))
}
