//! The mark on the target of a move: there while the move is under way, so that nobody takes half an installation for whole.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, DatabaseConnection};

use super::tables;
use crate::dialect::now;
use crate::entities::{moves, roles, user_roles};
use crate::{Error, Result, Store};

/// Roles that every fresh database has.
const SEEDED: [&str; 3] = ["user", "admin", "premium"];

/// Where the rows come from, if this database is the target of a move that is not finished.
pub async fn unfinished(rows: &impl ConnectionTrait) -> Result<Option<String>> {
    let open = moves::Entity::find().filter(moves::Column::FinishedAt.is_null());
    Ok(open.one(rows).await?.map(|row| row.origin))
}

/// Whether the database has the beginning of a move from there.
///
/// # Errors
/// `TargetInUse` when it has other data.
pub(super) async fn check(to: &Store, origin: &str) -> Result<bool> {
    let begun = match moves::Entity::find().filter(moves::Column::FinishedAt.is_null()).one(to.rows()).await {
        Ok(open) => open,
        // A database of before this table has no move in it.
        Err(_) if to.migrate_status().await?.iter().any(|migration| !migration.applied) => None,
        Err(error) => return Err(error.into()),
    };
    match begun {
        Some(open) if open.origin == origin => return Ok(true),
        Some(open) => {
            let what = format!("the beginning of a move from {}", open.origin);
            return Err(Error::TargetInUse(what));
        }
        None => {}
    }
    for table in tables::all() {
        let rows = match table.name {
            "roles" => own_roles(to.rows()).await?,
            _ => table.count(&to.rows().into()).await?,
        };
        if rows > 0 {
            return Err(Error::TargetInUse(format!("{rows} rows in {}", table.name)));
        }
    }
    Ok(false)
}

async fn own_roles(rows: &DatabaseConnection) -> Result<u64> {
    Ok(roles::Entity::find().filter(roles::Column::Name.is_not_in(SEEDED)).count(rows).await?)
}

/// Marks an empty target, or sees that the mark is there, and makes room for the roles of the source.
pub(super) async fn begin(to: &Store, origin: &str) -> Result<()> {
    if check(to, origin).await? {
        return Ok(());
    }
    let now = now();
    let tx = to.begin().await?;
    let mark = moves::ActiveModel {
        id: Set(Uuid::now_v7()),
        origin: Set(origin.to_owned()),
        finished_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    mark.insert(tx.rows()).await?;
    user_roles::Entity::delete_many().exec(tx.rows()).await?;
    roles::Entity::delete_many().exec(tx.rows()).await?;
    tx.commit().await
}

/// Takes the mark off: the target is whole.
pub(super) async fn finish(to: &Store) -> Result<()> {
    let open = moves::Entity::update_many()
        .col_expr(moves::Column::FinishedAt, Expr::value(now()))
        .col_expr(moves::Column::UpdatedAt, Expr::value(now()))
        .filter(moves::Column::FinishedAt.is_null());
    open.exec(to.rows()).await?;
    Ok(())
}
