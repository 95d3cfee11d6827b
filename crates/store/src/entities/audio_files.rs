//! Sound extracted from recordings, and what was heard in it.

use sea_orm::entity::prelude::*;

/// One extracted sound track.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audio_files")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The recording it came from.
    pub video_id: Uuid,
    /// Key in the blob store.
    pub storage_path: String,
    /// `flac`.
    pub file_format: String,
    /// Hz.
    pub sample_rate: i32,
    /// Number of channels.
    pub channels: i32,
    /// Length in seconds.
    pub duration_seconds: f64,
    /// Size of the file.
    pub size_bytes: i64,
    /// What was heard: a document of the domain, kept unopened.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub analysis: Option<Json>,
    /// The model that listened.
    pub model_version: Option<String>,
    /// Number of strokes found.
    pub detected_events: Option<i32>,
    /// Their mean confidence, 0-1.
    pub confidence_avg: Option<f64>,
    /// When it was listened to.
    pub analyzed_at: Option<ChronoDateTimeUtc>,
    /// When the row was made, UTC.
    pub created_at: ChronoDateTimeUtc,
    /// When the row last changed, UTC.
    pub updated_at: ChronoDateTimeUtc,
    /// Set when the row was soft-deleted.
    pub deleted_at: Option<ChronoDateTimeUtc>,
}

/// No relations: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
