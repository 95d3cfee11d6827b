//! Notations as files that were made in the background; each is kept for a while.

use sea_orm::entity::prelude::*;

/// One export.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "exports")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose notation it is.
    pub user_id: Uuid,
    /// The notation.
    pub notation_id: Uuid,
    /// Its revision.
    pub revision: i32,
    /// Id of the format.
    pub format: String,
    /// Another one where another file would come out: notation, revision, format, kit and options.
    pub wish: String,
    /// Name for whoever saves it.
    pub filename: String,
    /// Media type.
    pub media_type: String,
    /// Key in the blob store.
    pub storage_path: String,
    /// Size of the file.
    pub size_bytes: i64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// When it is removed, UTC.
    pub expires_at: ChronoDateTimeUtc,
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
