//! Addresses that are called when jobs end.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Document;
use service::webhooks::{self, Wish};
use service::{App, Delivery, DeliveryStatus, Webhook};
use utoipa::ToSchema;
use uuid::Uuid;

use super::paging::{PageQuery, numbers};
use crate::extract::{Body, Caller, DeliveryId, Id, Query};
use crate::problem::{Problem, Refused};

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookRead {
    id: Uuid,
    /// Where it calls.
    #[schema(example = "https://example.com/backbeat")]
    url: String,
    /// Which events, of `job.completed` and `job.failed`.
    #[schema(value_type = Vec<String>, example = json!(["job.completed", "job.failed"]))]
    events: Document,
    /// Whether it is called at all.
    active: bool,
    /// When it last got a new secret; for a day after, calls are signed with the old one as well.
    secret_rotated_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Webhook> for WebhookRead {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            url: webhook.url,
            events: webhook.events,
            active: webhook.active,
            secret_rotated_at: webhook.rotated_at,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}

/// A webhook with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookWithSecret {
    #[serde(flatten)]
    webhook: WebhookRead,
    /// The key of the signatures: `Backbeat-Signature: t=TIME,v1=HEX` is the HMAC-SHA256 of `TIME.BODY` under it.
    #[schema(example = "whsec_5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    secret: String,
}

/// A webhook to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// Where to call; begins with `https://`.
    #[schema(example = "https://example.com/backbeat", pattern = "^https://", max_length = 2000)]
    url: String,
    /// Which events; all where none is named.
    #[schema(example = json!(["job.completed"]), min_items = 1)]
    events: Option<Vec<String>>,
}

/// What of a webhook to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookPatch {
    #[schema(example = "https://example.com/backbeat", pattern = "^https://", max_length = 2000)]
    url: Option<String>,
    #[schema(example = json!(["job.completed"]), min_items = 1)]
    events: Option<Vec<String>>,
    #[schema(example = true)]
    active: Option<bool>,
}

/// A call to a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryRead {
    id: Uuid,
    #[schema(example = "job.completed")]
    event: String,
    /// `pending`, `delivered`, or `failed` after ten tries.
    #[schema(example = "delivered")]
    status: &'static str,
    /// How often it was tried.
    #[schema(example = 1)]
    attempts: i32,
    /// When it is tried again.
    next_attempt_at: Option<DateTime<Utc>>,
    /// What the last try was answered with.
    #[schema(example = 200)]
    response_status: Option<i32>,
    /// Why the last try did not work out.
    error: Option<String>,
    /// What is sent.
    payload: Document,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Delivery> for DeliveryRead {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            event: delivery.event,
            status: delivery.status.as_str(),
            attempts: delivery.attempts,
            next_attempt_at: (delivery.status == DeliveryStatus::Pending).then_some(delivery.next_at),
            response_status: delivery.response_status,
            error: delivery.error,
            payload: delivery.payload,
            created_at: delivery.created_at,
            updated_at: delivery.updated_at,
        }
    }
}

/// One page of calls, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryPage {
    deliveries: Vec<DeliveryRead>,
    #[schema(example = 1)]
    total: u64,
    #[schema(example = 1)]
    page: u64,
    #[schema(example = 20)]
    per_page: u64,
    #[schema(example = 1)]
    pages: u64,
}

/// List your webhooks
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", operation_id = "list_webhooks", security(("login" = [])),
    responses((status = 200, description = "All of them, oldest first.", body = Vec<WebhookRead>)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
) -> Result<Json<Vec<WebhookRead>>, Refused> {
    Ok(Json(webhooks::list(&app, &actor).await?.into_iter().map(Into::into).collect()))
}

/// Make a webhook
///
/// The address is called when one of your jobs ends. The secret is shown this once.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", operation_id = "create_webhook", security(("login" = [])),
    request_body = NewWebhook, responses(
        (status = 201, description = "The webhook and its secret.", body = WebhookWithSecret),
        (status = 409, description = "You have as many as one user may.", body = Problem)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Body(new): Body<NewWebhook>,
) -> Result<(StatusCode, Json<WebhookWithSecret>), Refused> {
    let wish = Wish { url: Some(new.url), events: new.events, active: None };
    let (webhook, secret) = webhooks::create(&app, &actor, wish).await?;
    Ok((StatusCode::CREATED, Json(WebhookWithSecret { webhook: webhook.into(), secret })))
}

/// Read a webhook
#[utoipa::path(get, path = "/webhooks/{id}", tag = "webhooks", operation_id = "get_webhook", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The webhook.")),
    responses((status = 200, description = "The webhook.", body = WebhookRead)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<WebhookRead>, Refused> {
    Ok(Json(webhooks::get(&app, &actor, id).await?.into()))
}

/// Change a webhook
#[utoipa::path(put, path = "/webhooks/{id}", tag = "webhooks", operation_id = "change_webhook", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The webhook.")), request_body = WebhookPatch,
    responses((status = 200, description = "The webhook as it is now.", body = WebhookRead)))]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(patch): Body<WebhookPatch>,
) -> Result<Json<WebhookRead>, Refused> {
    let wish = Wish { url: patch.url, events: patch.events, active: patch.active };
    Ok(Json(webhooks::change(&app, &actor, id, wish).await?.into()))
}

/// Delete a webhook
///
/// Its log goes with it.
#[utoipa::path(delete, path = "/webhooks/{id}", tag = "webhooks", operation_id = "delete_webhook",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The webhook.")),
    responses((status = 204, description = "It is gone.")))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<StatusCode, Refused> {
    webhooks::remove(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook a new secret
///
/// For a day, calls are signed with the old one as well.
#[utoipa::path(post, path = "/webhooks/{id}/rotate-secret", tag = "webhooks", operation_id = "rotate_webhook_secret",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The webhook.")),
    responses((status = 200, description = "The webhook and its new secret.", body = WebhookWithSecret)))]
pub(crate) async fn rotate(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<WebhookWithSecret>, Refused> {
    let (webhook, secret) = webhooks::rotate(&app, &actor, id).await?;
    Ok(Json(WebhookWithSecret { webhook: webhook.into(), secret }))
}

/// List the calls of a webhook
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", tag = "webhooks", operation_id = "list_deliveries",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The webhook."), PageQuery),
    responses((status = 200, description = "One page, newest first.", body = DeliveryPage)))]
pub(crate) async fn deliveries(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<PageQuery>,
) -> Result<Json<DeliveryPage>, Refused> {
    let paging = PageQuery::paging(query.page, query.per_page)?;
    let found = webhooks::log(&app, &actor, id, paging).await?;
    let (total, page, per_page, pages) = numbers(&found);
    let deliveries = found.rows.into_iter().map(Into::into).collect();
    Ok(Json(DeliveryPage { deliveries, total, page, per_page, pages }))
}

/// Call once more
///
/// Makes a new call with what was sent then.
#[utoipa::path(post, path = "/webhooks/{id}/deliveries/{delivery_id}/redeliver", tag = "webhooks",
    operation_id = "redeliver", security(("login" = [])), params(
        ("id" = Uuid, Path, description = "The webhook."), ("delivery_id" = Uuid, Path, description = "The call.")),
    responses((status = 202, description = "The new call.", body = DeliveryRead)))]
pub(crate) async fn redeliver(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    DeliveryId(delivery_id): DeliveryId,
) -> Result<(StatusCode, Json<DeliveryRead>), Refused> {
    let delivery = webhooks::redeliver(&app, &actor, id, delivery_id).await?;
    Ok((StatusCode::ACCEPTED, Json(delivery.into())))
}
