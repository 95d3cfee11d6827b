//! Notations as files that were made in the background.

use sea_orm::sea_query::Table;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{big_integer, integer, string, string_len, timestamp_with_time_zone as time, uuid};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_first_tables::{belongs_to, table};

pub(crate) struct Exports;

impl MigrationName for Exports {
    fn name(&self) -> &str {
        "m0016_exports"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Exports {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            uuid("user_id"),
            uuid("notation_id"),
            integer("revision"),
            string_len("format", 32),
            string_len("wish", 64),
            string("filename"),
            string("media_type"),
            string("storage_path"),
            big_integer("size_bytes"),
            string_len("sha256", 64),
            time("expires_at"),
        ];
        let exports = belongs_to(table("exports", columns), "user_id", "users");
        manager.create_table(belongs_to(exports, "notation_id", "notations")).await?;
        for index in [
            "CREATE UNIQUE INDEX exports_live_wish ON exports (notation_id, wish) WHERE deleted_at IS NULL",
            "CREATE INDEX exports_by_user ON exports (user_id)",
            "CREATE INDEX exports_by_expiry ON exports (expires_at)",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("exports").to_owned()).await
    }
}
