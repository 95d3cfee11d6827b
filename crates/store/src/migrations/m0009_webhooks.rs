//! Who wants to be called when jobs end, and every call.

use sea_orm::sea_query::{ForeignKey, ForeignKeyAction, Table};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{
    boolean, integer, integer_null, json_binary, pk_uuid, string_len, text, text_null,
    timestamp_with_time_zone as time, timestamp_with_time_zone_null as time_null, uuid,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub(crate) struct Webhooks;

impl MigrationName for Webhooks {
    fn name(&self) -> &str {
        "m0009_webhooks"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Webhooks {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owner = ForeignKey::create();
        owner.from_col("user_id").to("users", "id").on_delete(ForeignKeyAction::Cascade);
        let webhooks = Table::create()
            .table("webhooks")
            .col(pk_uuid("id"))
            .col(uuid("user_id"))
            .col(text("url"))
            .col(json_binary("events"))
            .col(boolean("active"))
            .col(integer("generation"))
            .col(time_null("rotated_at"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .foreign_key(&mut owner)
            .to_owned();
        manager.create_table(webhooks).await?;
        let mut webhook = ForeignKey::create();
        webhook.from_col("webhook_id").to("webhooks", "id").on_delete(ForeignKeyAction::Cascade);
        let deliveries = Table::create()
            .table("webhook_deliveries")
            .col(pk_uuid("id"))
            .col(uuid("webhook_id"))
            .col(string_len("event", 64))
            .col(json_binary("payload"))
            .col(string_len("status", 16))
            .col(integer("attempts"))
            .col(time("next_at"))
            .col(integer_null("response_status"))
            .col(text_null("error"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .foreign_key(&mut webhook)
            .to_owned();
        manager.create_table(deliveries).await?;
        // Whether those who wait for the end of the job were told; jobs of before are not told of.
        let mut told = boolean("announced").default(true).to_owned();
        manager.alter_table(Table::alter().table("processing_jobs").add_column(&mut told).to_owned()).await?;
        for statement in [
            "CREATE INDEX webhooks_by_user ON webhooks (user_id)",
            "CREATE INDEX deliveries_due ON webhook_deliveries (next_at) WHERE status = 'pending'",
            "CREATE INDEX deliveries_by_webhook ON webhook_deliveries (webhook_id, created_at)",
            "CREATE INDEX jobs_to_announce ON processing_jobs (finished_at) WHERE NOT announced",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX jobs_to_announce").await?;
        manager.alter_table(Table::alter().table("processing_jobs").drop_column("announced").to_owned()).await?;
        manager.drop_table(Table::drop().table("webhook_deliveries").to_owned()).await?;
        manager.drop_table(Table::drop().table("webhooks").to_owned()).await
    }
}
