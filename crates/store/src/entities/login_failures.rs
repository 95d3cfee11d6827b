//! Failed logins in a row, by address; addresses without an account are counted alike.

use sea_orm::entity::prelude::*;

/// The failures of one address.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "login_failures")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// SHA-256 of the address in lower case, hexadecimal.
    pub address_hash: String,
    /// How many in a row.
    pub failures: i32,
    /// Until when further attempts are refused, UTC.
    pub locked_until: ChronoDateTimeUtc,
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
