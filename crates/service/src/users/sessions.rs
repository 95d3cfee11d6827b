//! Sessions: log in, prolong, log out; and who a token belongs to.
//!
//! Conventions: a login begins a session and gives two tokens. The access token is signed and short-lived; the refresh
//! token is a random text of which only a hash is kept. It buys one new pair; a second use means that somebody else has
//! it, and ends the session with all its tokens.

use std::time::Duration;

use chrono::Utc;
use store::sessions::{self, Spent};
use store::{Rows, User, logins, users as rows};
use uuid::Uuid;

use crate::config::Secret;
use crate::error::{Stranger, refusal};
use crate::passwords;
use crate::policy::Action;
use crate::tokens::{self, Keys};
use crate::users::Account;
use crate::{Actor, App, Config, Error, Result};

/// What a successful login gives.
#[derive(Clone, Debug)]
pub struct Login {
    /// The access token.
    pub access_token: String,
    /// How long it is valid, seconds.
    pub expires_in_s: i64,
    /// The refresh token.
    pub refresh_token: String,
}

/// Checks address and password and begins a session.
///
/// # Errors
/// `Unauthenticated(BadLogin)`, the same and after the same time whether the address or the password is wrong;
/// `Limited` after too many failures in a row, whether the address has an account or not.
pub async fn log_in(app: &App, email: &str, password: Secret) -> Result<Login> {
    let address_hash = tokens::hash(&rows::email_key(email));
    let failed_before = must_be_unlocked(app, &address_hash).await?;
    let user = rows::find_by_email(app.store.rows(), email).await?;
    let hash = user.as_ref().map(|user| user.hashed_password.clone());
    // What is longer than any password can be is not worth the work of hashing a part of it.
    let possible = passwords::possible(&password);
    let password = if possible { password } else { Secret::new("-") };
    let right = app.hasher.verify(password, hash).await? && possible;
    let Some(user) = user.filter(|_| right) else {
        count_failure(app, &address_hash).await?;
        return Err(Error::Unauthenticated(Stranger::BadLogin));
    };
    let tx = app.store.begin().await?;
    if failed_before {
        let long_ago = Utc::now() - Duration::from_secs(app.config.login_lock_s_max.saturating_mul(2));
        logins::forget_failures(tx.rows(), Some(&address_hash), long_ago).await?;
    }
    let session = sessions::begin(tx.rows(), user.id, lasts(&app.config)).await?;
    let login = give_tokens(tx.rows(), &app.config, &app.keys, &user, session.id).await?;
    tx.commit().await?;
    Ok(login)
}

fn lasts(config: &Config) -> Duration {
    Duration::from_secs(u64::from(config.refresh_token_expire_days) * 24 * 60 * 60)
}

/// Whether there were failures before; refuses while the address is locked.
async fn must_be_unlocked(app: &App, address_hash: &str) -> Result<bool> {
    let Some((failures, until)) = logins::failures(app.store.rows(), address_hash).await? else { return Ok(false) };
    let wait_s = (until - Utc::now()).num_milliseconds().div_euclid(1000) + 1;
    if until <= Utc::now() {
        return Ok(true);
    }
    Err(Error::Limited {
        retry_after_s: u64::try_from(wait_s).unwrap_or(1),
        refusal: refusal(
            "login_locked",
            format!("{failures} logins in a row failed for this address; the next try is possible in {wait_s} s."),
            "Wait, then try again. Each further failure doubles the time.",
        ),
    })
}

async fn count_failure(app: &App, address_hash: &str) -> Result<()> {
    let tx = app.store.begin().await?;
    let failures = logins::count_failure(tx.rows(), address_hash).await?;
    let over = u32::try_from(failures).unwrap_or(0).checked_sub(app.config.login_failures_max);
    if let Some(over) = over {
        let lock_s = 2_u64.saturating_pow(over.min(40)).min(app.config.login_lock_s_max);
        logins::lock(tx.rows(), address_hash, Utc::now() + Duration::from_secs(lock_s)).await?;
        tracing::warn!(failures, lock_s, "an address is locked after failed logins");
    }
    Ok(tx.commit().await?)
}

async fn give_tokens(at: &impl Rows, config: &Config, keys: &Keys, user: &User, session_id: Uuid) -> Result<Login> {
    let refresh_token = tokens::random();
    sessions::add_token(at, session_id, &tokens::hash(&refresh_token)).await?;
    let roles = rows::roles_of(at, user.id).await?.into_iter().map(|role| role.name).collect();
    let expires_in_s = i64::from(config.access_token_expire_minutes) * 60;
    let access_token = keys.sign(user, roles, session_id, expires_in_s)?;
    Ok(Login { access_token, expires_in_s, refresh_token })
}

/// Gives a new pair of tokens for a refresh token, which is used up by it.
///
/// # Errors
/// `Unauthenticated(BadRefresh)` for one that is unknown, over, or was used before; the last ends its session.
pub async fn refresh(app: &App, refresh_token: &Secret) -> Result<Login> {
    let bad = Error::Unauthenticated(Stranger::BadRefresh);
    let tx = app.store.begin().await?;
    let session_id = match sessions::spend_token(tx.rows(), &tokens::hash(refresh_token.expose())).await {
        Ok(Spent::Now(session_id)) => session_id,
        Ok(Spent::Before(session_id)) => {
            sessions::end(tx.rows(), session_id).await?;
            tx.commit().await?;
            tracing::warn!(session.id = %session_id, "a used refresh token came back; its session is ended");
            return Err(bad);
        }
        Err(store::Error::NotFound(_)) => return Err(bad),
        Err(other) => return Err(other.into()),
    };
    let found = async {
        let session = sessions::live(tx.rows(), session_id).await?;
        rows::get(tx.rows(), session.user_id).await
    };
    let user = match found.await {
        Ok(user) => user,
        Err(store::Error::NotFound(_)) => return Err(bad),
        Err(other) => return Err(other.into()),
    };
    let login = give_tokens(tx.rows(), &app.config, &app.keys, &user, session_id).await?;
    tx.commit().await?;
    Ok(login)
}

/// Ends the session that this caller's token belongs to.
pub async fn log_out(app: &App, actor: &Actor) -> Result<()> {
    match actor.session_id {
        Some(session_id) => Ok(sessions::end(app.store.rows(), session_id).await?),
        None => Ok(()),
    }
}

/// Who a token belongs to, with the roles of this moment.
///
/// # Errors
/// `Unauthenticated(BadToken)` for a damaged, expired or revoked token.
pub async fn authenticate(app: &App, token: &str) -> Result<Actor> {
    Ok(identify(app, token).await?.0)
}

/// The account a token belongs to, whole: what was read to check the token is not read again.
///
/// # Errors
/// As [`authenticate`].
pub async fn myself(app: &App, token: &str) -> Result<Account> {
    let (actor, account) = identify(app, token).await?;
    actor.may_on(Action::ReadUser, account.user.id, "user")?;
    Ok(account)
}

async fn identify(app: &App, token: &str) -> Result<(Actor, Account)> {
    let claims = app.keys.check(token)?;
    let (user, roles) = match rows::of_session(app.store.rows(), claims.sub, claims.ver, claims.sid).await {
        Ok(found) => found,
        Err(store::Error::NotFound(_)) => return Err(Error::Unauthenticated(Stranger::BadToken)),
        Err(other) => return Err(other.into()),
    };
    let names = roles.iter().map(|role| role.name.clone()).collect();
    let actor = Actor { user_id: user.id, roles: names, session_id: Some(claims.sid) };
    Ok((actor, Account { user, roles }))
}

/// The account a token names, without asking whether it is still valid there: enough to count requests by.
pub fn account_of(app: &App, token: &str) -> Option<Uuid> {
    app.keys.check(token).ok().map(|claims| claims.sub)
}
