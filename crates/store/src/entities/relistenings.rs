//! What another model heard in the recording of a notation, until somebody takes it over or drops it.

use sea_orm::entity::prelude::*;

/// One hearing.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "relistenings")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The notation it is for.
    pub notation_id: Uuid,
    /// The registered model; none for the one in the executable.
    pub model_id: Option<Uuid>,
    /// Its name and version.
    pub model_version: String,
    /// The job that listened.
    pub job_id: Option<Uuid>,
    /// The revision the notation was in when it was asked for.
    pub base_revision: i32,
    /// What was heard, unopened here.
    #[sea_orm(column_type = "JsonBinary")]
    pub performance_json: Json,
    /// Doubts and advice, unopened here.
    #[sea_orm(column_type = "JsonBinary")]
    pub remarks: Json,
    /// When it was heard, UTC.
    pub created_at: ChronoDateTimeUtc,
    /// When the row last changed, UTC.
    pub updated_at: ChronoDateTimeUtc,
    /// When it was taken over or dropped.
    pub deleted_at: Option<ChronoDateTimeUtc>,
}

/// No relations: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
