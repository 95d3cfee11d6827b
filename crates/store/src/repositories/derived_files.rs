//! Files made from recordings that can be made again.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::dialect::now;
use crate::entities::derived_files;
use crate::{DerivedFile, Result};

/// What is known of a derived file when it is stored.
#[derive(Clone, Debug)]
pub struct NewDerivedFile {
    /// Its id, chosen before the file was stored.
    pub id: Uuid,
    /// The recording.
    pub video_id: Uuid,
    /// What it is.
    pub kind: String,
    /// Key in the blob store.
    pub storage_path: String,
    /// Media type.
    pub media_type: String,
    /// Bytes.
    pub size_bytes: i64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// Stores a derived file's row.
///
/// # Errors
/// `Error::Conflict` when the recording has one of this kind already, `Error::NotFound` when the recording is gone.
pub async fn insert(rows: &impl ConnectionTrait, new: NewDerivedFile) -> Result<DerivedFile> {
    let now = now();
    let file = derived_files::ActiveModel {
        id: Set(new.id),
        video_id: Set(new.video_id),
        kind: Set(new.kind),
        storage_path: Set(new.storage_path),
        media_type: Set(new.media_type),
        size_bytes: Set(new.size_bytes),
        sha256: Set(new.sha256),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(file.insert(rows).await?)
}

/// The file of this kind, if it was made.
pub async fn of_video(rows: &impl ConnectionTrait, video_id: Uuid, kind: &str) -> Result<Option<DerivedFile>> {
    let query = derived_files::Entity::find()
        .filter(derived_files::Column::VideoId.eq(video_id))
        .filter(derived_files::Column::Kind.eq(kind))
        .filter(derived_files::Column::DeletedAt.is_null());
    Ok(query.one(rows).await?)
}
