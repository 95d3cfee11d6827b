//! Accounts and which roles they have.

use std::collections::{HashMap, HashSet};

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, IntoCondition, Query};
use sea_orm::{ActiveValue::Set, JoinType, QueryOrder, QuerySelect};

use crate::dialect::now;
use crate::entities::{roles, sessions, user_roles, users};
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

/// An account, live or closed.
///
/// # Errors
/// `Error::NotFound`.
pub async fn any(rows: &impl ConnectionTrait, id: Uuid) -> Result<User> {
    users::Entity::find_by_id(id).one(rows).await?.ok_or(Error::NotFound("user"))
}

/// The live account of a session that is not ended, and its live roles by name: one question for each request that comes
/// with a token.
///
/// # Errors
/// `Error::NotFound`.
pub async fn of_session(
    rows: &impl ConnectionTrait,
    id: Uuid,
    version: i32,
    session_id: Uuid,
) -> Result<(User, Vec<Role>)> {
    let session = Query::select()
        .expr(Expr::val(1))
        .from(sessions::Entity)
        .and_where(Expr::col((sessions::Entity, sessions::Column::Id)).eq(session_id))
        .and_where(Expr::col((sessions::Entity, sessions::Column::UserId)).eq(id))
        .and_where(Expr::col((sessions::Entity, sessions::Column::DeletedAt)).is_null())
        .to_owned();
    // The conditions on roles belong to the joins: an account without roles is there all the same.
    let assigned = users::Entity::belongs_to(user_roles::Entity)
        .from(users::Column::Id)
        .to(user_roles::Column::UserId)
        .on_condition(|_, right| Expr::col((right, user_roles::Column::DeletedAt)).is_null().into_condition());
    let role = user_roles::Entity::belongs_to(roles::Entity)
        .from(user_roles::Column::RoleId)
        .to(roles::Column::Id)
        .on_condition(|_, right| Expr::col((right, roles::Column::DeletedAt)).is_null().into_condition());
    let query = users::Entity::find_by_id(id)
        .join(JoinType::LeftJoin, assigned.into())
        .join(JoinType::LeftJoin, role.into())
        .filter(users::Column::DeletedAt.is_null())
        .filter(users::Column::TokenVersion.eq(version))
        .filter(Expr::exists(session))
        .select_also(roles::Entity)
        .order_by_asc(roles::Column::Name);
    let found = query.all(rows).await?;
    let user = found.first().map(|(user, _)| user.clone()).ok_or(Error::NotFound("user"))?;
    Ok((user, found.into_iter().filter_map(|(_, role)| role).collect()))
}

/// The account with this address that was closed last.
pub async fn find_closed_by_email(rows: &impl ConnectionTrait, email: &str) -> Result<Option<User>> {
    let query = users::Entity::find()
        .filter(users::Column::EmailKey.eq(email_key(email)))
        .filter(users::Column::DeletedAt.is_not_null())
        .order_by_desc(users::Column::DeletedAt);
    Ok(query.one(rows).await?)
}

/// The live roles of many accounts, each by name.
pub async fn roles_of_many(rows: &impl ConnectionTrait, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Role>>> {
    let assigned: Vec<(Uuid, Uuid)> = user_roles::Entity::find()
        .select_only()
        .column(user_roles::Column::UserId)
        .column(user_roles::Column::RoleId)
        .filter(user_roles::Column::UserId.is_in(ids.iter().copied()))
        .filter(user_roles::Column::DeletedAt.is_null())
        .into_tuple()
        .all(rows)
        .await?;
    let role_ids: HashSet<Uuid> = assigned.iter().map(|(_, role)| *role).collect();
    let query = roles::Entity::find()
        .filter(roles::Column::Id.is_in(role_ids))
        .filter(roles::Column::DeletedAt.is_null())
        .order_by_asc(roles::Column::Name);
    let mut of_user: HashMap<Uuid, Vec<Role>> = HashMap::new();
    for role in query.all(rows).await? {
        for (user, _) in assigned.iter().filter(|(_, id)| *id == role.id) {
            of_user.entry(*user).or_default().push(role.clone());
        }
    }
    Ok(of_user)
}

/// Accounts, oldest first.
pub async fn list(rows: &impl ConnectionTrait, skip: u64, limit: u64, include_deleted: bool) -> Result<Vec<User>> {
    let mut query = users::Entity::find().order_by_asc(users::Column::CreatedAt).order_by_asc(users::Column::Id);
    if !include_deleted {
        query = query.filter(users::Column::DeletedAt.is_null());
    }
    Ok(query.offset(super::offset(skip)).limit(limit).all(rows).await?)
}

/// How many accounts there are.
pub async fn count(rows: &impl ConnectionTrait, include_deleted: bool) -> Result<u64> {
    let mut query = users::Entity::find();
    if !include_deleted {
        query = query.filter(users::Column::DeletedAt.is_null());
    }
    Ok(query.count(rows).await?)
}

/// Ends all tokens of an account.
pub async fn end_tokens(rows: &impl ConnectionTrait, id: Uuid) -> Result<()> {
    let update = users::Entity::update_many()
        .col_expr(users::Column::TokenVersion, Expr::col(users::Column::TokenVersion).add(1))
        .filter(users::Column::Id.eq(id));
    update.exec(rows).await?;
    Ok(())
}

/// Closes an account, or reopens it; either ends all its tokens.
///
/// # Errors
/// `Error::Conflict` when a live account has the address by now.
pub async fn set_deleted(rows: &impl ConnectionTrait, user: User, deleted: bool) -> Result<User> {
    let version = user.token_version;
    let mut changed: users::ActiveModel = user.into();
    changed.deleted_at = Set(deleted.then(now));
    changed.token_version = Set(version.wrapping_add(1));
    changed.updated_at = Set(now());
    Ok(changed.update(rows).await?)
}

/// Removes an account with every row that belongs to it, and condemns the files of those rows; gives their keys.
pub async fn remove(rows: &impl ConnectionTrait, id: Uuid) -> Result<Vec<String>> {
    let keys = super::files::of_user(rows, id).await?;
    super::files::condemn(rows, &keys).await?;
    users::Entity::delete_by_id(id).exec(rows).await?;
    Ok(keys)
}
