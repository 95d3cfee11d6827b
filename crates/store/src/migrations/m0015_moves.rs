//! Moves of installations: the mark on a target that is not whole yet.

use sea_orm::DbErr;
use sea_orm::sea_query::Table;
use sea_orm_migration::schema::{text, timestamp_with_time_zone_null as time_null};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_first_tables::table;

pub(crate) struct Moves;

impl MigrationName for Moves {
    fn name(&self) -> &str {
        "m0015_moves"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Moves {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table("moves", vec![text("origin"), time_null("finished_at")])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("moves").to_owned()).await
    }
}
