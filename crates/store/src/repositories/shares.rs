//! Links by which anybody may look at a recording.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};

use crate::dialect::now;
use crate::entities::shares;
use crate::{Error, Result, Share};

/// Makes a link.
pub async fn insert(
    rows: &impl ConnectionTrait,
    video_id: Uuid,
    token_hash: String,
    expires_at: Option<DateTime<Utc>>,
) -> Result<Share> {
    let now = now();
    let share = shares::ActiveModel {
        id: Set(Uuid::now_v7()),
        video_id: Set(video_id),
        token_hash: Set(token_hash),
        expires_at: Set(expires_at),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(share.insert(rows).await?)
}

/// Links listed at once.
const LISTED_MAX: u64 = 1000;

/// The links of a recording, newest first, ended ones included.
pub async fn of_video(rows: &impl ConnectionTrait, video_id: Uuid) -> Result<Vec<Share>> {
    let query = shares::Entity::find()
        .filter(shares::Column::VideoId.eq(video_id))
        .filter(shares::Column::DeletedAt.is_null())
        .order_by_desc(shares::Column::Id)
        .limit(LISTED_MAX);
    Ok(query.all(rows).await?)
}

/// The link with this token, unless it has ended.
///
/// # Errors
/// `Error::NotFound`.
pub async fn by_token(rows: &impl ConnectionTrait, token_hash: &str) -> Result<Share> {
    let share = shares::Entity::find()
        .filter(shares::Column::TokenHash.eq(token_hash))
        .filter(shares::Column::DeletedAt.is_null())
        .one(rows)
        .await?;
    share.filter(|share| share.expires_at.is_none_or(|end| end > now())).ok_or(Error::NotFound("share"))
}

/// Takes a link back. False when there is none.
pub async fn remove(rows: &impl ConnectionTrait, video_id: Uuid, id: Uuid) -> Result<bool> {
    let removed = shares::Entity::delete_many()
        .filter(shares::Column::Id.eq(id))
        .filter(shares::Column::VideoId.eq(video_id))
        .exec(rows)
        .await?;
    Ok(removed.rows_affected > 0)
}
