//! What followers of jobs read: hits heard early, the jobs of a recording.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};
use serde_json::Value as Document;

use super::{Fence, held};
use crate::dialect::now;
use crate::entities::processing_jobs::{Column, Entity, Model as Job};
use crate::entities::{job_hits, job_hits::Model as JobHits};
use crate::{Result, Store};

/// Notes hits that a running job heard, for its followers. False when the job is no longer this worker's.
pub async fn tell_hits(store: &Store, fence: &Fence, hits: Document) -> Result<bool> {
    let tx = store.begin().await?;
    let told = Entity::update_many()
        .col_expr(Column::HitsTold, Expr::col(Column::HitsTold).add(1))
        .filter(held(fence))
        .exec(tx.rows())
        .await?;
    if told.rows_affected == 0 {
        return Ok(false);
    }
    let row = job_hits::ActiveModel {
        job_id: Set(fence.id),
        attempt: Set(fence.attempt),
        hits: Set(hits),
        created_at: Set(now()),
        ..Default::default()
    };
    row.insert(tx.rows()).await?;
    tx.commit().await?;
    Ok(true)
}

/// Hits of the job's present attempt that were noted after the row `after`, at most `limit` rows.
pub async fn hits_after(rows: &impl ConnectionTrait, job: &Job, after: i64, limit: u64) -> Result<Vec<JobHits>> {
    let query = job_hits::Entity::find()
        .filter(job_hits::Column::JobId.eq(job.id))
        .filter(job_hits::Column::Attempt.eq(job.attempts))
        .filter(job_hits::Column::Id.gt(after))
        .order_by_asc(job_hits::Column::Id)
        .limit(limit);
    Ok(query.all(rows).await?)
}

/// The newest jobs on a recording, newest first.
pub async fn newest_of_video(rows: &impl ConnectionTrait, video_id: Uuid, limit: u64) -> Result<Vec<Job>> {
    let query = Entity::find()
        .filter(Column::VideoId.eq(video_id))
        .filter(Column::DeletedAt.is_null())
        .order_by_desc(Column::Id)
        .limit(limit);
    Ok(query.all(rows).await?)
}
