//! Uploads under way, and the room they take before their files are there.

use sea_orm::entity::prelude::*;

/// One upload.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "uploads")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who sends it.
    pub user_id: Uuid,
    /// The name it will have.
    pub filename: String,
    /// Bytes announced, or set aside where nothing was announced.
    pub size_bytes: i64,
    /// Bytes that have arrived and are safe.
    pub offset_bytes: i64,
    /// `open`, `finished` or `refused`.
    pub status: String,
    /// Whether it comes in several requests.
    pub resumable: bool,
    /// Whether the whole pipeline starts when it is there.
    pub process: bool,
    /// Where the file will be, so that nobody takes it for an orphan.
    pub storage_path: Option<String>,
    /// The recording it became.
    pub video_id: Option<Uuid>,
    /// When it is given up.
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
