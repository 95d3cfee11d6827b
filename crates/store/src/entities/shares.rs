//! Links by which anybody may look at a recording.

use sea_orm::entity::prelude::*;

/// One link.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "shares")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The recording.
    pub video_id: Uuid,
    /// SHA-256 of the token in the link, hexadecimal; the token itself is not kept.
    pub token_hash: String,
    /// When it ends, if ever.
    pub expires_at: Option<ChronoDateTimeUtc>,
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
