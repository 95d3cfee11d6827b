//! Written scores.

use sea_orm::entity::prelude::*;

/// One notation, in its current revision.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notations")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The owner.
    pub user_id: Uuid,
    /// The recording, unless it was made from posted events.
    pub video_id: Option<Uuid>,
    /// The sound track it was heard in.
    pub audio_file_id: Option<Uuid>,
    /// Printed on top.
    pub title: String,
    /// Beats a minute, as printed.
    pub tempo: f64,
    /// Such as `4/4`.
    pub time_signature: String,
    /// Number of measures.
    pub measures: i32,
    /// The score: a versioned document of the domain, kept unopened.
    #[sea_orm(column_type = "JsonBinary")]
    pub notation_json: Json,
    /// What was played: a versioned document of the domain, kept unopened.
    #[sea_orm(column_type = "JsonBinary")]
    pub performance_json: Json,
    /// The model that listened.
    pub model_version: Option<String>,
    /// Remarks and settings.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub report: Option<Json>,
    /// Which of its revisions this is.
    pub revision: i32,
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
