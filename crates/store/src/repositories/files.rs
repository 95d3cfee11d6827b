//! Which files belong to rows, and which are to go.
//!
//! Conventions: rows decide. Whoever deletes rows condemns their files in the same transaction; removing them comes
//! after it and is tried again until it works. So no row is ever without its file, and a file outlives its row only
//! until the next sweep. Keys are used once, so a condemned key never comes back to life.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, QueryTrait};

use crate::dialect::now;
use crate::entities::{
    audio_files, condemned_files, derived_files, exports, models, notations, upload_parts, uploads, videos,
};
use crate::{BlobKey, Result, Video};

/// Rows written with one statement.
const ROWS_PER_INSERT: usize = 500;

/// Marks files for removal, in the transaction that deletes their rows.
pub async fn condemn(rows: &impl ConnectionTrait, keys: &[String]) -> Result<()> {
    let now = now();
    for keys in keys.chunks(ROWS_PER_INSERT) {
        let condemned = keys.iter().map(|key| condemned_files::ActiveModel {
            id: Set(Uuid::now_v7()),
            storage_path: Set(key.clone()),
            created_at: Set(now),
            updated_at: Set(now),
            deleted_at: Set(None),
        });
        let once = OnConflict::column(condemned_files::Column::StoragePath).do_nothing().to_owned();
        condemned_files::Entity::insert_many(condemned).on_conflict(once).exec_without_returning(rows).await?;
    }
    Ok(())
}

/// Files to be removed, oldest first; none that a recording still has, whatever was condemned.
pub async fn condemned(rows: &impl ConnectionTrait, at_most: u64) -> Result<Vec<BlobKey>> {
    let live = Query::select().column(videos::Column::StoragePath).from(videos::Entity).to_owned();
    let query = condemned_files::Entity::find()
        .filter(condemned_files::Column::StoragePath.not_in_subquery(live))
        .order_by_asc(condemned_files::Column::Id)
        .limit(at_most);
    let all = query.all(rows).await?;
    Ok(all.into_iter().map(|row| BlobKey::stored(&row.storage_path)).collect())
}

/// Notes that a condemned file is gone.
pub async fn forget(rows: &impl ConnectionTrait, key: &BlobKey) -> Result<()> {
    let gone = condemned_files::Entity::delete_many().filter(condemned_files::Column::StoragePath.eq(key.as_str()));
    gone.exec(rows).await?;
    Ok(())
}

/// The files that only this recording has: its own unless another row shares it, its sound, what was derived, and what was
/// made of its notations.
pub async fn of_video(rows: &impl ConnectionTrait, video: &Video) -> Result<Vec<String>> {
    let sharing = videos::Entity::find()
        .filter(videos::Column::StoragePath.eq(video.storage_path.as_str()))
        .filter(videos::Column::Id.ne(video.id));
    let mut keys = Vec::new();
    if sharing.one(rows).await?.is_none() {
        keys.push(video.storage_path.clone());
    }
    let sound = audio_files::Entity::find()
        .select_only()
        .column(audio_files::Column::StoragePath)
        .filter(audio_files::Column::VideoId.eq(video.id));
    keys.extend(sound.into_tuple::<String>().all(rows).await?);
    let derived = derived_files::Entity::find()
        .select_only()
        .column(derived_files::Column::StoragePath)
        .filter(derived_files::Column::VideoId.eq(video.id));
    keys.extend(derived.into_tuple::<String>().all(rows).await?);
    let written = notations::Entity::find().select_only().column(notations::Column::Id);
    let written = written.filter(notations::Column::VideoId.eq(video.id)).into_query();
    let made = exports::Entity::find()
        .select_only()
        .column(exports::Column::StoragePath)
        .filter(exports::Column::NotationId.in_subquery(written));
    keys.extend(made.into_tuple::<String>().all(rows).await?);
    Ok(keys)
}

/// Every file of a user, uploads under way included: what to condemn before the account's row goes for good.
pub async fn of_user(rows: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<String>> {
    let videos = || videos::Entity::find().select_only().filter(videos::Column::UserId.eq(user_id));
    let ids = || videos().column(videos::Column::Id).into_query();
    let mine =
        uploads::Entity::find().select_only().column(uploads::Column::Id).filter(uploads::Column::UserId.eq(user_id));
    let mut keys: Vec<String> = videos().column(videos::Column::StoragePath).distinct().into_tuple().all(rows).await?;
    let sound = audio_files::Entity::find().select_only().column(audio_files::Column::StoragePath);
    keys.extend(sound.filter(audio_files::Column::VideoId.in_subquery(ids())).into_tuple::<String>().all(rows).await?);
    let derived = derived_files::Entity::find().select_only().column(derived_files::Column::StoragePath);
    let derived = derived.filter(derived_files::Column::VideoId.in_subquery(ids()));
    keys.extend(derived.into_tuple::<String>().all(rows).await?);
    let made = exports::Entity::find().select_only().column(exports::Column::StoragePath);
    keys.extend(made.filter(exports::Column::UserId.eq(user_id)).into_tuple::<String>().all(rows).await?);
    let parts = upload_parts::Entity::find().select_only().column(upload_parts::Column::StoragePath);
    let parts = parts.filter(upload_parts::Column::UploadId.in_subquery(mine.into_query()));
    keys.extend(parts.into_tuple::<String>().all(rows).await?);
    Ok(keys)
}

/// A family of files: the folder they are in is the first part of their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Uploaded recordings.
    Recordings,
    /// Extracted sound.
    Sound,
    /// Thumbnails, outlines.
    Derived,
    /// Notations as files.
    Exports,
    /// Pieces of uploads.
    Uploads,
    /// Weights of registered models.
    Models,
}

impl Family {
    /// Those that are searched for orphans.
    pub const ALL: [Self; 6] =
        [Self::Recordings, Self::Sound, Self::Derived, Self::Exports, Self::Uploads, Self::Models];

    /// The first part of the keys.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Recordings => "recordings",
            Self::Sound => "sound",
            Self::Derived => "derived",
            Self::Exports => "exports",
            Self::Uploads => "uploads",
            Self::Models => "models",
        }
    }
}

/// Those of `keys` that a row names, one that is soft-deleted or under way included.
pub async fn known(rows: &impl ConnectionTrait, family: Family, keys: &[String]) -> Result<Vec<String>> {
    macro_rules! named_by {
        ($table:ident) => {{
            let query = $table::Entity::find().select_only().column($table::Column::StoragePath);
            let query = query.filter($table::Column::StoragePath.is_in(keys));
            query.into_tuple::<String>().all(rows).await?
        }};
    }
    Ok(match family {
        Family::Recordings => [named_by!(videos), named_by!(uploads)].concat(),
        Family::Sound => named_by!(audio_files),
        Family::Derived => named_by!(derived_files),
        Family::Exports => named_by!(exports),
        Family::Uploads => named_by!(upload_parts),
        Family::Models => named_by!(models),
    })
}
