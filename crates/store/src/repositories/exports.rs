//! Notations as files that were made in the background. Rows and their files go together: whoever removes a row condemns
//! its file.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, Select};

use crate::dialect::now;
use crate::entities::exports::{ActiveModel, Column, Entity};
use crate::repositories::files;
use crate::{Error, Export, Result};

/// What is known of an export when it is stored.
#[derive(Clone, Debug)]
pub struct NewExport {
    /// Its id, chosen before the file was stored.
    pub id: Uuid,
    /// Whose notation it is.
    pub user_id: Uuid,
    /// The notation.
    pub notation_id: Uuid,
    /// Its revision.
    pub revision: i32,
    /// Id of the format.
    pub format: String,
    /// Another one where another file would come out.
    pub wish: String,
    /// Name for whoever saves it.
    pub filename: String,
    /// Media type.
    pub media_type: String,
    /// Key in the blob store.
    pub storage_path: String,
    /// Bytes.
    pub size_bytes: i64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// When it is removed.
    pub expires_at: DateTime<Utc>,
}

/// Stores an export's row.
///
/// # Errors
/// `Error::Conflict` where the same was made already, `Error::NotFound` when notation or account are gone.
pub async fn insert(rows: &impl ConnectionTrait, new: NewExport) -> Result<Export> {
    let now = now();
    let row = ActiveModel {
        id: Set(new.id),
        user_id: Set(new.user_id),
        notation_id: Set(new.notation_id),
        revision: Set(new.revision),
        format: Set(new.format),
        wish: Set(new.wish),
        filename: Set(new.filename),
        media_type: Set(new.media_type),
        storage_path: Set(new.storage_path),
        size_bytes: Set(new.size_bytes),
        sha256: Set(new.sha256),
        expires_at: Set(new.expires_at),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(row.insert(rows).await?)
}

/// The exports of a notation that have not expired.
fn live(notation_id: Uuid) -> Select<Entity> {
    Entity::find()
        .filter(Column::NotationId.eq(notation_id))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::ExpiresAt.gt(now()))
}

/// The exports of a notation, newest first.
pub async fn of_notation(rows: &impl ConnectionTrait, notation_id: Uuid) -> Result<Vec<Export>> {
    Ok(live(notation_id).order_by_desc(Column::Id).all(rows).await?)
}

/// An export of a notation.
///
/// # Errors
/// `Error::NotFound`, also once it expired.
pub async fn get(rows: &impl ConnectionTrait, notation_id: Uuid, id: Uuid) -> Result<Export> {
    live(notation_id).filter(Column::Id.eq(id)).one(rows).await?.ok_or(Error::NotFound("export"))
}

/// The same file made before, expired or not.
pub async fn of_wish(rows: &impl ConnectionTrait, notation_id: Uuid, wish: &str) -> Result<Option<Export>> {
    let query = Entity::find()
        .filter(Column::NotationId.eq(notation_id))
        .filter(Column::Wish.eq(wish))
        .filter(Column::DeletedAt.is_null());
    Ok(query.one(rows).await?)
}

/// Keeps an export longer.
pub async fn keep_until(rows: &impl ConnectionTrait, export: Export, expires_at: DateTime<Utc>) -> Result<Export> {
    let mut row = export.into_active_model();
    row.expires_at = Set(expires_at);
    row.updated_at = Set(now());
    Ok(row.update(rows).await?)
}

/// Removes exports and condemns their files; gives the keys of these.
pub async fn remove(rows: &impl ConnectionTrait, exports: &[Export]) -> Result<Vec<String>> {
    let ids = exports.iter().map(|export| export.id);
    Entity::delete_many().filter(Column::Id.is_in(ids)).exec(rows).await?;
    let keys: Vec<String> = exports.iter().map(|export| export.storage_path.clone()).collect();
    files::condemn(rows, &keys).await?;
    Ok(keys)
}

/// All exports of a notation, expired or not.
pub async fn all_of_notation(rows: &impl ConnectionTrait, notation_id: Uuid) -> Result<Vec<Export>> {
    Ok(Entity::find().filter(Column::NotationId.eq(notation_id)).all(rows).await?)
}

/// Exports whose time is over, at most so many.
pub async fn expired(rows: &impl ConnectionTrait, at_most: u64) -> Result<Vec<Export>> {
    let query = Entity::find().filter(Column::ExpiresAt.lte(now())).order_by_asc(Column::Id).limit(at_most);
    Ok(query.all(rows).await?)
}
