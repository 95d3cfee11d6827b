//! Sessions and the refresh tokens that prolong them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, QuerySelect, QueryTrait};

use crate::dialect::now;
use crate::entities::{refresh_tokens, sessions};
use crate::{Error, Result, Session};

/// Begins a session and forgets the user's over ones.
pub async fn begin(rows: &impl ConnectionTrait, user_id: Uuid, lasts: Duration) -> Result<Session> {
    let now = now();
    let over = sessions::Entity::delete_many()
        .filter(sessions::Column::UserId.eq(user_id))
        .filter(sessions::Column::ExpiresAt.lt(now));
    over.exec(rows).await?;
    let session = sessions::ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(user_id),
        expires_at: Set(now + lasts),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(session.insert(rows).await?)
}

/// A session that is not over.
///
/// # Errors
/// `Error::NotFound`.
pub async fn live(rows: &impl ConnectionTrait, id: Uuid) -> Result<Session> {
    let query = sessions::Entity::find_by_id(id)
        .filter(sessions::Column::DeletedAt.is_null())
        .filter(sessions::Column::ExpiresAt.gt(now()));
    query.one(rows).await?.ok_or(Error::NotFound("session"))
}

/// Ends a session, and with it all its tokens.
pub async fn end(rows: &impl ConnectionTrait, id: Uuid) -> Result<()> {
    end_where(rows, sessions::Column::Id.eq(id)).await
}

/// Ends all sessions of a user.
pub async fn end_all(rows: &impl ConnectionTrait, user_id: Uuid) -> Result<()> {
    end_where(rows, sessions::Column::UserId.eq(user_id)).await
}

async fn end_where(rows: &impl ConnectionTrait, which: sea_orm::sea_query::SimpleExpr) -> Result<()> {
    let update = sessions::Entity::update_many()
        .col_expr(sessions::Column::DeletedAt, Expr::value(now()))
        .col_expr(sessions::Column::UpdatedAt, Expr::value(now()))
        .filter(which)
        .filter(sessions::Column::DeletedAt.is_null());
    update.exec(rows).await?;
    Ok(())
}

/// Removes sessions that were over or ended before `before`, with their tokens, at most `limit` at a time; gives how many.
pub async fn remove_over(rows: &impl ConnectionTrait, before: DateTime<Utc>, limit: u64) -> Result<u64> {
    let over = sessions::Column::ExpiresAt.lt(before).or(sessions::Column::DeletedAt.lt(before));
    let ids = sessions::Entity::find().select_only().column(sessions::Column::Id).filter(over).limit(limit);
    let gone = sessions::Entity::delete_many().filter(sessions::Column::Id.in_subquery(ids.into_query()));
    Ok(gone.exec(rows).await?.rows_affected)
}

/// Keeps a new refresh token of a session.
pub async fn add_token(rows: &impl ConnectionTrait, session_id: Uuid, token_hash: &str) -> Result<()> {
    let now = now();
    let token = refresh_tokens::ActiveModel {
        id: Set(Uuid::now_v7()),
        session_id: Set(session_id),
        token_hash: Set(token_hash.to_owned()),
        used_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    token.insert(rows).await?;
    Ok(())
}

/// What became of a refresh token that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// It was good and is used up now; its session.
    Now(Uuid),
    /// It had been used before; its session.
    Before(Uuid),
}

/// Uses a refresh token up: of several at the same time one wins.
///
/// # Errors
/// `Error::NotFound` for a token that was never given out, or whose account is gone.
pub async fn spend_token(rows: &impl ConnectionTrait, token_hash: &str) -> Result<Spent> {
    let token = refresh_tokens::Entity::find()
        .filter(refresh_tokens::Column::TokenHash.eq(token_hash))
        .one(rows)
        .await?
        .ok_or(Error::NotFound("token"))?;
    let update = refresh_tokens::Entity::update_many()
        .col_expr(refresh_tokens::Column::UsedAt, Expr::value(now()))
        .col_expr(refresh_tokens::Column::UpdatedAt, Expr::value(now()))
        .filter(refresh_tokens::Column::Id.eq(token.id))
        .filter(refresh_tokens::Column::UsedAt.is_null());
    let spent = update.exec(rows).await?.rows_affected == 1;
    Ok(if spent { Spent::Now(token.session_id) } else { Spent::Before(token.session_id) })
}
