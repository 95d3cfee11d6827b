//! What became of taking recordings apart: how it was done, what came out, and how sure it is. The files are derived
//! files.

use sea_orm::sea_query::Table;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{json_binary, string, string_len, timestamp_with_time_zone_null as time_null, uuid};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_first_tables::{belongs_to, table};

pub(crate) struct Separations;

impl MigrationName for Separations {
    fn name(&self) -> &str {
        "m0013_separations"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Separations {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            uuid("video_id"),
            string_len("kind", 16),
            string("separator"),
            time_null("heard_at"),
            json_binary("options"),
            json_binary("files"),
        ];
        manager.create_table(belongs_to(table("separations", columns), "video_id", "videos")).await?;
        let once = "CREATE UNIQUE INDEX separations_live_kind ON separations (video_id, kind) WHERE deleted_at IS NULL";
        manager.get_connection().execute_unprepared(once).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("separations").to_owned()).await
    }
}
