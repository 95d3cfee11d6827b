//! What guards the door: failed logins in a row, and the links that make the first admin.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict};

use crate::Result;
use crate::dialect::now;
use crate::entities::{login_failures, setup_links};

/// Failed logins in a row of an address, and until when further ones are refused.
pub async fn failures(rows: &impl ConnectionTrait, address_hash: &str) -> Result<Option<(i32, DateTime<Utc>)>> {
    let found = login_failures::Entity::find().filter(login_failures::Column::AddressHash.eq(address_hash));
    Ok(found.one(rows).await?.map(|row| (row.failures, row.locked_until)))
}

/// Counts one more failure; how many there are now.
pub async fn count_failure(rows: &impl ConnectionTrait, address_hash: &str) -> Result<i32> {
    let now = now();
    let first = login_failures::ActiveModel {
        id: Set(Uuid::now_v7()),
        address_hash: Set(address_hash.to_owned()),
        failures: Set(1),
        locked_until: Set(now),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    let count = Expr::col((login_failures::Entity, login_failures::Column::Failures)).add(1);
    let again = OnConflict::column(login_failures::Column::AddressHash)
        .value(login_failures::Column::Failures, count)
        .value(login_failures::Column::UpdatedAt, Expr::value(now))
        .to_owned();
    let row = login_failures::Entity::insert(first).on_conflict(again).exec_with_returning(rows).await?;
    Ok(row.failures)
}

/// Refuses further attempts until then.
pub async fn lock(rows: &impl ConnectionTrait, address_hash: &str, until: DateTime<Utc>) -> Result<()> {
    let update = login_failures::Entity::update_many()
        .col_expr(login_failures::Column::LockedUntil, Expr::value(until))
        .filter(login_failures::Column::AddressHash.eq(address_hash));
    update.exec(rows).await?;
    Ok(())
}

/// Forgets an address's failures, and those of addresses that nobody tried since `before`.
pub async fn forget_failures(
    rows: &impl ConnectionTrait,
    address_hash: Option<&str>,
    before: DateTime<Utc>,
) -> Result<()> {
    let mut which = login_failures::Column::UpdatedAt.lt(before);
    if let Some(address_hash) = address_hash {
        which = which.or(login_failures::Column::AddressHash.eq(address_hash));
    }
    login_failures::Entity::delete_many().filter(which).exec(rows).await?;
    Ok(())
}

/// Keeps a setup link.
pub async fn add_setup_link(rows: &impl ConnectionTrait, token_hash: &str, until: DateTime<Utc>) -> Result<()> {
    let now = now();
    let link = setup_links::ActiveModel {
        id: Set(Uuid::now_v7()),
        token_hash: Set(token_hash.to_owned()),
        expires_at: Set(until),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    link.insert(rows).await?;
    Ok(())
}

/// Removes setup links that work no more; gives how many.
pub async fn remove_setup_links(rows: &impl ConnectionTrait) -> Result<u64> {
    let over = setup_links::Column::ExpiresAt.lt(now()).or(setup_links::Column::DeletedAt.is_not_null());
    Ok(setup_links::Entity::delete_many().filter(over).exec(rows).await?.rows_affected)
}

/// Whether there is such a setup link that still works.
pub async fn is_setup_link(rows: &impl ConnectionTrait, token_hash: &str) -> Result<bool> {
    let query = setup_links::Entity::find()
        .filter(setup_links::Column::TokenHash.eq(token_hash))
        .filter(setup_links::Column::DeletedAt.is_null())
        .filter(setup_links::Column::ExpiresAt.gt(now()));
    Ok(query.count(rows).await? > 0)
}

/// Uses a setup link up; false when there is none such, or no more.
pub async fn use_setup_link(rows: &impl ConnectionTrait, token_hash: &str) -> Result<bool> {
    let update = setup_links::Entity::update_many()
        .col_expr(setup_links::Column::DeletedAt, Expr::value(now()))
        .filter(setup_links::Column::TokenHash.eq(token_hash))
        .filter(setup_links::Column::DeletedAt.is_null())
        .filter(setup_links::Column::ExpiresAt.gt(now()));
    Ok(update.exec(rows).await?.rows_affected == 1)
}
