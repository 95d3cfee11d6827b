//! Uploads under way. An open one holds room in its user's storage.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};

use crate::dialect::now;
use crate::entities::{upload_parts, uploads};
use crate::{Error, Result, UploadPart, UploadRow};

/// An upload that still takes bytes, or waits to become a recording.
pub const OPEN: &str = "open";
/// An upload that became a recording.
pub const FINISHED: &str = "finished";
/// An upload whose content was refused.
pub const REFUSED: &str = "refused";

/// What is known of an upload when it begins.
#[derive(Clone, Debug)]
pub struct NewUpload {
    /// Its id.
    pub id: Uuid,
    /// Who sends it.
    pub user_id: Uuid,
    /// The name it will have.
    pub filename: String,
    /// Bytes to hold.
    pub size_bytes: i64,
    /// Whether it comes in several requests.
    pub resumable: bool,
    /// Whether the whole pipeline starts afterwards.
    pub process: bool,
    /// Where the file will be, where that is known.
    pub storage_path: Option<String>,
    /// When it is given up.
    pub expires_at: DateTime<Utc>,
}

/// Begins an upload.
pub async fn insert(rows: &impl ConnectionTrait, new: NewUpload) -> Result<UploadRow> {
    let now = now();
    let upload = uploads::ActiveModel {
        id: Set(new.id),
        user_id: Set(new.user_id),
        filename: Set(new.filename),
        size_bytes: Set(new.size_bytes),
        offset_bytes: Set(0),
        status: Set(OPEN.to_owned()),
        resumable: Set(new.resumable),
        process: Set(new.process),
        storage_path: Set(new.storage_path),
        video_id: Set(None),
        expires_at: Set(new.expires_at),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(upload.insert(rows).await?)
}

/// An upload that has not expired.
///
/// # Errors
/// `Error::NotFound`.
pub async fn get(rows: &impl ConnectionTrait, id: Uuid) -> Result<UploadRow> {
    let query = uploads::Entity::find_by_id(id).filter(uploads::Column::ExpiresAt.gt(now()));
    query.one(rows).await?.ok_or(Error::NotFound("upload"))
}

/// Notes a piece that is safe and moves on to its end. False when the upload is no longer where the piece begins:
/// somebody else sent it, or it was ended.
pub async fn advance(rows: &impl ConnectionTrait, part: UploadPart, expires_at: DateTime<Utc>) -> Result<bool> {
    let moved = uploads::Entity::update_many()
        .col_expr(uploads::Column::OffsetBytes, Expr::value(part.offset_bytes + part.size_bytes))
        .col_expr(uploads::Column::ExpiresAt, Expr::value(expires_at))
        .col_expr(uploads::Column::UpdatedAt, Expr::value(now()))
        .filter(uploads::Column::Id.eq(part.upload_id))
        .filter(uploads::Column::OffsetBytes.eq(part.offset_bytes))
        .filter(uploads::Column::Status.eq(OPEN))
        .exec(rows)
        .await?;
    if moved.rows_affected == 0 {
        return Ok(false);
    }
    let row: upload_parts::ActiveModel = part.into();
    upload_parts::Entity::insert(row.reset_all()).exec_without_returning(rows).await?;
    Ok(true)
}

/// A piece that begins at `offset_bytes`.
pub fn part(id: Uuid, upload_id: Uuid, offset_bytes: i64, size_bytes: i64, storage_path: &str) -> UploadPart {
    let now = now();
    UploadPart {
        id,
        upload_id,
        offset_bytes,
        size_bytes,
        storage_path: storage_path.to_owned(),
        created_at: now,
        updated_at: now,
        deleted_at: None,
    }
}

/// The pieces of an upload, in order.
pub async fn parts(rows: &impl ConnectionTrait, id: Uuid) -> Result<Vec<UploadPart>> {
    let query = upload_parts::Entity::find()
        .filter(upload_parts::Column::UploadId.eq(id))
        .order_by_asc(upload_parts::Column::OffsetBytes);
    Ok(query.all(rows).await?)
}

/// Forgets the pieces of an upload; their files are for the caller to condemn.
pub async fn forget_parts(rows: &impl ConnectionTrait, id: Uuid) -> Result<()> {
    upload_parts::Entity::delete_many().filter(upload_parts::Column::UploadId.eq(id)).exec(rows).await?;
    Ok(())
}

/// Ends an open upload: it became a recording, or was refused. False when it is not open any more.
pub async fn end(rows: &impl ConnectionTrait, id: Uuid, status: &str, video_id: Option<Uuid>) -> Result<bool> {
    let ended = uploads::Entity::update_many()
        .col_expr(uploads::Column::Status, Expr::value(status))
        .col_expr(uploads::Column::VideoId, Expr::value(video_id))
        .col_expr(uploads::Column::UpdatedAt, Expr::value(now()))
        .filter(uploads::Column::Id.eq(id))
        .filter(uploads::Column::Status.eq(OPEN))
        .exec(rows)
        .await?;
    Ok(ended.rows_affected > 0)
}

/// Holds more or less room.
pub async fn hold(rows: &impl ConnectionTrait, id: Uuid, size_bytes: i64) -> Result<()> {
    let update = uploads::Entity::update_many()
        .col_expr(uploads::Column::SizeBytes, Expr::value(size_bytes))
        .filter(uploads::Column::Id.eq(id));
    update.exec(rows).await?;
    Ok(())
}

/// Removes an upload and its pieces' rows.
pub async fn remove(rows: &impl ConnectionTrait, id: Uuid) -> Result<bool> {
    Ok(uploads::Entity::delete_by_id(id).exec(rows).await?.rows_affected > 0)
}

/// Uploads that are given up, oldest first.
pub async fn expired(rows: &impl ConnectionTrait, at_most: u64) -> Result<Vec<UploadRow>> {
    let query = uploads::Entity::find()
        .filter(uploads::Column::ExpiresAt.lte(now()))
        .order_by_asc(uploads::Column::ExpiresAt)
        .limit(at_most);
    Ok(query.all(rows).await?)
}
