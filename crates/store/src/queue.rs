//! The job queue: the rows of `processing_jobs`, claimed with leases.
//!
//! Conventions: a job is *pending* until one worker claims it with a single UPDATE. The claim is a lease: it must be
//! extended by heartbeats, and a reaper hands jobs of lost workers to others. Every later write of a worker is fenced
//! by (id, worker, attempt), so that a worker which comes back from the dead cannot touch a job that moved on.
//! Jobs of one recording run one after the other. The line is one of time: a head start moves a job forward in it.

mod follow;
mod statistics;

use std::time::Duration;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, ExprTrait, LockBehavior, LockType, Query, SelectStatement, SimpleExpr};
use sea_orm::{ActiveValue::Set, Condition, DbBackend, QueryOrder, QuerySelect, QueryTrait};
use serde_json::Value as Document;

use crate::dialect::{clock, now};
use crate::entities::processing_jobs::{ActiveModel, Column, Entity, JobStatus, Model as Job};
use crate::{Error, Page, Paging, Result};

pub use follow::{hits_after, newest_of_video, tell_hits};
pub use statistics::{Depth, Finished, depths, finished_since, remove_finished, remove_hits, stranded, working};

/// What a caller wants done.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// The recording it works on.
    pub video_id: Option<Uuid>,
    /// Who asked.
    pub user_id: Uuid,
    /// Its type, known to the worker.
    pub job_type: String,
    /// Its parameters, known to the type.
    pub payload: Document,
    /// How often it may be started.
    pub max_attempts: i32,
    /// How far it goes before jobs asked for at the same time, seconds. Because the line is one of time, nobody waits for
    /// ever behind those with a head start.
    pub head_start_s: i32,
    /// How many jobs of the user may run at once; 0 for any number.
    pub user_slots: i32,
    /// The request that asked for it.
    pub request_id: Option<Uuid>,
}

/// Who claims, and what.
#[derive(Clone, Debug)]
pub struct Claimer {
    /// The worker.
    pub worker: String,
    /// How long the claim holds without a sign of life.
    pub lease: Duration,
    /// Only jobs of these types; empty for all.
    pub types: Vec<String>,
}

/// The proof that a worker still holds a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The job.
    pub id: Uuid,
    /// The worker.
    pub worker: String,
    /// The attempt this worker runs.
    pub attempt: i32,
}

/// What a cancel request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// It had not begun and never will.
    Done,
    /// Its worker will be told at the next heartbeat.
    Requested,
    /// It is over already.
    TooLate,
}

/// Puts a job into the queue, in the caller's transaction: a rollback leaves no job.
pub async fn enqueue(rows: &impl ConnectionTrait, new: NewJob) -> Result<Job> {
    let now = now();
    let job = ActiveModel {
        id: Set(Uuid::now_v7()),
        video_id: Set(new.video_id),
        user_id: Set(new.user_id),
        job_type: Set(new.job_type),
        status: Set(JobStatus::Pending),
        progress: Set(0),
        stage: Set(None),
        error_message: Set(None),
        error_code: Set(None),
        payload: Set(new.payload),
        result: Set(None),
        attempts: Set(0),
        max_attempts: Set(new.max_attempts),
        priority: Set(new.head_start_s),
        rank_at: Set(Some(now - Duration::from_secs(u64::try_from(new.head_start_s).unwrap_or(0)))),
        user_slots: Set(new.user_slots),
        hits_told: Set(0),
        announced: Set(true),
        request_id: Set(new.request_id),
        // At any time: whoever claims it may have a clock that is behind ours.
        run_at: Set(ChronoDateTimeUtc::UNIX_EPOCH),
        lease_expires_at: Set(None),
        locked_by: Set(None),
        cancel_requested: Set(false),
        started_at: Set(None),
        finished_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(job.insert(rows).await?)
}

/// Claims the next job that is due, if any: one UPDATE over a subselect that skips rows others hold. Passed over are jobs
/// of a recording that is being worked on, and of users who have as many running as they may.
pub async fn claim(rows: &impl ConnectionTrait, claimer: &Claimer) -> Result<Option<Job>> {
    let backend = rows.get_database_backend();
    let present = || clock(backend, Duration::ZERO);
    let claimed = Entity::update_many()
        .col_expr(Column::Status, Expr::value(JobStatus::Running))
        .col_expr(Column::LockedBy, Expr::value(claimer.worker.as_str()))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .col_expr(Column::LeaseExpiresAt, clock(backend, claimer.lease))
        .col_expr(Column::StartedAt, Expr::col(Column::StartedAt).if_null(present()))
        .col_expr(Column::UpdatedAt, present())
        // Equal to, not among: PostgreSQL evaluates a scalar subselect once, but may run an IN over a limited
        // subselect again for every row, and so claim them all.
        .filter(Expr::col(Column::Id).eq(SimpleExpr::SubQuery(None, Box::new(next(backend, claimer).into()))))
        .filter(Column::Status.eq(JobStatus::Pending))
        .exec_with_returning(rows)
        .await;
    match claimed.map_err(Error::from) {
        Ok(mut claimed) => Ok(claimed.pop()),
        // Somebody claimed another job of the recording in the same moment. The caller looks again soon.
        Err(Error::Conflict(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Longest pause before another attempt.
pub const PAUSE_MAX: Duration = Duration::from_secs(300);
/// A lease that ends more than so many leases ahead was given when the clock was wrong.
const LEASES_AHEAD_MAX: u32 = 10;

/// The id of the job that is next. A pause that ends further ahead than any may was begun when the clock was wrong: it is over.
fn next(backend: DbBackend, claimer: &Claimer) -> SelectStatement {
    let due = Condition::any()
        .add(Expr::col((Entity, Column::RunAt)).lte(clock(backend, Duration::ZERO)))
        .add(Expr::col((Entity, Column::RunAt)).gt(clock(backend, 2 * PAUSE_MAX)));
    let other = Alias::new("other");
    let running = |shared: Column| {
        Query::select()
            .from_as(Entity, other.clone())
            .and_where(Expr::col((other.clone(), shared)).equals((Entity, shared)))
            // Spelt out, so that the index over running jobs fits.
            .and_where(Expr::cust("other.status = 'running'"))
            .to_owned()
    };
    let same_video_runs = running(Column::VideoId).expr(Expr::val(1)).to_owned();
    let of_user = running(Column::UserId).expr(Expr::cust("count(*)")).to_owned();
    let user_is_free = Condition::any().add(Expr::col((Entity, Column::UserSlots)).eq(0)).add(
        Expr::expr(SimpleExpr::SubQuery(None, Box::new(of_user.into()))).lt(Expr::col((Entity, Column::UserSlots))),
    );
    let mut query = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Expr::cust("processing_jobs.status = 'pending'"))
        .filter(Column::DeletedAt.is_null())
        .filter(due)
        .filter(Expr::exists(same_video_runs).not())
        .filter(user_is_free);
    if !claimer.types.is_empty() {
        query = query.filter(Column::JobType.is_in(claimer.types.iter().map(String::as_str)));
    }
    query
        .order_by_asc(Column::RankAt)
        .order_by_asc(Column::Id)
        .limit(1)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_query()
}

impl Job {
    /// The proof that the worker which just claimed this job holds it.
    pub fn fence(&self) -> Fence {
        Fence { id: self.id, worker: self.locked_by.clone().unwrap_or_default(), attempt: self.attempts }
    }
}

/// Only the row this worker holds, in this attempt.
fn held(fence: &Fence) -> Condition {
    Condition::all()
        .add(Column::Id.eq(fence.id))
        .add(Column::LockedBy.eq(fence.worker.as_str()))
        .add(Column::Attempts.eq(fence.attempt))
        .add(Column::Status.eq(JobStatus::Running))
}

/// Extends the lease and notes progress. The job as it is now, or `None` when it is no longer this worker's.
pub async fn heartbeat(
    rows: &impl ConnectionTrait,
    fence: &Fence,
    lease: Duration,
    progress: i32,
    stage: Option<&str>,
) -> Result<Option<Job>> {
    let backend = rows.get_database_backend();
    let mut kept = Entity::update_many()
        .col_expr(Column::LeaseExpiresAt, clock(backend, lease))
        .col_expr(Column::Progress, Expr::value(progress))
        .col_expr(Column::Stage, Expr::value(stage.map(ToOwned::to_owned)))
        .col_expr(Column::UpdatedAt, clock(backend, Duration::ZERO))
        .filter(held(fence))
        .exec_with_returning(rows)
        .await?;
    Ok(kept.pop())
}

/// Marks a job done, unless it is no longer this worker's or its owner wants it stopped. To be called in the
/// transaction that writes what came of it: when it says false, roll back.
pub async fn complete(rows: &impl ConnectionTrait, fence: &Fence, result: Document) -> Result<bool> {
    let set = [
        (Column::Status, Expr::value(JobStatus::Completed)),
        (Column::Progress, Expr::value(100)),
        (Column::Result, Expr::value(result)),
        (Column::ErrorMessage, Expr::value(None::<String>)),
        (Column::ErrorCode, Expr::value(None::<String>)),
    ];
    Ok(finish(rows, held(fence).add(Column::CancelRequested.eq(false)), set).await? == 1)
}

/// Marks a job failed for good.
pub async fn fail(rows: &impl ConnectionTrait, fence: &Fence, code: &str, message: &str) -> Result<bool> {
    let set = [
        (Column::Status, Expr::value(JobStatus::Failed)),
        (Column::ErrorCode, Expr::value(code)),
        (Column::ErrorMessage, Expr::value(message)),
    ];
    Ok(finish(rows, held(fence), set).await? == 1)
}

/// Whether no webhook of the owner wants to be called; if one does, the end is announced by `webhooks`.
const NOBODY_WAITS: &str =
    "NOT EXISTS (SELECT 1 FROM webhooks WHERE webhooks.user_id = processing_jobs.user_id AND webhooks.active)";

async fn finish(
    rows: &impl ConnectionTrait,
    which: Condition,
    set: impl IntoIterator<Item = (Column, SimpleExpr)>,
) -> Result<u64> {
    let present = clock(rows.get_database_backend(), Duration::ZERO);
    let mut update = Entity::update_many()
        .col_expr(Column::Stage, Expr::value(None::<String>))
        .col_expr(Column::LockedBy, Expr::value(None::<String>))
        .col_expr(Column::LeaseExpiresAt, Expr::value(None::<ChronoDateTimeUtc>))
        .col_expr(Column::FinishedAt, present.clone())
        .col_expr(Column::Announced, Expr::cust(NOBODY_WAITS))
        .col_expr(Column::UpdatedAt, present);
    for (column, value) in set {
        update = update.col_expr(column, value);
    }
    Ok(update.filter(which).exec(rows).await?.rows_affected)
}

/// Gives a job back to be tried again after `delay`, with the reason. Without one this start does not count as an attempt:
/// the worker is shutting down.
pub async fn give_back(
    rows: &impl ConnectionTrait,
    fence: &Fence,
    delay: Duration,
    reason: Option<&str>,
) -> Result<bool> {
    let backend = rows.get_database_backend();
    let spent = i32::from(reason.is_none());
    let update = Entity::update_many()
        .col_expr(Column::Status, Expr::value(JobStatus::Pending))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).sub(spent))
        .col_expr(Column::RunAt, clock(backend, delay))
        .col_expr(Column::Stage, Expr::value(None::<String>))
        .col_expr(Column::ErrorMessage, Expr::value(reason.map(ToOwned::to_owned)))
        .col_expr(Column::LockedBy, Expr::value(None::<String>))
        .col_expr(Column::LeaseExpiresAt, Expr::value(None::<ChronoDateTimeUtc>))
        .col_expr(Column::UpdatedAt, clock(backend, Duration::ZERO))
        .filter(held(fence))
        .filter(Column::CancelRequested.eq(false));
    Ok(update.exec(rows).await?.rows_affected == 1)
}

/// The code of a job its owner stopped.
pub const CANCELLED: &str = "cancelled";

/// Jobs of lost workers that are looked at in one go.
const REAPED_AT_ONCE: u64 = 200;

/// Takes jobs from workers whose lease ran out: cancelled ones and those with no attempt left fail, the others wait for
/// another worker, a while longer after each attempt: a job that kills its workers must not do so at once again. A lease
/// far longer than `lease` was given before the clock was put back, and counts as run out: a worker that lives renews it.
/// Gives back how many (waiting, failed).
pub async fn reap(rows: &impl ConnectionTrait, back_off: Duration, lease: Duration) -> Result<(u64, u64)> {
    let backend = rows.get_database_backend();
    let too_far = clock(backend, lease.max(Duration::from_secs(1)) * LEASES_AHEAD_MAX);
    let expired = Expr::col(Column::LeaseExpiresAt)
        .lt(clock(backend, Duration::ZERO))
        .or(Expr::col(Column::LeaseExpiresAt).gt(too_far));
    let lost = Entity::find().filter(Column::Status.eq(JobStatus::Running)).filter(expired.clone());
    let (mut waiting, mut failed) = (0, 0);
    for job in lost.limit(REAPED_AT_ONCE).all(rows).await? {
        // Its worker may have come back meanwhile.
        let still = held(&job.fence()).add(expired.clone());
        if job.cancel_requested || job.attempts >= job.max_attempts {
            failed += finish(rows, still, end_of_lost(&job)).await?;
            continue;
        }
        let seconds = back_off.saturating_mul(1 << job.attempts.clamp(0, 16)).min(PAUSE_MAX);
        let message = format!("The worker of attempt {} of {} was lost.", job.attempts, job.max_attempts);
        let update = Entity::update_many()
            .col_expr(Column::Status, Expr::value(JobStatus::Pending))
            .col_expr(Column::RunAt, clock(backend, seconds))
            .col_expr(Column::ErrorMessage, Expr::value(message))
            .col_expr(Column::LockedBy, Expr::value(None::<String>))
            .col_expr(Column::LeaseExpiresAt, Expr::value(None::<ChronoDateTimeUtc>))
            .filter(still);
        waiting += update.exec(rows).await?.rows_affected;
    }
    Ok((waiting, failed))
}

/// What is written into a job whose worker was lost for the last time.
fn end_of_lost(job: &Job) -> [(Column, SimpleExpr); 3] {
    let (code, message) = if job.cancel_requested {
        (CANCELLED, "Cancelled.".to_owned())
    } else {
        let message = format!(
            "The worker was lost at each of {} attempts, the last time while {}. The recording may be the reason.",
            job.attempts,
            job.stage.as_deref().unwrap_or("starting"),
        );
        ("worker_lost", message)
    };
    [
        (Column::Status, Expr::value(JobStatus::Failed)),
        (Column::ErrorCode, Expr::value(code)),
        (Column::ErrorMessage, Expr::value(message)),
    ]
}

/// Stops a job: at once when it waits, by its worker when it runs.
pub async fn cancel(rows: &impl ConnectionTrait, id: Uuid) -> Result<Cancel> {
    let set = [
        (Column::Status, Expr::value(JobStatus::Failed)),
        (Column::CancelRequested, Expr::value(true)),
        (Column::ErrorCode, Expr::value(CANCELLED)),
        (Column::ErrorMessage, Expr::value("Cancelled.")),
    ];
    let waiting = Condition::all().add(Column::Id.eq(id)).add(Column::Status.eq(JobStatus::Pending));
    if finish(rows, waiting, set).await? == 1 {
        return Ok(Cancel::Done);
    }
    let told = Entity::update_many()
        .col_expr(Column::CancelRequested, Expr::value(true))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(JobStatus::Running))
        .exec(rows)
        .await?;
    Ok(if told.rows_affected == 1 { Cancel::Requested } else { Cancel::TooLate })
}

/// Puts a failed job back into the queue under its own id. False when it is not failed.
pub async fn retry(rows: &impl ConnectionTrait, id: Uuid) -> Result<bool> {
    let present = clock(rows.get_database_backend(), Duration::ZERO);
    let update = Entity::update_many()
        .col_expr(Column::Status, Expr::value(JobStatus::Pending))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::Progress, Expr::value(0))
        .col_expr(Column::CancelRequested, Expr::value(false))
        .col_expr(Column::ErrorCode, Expr::value(None::<String>))
        .col_expr(Column::ErrorMessage, Expr::value(None::<String>))
        .col_expr(Column::StartedAt, Expr::value(None::<ChronoDateTimeUtc>))
        .col_expr(Column::FinishedAt, Expr::value(None::<ChronoDateTimeUtc>))
        .col_expr(Column::RunAt, present.clone())
        .col_expr(Column::UpdatedAt, present)
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(JobStatus::Failed));
    Ok(update.exec(rows).await?.rows_affected == 1)
}

/// One job.
///
/// # Errors
/// `Error::NotFound`.
pub async fn get(rows: &impl ConnectionTrait, id: Uuid) -> Result<Job> {
    let job = Entity::find_by_id(id).filter(Column::DeletedAt.is_null()).one(rows).await?;
    job.ok_or(Error::NotFound("job"))
}

/// Which jobs to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this user's.
    pub user_id: Option<Uuid>,
    /// Only in this status.
    pub status: Option<JobStatus>,
    /// Only of this type.
    pub job_type: Option<String>,
    /// Only of this recording.
    pub video_id: Option<Uuid>,
}

/// Jobs, newest first.
pub async fn list(rows: &impl ConnectionTrait, filter: Filter, paging: Paging) -> Result<Page<Job>> {
    let mut query = Entity::find().filter(Column::DeletedAt.is_null());
    if let Some(user_id) = filter.user_id {
        query = query.filter(Column::UserId.eq(user_id));
    }
    if let Some(status) = filter.status {
        query = query.filter(Column::Status.eq(status));
    }
    if let Some(job_type) = filter.job_type {
        query = query.filter(Column::JobType.eq(job_type));
    }
    if let Some(video_id) = filter.video_id {
        query = query.filter(Column::VideoId.eq(video_id));
    }
    let query = query.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
    crate::repositories::page(rows, query, paging).await
}

/// The waiting or running job of this type on this recording, if any.
pub async fn active(rows: &impl ConnectionTrait, video_id: Uuid, job_type: &str) -> Result<Option<Job>> {
    let job = Entity::find()
        .filter(Column::VideoId.eq(video_id))
        .filter(Column::JobType.eq(job_type))
        .filter(Column::Status.is_in([JobStatus::Pending, JobStatus::Running]))
        .filter(Column::CancelRequested.eq(false))
        .order_by_desc(Column::Id)
        .one(rows)
        .await?;
    Ok(job)
}

/// The newest job of each type on this recording.
pub async fn newest_by_type(rows: &impl ConnectionTrait, video_id: Uuid) -> Result<Vec<Job>> {
    let jobs = Entity::find()
        .filter(Column::VideoId.eq(video_id))
        .filter(Column::DeletedAt.is_null())
        .order_by_desc(Column::Id)
        .limit(200)
        .all(rows)
        .await?;
    let mut newest: Vec<Job> = Vec::new();
    for job in jobs {
        if newest.iter().all(|seen| seen.job_type != job.job_type) {
            newest.push(job);
        }
    }
    Ok(newest)
}
