//! Recordings.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, SimpleExpr};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};

use crate::dialect::now;
use crate::entities::{audio_files, videos};
use crate::{Error, Page, Paging, Result, Video};

/// What is known of a recording when it is stored.
#[derive(Clone, Debug)]
pub struct NewVideo {
    /// Its id, chosen before its file was stored.
    pub id: Uuid,
    /// The owner.
    pub user_id: Uuid,
    /// Its name, without folders.
    pub filename: String,
    /// Key in the blob store.
    pub storage_path: String,
    /// Length, seconds.
    pub duration_seconds: Option<f64>,
    /// Bytes.
    pub size_bytes: i64,
    /// By content.
    pub media_type: String,
    /// Pixels.
    pub width: Option<i32>,
    /// Pixels.
    pub height: Option<i32>,
    /// Pictures per second.
    pub frame_rate: Option<f64>,
    /// Whether there is sound.
    pub has_audio: bool,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// Stores a recording's row.
pub async fn insert(rows: &impl ConnectionTrait, new: NewVideo) -> Result<Video> {
    let now = now();
    let video = videos::ActiveModel {
        id: Set(new.id),
        user_id: Set(new.user_id),
        filename: Set(new.filename),
        title: Set(None),
        tags: Set(None),
        storage_path: Set(new.storage_path),
        duration_seconds: Set(new.duration_seconds),
        size_bytes: Set(new.size_bytes),
        media_type: Set(new.media_type),
        width: Set(new.width),
        height: Set(new.height),
        frame_rate: Set(new.frame_rate),
        has_audio: Set(new.has_audio),
        sha256: Set(new.sha256),
        status: Set("uploaded".to_owned()),
        is_public: Set(false),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(video.insert(rows).await?)
}

/// A live recording.
///
/// # Errors
/// `Error::NotFound`.
pub async fn get(rows: &impl ConnectionTrait, id: Uuid) -> Result<Video> {
    let query = videos::Entity::find_by_id(id).filter(videos::Column::DeletedAt.is_null());
    query.one(rows).await?.ok_or(Error::NotFound("video"))
}

/// Notes the length of a recording whose header did not tell it.
pub async fn set_duration(rows: &impl ConnectionTrait, id: Uuid, duration_s: f64) -> Result<()> {
    let update = videos::Entity::update_many()
        .col_expr(videos::Column::DurationSeconds, Expr::value(duration_s))
        .col_expr(videos::Column::UpdatedAt, Expr::value(now()))
        .filter(videos::Column::Id.eq(id));
    update.exec(rows).await?;
    Ok(())
}

/// Live recordings, newest first; of one user or of all.
pub async fn list(rows: &impl ConnectionTrait, user_id: Option<Uuid>, paging: Paging) -> Result<Page<Video>> {
    let mut query = videos::Entity::find().filter(videos::Column::DeletedAt.is_null());
    if let Some(user_id) = user_id {
        query = query.filter(videos::Column::UserId.eq(user_id));
    }
    let query = query.order_by_desc(videos::Column::CreatedAt).order_by_desc(videos::Column::Id);
    super::page(rows, query, paging).await
}

/// Bytes a user's recordings and the sound made from them take, soft-deleted ones included: their files are still there.
pub async fn bytes_of_user(rows: &impl ConnectionTrait, user_id: Uuid) -> Result<u64> {
    // A sum of big integers is a numeric on PostgreSQL, hence the cast.
    let sum = |bytes: SimpleExpr| bytes.cast_as("bigint");
    let videos: Option<Option<i64>> = videos::Entity::find()
        .select_only()
        .column_as(sum(videos::Column::SizeBytes.sum()), "bytes")
        .filter(videos::Column::UserId.eq(user_id))
        .into_tuple()
        .one(rows)
        .await?;
    let mine =
        videos::Entity::find().select_only().column(videos::Column::Id).filter(videos::Column::UserId.eq(user_id));
    let audio: Option<Option<i64>> = audio_files::Entity::find()
        .select_only()
        .column_as(sum(audio_files::Column::SizeBytes.sum()), "bytes")
        .filter(audio_files::Column::VideoId.in_subquery(sea_orm::QueryTrait::into_query(mine)))
        .into_tuple()
        .one(rows)
        .await?;
    let bytes = |sum: Option<Option<i64>>| u64::try_from(sum.flatten().unwrap_or(0)).unwrap_or(0);
    Ok(bytes(videos) + bytes(audio))
}
