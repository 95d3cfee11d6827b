//! Drum kits of one's own.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder};

use crate::dialect::now;
use crate::entities::drum_kits::{ActiveModel, Column, Entity};
use crate::{DrumKit, Error, Result};

/// Stores a kit.
pub async fn insert(rows: &impl ConnectionTrait, user_id: Uuid, name: String, pieces: Json) -> Result<DrumKit> {
    let now = now();
    let kit = ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(user_id),
        name: Set(name),
        pieces: Set(pieces),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(kit.insert(rows).await?)
}

/// A live kit.
///
/// # Errors
/// `Error::NotFound`.
pub async fn get(rows: &impl ConnectionTrait, id: Uuid) -> Result<DrumKit> {
    let query = Entity::find_by_id(id).filter(Column::DeletedAt.is_null());
    query.one(rows).await?.ok_or(Error::NotFound("drum kit"))
}

/// The live kits of an account, oldest first.
pub async fn of_user(rows: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<DrumKit>> {
    let query = Entity::find().filter(Column::UserId.eq(user_id)).filter(Column::DeletedAt.is_null());
    Ok(query.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(rows).await?)
}

/// Changes a kit.
pub async fn change(rows: &impl ConnectionTrait, kit: DrumKit, name: String, pieces: Json) -> Result<DrumKit> {
    let mut kit: ActiveModel = kit.into();
    kit.name = Set(name);
    kit.pieces = Set(pieces);
    kit.updated_at = Set(now());
    Ok(kit.update(rows).await?)
}

/// Marks a kit as deleted.
pub async fn delete(rows: &impl ConnectionTrait, id: Uuid) -> Result<()> {
    let update = Entity::update_many().col_expr(Column::DeletedAt, Expr::value(now())).filter(Column::Id.eq(id));
    update.exec(rows).await?;
    Ok(())
}
