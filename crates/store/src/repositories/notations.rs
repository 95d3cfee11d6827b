//! Written scores.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder};

use crate::dialect::now;
use crate::entities::notations;
use crate::{Error, Notation, Result};

/// What is known of a notation when it is stored.
#[derive(Clone, Debug)]
pub struct NewNotation {
    /// The recording.
    pub video_id: Uuid,
    /// The sound track it was heard in.
    pub audio_file_id: Option<Uuid>,
    /// Printed on top.
    pub title: String,
    /// Beats a minute, as printed.
    pub tempo: f64,
    /// Such as `4/4`.
    pub time_signature: String,
    /// How many.
    pub measures: i32,
    /// The score, unopened here.
    pub notation_json: serde_json::Value,
    /// What was played, unopened here.
    pub performance_json: serde_json::Value,
    /// The model that listened.
    pub model_version: Option<String>,
    /// Remarks and settings.
    pub report: Option<serde_json::Value>,
}

/// Stores a notation.
pub async fn insert(rows: &impl ConnectionTrait, new: NewNotation) -> Result<Notation> {
    let now = now();
    let notation = notations::ActiveModel {
        id: Set(Uuid::now_v7()),
        video_id: Set(new.video_id),
        audio_file_id: Set(new.audio_file_id),
        title: Set(new.title),
        tempo: Set(new.tempo),
        time_signature: Set(new.time_signature),
        measures: Set(new.measures),
        notation_json: Set(new.notation_json),
        performance_json: Set(new.performance_json),
        model_version: Set(new.model_version),
        report: Set(new.report),
        revision: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(notation.insert(rows).await?)
}

/// A live notation.
///
/// # Errors
/// `Error::NotFound`.
pub async fn get(rows: &impl ConnectionTrait, id: Uuid) -> Result<Notation> {
    let query = notations::Entity::find_by_id(id).filter(notations::Column::DeletedAt.is_null());
    query.one(rows).await?.ok_or(Error::NotFound("notation"))
}

/// The newest live notation of a recording.
pub async fn newest_of_video(rows: &impl ConnectionTrait, video_id: Uuid) -> Result<Option<Notation>> {
    let query = notations::Entity::find()
        .filter(notations::Column::VideoId.eq(video_id))
        .filter(notations::Column::DeletedAt.is_null())
        .order_by_desc(notations::Column::CreatedAt)
        .order_by_desc(notations::Column::Id);
    Ok(query.one(rows).await?)
}
