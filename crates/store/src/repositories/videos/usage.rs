//! What recordings take: counted from rows, which know the real sizes of their files.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, ExprTrait, Func, Query, SelectStatement};
use sea_orm::{FromQueryResult, QuerySelect, QueryTrait};

use crate::Result;
use crate::entities::{audio_files, derived_files, exports, notations, uploads, videos};
use crate::repositories::uploads::OPEN;

/// What a user, or everybody, has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Live recordings.
    pub videos: u64,
    /// Soft-deleted recordings, whose files are still there.
    pub deleted_videos: u64,
    /// Seconds of the live ones.
    pub duration_s: f64,
    /// Live ones whose sound was extracted.
    pub with_audio: u64,
    /// Live ones with a notation.
    pub with_notation: u64,
    /// Bytes of every file, soft-deleted and derived ones and exports included; a file that several recordings share counts
    /// once.
    pub stored_bytes: u64,
    /// Bytes held for uploads under way.
    pub held_bytes: u64,
}

/// Bytes a user's files take and uploads under way hold: what counts against the quota.
pub async fn bytes_of_user(rows: &impl ConnectionTrait, user_id: Uuid) -> Result<u64> {
    Ok(stored_bytes(rows, Some(user_id)).await? + held_bytes(rows, Some(user_id)).await?)
}

/// What a user, or everybody, has.
pub async fn usage(rows: &impl ConnectionTrait, user_id: Option<Uuid>) -> Result<Usage> {
    let live = || mine(user_id).filter(videos::Column::DeletedAt.is_null());
    let ids = || live().select_only().column(videos::Column::Id).into_query();
    let duration: Option<Option<f64>> = live()
        .select_only()
        .column_as(videos::Column::DurationSeconds.sum(), "duration")
        .into_tuple()
        .one(rows)
        .await?;
    let heard = audio_files::Entity::find()
        .filter(audio_files::Column::DeletedAt.is_null())
        .filter(audio_files::Column::VideoId.in_subquery(ids()));
    let written = notations::Entity::find()
        .select_only()
        .column(notations::Column::VideoId)
        .distinct()
        .filter(notations::Column::DeletedAt.is_null())
        .filter(notations::Column::VideoId.in_subquery(ids()));
    Ok(Usage {
        videos: live().count(rows).await?,
        deleted_videos: mine(user_id).filter(videos::Column::DeletedAt.is_not_null()).count(rows).await?,
        duration_s: duration.flatten().unwrap_or(0.0),
        with_audio: heard.count(rows).await?,
        with_notation: written.count(rows).await?,
        stored_bytes: stored_bytes(rows, user_id).await?,
        held_bytes: held_bytes(rows, user_id).await?,
    })
}

/// A user's share of the storage.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Owner {
    /// Who.
    pub user_id: Uuid,
    /// Recordings, soft-deleted ones included.
    pub videos: i64,
    /// Bytes of them; one that is there twice counts twice here.
    pub bytes: i64,
}

/// Who stores the most recordings, largest first.
pub async fn largest_owners(rows: &impl ConnectionTrait, at_most: u64) -> Result<Vec<Owner>> {
    let bytes = || videos::Column::SizeBytes.sum().cast_as("bigint");
    let query = videos::Entity::find()
        .select_only()
        .column(videos::Column::UserId)
        .column_as(videos::Column::Id.count(), "videos")
        .column_as(bytes(), "bytes")
        .group_by(videos::Column::UserId)
        .limit(at_most);
    let query = sea_orm::QueryOrder::order_by_desc(query, bytes());
    Ok(query.into_model::<Owner>().all(rows).await?)
}

/// Live recordings and their bytes by media type, for whoever they are counted.
pub async fn by_media_type(rows: &impl ConnectionTrait, user_id: Option<Uuid>) -> Result<Vec<(String, i64, i64)>> {
    let query = mine(user_id)
        .filter(videos::Column::DeletedAt.is_null())
        .select_only()
        .column(videos::Column::MediaType)
        .column_as(videos::Column::Id.count(), "videos")
        .column_as(videos::Column::SizeBytes.sum().cast_as("bigint"), "bytes")
        .group_by(videos::Column::MediaType);
    let query = sea_orm::QueryOrder::order_by_asc(query, videos::Column::MediaType);
    Ok(query.into_tuple().all(rows).await?)
}

fn mine(user_id: Option<Uuid>) -> Select<videos::Entity> {
    let query = videos::Entity::find();
    match user_id {
        Some(user_id) => query.filter(videos::Column::UserId.eq(user_id)),
        None => query,
    }
}

async fn stored_bytes(rows: &impl ConnectionTrait, user_id: Option<Uuid>) -> Result<u64> {
    let ids = || mine(user_id).select_only().column(videos::Column::Id).into_query();
    let file = Alias::new("file");
    let files = mine(user_id)
        .select_only()
        .column_as(videos::Column::SizeBytes.max(), "bytes")
        .group_by(videos::Column::StoragePath)
        .into_query();
    let recordings = Query::select().expr(total(Expr::col(Alias::new("bytes")))).from_subquery(files, file).to_owned();
    let sound = audio_files::Entity::find()
        .select_only()
        .expr(total(Expr::col(audio_files::Column::SizeBytes)))
        .filter(audio_files::Column::VideoId.in_subquery(ids()))
        .into_query();
    let derived = derived_files::Entity::find()
        .select_only()
        .expr(total(Expr::col(derived_files::Column::SizeBytes)))
        .filter(derived_files::Column::VideoId.in_subquery(ids()))
        .into_query();
    let mut made = exports::Entity::find().select_only().expr(total(Expr::col(exports::Column::SizeBytes)));
    if let Some(user_id) = user_id {
        made = made.filter(exports::Column::UserId.eq(user_id));
    }
    let of_recordings = one(rows, recordings).await? + one(rows, sound).await? + one(rows, derived).await?;
    Ok(of_recordings + one(rows, made.into_query()).await?)
}

async fn held_bytes(rows: &impl ConnectionTrait, user_id: Option<Uuid>) -> Result<u64> {
    let mut held = uploads::Entity::find()
        .select_only()
        .expr(total(Expr::col(uploads::Column::SizeBytes)))
        .filter(uploads::Column::Status.eq(OPEN))
        .filter(uploads::Column::ExpiresAt.gt(crate::now()));
    if let Some(user_id) = user_id {
        held = held.filter(uploads::Column::UserId.eq(user_id));
    }
    one(rows, held.into_query()).await
}

/// A sum of big integers, which is a numeric on PostgreSQL, hence the cast; 0 of nothing.
fn total(bytes: Expr) -> Expr {
    let sum: Expr = Func::sum(bytes).into();
    Func::coalesce([sum, Expr::val(0)]).cast_as("bigint")
}

async fn one(rows: &impl ConnectionTrait, query: SelectStatement) -> Result<u64> {
    let row = rows.query_one(&query).await?;
    let bytes: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    Ok(u64::try_from(bytes).unwrap_or(0))
}
