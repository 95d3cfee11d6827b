//! Pieces of resumable uploads.

use sea_orm::entity::prelude::*;

/// One piece.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "upload_parts")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The upload.
    pub upload_id: Uuid,
    /// Where it begins in the file.
    pub offset_bytes: i64,
    /// How long it is.
    pub size_bytes: i64,
    /// Key in the blob store.
    pub storage_path: String,
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
