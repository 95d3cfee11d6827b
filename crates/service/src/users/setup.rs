//! The first admin: by a link that the operator reads at the start, never by registering first on an open server.

use std::time::Duration;

use chrono::Utc;
use store::{Rows, Store, logins};

use super::{Account, check_all, check_email, insert};
use crate::config::Secret;
use crate::error::refusal;
use crate::policy::{ADMIN, USER};
use crate::{App, Error, Result, passwords, tokens};

/// How long a setup link works.
const LINK_LASTS: Duration = Duration::from_secs(30 * 60);

/// The secret part of a link that makes the first admin, once and within 30 minutes; none when there is an admin.
pub async fn setup_link(app: &App) -> Result<Option<Secret>> {
    link_in(&app.store).await
}

pub(super) async fn link_in(store: &Store) -> Result<Option<Secret>> {
    if has_admin(store.rows()).await? {
        return Ok(None);
    }
    let token = tokens::random();
    logins::add_setup_link(store.rows(), &tokens::hash(&token), Utc::now() + LINK_LASTS).await?;
    Ok(Some(Secret::new(token)))
}

async fn has_admin(at: &impl Rows) -> Result<bool> {
    let role = store::roles::by_name(at, ADMIN).await?;
    Ok(!store::roles::holders(at, role.id, 0, 1).await?.is_empty())
}

/// Makes the first admin with the secret part of a setup link.
///
/// # Errors
/// `Invalid` for a bad address or password, which leaves the link good; `Forbidden` for a link that was used, is too old
/// or never was, and when there is an admin; `Conflict` when the address is taken.
pub async fn set_up(app: &App, token: &Secret, email: &str, password: Secret) -> Result<Account> {
    check_all([check_email(email), passwords::check(&password, "password").err()])?;
    let closed = || {
        Error::Forbidden(refusal(
            "setup_link_invalid",
            "This setup link was used, is older than 30 minutes, or the server has an admin.",
            "Start the server anew for a fresh link, or run `backbeat user create --admin` at the machine.",
        ))
    };
    let hash = tokens::hash(token.expose());
    // Nobody makes the server hash passwords with a link that is no link.
    if has_admin(app.store.rows()).await? || !logins::is_setup_link(app.store.rows(), &hash).await? {
        return Err(closed());
    }
    let password = app.hasher.hash(password).await?;
    let tx = app.store.begin().await?;
    store::roles::lock_by_name(tx.rows(), ADMIN).await?;
    if has_admin(tx.rows()).await? || !logins::use_setup_link(tx.rows(), &hash).await? {
        return Err(closed());
    }
    let account = insert(tx.rows(), email, &password, &[USER, ADMIN]).await?;
    tx.commit().await?;
    tracing::info!(user.id = %account.user.id, "first admin made by the setup link");
    Ok(account)
}
