//! Strokes found in a sound track.

use sea_orm::entity::prelude::*;

/// One stroke.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "drum_events")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The sound track.
    pub audio_file_id: Uuid,
    /// Onset, seconds from the start.
    pub time_seconds: f64,
    /// Instrument id such as `hihat_open`.
    pub instrument: String,
    /// MIDI velocity, 1-127.
    pub velocity: i32,
    /// Probability, 0-1.
    pub confidence: f64,
    /// The model that found it.
    pub model_version: String,
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
