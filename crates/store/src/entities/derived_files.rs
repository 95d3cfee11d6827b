//! Files made from recordings that can be made again: thumbnails, outlines of the sound, stems.

use sea_orm::entity::prelude::*;

/// One derived file.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "derived_files")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The recording.
    pub video_id: Uuid,
    /// What it is, such as `thumbnail`; of a separation its kind and the stem, such as `stems:kick`.
    pub kind: String,
    /// Key in the blob store.
    pub storage_path: String,
    /// Media type.
    pub media_type: String,
    /// Size of the file.
    pub size_bytes: i64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
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
