//! Drum kits of one's own: which instrument is written where.

use sea_orm::DbErr;
use sea_orm::sea_query::Table;
use sea_orm_migration::schema::{json_binary, string_len, uuid};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_first_tables::{belongs_to, table};

pub(crate) struct DrumKits;

impl MigrationName for DrumKits {
    fn name(&self) -> &str {
        "m0007_drum_kits"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for DrumKits {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![uuid("user_id"), string_len("name", 128), json_binary("pieces")];
        manager.create_table(belongs_to(table("drum_kits", columns), "user_id", "users")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("drum_kits").to_owned()).await
    }
}
