//! Every state a notation had.

use sea_orm::entity::prelude::*;

/// One state of a notation, as the step that made it out of its parent.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "revisions")]
pub struct Model {
    /// UUID v7; of the first revision of an old notation, that notation's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The notation.
    pub notation_id: Uuid,
    /// Its number, from 1, never used twice.
    pub revision: i32,
    /// The revision it was made from; none for the first.
    pub parent: Option<i32>,
    /// Its child made last, which a redo leads to.
    pub redo_to: Option<i32>,
    /// What was done, in words.
    #[sea_orm(column_type = "Text")]
    pub summary: String,
    /// A name somebody gave it.
    pub name: Option<String>,
    /// Beats a minute, as printed.
    pub tempo: f64,
    /// Such as `4/4`.
    pub time_signature: String,
    /// Number of measures.
    pub measures: i32,
    /// The model that listened.
    pub model_version: Option<String>,
    /// The step to its parent, kept unopened.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub back: Option<Json>,
    /// The step from its parent, kept unopened.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub forth: Option<Json>,
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
