//! The ten tables: accounts, recordings, sound, jobs, strokes, notations, cached answers, models.
//!
//! A table that exists already is never taken over silently: `CREATE TABLE` fails on it.

use sea_orm::sea_query::{ColumnDef, ForeignKey, ForeignKeyAction, Table, TableCreateStatement};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbErr};
use sea_orm_migration::schema::{
    big_integer, boolean, double, double_null, integer, integer_null, json_binary, json_binary_null, pk_uuid, string,
    string_len, string_null, text_null, timestamp_with_time_zone as time, timestamp_with_time_zone_null as time_null,
    uuid, uuid_null,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};
use uuid::Uuid;

use crate::entities::roles;

pub(crate) struct FirstTables;

impl MigrationName for FirstTables {
    fn name(&self) -> &str {
        "m0001_first_tables"
    }
}

/// In the order of creation; dropped in reverse.
const TABLES: [&str; 10] = [
    "users",
    "roles",
    "user_roles",
    "videos",
    "audio_files",
    "processing_jobs",
    "drum_events",
    "notations",
    "openai_enrichments",
    "models",
];

/// Name, table, columns and whether unique among live rows.
const INDEXES: [(&str, &str, &str, bool); 12] = [
    ("users_live_email", "users", "email_key", true),
    ("roles_live_name", "roles", "name", true),
    ("user_roles_live", "user_roles", "user_id, role_id", true),
    ("videos_by_user", "videos", "user_id, created_at", false),
    ("audio_files_live_video", "audio_files", "video_id", true),
    ("jobs_to_run", "processing_jobs", "status, priority, run_at", false),
    ("jobs_by_video", "processing_jobs", "video_id, status", false),
    ("jobs_by_user", "processing_jobs", "user_id, created_at", false),
    ("drum_events_by_file", "drum_events", "audio_file_id, time_seconds", false),
    ("notations_by_video", "notations", "video_id, created_at", false),
    ("enrichments_live_prompt", "openai_enrichments", "notation_id, prompt_hash", true),
    ("models_live_version", "models", "name, version", true),
];

#[async_trait::async_trait]
impl MigrationTrait for FirstTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [accounts(), vec![videos(), audio_files(), processing_jobs()], music()].concat() {
            manager.create_table(table).await?;
        }
        for (name, table, columns, unique_when_live) in INDEXES {
            let (unique, only) = if unique_when_live { ("UNIQUE ", " WHERE deleted_at IS NULL") } else { ("", "") };
            let statement = format!("CREATE {unique}INDEX {name} ON {table} ({columns}){only}");
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        seed_roles(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// A table with the columns all tables have.
pub(super) fn table(name: &'static str, columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create().table(name).col(pk_uuid("id")).to_owned();
    for mut column in columns {
        table.col(&mut column);
    }
    table.col(time("created_at")).col(time("updated_at")).col(time_null("deleted_at"));
    table
}

/// Adds: `column` points at the id of a row in `target` and disappears with it.
pub(super) fn belongs_to(
    mut table: TableCreateStatement,
    column: &'static str,
    target: &'static str,
) -> TableCreateStatement {
    let mut key = ForeignKey::create();
    key.from_col(column).to(target, "id").on_delete(ForeignKeyAction::Cascade);
    table.foreign_key(&mut key);
    table
}

fn accounts() -> Vec<TableCreateStatement> {
    let users = table(
        "users",
        vec![
            string_len("email", 320),
            string_len("email_key", 320),
            string("hashed_password"),
            integer("token_version"),
        ],
    );
    let roles = table("roles", vec![string_len("name", 64), string_null("description")]);
    let user_roles = table("user_roles", vec![uuid("user_id"), uuid("role_id")]);
    vec![users, roles, belongs_to(belongs_to(user_roles, "user_id", "users"), "role_id", "roles")]
}

fn videos() -> TableCreateStatement {
    let columns = vec![
        uuid("user_id"),
        string("filename"),
        string_null("title"),
        json_binary_null("tags"),
        string("storage_path"),
        double_null("duration_seconds"),
        big_integer("size_bytes"),
        string("media_type"),
        integer_null("width"),
        integer_null("height"),
        double_null("frame_rate"),
        boolean("has_audio"),
        string_len("sha256", 64),
        string_len("status", 16),
        boolean("is_public"),
    ];
    belongs_to(table("videos", columns), "user_id", "users")
}

fn audio_files() -> TableCreateStatement {
    let columns = vec![
        uuid("video_id"),
        string("storage_path"),
        string_len("file_format", 16),
        integer("sample_rate"),
        integer("channels"),
        double("duration_seconds"),
        big_integer("size_bytes"),
        json_binary_null("analysis"),
        string_null("model_version"),
        integer_null("detected_events"),
        double_null("confidence_avg"),
        time_null("analyzed_at"),
    ];
    belongs_to(table("audio_files", columns), "video_id", "videos")
}

fn processing_jobs() -> TableCreateStatement {
    let columns = vec![
        uuid_null("video_id"),
        uuid("user_id"),
        string_len("job_type", 64),
        string_len("status", 16),
        integer("progress"),
        string_null("stage"),
        text_null("error_message"),
        string_null("error_code"),
        json_binary("payload"),
        json_binary_null("result"),
        integer("attempts"),
        integer("max_attempts"),
        integer("priority"),
        time("run_at"),
        time_null("lease_expires_at"),
        string_null("locked_by"),
        boolean("cancel_requested"),
        time_null("started_at"),
        time_null("finished_at"),
    ];
    belongs_to(belongs_to(table("processing_jobs", columns), "user_id", "users"), "video_id", "videos")
}

fn music() -> Vec<TableCreateStatement> {
    let drum_events = vec![
        uuid("audio_file_id"),
        double("time_seconds"),
        string_len("instrument", 64),
        integer("velocity"),
        double("confidence"),
        string("model_version"),
    ];
    let notations = vec![
        uuid("video_id"),
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
    ];
    let enrichments = vec![
        uuid("notation_id"),
        string_len("enrichment_type", 64),
        string_len("prompt_hash", 64),
        string("model"),
        json_binary_null("input_json"),
        json_binary("output_json"),
        integer_null("tokens_used"),
    ];
    let models = vec![
        string_len("name", 128),
        string_len("version", 64),
        string_len("model_type", 32),
        string("storage_path"),
        string_len("sha256", 64),
        string_null("description"),
        json_binary_null("metrics"),
        boolean("is_active"),
    ];
    vec![
        belongs_to(table("drum_events", drum_events), "audio_file_id", "audio_files"),
        belongs_to(table("notations", notations), "video_id", "videos"),
        belongs_to(table("openai_enrichments", enrichments), "notation_id", "notations"),
        table("models", models),
    ]
}

/// The roles every server has.
async fn seed_roles(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let seeded = [
        ("user", "Can upload and transcribe recordings."),
        ("admin", "Can do everything, for everybody."),
        ("premium", "More storage, longer recordings, more jobs at once."),
    ];
    for (name, description) in seeded {
        let now = crate::now();
        let role = roles::ActiveModel {
            id: Set(Uuid::now_v7()),
            name: Set(name.to_owned()),
            description: Set(Some(description.to_owned())),
            created_at: Set(now),
            updated_at: Set(now),
            deleted_at: Set(None),
        };
        role.insert(manager.get_connection()).await?;
    }
    Ok(())
}
