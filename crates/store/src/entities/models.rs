//! Registered listening models.

use sea_orm::entity::prelude::*;

/// One version of a model.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "models")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Such as `drum-hits`.
    pub name: String,
    /// Such as `1.0.0`.
    pub version: String,
    /// `onset_detection`, `classification` or `separation`.
    pub model_type: String,
    /// Key in the blob store.
    pub storage_path: String,
    /// SHA-256 of the weights, hexadecimal.
    pub sha256: String,
    /// For people.
    pub description: Option<String>,
    /// Measured quality.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub metrics: Option<Json>,
    /// Whether new jobs use it.
    pub is_active: bool,
    /// The card, TOML.
    pub card: String,
    /// Bytes of the weights.
    pub size_bytes: i64,
    /// `registered`, `verified` or `refused`.
    pub status: String,
    /// What came of checking it, unopened here.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub verdict: Option<Json>,
    /// When it was checked, UTC.
    pub verified_at: Option<ChronoDateTimeUtc>,
    /// When it last became the active one, UTC.
    pub activated_at: Option<ChronoDateTimeUtc>,
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
