//! What a registered model says of itself, what came of checking it, and that one is active for each task; scores heard
//! anew that wait for their owners' word.

use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{
    big_integer, integer, json_binary, json_binary_null, string_len, text, timestamp_with_time_zone_null as time_null,
    uuid, uuid_null,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_first_tables::{belongs_to, table};

pub(crate) struct Models;

impl MigrationName for Models {
    fn name(&self) -> &str {
        "m0010_models"
    }
}

/// The columns that models get, in the order they are added.
fn columns() -> [(&'static str, ColumnDef); 6] {
    [
        ("card", text("card").default("").to_owned()),
        ("size_bytes", big_integer("size_bytes").default(0).to_owned()),
        ("status", string_len("status", 16).default("registered").to_owned()),
        ("verdict", json_binary_null("verdict")),
        ("verified_at", time_null("verified_at")),
        ("activated_at", time_null("activated_at")),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Models {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (_, mut column) in columns() {
            manager.alter_table(Table::alter().table("models").add_column(&mut column).to_owned()).await?;
        }
        let heard = table(
            "relistenings",
            vec![
                uuid("notation_id"),
                uuid_null("model_id"),
                string_len("model_version", 200),
                uuid_null("job_id"),
                integer("base_revision"),
                json_binary("performance_json"),
                json_binary("remarks"),
            ],
        );
        manager.create_table(belongs_to(heard, "notation_id", "notations")).await?;
        let mut by_notation = Index::create();
        by_notation.name("relistenings_by_notation").table("relistenings").col("notation_id").col("created_at");
        manager.create_index(by_notation).await?;
        let one =
            "CREATE UNIQUE INDEX models_active_task ON models (model_type) WHERE is_active AND deleted_at IS NULL";
        manager.get_connection().execute_unprepared(one).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX models_active_task").await?;
        manager.drop_table(Table::drop().table("relistenings").to_owned()).await?;
        for (name, _) in columns().into_iter().rev() {
            manager.alter_table(Table::alter().table("models").drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}
