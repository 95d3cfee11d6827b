//! Accounts and which roles they have.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};

use crate::dialect::now;
use crate::entities::{roles, user_roles, users};
use crate::{Error, Result, Role, User};

/// The form in which addresses are compared.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Makes an account.
///
/// # Errors
/// `Error::Conflict` when a live account has the address.
pub async fn insert(rows: &impl ConnectionTrait, email: &str, hashed_password: &str) -> Result<User> {
    let now = now();
    let user = users::ActiveModel {
        id: Set(Uuid::now_v7()),
        email: Set(email.trim().to_owned()),
        email_key: Set(email_key(email)),
        hashed_password: Set(hashed_password.to_owned()),
        token_version: Set(0),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(user.insert(rows).await?)
}

/// A live account.
///
/// # Errors
/// `Error::NotFound`.
pub async fn get(rows: &impl ConnectionTrait, id: Uuid) -> Result<User> {
    let query = users::Entity::find_by_id(id).filter(users::Column::DeletedAt.is_null());
    query.one(rows).await?.ok_or(Error::NotFound("user"))
}

/// A live account, locked until the transaction ends (SQLite has locked everything already).
pub async fn lock(rows: &impl ConnectionTrait, id: Uuid) -> Result<User> {
    let query = users::Entity::find_by_id(id).filter(users::Column::DeletedAt.is_null()).lock_exclusive();
    query.one(rows).await?.ok_or(Error::NotFound("user"))
}

/// The live account with this address, in whatever case it is written.
pub async fn find_by_email(rows: &impl ConnectionTrait, email: &str) -> Result<Option<User>> {
    let query = users::Entity::find()
        .filter(users::Column::EmailKey.eq(email_key(email)))
        .filter(users::Column::DeletedAt.is_null());
    Ok(query.one(rows).await?)
}

/// Changes the address.
pub async fn set_email(rows: &impl ConnectionTrait, user: User, email: &str) -> Result<User> {
    let mut changed: users::ActiveModel = user.into();
    changed.email = Set(email.trim().to_owned());
    changed.email_key = Set(email_key(email));
    changed.updated_at = Set(now());
    Ok(changed.update(rows).await?)
}

/// Changes the password, which ends all older tokens.
pub async fn set_password(rows: &impl ConnectionTrait, user: User, hashed_password: &str) -> Result<User> {
    let version = user.token_version;
    let mut changed: users::ActiveModel = user.into();
    changed.hashed_password = Set(hashed_password.to_owned());
    changed.token_version = Set(version.wrapping_add(1));
    changed.updated_at = Set(now());
    Ok(changed.update(rows).await?)
}

/// The live roles of an account, by name.
pub async fn roles_of(rows: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<Role>> {
    let assigned = Query::select()
        .column(user_roles::Column::RoleId)
        .from(user_roles::Entity)
        .and_where(user_roles::Column::UserId.eq(user_id))
        .and_where(user_roles::Column::DeletedAt.is_null())
        .to_owned();
    let query = roles::Entity::find()
        .filter(roles::Column::Id.in_subquery(assigned))
        .filter(roles::Column::DeletedAt.is_null())
        .order_by_asc(roles::Column::Name);
    Ok(query.all(rows).await?)
}

/// Gives an account a role.
///
/// # Errors
/// `Error::Conflict` when it has it already.
pub async fn assign_role(rows: &impl ConnectionTrait, user_id: Uuid, role_id: Uuid) -> Result<()> {
    let now = now();
    let assignment = user_roles::ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(user_id),
        role_id: Set(role_id),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    assignment.insert(rows).await?;
    Ok(())
}
