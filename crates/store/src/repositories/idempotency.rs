//! Idempotency keys: who comes first answers, the others are given the same answer.

use std::time::Duration;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde_json::Value as Document;

use crate::dialect::now;
use crate::entities::idempotency_keys as keys;
use crate::{Error, Result};

/// What is known of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// Nothing: it is the caller's now, to be answered or released.
    Mine(Uuid),
    /// Another request with it is being answered.
    Taken,
    /// It was answered.
    Answered {
        /// Hash of the body that came with it.
        body_hash: String,
        /// The answer.
        answer: Document,
    },
}

/// Claims a key for `hold`; forgets the keys that are over.
pub async fn claim(rows: &impl ConnectionTrait, fingerprint: &str, hold: Duration) -> Result<Claim> {
    let now = now();
    remove_over(rows).await?;
    let id = Uuid::now_v7();
    let fresh = keys::ActiveModel {
        id: Set(id),
        fingerprint: Set(fingerprint.to_owned()),
        body_hash: Set(None),
        answer: Set(None),
        expires_at: Set(now + hold),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    match fresh.insert(rows).await.map_err(Error::from) {
        Ok(_) => return Ok(Claim::Mine(id)),
        Err(Error::Conflict(_)) => {}
        Err(other) => return Err(other),
    }
    let there = keys::Entity::find().filter(keys::Column::Fingerprint.eq(fingerprint)).one(rows).await?;
    Ok(match there {
        Some(keys::Model { body_hash: Some(body_hash), answer: Some(answer), .. }) => {
            Claim::Answered { body_hash, answer }
        }
        _ => Claim::Taken,
    })
}

/// Forgets the keys that are over; gives how many.
pub async fn remove_over(rows: &impl ConnectionTrait) -> Result<u64> {
    Ok(keys::Entity::delete_many().filter(keys::Column::ExpiresAt.lt(now())).exec(rows).await?.rows_affected)
}

/// Keeps the answer to a claimed key for `keep`.
pub async fn answer(
    rows: &impl ConnectionTrait,
    id: Uuid,
    body_hash: &str,
    answer: Document,
    keep: Duration,
) -> Result<()> {
    let now = now();
    let update = keys::Entity::update_many()
        .col_expr(keys::Column::BodyHash, Expr::value(body_hash))
        .col_expr(keys::Column::Answer, Expr::value(answer))
        .col_expr(keys::Column::ExpiresAt, Expr::value(now + keep))
        .col_expr(keys::Column::UpdatedAt, Expr::value(now))
        .filter(keys::Column::Id.eq(id));
    update.exec(rows).await?;
    Ok(())
}

/// Gives a claimed key up: the next request with it is answered anew.
pub async fn release(rows: &impl ConnectionTrait, id: Uuid) -> Result<()> {
    keys::Entity::delete_by_id(id).exec(rows).await?;
    Ok(())
}
