//! What became of taking recordings apart. A separation and its derived files come and go in one transaction.

use sea_orm::ActiveValue::Set;
use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;

use crate::dialect::now;
use crate::entities::{derived_files, separations};
use crate::repositories::files;
use crate::{Error, Result, Separation};

/// What is known of a separation when it is stored.
#[derive(Clone, Debug)]
pub struct NewSeparation {
    /// The recording.
    pub video_id: Uuid,
    /// What was made.
    pub kind: String,
    /// Name and version of what separated.
    pub separator: String,
    /// When the hits were heard.
    pub heard_at: Option<ChronoDateTimeUtc>,
    /// How it was wanted.
    pub options: Json,
    /// The files and their figures.
    pub files: Json,
}

/// Stores a separation's row; its files have rows of their own.
///
/// # Errors
/// `Error::Conflict` when the recording has one of this kind, `Error::NotFound` when the recording is gone.
pub async fn insert(rows: &impl ConnectionTrait, new: NewSeparation) -> Result<Separation> {
    let now = now();
    let row = separations::ActiveModel {
        id: Set(Uuid::now_v7()),
        video_id: Set(new.video_id),
        kind: Set(new.kind),
        separator: Set(new.separator),
        heard_at: Set(new.heard_at),
        options: Set(new.options),
        files: Set(new.files),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(row.insert(rows).await?)
}

/// The separation of this kind, if it was made.
pub async fn of_video(rows: &impl ConnectionTrait, video_id: Uuid, kind: &str) -> Result<Option<Separation>> {
    let query = separations::Entity::find()
        .filter(separations::Column::VideoId.eq(video_id))
        .filter(separations::Column::Kind.eq(kind))
        .filter(separations::Column::DeletedAt.is_null());
    Ok(query.one(rows).await?)
}

/// Every separation of a recording.
pub async fn all_of_video(rows: &impl ConnectionTrait, video_id: Uuid) -> Result<Vec<Separation>> {
    let query = separations::Entity::find()
        .filter(separations::Column::VideoId.eq(video_id))
        .filter(separations::Column::DeletedAt.is_null());
    Ok(query.all(rows).await?)
}

/// Removes a separation with the rows of its files, and condemns these; gives their keys.
pub async fn remove(rows: &impl ConnectionTrait, separation: &Separation) -> Result<Vec<String>> {
    let own = derived_files::Column::Kind.starts_with(prefix(&separation.kind));
    let of_video = derived_files::Column::VideoId.eq(separation.video_id);
    let found = derived_files::Entity::find().filter(of_video.clone()).filter(own.clone());
    let keys: Vec<String> =
        found.select_only().column(derived_files::Column::StoragePath).into_tuple().all(rows).await?;
    derived_files::Entity::delete_many().filter(of_video).filter(own).exec(rows).await?;
    separations::Entity::delete_by_id(separation.id).exec(rows).await?;
    files::condemn(rows, &keys).await?;
    Ok(keys)
}

/// The kind of a derived file that belongs to a separation.
pub fn kind_of_file(kind: &str, name: &str) -> String {
    format!("{}{name}", prefix(kind))
}

fn prefix(kind: &str) -> String {
    format!("{kind}:")
}

/// Sound that is kept, counted from rows.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundUsage {
    /// What it is: `extracted`, or a kind of separation.
    pub kind: String,
    /// How many recordings have it.
    pub recordings: u64,
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Everybody's sound, by what it is.
pub async fn usage(rows: &impl ConnectionTrait, kinds: &[&str]) -> Result<Vec<SoundUsage>> {
    let mut found = Vec::new();
    for kind in kinds {
        let own = derived_files::Entity::find().filter(derived_files::Column::Kind.starts_with(prefix(kind)));
        let sizes: Vec<i64> = own.select_only().column(derived_files::Column::SizeBytes).into_tuple().all(rows).await?;
        let made = separations::Entity::find()
            .filter(separations::Column::Kind.eq(*kind))
            .filter(separations::Column::DeletedAt.is_null());
        found.push(SoundUsage {
            kind: (*kind).to_owned(),
            recordings: made.count(rows).await?,
            files: sizes.len() as u64,
            bytes: sizes.iter().map(|bytes| u64::try_from(*bytes).unwrap_or(0)).sum(),
        });
    }
    Ok(found)
}

/// Separations older than `before`, at most so many, oldest first.
pub async fn older_than(
    rows: &impl ConnectionTrait,
    before: ChronoDateTimeUtc,
    at_most: u64,
) -> Result<Vec<Separation>> {
    let query = separations::Entity::find().filter(separations::Column::CreatedAt.lt(before)).limit(at_most);
    Ok(sea_orm::QueryOrder::order_by_asc(query, separations::Column::Id).all(rows).await?)
}

/// One derived file by its id.
///
/// # Errors
/// `Error::NotFound`.
pub async fn file(rows: &impl ConnectionTrait, video_id: Uuid, kind: &str, name: &str) -> Result<crate::DerivedFile> {
    let file = crate::derived_files::of_video(rows, video_id, &kind_of_file(kind, name)).await?;
    file.ok_or(Error::NotFound("stem"))
}
