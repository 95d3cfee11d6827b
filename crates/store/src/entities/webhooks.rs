//! Addresses that want to be called.

use sea_orm::entity::prelude::*;

/// One address.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose jobs it is about.
    pub user_id: Uuid,
    /// Where to call.
    pub url: String,
    /// A list of names of events.
    #[sea_orm(column_type = "JsonBinary")]
    pub events: Json,
    /// Whether it is called at all.
    pub active: bool,
    /// How often its secret was changed.
    pub generation: i32,
    /// When it was last changed.
    pub rotated_at: Option<ChronoDateTimeUtc>,
    /// When the row was made, UTC.
    pub created_at: ChronoDateTimeUtc,
    /// When the row last changed, UTC.
    pub updated_at: ChronoDateTimeUtc,
}

/// No relations: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
