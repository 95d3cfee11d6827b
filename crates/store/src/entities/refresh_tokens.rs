//! Refresh tokens: each buys one new pair of tokens; a used one that comes back was stolen.

use sea_orm::entity::prelude::*;

/// One refresh token.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The session it prolongs.
    pub session_id: Uuid,
    /// SHA-256 of the token, hexadecimal; the token itself is kept nowhere.
    pub token_hash: String,
    /// When it was used, UTC.
    pub used_at: Option<ChronoDateTimeUtc>,
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
