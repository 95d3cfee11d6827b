//! Webhooks: addresses of a user that are called when one of their jobs ends.
//!
//! Conventions: what is sent is signed (see `sign.rs`) and goes to no private network unless a setting allows it
//! (`address.rs`). A call that does not work out is made again, ten times in all, further and further apart
//! (`deliver.rs`); every call is in the log and can be made once more.

mod address;
mod deliver;
mod sign;

use serde_json::json;
use store::webhooks as rows;
use store::{Delivery, Page, Paging, Webhook};
use uuid::Uuid;

use crate::error::{FieldError, refusal};
use crate::policy::Action;
use crate::{Actor, App, Error, Result};

pub(crate) use deliver::run;
pub(crate) use sign::Signer;

/// The events there are.
pub const EVENTS: [&str; 2] = ["job.completed", "job.failed"];

/// What somebody wants of a webhook; what is not said stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Where to call.
    pub url: Option<String>,
    /// Which events.
    pub events: Option<Vec<String>>,
    /// Whether it is called at all.
    pub active: Option<bool>,
}

impl Wish {
    fn check(&self, app: &App) -> Result<()> {
        if let Some(url) = &self.url {
            address::check(url, app.config.webhook_private_networks)
                .map_err(|why| Error::Invalid(vec![FieldError::body("url", "url", why)]))?;
        }
        let unknown = |event: &String| !EVENTS.contains(&event.as_str());
        if self.events.as_ref().is_some_and(|events| events.is_empty() || events.iter().any(unknown)) {
            let message = format!("one or more of {}", EVENTS.join(", "));
            return Err(Error::Invalid(vec![FieldError::body("events", "enum", message)]));
        }
        Ok(())
    }
}

/// Makes a webhook; gives it with its secret.
///
/// # Errors
/// `Invalid` for an address that is not called; `Conflict` when there are enough.
pub async fn create(app: &App, actor: &Actor, wish: Wish) -> Result<(Webhook, String)> {
    actor.may(Action::ManageWebhooks)?;
    wish.check(app)?;
    let url = wish.url.ok_or_else(|| Error::Invalid(vec![FieldError::body("url", "missing", "this is needed")]))?;
    let events = wish.events.map_or_else(|| json!(EVENTS), |events| json!(events));
    let tx = app.store.begin().await?;
    store::users::lock(tx.rows(), actor.user_id).await?;
    let most = app.config.user_webhooks_max;
    if rows::of_user(tx.rows(), actor.user_id).await?.len() >= most {
        let message = format!("You have {most} webhooks, the most for one user.");
        return Err(Error::Conflict(refusal("too_many_webhooks", message, "Delete one, or change one.")));
    }
    let webhook = rows::insert(tx.rows(), actor.user_id, url, events).await?;
    tx.commit().await?;
    let secret = app.signer.secret(webhook.id, webhook.generation);
    Ok((webhook, secret))
}

/// A webhook of one's own.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn get(app: &App, actor: &Actor, id: Uuid) -> Result<Webhook> {
    let webhook = rows::get(app.store.rows(), id).await?;
    actor.may_on(Action::ManageWebhooks, webhook.user_id, "webhook")?;
    Ok(webhook)
}

/// One's own webhooks, oldest first.
///
/// # Errors
/// `Forbidden`.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Webhook>> {
    actor.may(Action::ManageWebhooks)?;
    Ok(rows::of_user(app.store.rows(), actor.user_id).await?)
}

/// Changes a webhook of one's own.
///
/// # Errors
/// `NotFound`; `Invalid` for an address that is not called.
pub async fn change(app: &App, actor: &Actor, id: Uuid, wish: Wish) -> Result<Webhook> {
    let webhook = get(app, actor, id).await?;
    wish.check(app)?;
    let events = wish.events.map(|events| json!(events));
    let change = rows::Change { url: wish.url, events, active: wish.active, rotate: false };
    Ok(rows::change(app.store.rows(), webhook, change).await?)
}

/// Gives a webhook a new secret; for a day, calls are signed with the old one as well.
///
/// # Errors
/// `NotFound`.
pub async fn rotate(app: &App, actor: &Actor, id: Uuid) -> Result<(Webhook, String)> {
    let webhook = get(app, actor, id).await?;
    let change = rows::Change { rotate: true, ..rows::Change::default() };
    let webhook = rows::change(app.store.rows(), webhook, change).await?;
    let secret = app.signer.secret(webhook.id, webhook.generation);
    Ok((webhook, secret))
}

/// Removes a webhook of one's own with its log.
///
/// # Errors
/// `NotFound`.
pub async fn remove(app: &App, actor: &Actor, id: Uuid) -> Result<()> {
    get(app, actor, id).await?;
    Ok(rows::remove(app.store.rows(), id).await?)
}

/// The calls of a webhook of one's own, newest first.
///
/// # Errors
/// `NotFound`.
pub async fn log(app: &App, actor: &Actor, id: Uuid, paging: Paging) -> Result<Page<Delivery>> {
    get(app, actor, id).await?;
    Ok(rows::log(app.store.rows(), id, paging).await?)
}

/// Makes a call once more, as a new one.
///
/// # Errors
/// `NotFound`.
pub async fn redeliver(app: &App, actor: &Actor, id: Uuid, delivery_id: Uuid) -> Result<Delivery> {
    get(app, actor, id).await?;
    let first = rows::delivery(app.store.rows(), id, delivery_id).await?;
    Ok(rows::enqueue(app.store.rows(), id, &first.event, first.payload).await?)
}
