//! What followers of a job are told: hits heard early, and on PostgreSQL a notification for every change of a job. Also
//! what the queue needs to be fair.

use sea_orm::sea_query::{ForeignKey, ForeignKeyAction, Table};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::schema::{
    big_pk_auto, integer, json_binary, timestamp_with_time_zone as time, timestamp_with_time_zone_null as time_null,
    uuid, uuid_null,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub(crate) struct JobEvents;

impl MigrationName for JobEvents {
    fn name(&self) -> &str {
        "m0008_job_events"
    }
}

/// One notification when a job comes in, one whenever a follower would see it differently.
const TRIGGERS: &str = "
    CREATE FUNCTION backbeat_job_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('backbeat_jobs', NEW.status || ' ' || NEW.id || ' ' || coalesce(NEW.video_id::text, ''));
        RETURN NULL;
    END $$;
    CREATE TRIGGER backbeat_job_new AFTER INSERT ON processing_jobs
        FOR EACH ROW EXECUTE FUNCTION backbeat_job_changed();
    CREATE TRIGGER backbeat_job_changed AFTER UPDATE ON processing_jobs FOR EACH ROW
        WHEN ((OLD.status, OLD.progress, OLD.stage, OLD.cancel_requested, OLD.hits_told)
            IS DISTINCT FROM (NEW.status, NEW.progress, NEW.stage, NEW.cancel_requested, NEW.hits_told))
        EXECUTE FUNCTION backbeat_job_changed();";

#[async_trait::async_trait]
impl MigrationTrait for JobEvents {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut belongs = ForeignKey::create();
        belongs.from_col("job_id").to("processing_jobs", "id").on_delete(ForeignKeyAction::Cascade);
        let hits = Table::create()
            .table("job_hits")
            .col(big_pk_auto("id"))
            .col(uuid("job_id"))
            .col(integer("attempt"))
            .col(json_binary("hits"))
            .col(time("created_at"))
            .foreign_key(&mut belongs)
            .to_owned();
        manager.create_table(hits).await?;
        let columns = [
            time_null("rank_at"),
            integer("user_slots").default(0).to_owned(),
            integer("hits_told").default(0).to_owned(),
            uuid_null("request_id"),
        ];
        for mut column in columns {
            let add = Table::alter().table("processing_jobs").add_column(&mut column).to_owned();
            manager.alter_table(add).await?;
        }
        let rows = manager.get_connection();
        for statement in [
            "UPDATE processing_jobs SET rank_at = created_at",
            "CREATE INDEX job_hits_by_job ON job_hits (job_id, id)",
            "CREATE INDEX jobs_by_rank ON processing_jobs (rank_at, id) WHERE status = 'pending'",
            "CREATE INDEX jobs_running_by_user ON processing_jobs (user_id) WHERE status = 'running'",
            // Two workers that claim jobs of one recording in the same moment: the second is turned away.
            "CREATE UNIQUE INDEX jobs_one_running ON processing_jobs (video_id) WHERE status = 'running'",
        ] {
            rows.execute_unprepared(statement).await?;
        }
        if rows.get_database_backend() == DbBackend::Postgres {
            rows.execute_unprepared(TRIGGERS).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rows = manager.get_connection();
        if rows.get_database_backend() == DbBackend::Postgres {
            let gone = "DROP TRIGGER backbeat_job_changed ON processing_jobs;
                DROP TRIGGER backbeat_job_new ON processing_jobs; DROP FUNCTION backbeat_job_changed();";
            rows.execute_unprepared(gone).await?;
        }
        for index in ["jobs_one_running", "jobs_running_by_user", "jobs_by_rank"] {
            rows.execute_unprepared(&format!("DROP INDEX {index}")).await?;
        }
        for column in ["request_id", "hits_told", "user_slots", "rank_at"] {
            let drop = Table::alter().table("processing_jobs").drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        manager.drop_table(Table::drop().table("job_hits").to_owned()).await
    }
}
