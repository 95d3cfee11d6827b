//! Webhooks and their deliveries.
//!
//! Conventions: the row of an ended job is the note that its end is to be announced; announcing turns it into deliveries in
//! one transaction. A delivery is claimed by moving the time it is due; a process that dies leaves it due again later.

use std::time::Duration;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, LockBehavior, LockType, SimpleExpr};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, QueryTrait};
use serde_json::Value as Document;

use crate::dialect::{clock, now};
use crate::entities::webhook_deliveries::DeliveryStatus;
use crate::entities::{processing_jobs as jobs, webhook_deliveries as deliveries, webhooks};
use crate::{Delivery, Error, Job, Page, Paging, Result, Rows, Webhook};

/// Makes a webhook.
pub async fn insert(rows: &impl Rows, user_id: Uuid, url: String, events: Document) -> Result<Webhook> {
    let now = now();
    let webhook = webhooks::ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(user_id),
        url: Set(url),
        events: Set(events),
        active: Set(true),
        generation: Set(1),
        rotated_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Ok(webhook.insert(rows).await?)
}

/// One webhook.
///
/// # Errors
/// `Error::NotFound`.
pub async fn get(rows: &impl Rows, id: Uuid) -> Result<Webhook> {
    webhooks::Entity::find_by_id(id).one(rows).await?.ok_or(Error::NotFound("webhook"))
}

/// The webhooks of a user, oldest first.
pub async fn of_user(rows: &impl Rows, user_id: Uuid) -> Result<Vec<Webhook>> {
    let query = webhooks::Entity::find().filter(webhooks::Column::UserId.eq(user_id));
    Ok(query.order_by_asc(webhooks::Column::Id).all(rows).await?)
}

/// What of a webhook is to be changed.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Where to call.
    pub url: Option<String>,
    /// Which events.
    pub events: Option<Document>,
    /// Whether it is called.
    pub active: Option<bool>,
    /// Whether it gets a new secret.
    pub rotate: bool,
}

/// Changes a webhook.
pub async fn change(rows: &impl Rows, webhook: Webhook, change: Change) -> Result<Webhook> {
    let generation = webhook.generation;
    let mut changed: webhooks::ActiveModel = webhook.into();
    if let Some(url) = change.url {
        changed.url = Set(url);
    }
    if let Some(events) = change.events {
        changed.events = Set(events);
    }
    if let Some(active) = change.active {
        changed.active = Set(active);
    }
    if change.rotate {
        changed.generation = Set(generation.saturating_add(1));
        changed.rotated_at = Set(Some(now()));
    }
    changed.updated_at = Set(now());
    Ok(changed.update(rows).await?)
}

/// Removes a webhook with its deliveries.
pub async fn remove(rows: &impl Rows, id: Uuid) -> Result<()> {
    webhooks::Entity::delete_by_id(id).exec(rows).await?;
    Ok(())
}

/// Jobs that ended and were not announced yet, oldest first.
pub async fn to_announce(rows: &impl Rows, limit: u64) -> Result<Vec<Job>> {
    let query = jobs::Entity::find()
        .filter(Expr::cust("NOT announced"))
        .filter(jobs::Column::Status.is_in([jobs::JobStatus::Completed, jobs::JobStatus::Failed]))
        .order_by_asc(jobs::Column::FinishedAt)
        .limit(limit);
    Ok(query.all(rows).await?)
}

/// Takes note that a job's end is announced; false when another process did so. In the transaction of the deliveries.
pub async fn announced(rows: &impl Rows, job: &Job) -> Result<bool> {
    let update = jobs::Entity::update_many()
        .col_expr(jobs::Column::Announced, Expr::value(true))
        .filter(jobs::Column::Id.eq(job.id))
        .filter(Expr::cust("NOT announced"));
    Ok(update.exec(rows).await?.rows_affected == 1)
}

/// Lines up a delivery.
pub async fn enqueue(rows: &impl Rows, webhook_id: Uuid, event: &str, payload: Document) -> Result<Delivery> {
    let now = now();
    let delivery = deliveries::ActiveModel {
        id: Set(Uuid::now_v7()),
        webhook_id: Set(webhook_id),
        event: Set(event.to_owned()),
        payload: Set(payload),
        status: Set(DeliveryStatus::Pending),
        attempts: Set(0),
        next_at: Set(now),
        response_status: Set(None),
        error: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Ok(delivery.insert(rows).await?)
}

/// Claims the next delivery that is due; nobody else sees it for as long as `lease`.
pub async fn claim(rows: &impl Rows, lease: Duration) -> Result<Option<Delivery>> {
    let backend = rows.get_database_backend();
    let next = deliveries::Entity::find()
        .select_only()
        .column(deliveries::Column::Id)
        .filter(Expr::cust("webhook_deliveries.status = 'pending'"))
        .filter(Expr::col(deliveries::Column::NextAt).lte(clock(backend, Duration::ZERO)))
        .order_by_asc(deliveries::Column::NextAt)
        .limit(1)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_query();
    let mut claimed = deliveries::Entity::update_many()
        .col_expr(deliveries::Column::Attempts, Expr::col(deliveries::Column::Attempts).add(1))
        .col_expr(deliveries::Column::NextAt, clock(backend, lease))
        .filter(Expr::col(deliveries::Column::Id).eq(SimpleExpr::SubQuery(None, Box::new(next.into()))))
        .exec_with_returning(rows)
        .await?;
    Ok(claimed.pop())
}

/// How a try ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What it is now.
    pub status: DeliveryStatus,
    /// When it is tried again, if it is.
    pub again_in: Duration,
    /// What it was answered with.
    pub response_status: Option<i32>,
    /// Why it did not work out.
    pub error: Option<String>,
}

/// Notes how a try ended, unless another has begun meanwhile.
pub async fn note(rows: &impl Rows, delivery: &Delivery, outcome: Outcome) -> Result<()> {
    let backend = rows.get_database_backend();
    let update = deliveries::Entity::update_many()
        .col_expr(deliveries::Column::Status, Expr::value(outcome.status))
        .col_expr(deliveries::Column::NextAt, clock(backend, outcome.again_in))
        .col_expr(deliveries::Column::ResponseStatus, Expr::value(outcome.response_status))
        .col_expr(deliveries::Column::Error, Expr::value(outcome.error))
        .col_expr(deliveries::Column::UpdatedAt, clock(backend, Duration::ZERO))
        .filter(deliveries::Column::Id.eq(delivery.id))
        .filter(deliveries::Column::Attempts.eq(delivery.attempts));
    update.exec(rows).await?;
    Ok(())
}

/// The deliveries of a webhook, newest first.
pub async fn log(rows: &impl Rows, webhook_id: Uuid, paging: Paging) -> Result<Page<Delivery>> {
    let query = deliveries::Entity::find()
        .filter(deliveries::Column::WebhookId.eq(webhook_id))
        .order_by_desc(deliveries::Column::Id);
    super::page(rows, query, paging).await
}

/// One delivery of a webhook.
///
/// # Errors
/// `Error::NotFound`.
pub async fn delivery(rows: &impl Rows, webhook_id: Uuid, id: Uuid) -> Result<Delivery> {
    let query = deliveries::Entity::find_by_id(id).filter(deliveries::Column::WebhookId.eq(webhook_id));
    query.one(rows).await?.ok_or(Error::NotFound("delivery"))
}

/// Removes deliveries that ended and were made before `before`; gives how many.
pub async fn remove_old(rows: &impl Rows, before: chrono::DateTime<chrono::Utc>) -> Result<u64> {
    let old = deliveries::Entity::delete_many()
        .filter(deliveries::Column::CreatedAt.lt(before))
        .filter(deliveries::Column::Status.ne(DeliveryStatus::Pending));
    Ok(old.exec(rows).await?.rows_affected)
}
