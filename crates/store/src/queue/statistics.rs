//! The queue in numbers, and old jobs taken out of it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{FromQueryResult, QueryOrder, QuerySelect, QueryTrait};

use crate::Result;
use crate::dialect::clock;
use crate::entities::job_hits;
use crate::entities::processing_jobs::{Column, Entity, JobStatus};

/// How many jobs of a type are in a status.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct Depth {
    /// Their type.
    pub job_type: String,
    /// Their status.
    pub status: JobStatus,
    /// How many.
    pub jobs: i64,
    /// When the oldest of them was asked for.
    pub oldest_at: Option<DateTime<Utc>>,
}

/// How many jobs there are of each type and status; of one user or of all.
pub async fn depths(rows: &impl ConnectionTrait, user_id: Option<Uuid>) -> Result<Vec<Depth>> {
    let mut query = Entity::find()
        .select_only()
        .column(Column::JobType)
        .column(Column::Status)
        .column_as(Column::Id.count(), "jobs")
        .column_as(Column::CreatedAt.min(), "oldest_at")
        .filter(Column::DeletedAt.is_null())
        .group_by(Column::JobType)
        .group_by(Column::Status);
    if let Some(user_id) = user_id {
        query = query.filter(Column::UserId.eq(user_id));
    }
    Ok(query.into_model().all(rows).await?)
}

/// How many running jobs have a worker that gave no sign of life for as long as its lease.
pub async fn stranded(rows: &impl ConnectionTrait) -> Result<u64> {
    let query = Entity::find()
        .filter(Column::Status.eq(JobStatus::Running))
        .filter(Expr::col(Column::LeaseExpiresAt).lt(clock(rows.get_database_backend(), Duration::ZERO)));
    Ok(query.count(rows).await?)
}

/// How many jobs are being worked on: running, by a worker that gave a sign of life.
pub async fn working(rows: &impl ConnectionTrait) -> Result<u64> {
    let query = Entity::find()
        .filter(Column::Status.eq(JobStatus::Running))
        .filter(Expr::col(Column::LeaseExpiresAt).gte(clock(rows.get_database_backend(), Duration::ZERO)));
    Ok(query.count(rows).await?)
}

/// How one job went.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Finished {
    /// Its type.
    pub job_type: String,
    /// Completed or failed.
    pub status: JobStatus,
    /// Why it failed.
    pub error_code: Option<String>,
    /// How often it was started.
    pub attempts: i32,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Its first start.
    pub started_at: Option<DateTime<Utc>>,
    /// Its end.
    pub finished_at: Option<DateTime<Utc>>,
}

/// The jobs that ended most lately, no earlier than `since`, at most `limit`.
pub async fn finished_since(rows: &impl ConnectionTrait, since: DateTime<Utc>, limit: u64) -> Result<Vec<Finished>> {
    let query = Entity::find()
        .select_only()
        .columns([
            Column::JobType,
            Column::Status,
            Column::ErrorCode,
            Column::Attempts,
            Column::CreatedAt,
            Column::StartedAt,
            Column::FinishedAt,
        ])
        .filter(Column::FinishedAt.gte(since))
        .order_by_desc(Column::FinishedAt)
        .limit(limit);
    Ok(query.into_model().all(rows).await?)
}

/// Removes jobs that ended before `before`, at most `limit` at a time; gives how many. What they made stays.
pub async fn remove_finished(rows: &impl ConnectionTrait, before: DateTime<Utc>, limit: u64) -> Result<u64> {
    let old = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Status.is_in([JobStatus::Completed, JobStatus::Failed]))
        .filter(Column::FinishedAt.lt(before))
        .limit(limit)
        .into_query();
    Ok(Entity::delete_many().filter(Column::Id.in_subquery(old)).exec(rows).await?.rows_affected)
}

/// Removes hits heard early by jobs, noted before `before`: whoever followed has read them.
pub async fn remove_hits(rows: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64> {
    let running = Entity::find().select_only().column(Column::Id).filter(Column::Status.eq(JobStatus::Running));
    let old = job_hits::Entity::delete_many()
        .filter(job_hits::Column::CreatedAt.lt(before))
        .filter(job_hits::Column::JobId.not_in_subquery(running.into_query()));
    Ok(old.exec(rows).await?.rows_affected)
}
