//! Accounts: register, read, change, close and reopen. Logging in is in `users/sessions.rs`, the way to the first admin
//! in `users/setup.rs`, what an operator does at the machine in `users/operator.rs`.
//!
//! Conventions: addresses are compared without case and are unique among live accounts. A closed account keeps its rows
//! until it is reopened or removed; a removed one takes all its rows and files along.

mod operator;
mod sessions;
mod setup;

use garde::Validate;
use store::queue::{self, Filter};
use store::{JobStatus, Paging, Role, Rows, Store, User, users as rows};
use uuid::Uuid;

use crate::config::Secret;
use crate::error::{FieldError, refusal};
use crate::passwords::{self, Hasher};
use crate::policy::{ADMIN, Action, Reach, USER};
use crate::{Actor, App, Error, Result, videos};

pub use operator::Operator;
pub use sessions::{Login, account_of, authenticate, log_in, log_out, myself, refresh};
pub use setup::{set_up, setup_link};

/// An account and its roles.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account.
    pub user: User,
    /// Its live roles, by name.
    pub roles: Vec<Role>,
}

/// Which entries of a list: from, at most so many.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// How many to pass over.
    pub skip: u64,
    /// At most so many.
    pub limit: u64,
}

#[derive(Validate)]
struct Address<'a> {
    #[garde(email, length(bytes, max = 320))]
    email: &'a str,
}

fn check_email(email: &str) -> Option<FieldError> {
    let address = Address { email: email.trim() };
    let wrong = address.validate().is_err() || email.contains('\0');
    wrong.then(|| FieldError::body("email", "value_error", "this is not an e-mail address"))
}

fn check_all(errors: impl IntoIterator<Item = Option<FieldError>>) -> Result<()> {
    let errors: Vec<FieldError> = errors.into_iter().flatten().collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// Makes an account with the role `user`.
///
/// # Errors
/// `Invalid` for a bad address or password, `Conflict` when the address is taken, `Forbidden` when registering is closed.
pub async fn register(app: &App, email: &str, password: Secret) -> Result<Account> {
    if !app.config.registration_open {
        return Err(Error::Forbidden(refusal(
            "registration_closed",
            "This server does not take new accounts.",
            "Ask its operator for one.",
        )));
    }
    create(&app.store, &app.hasher, email, password, &[USER]).await
}

async fn create(store: &Store, hasher: &Hasher, email: &str, password: Secret, roles: &[&str]) -> Result<Account> {
    check_all([check_email(email), passwords::check(&password, "password").err()])?;
    let hash = hasher.hash(password).await?;
    let tx = store.begin().await?;
    let account = insert(tx.rows(), email, &hash, roles).await?;
    tx.commit().await?;
    tracing::info!(user.id = %account.user.id, ?roles, "account made");
    Ok(account)
}

async fn insert(at: &impl Rows, email: &str, hash: &str, roles: &[&str]) -> Result<Account> {
    let user = rows::insert(at, email, hash).await.map_err(taken)?;
    for name in roles {
        let role = store::roles::by_name(at, name).await?;
        store::roles::assign(at, user.id, role.id).await?;
    }
    with_roles(at, user).await
}

async fn with_roles(at: &impl Rows, user: User) -> Result<Account> {
    let roles = rows::roles_of(at, user.id).await?;
    Ok(Account { user, roles })
}

fn taken(error: store::Error) -> Error {
    match error {
        store::Error::Conflict(_) => Error::Conflict(refusal(
            "email_taken",
            "An account with this e-mail address exists.",
            "Log in, or take another address.",
        )),
        other => other.into(),
    }
}

/// An account: one's own, for an admin anybody's, closed ones too.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn get(app: &App, actor: &Actor, id: Uuid) -> Result<Account> {
    actor.may_on(Action::ReadUser, id, "user")?;
    let at = app.store.rows();
    let user =
        if actor.reach(Action::ReadUser) == Reach::All { rows::any(at, id).await? } else { rows::get(at, id).await? };
    with_roles(at, user).await
}

/// The live account with an address.
///
/// # Errors
/// `NotFound`; `Forbidden` but for admins.
pub async fn by_email(app: &App, actor: &Actor, email: &str) -> Result<Account> {
    actor.may(Action::ListUsers)?;
    let found = rows::find_by_email(app.store.rows(), email).await?.ok_or(Error::NotFound("user"))?;
    with_roles(app.store.rows(), found).await
}

/// Accounts, oldest first.
///
/// # Errors
/// `Forbidden` but for admins.
pub async fn list(app: &App, actor: &Actor, range: Range, include_deleted: bool) -> Result<Vec<Account>> {
    actor.may(Action::ListUsers)?;
    let users = rows::list(app.store.rows(), range.skip, range.limit, include_deleted).await?;
    all_with_roles(app.store.rows(), users).await
}

pub(crate) async fn all_with_roles(at: &impl Rows, users: Vec<User>) -> Result<Vec<Account>> {
    let ids: Vec<Uuid> = users.iter().map(|user| user.id).collect();
    let mut roles = rows::roles_of_many(at, &ids).await?;
    Ok(users.into_iter().map(|user| Account { roles: roles.remove(&user.id).unwrap_or_default(), user }).collect())
}

/// How many accounts there are.
///
/// # Errors
/// `Forbidden` but for admins.
pub async fn count(app: &App, actor: &Actor, include_deleted: bool) -> Result<u64> {
    actor.may(Action::ListUsers)?;
    Ok(rows::count(app.store.rows(), include_deleted).await?)
}

/// What of an account is to be changed.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The new address.
    pub email: Option<String>,
    /// The new password; whoever changes their own must know the current one.
    pub password: Option<Secret>,
    /// The current password.
    pub current_password: Option<Secret>,
}

/// Changes address or password; a new password ends all older tokens.
///
/// # Errors
/// `NotFound`, also for accounts of others; `Invalid`; `Conflict` when the address is taken; `Rule` when the current
/// password is missing or wrong.
pub async fn change(app: &App, actor: &Actor, id: Uuid, change: Change) -> Result<Account> {
    actor.may_on(Action::ChangeUser, id, "user")?;
    check_all([
        change.email.as_deref().and_then(check_email),
        change.password.as_ref().and_then(|password| passwords::check(password, "password").err()),
    ])?;
    let hash = match change.password {
        Some(password) => {
            if actor.user_id == id {
                must_know_password(app, actor, change.current_password.unwrap_or_default()).await?;
            }
            Some(app.hasher.hash(password).await?)
        }
        None => None,
    };
    let tx = app.store.begin().await?;
    let mut user = rows::lock(tx.rows(), id).await?;
    if let Some(email) = change.email {
        user = rows::set_email(tx.rows(), user, &email).await.map_err(taken)?;
    }
    if let Some(hash) = hash {
        user = replace_password(tx.rows(), user, &hash).await?;
    }
    let account = with_roles(tx.rows(), user).await?;
    tx.commit().await?;
    Ok(account)
}

/// Changes a password, which ends all older tokens.
///
/// # Errors
/// As [`change`].
pub async fn change_password(
    app: &App,
    actor: &Actor,
    id: Uuid,
    current: Option<Secret>,
    new: Secret,
) -> Result<Account> {
    check_all([passwords::check(&new, "new_password").err()])?;
    change(app, actor, id, Change { email: None, password: Some(new), current_password: current }).await
}

async fn replace_password(at: &impl Rows, user: User, hash: &str) -> Result<User> {
    store::sessions::end_all(at, user.id).await?;
    Ok(rows::set_password(at, user, hash).await?)
}

async fn must_know_password(app: &App, actor: &Actor, current: Secret) -> Result<()> {
    let user = rows::get(app.store.rows(), actor.user_id).await?;
    if passwords::possible(&current) && app.hasher.verify(current, Some(user.hashed_password)).await? {
        return Ok(());
    }
    Err(Error::Rule(refusal(
        "wrong_password",
        "The current password is not right.",
        "Send the password you log in with as current_password.",
    )))
}

/// Closes an account: nobody logs in to it, its tokens end, its jobs are cancelled, its address is free again.
///
/// # Errors
/// `NotFound`, also for accounts of others; `Conflict` for the last admin.
pub async fn close(app: &App, actor: &Actor, id: Uuid) -> Result<()> {
    actor.may_on(Action::DeleteUser, id, "user")?;
    close_in(&app.store, id).await?;
    tracing::info!(user.id = %id, by = %actor.user_id, "account closed");
    Ok(())
}

async fn close_in(store: &Store, id: Uuid) -> Result<()> {
    let tx = store.begin().await?;
    let user = rows::lock(tx.rows(), id).await?;
    must_leave_an_admin(tx.rows(), id).await?;
    store::sessions::end_all(tx.rows(), id).await?;
    for status in [JobStatus::Pending, JobStatus::Running] {
        let theirs = Filter { user_id: Some(id), status: Some(status), ..Filter::default() };
        for job in queue::list(tx.rows(), theirs, Paging { page: 1, per_page: 10_000 }).await?.rows {
            queue::cancel(tx.rows(), job.id).await?;
        }
    }
    rows::set_deleted(tx.rows(), user, true).await?;
    Ok(tx.commit().await?)
}

/// Reopens a closed account.
///
/// # Errors
/// `Forbidden` but for admins; `NotFound`; `Conflict` when it is open, or its address was taken meanwhile.
pub async fn restore(app: &App, actor: &Actor, id: Uuid) -> Result<Account> {
    actor.may(Action::RestoreUser)?;
    restore_in(&app.store, id).await
}

async fn restore_in(store: &Store, id: Uuid) -> Result<Account> {
    let tx = store.begin().await?;
    let user = rows::any(tx.rows(), id).await?;
    if user.deleted_at.is_none() {
        return Err(Error::Conflict(refusal(
            "user_not_deleted",
            "This account is not closed.",
            "There is nothing to do.",
        )));
    }
    let user = rows::set_deleted(tx.rows(), user, false).await.map_err(taken)?;
    let account = with_roles(tx.rows(), user).await?;
    tx.commit().await?;
    Ok(account)
}

/// Removes an account, open or closed, with every row and every file that belongs to it. The rows go in one piece,
/// and the files with them or with the next clean-up.
///
/// # Errors
/// `Forbidden` but for admins; `NotFound`; `Conflict` for the last admin.
pub async fn remove(app: &App, actor: &Actor, id: Uuid) -> Result<()> {
    actor.may(Action::RemoveUser)?;
    let tx = app.store.begin().await?;
    rows::any(tx.rows(), id).await?;
    must_leave_an_admin(tx.rows(), id).await?;
    let files = rows::remove(tx.rows(), id).await?;
    tx.commit().await?;
    videos::removal::sweep(app, &files).await;
    tracing::info!(user.id = %id, by = %actor.user_id, files = files.len(), "account removed");
    Ok(())
}

/// Refuses to take the last live admin from the server. The role is locked until the transaction ends, so that two
/// admins who leave at the same time see each other.
pub(crate) async fn must_leave_an_admin(at: &impl Rows, leaving: Uuid) -> Result<()> {
    let role = store::roles::lock_by_name(at, ADMIN).await?;
    let admins = store::roles::holders(at, role.id, 0, 2).await?;
    if admins.len() == 1 && admins[0].id == leaving {
        return Err(Error::Conflict(refusal(
            "last_admin",
            "This is the last admin of the server.",
            "Give another account the role admin first.",
        )));
    }
    Ok(())
}
