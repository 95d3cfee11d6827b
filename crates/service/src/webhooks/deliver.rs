//! Calls to webhooks: announces the ends of jobs, calls, and calls again.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use serde_json::{Value as Document, json};
use store::webhooks::{self as rows, Outcome};
use store::{Delivery, DeliveryStatus, Job, JobStatus, Webhook};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Signer, address};
use crate::{App, Result};

/// Longest wait for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// A process that does not say how a call went within this time is lost; the call is made again.
const LEASE: Duration = Duration::from_secs(60);
/// How often a call is tried.
pub(super) const ATTEMPTS_MAX: i32 = 10;
/// Pause after the first try that did not work out; tripled after each.
const PAUSE: Duration = Duration::from_secs(5);
/// Longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(6 * 3600);
/// How long calls are signed with the old secret as well.
const OLD_SECRET_VALID: Duration = Duration::from_secs(86_400);
/// Jobs announced in one go.
const ANNOUNCED_AT_ONCE: u64 = 100;
/// Webhooks called at the same time: a slow one must not keep the others waiting.
const LANES: usize = 4;
/// How often something to do is looked for: a webhook may be called a second late, and the queue does not pay for it.
const LOOK: Duration = Duration::from_secs(1);

/// Announces and calls until told to stop, and lets the calls under way end. Many processes may do so.
pub(crate) async fn run(app: &Arc<App>, shutdown: &CancellationToken) {
    let mut calls = JoinSet::new();
    while !shutdown.is_cancelled() {
        match round(app, &mut calls).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "webhooks could not be looked after"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            // A lane is free.
            Some(_) = calls.join_next() => {}
            () = shutdown.cancelled() => {}
        }
    }
    while calls.join_next().await.is_some() {}
}

/// Announces the ends of jobs and begins the calls that are due, as far as lanes are free; true when there may be more to
/// announce.
async fn round(app: &Arc<App>, calls: &mut JoinSet<()>) -> Result<bool> {
    let ended = rows::to_announce(app.store.rows(), ANNOUNCED_AT_ONCE).await?;
    for job in &ended {
        announce(app, job).await?;
    }
    while calls.try_join_next().is_some() {}
    while calls.len() < LANES {
        let Some(delivery) = rows::claim(app.store.rows(), LEASE).await? else { break };
        let app = Arc::clone(app);
        calls.spawn(async move {
            if let Err(error) = deliver(&app, delivery).await {
                tracing::warn!(%error, "how a webhook was called could not be noted");
            }
        });
    }
    Ok(ended.len() as u64 == ANNOUNCED_AT_ONCE)
}

/// Makes one call and notes how it went.
async fn deliver(app: &App, delivery: Delivery) -> Result<()> {
    let webhook = rows::get(app.store.rows(), delivery.webhook_id).await?;
    let outcome = outcome_of(&delivery, call(app, &webhook, &delivery).await);
    tracing::info!(
        webhook.id = %webhook.id, delivery.id = %delivery.id, delivery.attempt = delivery.attempts,
        status = outcome.response_status, error = outcome.error, "webhook called"
    );
    Ok(rows::note(app.store.rows(), &delivery, outcome).await?)
}

/// Turns the end of a job into deliveries, once.
async fn announce(app: &App, job: &Job) -> Result<()> {
    let event = if job.status == JobStatus::Completed { "job.completed" } else { "job.failed" };
    let tx = app.store.begin().await?;
    if !rows::announced(tx.rows(), job).await? {
        return Ok(());
    }
    for webhook in rows::of_user(tx.rows(), job.user_id).await? {
        let wanted = webhook.events.as_array().is_some_and(|events| events.contains(&json!(event)));
        if webhook.active && wanted {
            rows::enqueue(tx.rows(), webhook.id, event, payload(event, job)).await?;
        }
    }
    Ok(tx.commit().await?)
}

fn payload(event: &str, job: &Job) -> Document {
    json!({
        "event": event,
        "job": {
            "id": job.id,
            "video_id": job.video_id,
            "job_type": job.job_type,
            "status": job.status.as_str(),
            "error_code": job.error_code,
            "error_message": job.error_message,
            "result": job.result,
            "created_at": job.created_at,
            "finished_at": job.finished_at,
        },
    })
}

/// Calls; gives the status of the answer, or why there is none.
async fn call(app: &App, webhook: &Webhook, delivery: &Delivery) -> Result<u16, String> {
    let private = app.config.webhook_private_networks;
    let url = address::check(&webhook.url, private)?;
    let addresses = address::resolve(&url, private).await?;
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(ANSWER_MAX)
        .resolve_to_addrs(url.host_str().unwrap_or_default(), &addresses)
        .user_agent(concat!("Backbeat/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| error.to_string())?;
    let body = delivery.payload.to_string();
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .header("backbeat-event", &delivery.event)
        .header("backbeat-delivery", delivery.id.to_string())
        .header("backbeat-signature", Signer::header(&secrets(app, webhook), store::now().timestamp(), &body));
    // Without the address, which may hold a secret of its own.
    let answer = request.body(body).send().await.map_err(|error| why(&error.without_url()))?;
    Ok(answer.status().as_u16())
}

/// The secrets that are valid, the newest first.
fn secrets(app: &App, webhook: &Webhook) -> Vec<String> {
    let mut secrets = vec![app.signer.secret(webhook.id, webhook.generation)];
    if webhook.rotated_at.is_some_and(|at| store::now() < at + OLD_SECRET_VALID) {
        secrets.push(app.signer.secret(webhook.id, webhook.generation - 1));
    }
    secrets
}

fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ANSWER_MAX.as_secs());
    }
    if error.is_connect() { "no connection could be made".to_owned() } else { error.to_string() }
}

fn outcome_of(delivery: &Delivery, answered: Result<u16, String>) -> Outcome {
    let (response_status, error) = match answered {
        Ok(status @ 200..300) => (Some(status), None),
        Ok(status) => (Some(status), Some(format!("answered with {status}"))),
        Err(why) => (None, Some(why)),
    };
    let status = match &error {
        None => DeliveryStatus::Delivered,
        Some(_) if delivery.attempts >= ATTEMPTS_MAX => DeliveryStatus::Failed,
        Some(_) => DeliveryStatus::Pending,
    };
    let exponent = u32::try_from(delivery.attempts - 1).unwrap_or(0).min(12);
    let again_in = PAUSE.saturating_mul(3_u32.pow(exponent)).min(PAUSE_MAX);
    Outcome { status, again_in, response_status: response_status.map(i32::from), error }
}
