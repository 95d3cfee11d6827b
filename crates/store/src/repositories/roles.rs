//! Roles and who has them.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};

use crate::dialect::now;
use crate::entities::{roles, user_roles, users};
use crate::{Error, Result, Role, User};

/// The live role of this name.
///
/// # Errors
/// `Error::NotFound`.
pub async fn by_name(rows: &impl ConnectionTrait, name: &str) -> Result<Role> {
    let query = roles::Entity::find().filter(roles::Column::Name.eq(name)).filter(roles::Column::DeletedAt.is_null());
    query.one(rows).await?.ok_or(Error::NotFound("role"))
}

/// The live role of this name, locked until the transaction ends, so that no two change who has it at the same time.
///
/// # Errors
/// `Error::NotFound`.
pub async fn lock_by_name(rows: &impl ConnectionTrait, name: &str) -> Result<Role> {
    let query = roles::Entity::find().filter(roles::Column::Name.eq(name)).filter(roles::Column::DeletedAt.is_null());
    query.lock_exclusive().one(rows).await?.ok_or(Error::NotFound("role"))
}

/// A live role.
///
/// # Errors
/// `Error::NotFound`.
pub async fn get(rows: &impl ConnectionTrait, id: Uuid) -> Result<Role> {
    let role = any(rows, id).await?;
    if role.deleted_at.is_some() { Err(Error::NotFound("role")) } else { Ok(role) }
}

/// A role, live or deleted.
///
/// # Errors
/// `Error::NotFound`.
pub async fn any(rows: &impl ConnectionTrait, id: Uuid) -> Result<Role> {
    roles::Entity::find_by_id(id).one(rows).await?.ok_or(Error::NotFound("role"))
}

/// Roles, oldest first.
pub async fn list(rows: &impl ConnectionTrait, skip: u64, limit: u64, include_deleted: bool) -> Result<Vec<Role>> {
    let mut query = roles::Entity::find().order_by_asc(roles::Column::CreatedAt).order_by_asc(roles::Column::Id);
    if !include_deleted {
        query = query.filter(roles::Column::DeletedAt.is_null());
    }
    Ok(query.offset(super::offset(skip)).limit(limit).all(rows).await?)
}

/// How many live roles there are.
pub async fn count(rows: &impl ConnectionTrait) -> Result<u64> {
    Ok(roles::Entity::find().filter(roles::Column::DeletedAt.is_null()).count(rows).await?)
}

/// Makes a role.
///
/// # Errors
/// `Error::Conflict` when a live role has the name.
pub async fn insert(rows: &impl ConnectionTrait, name: &str, description: Option<String>) -> Result<Role> {
    let now = now();
    let role = roles::ActiveModel {
        id: Set(Uuid::now_v7()),
        name: Set(name.to_owned()),
        description: Set(description),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(role.insert(rows).await?)
}

/// Changes what is given.
///
/// # Errors
/// `Error::Conflict` when a live role has the name.
pub async fn change(
    rows: &impl ConnectionTrait,
    role: Role,
    name: Option<String>,
    description: Option<Option<String>>,
) -> Result<Role> {
    let mut changed: roles::ActiveModel = role.into();
    if let Some(name) = name {
        changed.name = Set(name);
    }
    if let Some(description) = description {
        changed.description = Set(description);
    }
    changed.updated_at = Set(now());
    Ok(changed.update(rows).await?)
}

/// Deletes a role softly, or takes that back.
///
/// # Errors
/// `Error::Conflict` when a live role has the name by now.
pub async fn set_deleted(rows: &impl ConnectionTrait, role: Role, deleted: bool) -> Result<Role> {
    let mut changed: roles::ActiveModel = role.into();
    changed.deleted_at = Set(deleted.then(now));
    changed.updated_at = Set(now());
    Ok(changed.update(rows).await?)
}

/// Removes a role with its assignments.
pub async fn remove(rows: &impl ConnectionTrait, id: Uuid) -> Result<()> {
    roles::Entity::delete_by_id(id).exec(rows).await?;
    Ok(())
}

/// The live accounts that have a role, oldest first.
pub async fn holders(rows: &impl ConnectionTrait, role_id: Uuid, skip: u64, limit: u64) -> Result<Vec<User>> {
    let query = users::Entity::find()
        .filter(users::Column::Id.in_subquery(holder_ids(role_id)))
        .filter(users::Column::DeletedAt.is_null())
        .order_by_asc(users::Column::CreatedAt)
        .order_by_asc(users::Column::Id);
    Ok(query.offset(super::offset(skip)).limit(limit).all(rows).await?)
}

fn holder_ids(role_id: Uuid) -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column(user_roles::Column::UserId)
        .from(user_roles::Entity)
        .and_where(user_roles::Column::RoleId.eq(role_id))
        .and_where(user_roles::Column::DeletedAt.is_null())
        .to_owned()
}

/// Gives an account a role.
///
/// # Errors
/// `Error::Conflict` when it has it already.
pub async fn assign(rows: &impl ConnectionTrait, user_id: Uuid, role_id: Uuid) -> Result<()> {
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

/// Takes a role from an account; whether it had it.
pub async fn unassign(rows: &impl ConnectionTrait, user_id: Uuid, role_id: Uuid) -> Result<bool> {
    let delete = user_roles::Entity::delete_many()
        .filter(user_roles::Column::UserId.eq(user_id))
        .filter(user_roles::Column::RoleId.eq(role_id));
    Ok(delete.exec(rows).await?.rows_affected > 0)
}
