//! What became of taking recordings apart; the files themselves are derived files.

use sea_orm::entity::prelude::*;

/// One recording taken apart in one way.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "separations")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The recording.
    pub video_id: Uuid,
    /// What was made of it, such as `stems`; one of each kind per recording.
    pub kind: String,
    /// Name and version of what separated.
    pub separator: String,
    /// When the hits were heard that it went by.
    pub heard_at: Option<ChronoDateTimeUtc>,
    /// How it was wanted, kept unopened.
    #[sea_orm(column_type = "JsonBinary")]
    pub options: Json,
    /// The files and their figures, kept unopened.
    #[sea_orm(column_type = "JsonBinary")]
    pub files: Json,
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
