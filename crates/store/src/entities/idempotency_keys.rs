//! Idempotency keys: what was answered to a request that may be sent again.

use sea_orm::entity::prelude::*;

/// One key and its answer.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// SHA-256 of caller, route and key, hexadecimal.
    pub fingerprint: String,
    /// Keyed hash of the body, hexadecimal; none while the first request is being answered.
    pub body_hash: Option<String>,
    /// The answer, as the edge keeps it; none while the first request is being answered.
    pub answer: Option<Json>,
    /// When it is forgotten, UTC.
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
