//! Sessions and their refresh tokens, setup links, failed logins, idempotency keys.

use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{
    integer, json_binary_null, string_len, string_len_null, timestamp_with_time_zone as time,
    timestamp_with_time_zone_null as time_null, uuid,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_first_tables::{belongs_to, table};

pub(crate) struct Sessions;

impl MigrationName for Sessions {
    fn name(&self) -> &str {
        "m0002_sessions"
    }
}

/// In the order of creation; dropped in reverse.
const TABLES: [&str; 5] = ["sessions", "refresh_tokens", "setup_links", "login_failures", "idempotency_keys"];

/// Name, and the table and columns behind it.
const INDEXES: [&str; 6] = [
    "INDEX sessions_by_user ON sessions (user_id, expires_at)",
    "INDEX refresh_tokens_by_session ON refresh_tokens (session_id)",
    "UNIQUE INDEX refresh_tokens_hash ON refresh_tokens (token_hash)",
    "UNIQUE INDEX setup_links_hash ON setup_links (token_hash)",
    "UNIQUE INDEX login_failures_address ON login_failures (address_hash)",
    "UNIQUE INDEX idempotency_keys_fingerprint ON idempotency_keys (fingerprint)",
];

#[async_trait::async_trait]
impl MigrationTrait for Sessions {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sessions = table("sessions", vec![uuid("user_id"), time("expires_at")]);
        let refresh = vec![uuid("session_id"), string_len("token_hash", 64), time_null("used_at")];
        let failures = vec![string_len("address_hash", 64), integer("failures"), time("locked_until")];
        let keys = vec![
            string_len("fingerprint", 64),
            string_len_null("body_hash", 64),
            json_binary_null("answer"),
            time("expires_at"),
        ];
        for table in [
            belongs_to(sessions, "user_id", "users"),
            belongs_to(table("refresh_tokens", refresh), "session_id", "sessions"),
            table("setup_links", vec![string_len("token_hash", 64), time("expires_at")]),
            table("login_failures", failures),
            table("idempotency_keys", keys),
        ] {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(&format!("CREATE {index}")).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.into_iter().rev() {
            manager.drop_table(sea_orm::sea_query::Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
