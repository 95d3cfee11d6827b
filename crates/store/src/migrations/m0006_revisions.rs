//! Notations belong to accounts, with or without a recording, and every state of one is kept as a revision.
//!
//! SQLite cannot loosen a column, so there the table is written anew, with the one table that points at it.

use sea_orm::sea_query::{ColumnDef, Index, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::schema::{
    double, integer, integer_null, json_binary, json_binary_null, string, string_len, string_null, text, uuid,
    uuid_null,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_first_tables::{belongs_to, table};

pub(crate) struct Revisions;

impl MigrationName for Revisions {
    fn name(&self) -> &str {
        "m0006_revisions"
    }
}

/// The columns that both forms of the table have.
const KEPT: &str = "id, video_id, audio_file_id, title, tempo, time_signature, measures, notation_json, performance_json, \
                    model_version, report, revision, created_at, updated_at, deleted_at";
const ENRICHMENT: &str = "id, notation_id, enrichment_type, prompt_hash, model, input_json, output_json, tokens_used, \
                          created_at, updated_at, deleted_at";
const OWNER: &str = "(SELECT user_id FROM videos WHERE videos.id = video_id)";

#[async_trait::async_trait]
impl MigrationTrait for Revisions {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            run(
                manager,
                &[
                    "ALTER TABLE notations ADD COLUMN user_id uuid REFERENCES users (id) ON DELETE CASCADE",
                    &format!("UPDATE notations SET user_id = {OWNER}"),
                    "ALTER TABLE notations ALTER COLUMN user_id SET NOT NULL",
                    "ALTER TABLE notations ALTER COLUMN video_id DROP NOT NULL",
                ],
            )
            .await?;
        } else {
            rewrite(manager, with_owner(), &format!("{KEPT}, user_id"), &format!("{KEPT}, {OWNER}")).await?;
        }
        run(manager, &["CREATE INDEX notations_by_user ON notations (user_id, created_at)"]).await?;
        manager.create_table(revisions()).await?;
        let mut once = Index::create();
        once.name("revisions_number").table("revisions").col("notation_id").col("revision").unique();
        manager.create_index(once).await?;
        run(
            manager,
            &["INSERT INTO revisions (id, notation_id, revision, summary, tempo, time_signature, measures, \
                        model_version, created_at, updated_at) SELECT id, id, revision, 'As it was heard', tempo, \
                        time_signature, measures, model_version, created_at, updated_at FROM notations"],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("revisions").to_owned()).await?;
        run(manager, &["DROP INDEX notations_by_user", "DELETE FROM notations WHERE video_id IS NULL"]).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            run(
                manager,
                &[
                    "ALTER TABLE notations ALTER COLUMN video_id SET NOT NULL",
                    "ALTER TABLE notations DROP COLUMN user_id",
                ],
            )
            .await
        } else {
            rewrite(manager, without_owner(), KEPT, KEPT).await
        }
    }
}

async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}

/// Puts another table in the place of `notations`. Nothing points at the old one when it goes, so nothing goes with it.
async fn rewrite(
    manager: &SchemaManager<'_>,
    new: TableCreateStatement,
    columns: &str,
    values: &str,
) -> Result<(), DbErr> {
    run(
        manager,
        &[
            "DROP INDEX notations_by_video",
            "DROP INDEX enrichments_live_prompt",
            "ALTER TABLE openai_enrichments RENAME TO old_enrichments",
            "ALTER TABLE notations RENAME TO old_notations",
        ],
    )
    .await?;
    manager.create_table(new).await?;
    manager.create_table(enrichments()).await?;
    run(
        manager,
        &[
            &format!("INSERT INTO notations ({columns}) SELECT {values} FROM old_notations"),
            &format!("INSERT INTO openai_enrichments ({ENRICHMENT}) SELECT {ENRICHMENT} FROM old_enrichments"),
            "DROP TABLE old_enrichments",
            "DROP TABLE old_notations",
            "CREATE INDEX notations_by_video ON notations (video_id, created_at)",
            "CREATE UNIQUE INDEX enrichments_live_prompt ON openai_enrichments (notation_id, prompt_hash) \
         WHERE deleted_at IS NULL",
        ],
    )
    .await
}

fn with_owner() -> TableCreateStatement {
    let mut columns = vec![uuid("user_id"), uuid_null("video_id")];
    columns.extend(music());
    belongs_to(belongs_to(table("notations", columns), "user_id", "users"), "video_id", "videos")
}

fn without_owner() -> TableCreateStatement {
    let mut columns = vec![uuid("video_id")];
    columns.extend(music());
    belongs_to(table("notations", columns), "video_id", "videos")
}

fn music() -> Vec<ColumnDef> {
    vec![
        uuid_null("audio_file_id"),
        string("title"),
        double("tempo"),
        string_len("time_signature", 16),
        integer("measures"),
        json_binary("notation_json"),
        json_binary("performance_json"),
        string_null("model_version"),
        json_binary_null("report"),
        integer("revision"),
    ]
}

fn enrichments() -> TableCreateStatement {
    let columns = vec![
        uuid("notation_id"),
        string_len("enrichment_type", 64),
        string_len("prompt_hash", 64),
        string("model"),
        json_binary_null("input_json"),
        json_binary("output_json"),
        integer_null("tokens_used"),
    ];
    belongs_to(table("openai_enrichments", columns), "notation_id", "notations")
}

fn revisions() -> TableCreateStatement {
    let columns = vec![
        uuid("notation_id"),
        integer("revision"),
        integer_null("parent"),
        integer_null("redo_to"),
        text("summary"),
        string_null("name"),
        double("tempo"),
        string_len("time_signature", 16),
        integer("measures"),
        string_null("model_version"),
        json_binary_null("back"),
        json_binary_null("forth"),
    ];
    belongs_to(table("revisions", columns), "notation_id", "notations")
}
