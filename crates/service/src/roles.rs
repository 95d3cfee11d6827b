//! Roles: those every server has, and names an operator adds; who has which.
//!
//! Conventions: the seeded roles are what `policy.rs` speaks of and cannot be renamed or deleted; whoever loses one loses
//! all tokens made before. Other roles are names: they are looked up at every request, so a lost or deleted one is gone
//! at once and tokens need not end.

use store::{Role, Store, roles as rows};
use uuid::Uuid;

use crate::error::{FieldError, refusal};
use crate::policy::{ADMIN, Action, PREMIUM, Reach, USER};
use crate::users::{self, Account, Range};
use crate::{Actor, App, Error, Result};

/// Longest name, and longest description, characters.
const NAME_CHARS_MAX: usize = 64;
const DESCRIPTION_CHARS_MAX: usize = 255;

/// How a role is named: by its id or by its name.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// By id.
    Id(Uuid),
    /// By name.
    Name(&'a str),
}

fn check(name: Option<&str>, description: Option<&str>) -> Result<()> {
    let mut wrong = Vec::new();
    if let Some(name) = name {
        let first = name.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
        let rest = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || " _.-".contains(c));
        if !first || !rest || name.len() > NAME_CHARS_MAX || name.ends_with(' ') {
            let message = format!(
                "a name has 1 to {NAME_CHARS_MAX} characters: small letters a-z, digits, and inside also - _ . and space"
            );
            wrong.push(FieldError::body("name", "value_error", message));
        }
    }
    if description.is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX || text.contains('\0')) {
        let message = format!("a description has at most {DESCRIPTION_CHARS_MAX} characters and none that is zero");
        wrong.push(FieldError::body("description", "value_error", message));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
}

fn taken(error: store::Error) -> Error {
    match error {
        store::Error::Conflict(_) => Error::Conflict(refusal(
            "role_taken",
            "A role with this name exists.",
            "Use that one, or take another name.",
        )),
        other => other.into(),
    }
}

fn is_seeded(role: &Role) -> bool {
    [USER, ADMIN, PREMIUM].contains(&role.name.as_str())
}

fn must_not_be_seeded(role: &Role) -> Result<()> {
    if !is_seeded(role) {
        return Ok(());
    }
    Err(Error::Conflict(refusal(
        "role_seeded",
        format!("The role {} belongs to the server: it cannot be renamed or deleted.", role.name),
        "Take it from accounts instead.",
    )))
}

/// Makes a role.
///
/// # Errors
/// `Forbidden` but for admins; `Invalid`; `Conflict` when the name is taken.
pub async fn create(app: &App, actor: &Actor, name: &str, description: Option<String>) -> Result<Role> {
    actor.may(Action::ManageRoles)?;
    check(Some(name), description.as_deref())?;
    rows::insert(app.store.rows(), name, description).await.map_err(taken)
}

/// Roles, oldest first; deleted ones for admins only.
///
/// # Errors
/// `Forbidden`.
pub async fn list(app: &App, actor: &Actor, range: Range, include_deleted: bool) -> Result<Vec<Role>> {
    actor.may(if include_deleted { Action::ManageRoles } else { Action::ListRoles })?;
    Ok(rows::list(app.store.rows(), range.skip, range.limit, include_deleted).await?)
}

/// How many roles there are.
///
/// # Errors
/// `Forbidden`.
pub async fn count(app: &App, actor: &Actor) -> Result<u64> {
    actor.may(Action::ListRoles)?;
    Ok(rows::count(app.store.rows()).await?)
}

/// A role; for admins also a deleted one, by its id.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn get(app: &App, actor: &Actor, which: Which<'_>) -> Result<Role> {
    actor.may(Action::ListRoles)?;
    let at = app.store.rows();
    Ok(match which {
        Which::Name(name) => rows::by_name(at, name).await?,
        Which::Id(id) if actor.reach(Action::ManageRoles) == Reach::All => rows::any(at, id).await?,
        Which::Id(id) => rows::get(at, id).await?,
    })
}

/// Changes name or description; what is `None` stays.
///
/// # Errors
/// `Forbidden` but for admins; `Invalid`; `NotFound`; `Conflict` when the name is taken, or the role is a seeded one.
pub async fn change(
    app: &App,
    actor: &Actor,
    id: Uuid,
    name: Option<String>,
    description: Option<Option<String>>,
) -> Result<Role> {
    actor.may(Action::ManageRoles)?;
    check(name.as_deref(), description.as_ref().and_then(Option::as_deref))?;
    let tx = app.store.begin().await?;
    let role = rows::get(tx.rows(), id).await?;
    if name.as_ref().is_some_and(|name| *name != role.name) {
        must_not_be_seeded(&role)?;
    }
    let role = rows::change(tx.rows(), role, name, description).await.map_err(taken)?;
    tx.commit().await?;
    Ok(role)
}

/// Deletes a role softly: nobody has it any more until it is restored.
///
/// # Errors
/// `Forbidden` but for admins; `NotFound`; `Conflict` for a seeded role.
pub async fn delete(app: &App, actor: &Actor, id: Uuid) -> Result<()> {
    actor.may(Action::ManageRoles)?;
    let tx = app.store.begin().await?;
    let role = rows::get(tx.rows(), id).await?;
    must_not_be_seeded(&role)?;
    rows::set_deleted(tx.rows(), role, true).await?;
    Ok(tx.commit().await?)
}

/// Takes the deletion of a role back; whoever had it has it again.
///
/// # Errors
/// `Forbidden` but for admins; `NotFound`; `Conflict` when it is not deleted, or its name was taken meanwhile.
pub async fn restore(app: &App, actor: &Actor, id: Uuid) -> Result<Role> {
    actor.may(Action::ManageRoles)?;
    let tx = app.store.begin().await?;
    let role = rows::any(tx.rows(), id).await?;
    if role.deleted_at.is_none() {
        return Err(Error::Conflict(refusal(
            "role_not_deleted",
            "This role is not deleted.",
            "There is nothing to do.",
        )));
    }
    let role = rows::set_deleted(tx.rows(), role, false).await.map_err(taken)?;
    tx.commit().await?;
    Ok(role)
}

/// Removes a role, live or deleted, for good.
///
/// # Errors
/// `Forbidden` but for admins; `NotFound`; `Conflict` for a seeded role.
pub async fn remove(app: &App, actor: &Actor, id: Uuid) -> Result<()> {
    actor.may(Action::ManageRoles)?;
    let tx = app.store.begin().await?;
    let role = rows::any(tx.rows(), id).await?;
    must_not_be_seeded(&role)?;
    rows::remove(tx.rows(), id).await?;
    Ok(tx.commit().await?)
}

/// The live accounts that have a role, oldest first.
///
/// # Errors
/// `Forbidden` but for admins; `NotFound`.
pub async fn holders(app: &App, actor: &Actor, id: Uuid, range: Range) -> Result<Vec<Account>> {
    actor.may(Action::AssignRoles)?;
    let at = app.store.rows();
    rows::get(at, id).await?;
    let users = rows::holders(at, id, range.skip, range.limit).await?;
    users::all_with_roles(at, users).await
}

/// The live roles of an account: one's own, for an admin anybody's.
///
/// # Errors
/// `NotFound`, also for accounts of others.
pub async fn of_user(app: &App, actor: &Actor, user_id: Uuid) -> Result<Vec<Role>> {
    actor.may_on(Action::ReadUserRoles, user_id, "user")?;
    store::users::get(app.store.rows(), user_id).await?;
    Ok(store::users::roles_of(app.store.rows(), user_id).await?)
}

/// Gives an account a role.
///
/// # Errors
/// `Forbidden` but for admins; `NotFound` for the account or the role; `Conflict` when it has it.
pub async fn assign(app: &App, actor: &Actor, user_id: Uuid, role: Which<'_>) -> Result<()> {
    actor.may(Action::AssignRoles)?;
    give(&app.store, user_id, role).await
}

/// Takes a role from an account; losing a seeded one ends its tokens.
///
/// # Errors
/// `Forbidden` but for admins; `NotFound` for the account or the role, or when it has not got it; `Conflict` for the
/// last admin.
pub async fn unassign(app: &App, actor: &Actor, user_id: Uuid, role: Which<'_>) -> Result<()> {
    actor.may(Action::AssignRoles)?;
    take(&app.store, user_id, role).await
}

async fn find(at: &impl store::Rows, which: Which<'_>) -> Result<Role> {
    Ok(match which {
        Which::Id(id) => rows::get(at, id).await?,
        Which::Name(name) => rows::by_name(at, name).await?,
    })
}

pub(crate) async fn give(store: &Store, user_id: Uuid, which: Which<'_>) -> Result<()> {
    let tx = store.begin().await?;
    store::users::get(tx.rows(), user_id).await?;
    let role = find(tx.rows(), which).await?;
    rows::assign(tx.rows(), user_id, role.id).await.map_err(|error| match error {
        store::Error::Conflict(_) => Error::Conflict(refusal(
            "role_assigned",
            format!("The account has the role {} already.", role.name),
            "There is nothing to do.",
        )),
        other => other.into(),
    })?;
    tx.commit().await?;
    tracing::info!(user.id = %user_id, role = role.name, "role given");
    Ok(())
}

pub(crate) async fn take(store: &Store, user_id: Uuid, which: Which<'_>) -> Result<()> {
    let tx = store.begin().await?;
    store::users::get(tx.rows(), user_id).await?;
    let role = find(tx.rows(), which).await?;
    if role.name == ADMIN {
        users::must_leave_an_admin(tx.rows(), user_id).await?;
    }
    if !rows::unassign(tx.rows(), user_id, role.id).await? {
        return Err(Error::NotFound("assignment"));
    }
    if is_seeded(&role) {
        store::users::end_tokens(tx.rows(), user_id).await?;
    }
    tx.commit().await?;
    tracing::info!(user.id = %user_id, role = role.name, "role taken");
    Ok(())
}
