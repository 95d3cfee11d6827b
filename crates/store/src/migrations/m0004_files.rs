//! Files beyond recordings and sound: what is derived from them, uploads under way, shares, and files to be removed.

use sea_orm::sea_query::Table;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{
    big_integer, boolean, string, string_len, string_null, timestamp_with_time_zone as time,
    timestamp_with_time_zone_null as time_null, uuid, uuid_null,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_first_tables::{belongs_to, table};

pub(crate) struct Files;

impl MigrationName for Files {
    fn name(&self) -> &str {
        "m0004_files"
    }
}

/// In the order of creation; dropped in reverse.
const TABLES: [&str; 5] = ["derived_files", "uploads", "upload_parts", "shares", "condemned_files"];

/// Name and what is indexed.
const INDEXES: [(&str, &str); 8] = [
    ("derived_files_live_kind", "UNIQUE|derived_files (video_id, kind) WHERE deleted_at IS NULL"),
    ("uploads_by_user", "|uploads (user_id, status)"),
    ("uploads_to_expire", "|uploads (expires_at)"),
    ("upload_parts_in_order", "UNIQUE|upload_parts (upload_id, offset_bytes)"),
    ("shares_by_token", "UNIQUE|shares (token_hash)"),
    ("shares_by_video", "|shares (video_id)"),
    ("condemned_files_key", "UNIQUE|condemned_files (storage_path)"),
    ("videos_by_content", "|videos (user_id, sha256)"),
];

#[async_trait::async_trait]
impl MigrationTrait for Files {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let derived = vec![
            uuid("video_id"),
            string_len("kind", 32),
            string("storage_path"),
            string("media_type"),
            big_integer("size_bytes"),
            string_len("sha256", 64),
        ];
        let uploads = vec![
            uuid("user_id"),
            string("filename"),
            big_integer("size_bytes"),
            big_integer("offset_bytes"),
            string_len("status", 16),
            boolean("resumable"),
            boolean("process"),
            string_null("storage_path"),
            uuid_null("video_id"),
            time("expires_at"),
        ];
        let parts =
            vec![uuid("upload_id"), big_integer("offset_bytes"), big_integer("size_bytes"), string("storage_path")];
        let shares = vec![uuid("video_id"), string_len("token_hash", 64), time_null("expires_at")];
        for made in [
            belongs_to(table("derived_files", derived), "video_id", "videos"),
            belongs_to(table("uploads", uploads), "user_id", "users"),
            belongs_to(table("upload_parts", parts), "upload_id", "uploads"),
            belongs_to(table("shares", shares), "video_id", "videos"),
            table("condemned_files", vec![string("storage_path")]),
        ] {
            manager.create_table(made).await?;
        }
        for (name, what) in INDEXES {
            let (unique, on) = what.split_once('|').unwrap_or(("", what));
            let statement = format!("CREATE {unique} INDEX {name} ON {on}");
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX videos_by_content").await?;
        for table in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
