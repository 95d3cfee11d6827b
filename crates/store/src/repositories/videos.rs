//! Recordings.

mod listing;
mod usage;

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};

use crate::dialect::now;
use crate::entities::videos;
use crate::{Error, Result, Video};

pub use listing::{Listing, Sort, list};
pub use usage::{Owner, Usage, by_media_type, bytes_of_user, largest_owners, usage};

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

/// A recording, live or soft-deleted.
///
/// # Errors
/// `Error::NotFound`.
pub async fn get_any(rows: &impl ConnectionTrait, id: Uuid) -> Result<Video> {
    videos::Entity::find_by_id(id).one(rows).await?.ok_or(Error::NotFound("video"))
}

/// Several live recordings; those that are not there are left out.
pub async fn get_several(rows: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<Video>> {
    let query = videos::Entity::find()
        .filter(videos::Column::Id.is_in(ids.iter().copied()))
        .filter(videos::Column::DeletedAt.is_null())
        .order_by_desc(videos::Column::Id);
    Ok(query.all(rows).await?)
}

/// What an owner may change; `None` leaves a thing as it is.
#[derive(Clone, Debug, Default)]
pub struct Revision {
    /// The file name.
    pub filename: Option<String>,
    /// A name for people, or none any more.
    pub title: Option<Option<String>>,
    /// Words.
    pub tags: Option<Vec<String>>,
    /// Whether anybody may see it.
    pub is_public: Option<bool>,
}

/// Changes a recording.
pub async fn revise(rows: &impl ConnectionTrait, video: Video, revision: Revision) -> Result<Video> {
    let mut changed: videos::ActiveModel = video.into();
    if let Some(filename) = revision.filename {
        changed.filename = Set(filename);
    }
    if let Some(title) = revision.title {
        changed.title = Set(title);
    }
    if let Some(tags) = revision.tags {
        changed.tags = Set((!tags.is_empty()).then(|| tags.into()));
    }
    if let Some(is_public) = revision.is_public {
        changed.is_public = Set(is_public);
    }
    changed.updated_at = Set(now());
    Ok(changed.update(rows).await?)
}

/// Soft-deletes a recording, or brings it back.
pub async fn set_deleted(rows: &impl ConnectionTrait, video: Video, deleted: bool) -> Result<Video> {
    let mut changed: videos::ActiveModel = video.into();
    changed.deleted_at = Set(deleted.then(now));
    changed.updated_at = Set(now());
    Ok(changed.update(rows).await?)
}

/// Deletes a recording's row and with it everything that hangs on it; the files are for the caller to condemn.
pub async fn remove(rows: &impl ConnectionTrait, id: Uuid) -> Result<()> {
    videos::Entity::delete_by_id(id).exec(rows).await?;
    Ok(())
}

/// The file names of a user's live recordings that begin with `start`.
pub async fn names_beginning(rows: &impl ConnectionTrait, user_id: Uuid, start: &str) -> Result<Vec<String>> {
    let query = videos::Entity::find()
        .select_only()
        .column(videos::Column::Filename)
        .filter(videos::Column::UserId.eq(user_id))
        .filter(videos::Column::DeletedAt.is_null())
        .filter(videos::Column::Filename.starts_with(start));
    Ok(query.into_tuple().all(rows).await?)
}

/// Whether a live recording of this user has this very name.
pub async fn name_taken(rows: &impl ConnectionTrait, user_id: Uuid, filename: &str) -> Result<bool> {
    let query = videos::Entity::find()
        .filter(videos::Column::UserId.eq(user_id))
        .filter(videos::Column::DeletedAt.is_null())
        .filter(videos::Column::Filename.eq(filename));
    Ok(query.count(rows).await? > 0)
}

/// A recording of this user with these very bytes, soft-deleted ones included.
pub async fn same_content(
    rows: &impl ConnectionTrait,
    user_id: Uuid,
    sha256: &str,
    size_bytes: i64,
) -> Result<Option<Video>> {
    let query = videos::Entity::find()
        .filter(videos::Column::UserId.eq(user_id))
        .filter(videos::Column::Sha256.eq(sha256))
        .filter(videos::Column::SizeBytes.eq(size_bytes))
        .order_by_asc(videos::Column::Id);
    Ok(query.one(rows).await?)
}

/// Recordings soft-deleted before a time, oldest first.
pub async fn deleted_before(rows: &impl ConnectionTrait, time: DateTime<Utc>, at_most: u64) -> Result<Vec<Video>> {
    let query = videos::Entity::find()
        .filter(videos::Column::DeletedAt.lt(time))
        .order_by_asc(videos::Column::DeletedAt)
        .limit(at_most);
    Ok(query.all(rows).await?)
}
