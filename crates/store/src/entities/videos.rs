//! Recordings: videos and plain audio files.

use sea_orm::entity::prelude::*;

/// One uploaded recording.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "videos")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The owner.
    pub user_id: Uuid,
    /// The name it was uploaded under, without any folder.
    pub filename: String,
    /// A name for people.
    pub title: Option<String>,
    /// A list of words.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub tags: Option<Json>,
    /// Key in the blob store, never a path of the machine.
    pub storage_path: String,
    /// Length as ffprobe measured it, seconds.
    pub duration_seconds: Option<f64>,
    /// Size of the uploaded file.
    pub size_bytes: i64,
    /// Media type by content.
    pub media_type: String,
    /// Picture width, pixels.
    pub width: Option<i32>,
    /// Picture height, pixels.
    pub height: Option<i32>,
    /// Pictures per second.
    pub frame_rate: Option<f64>,
    /// Whether there is a sound track.
    pub has_audio: bool,
    /// SHA-256 of the uploaded bytes, hexadecimal.
    pub sha256: String,
    /// `uploaded` until a later stage says otherwise.
    pub status: String,
    /// Whether the owner shared it.
    pub is_public: bool,
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
