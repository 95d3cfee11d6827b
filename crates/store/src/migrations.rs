//! The list of migrations; each works on both databases, up and down.

mod m0001_first_tables;
mod m0002_sessions;
mod m0004_files;
mod m0006_revisions;
mod m0007_drum_kits;
mod m0008_job_events;
mod m0009_webhooks;
mod m0010_models;
mod m0013_separations;
mod m0015_moves;
mod m0016_exports;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

use crate::Result;

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first_tables::FirstTables),
            Box::new(m0002_sessions::Sessions),
            Box::new(m0004_files::Files),
            Box::new(m0006_revisions::Revisions),
            Box::new(m0007_drum_kits::DrumKits),
            Box::new(m0008_job_events::JobEvents),
            Box::new(m0009_webhooks::Webhooks),
            Box::new(m0010_models::Models),
            Box::new(m0013_separations::Separations),
            Box::new(m0015_moves::Moves),
            Box::new(m0016_exports::Exports),
        ]
    }
}

/// One migration and whether the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its name; names sort in the order they are applied.
    pub name: String,
    /// Whether it is applied.
    pub applied: bool,
}

/// The advisory lock that processes hold while they migrate; any number that nobody else uses.
const LOCK: i64 = 0x6261_636b_6265_6174;

/// Keeps other processes from migrating until it is closed: several may start at once on one PostgreSQL. It is a connection
/// of its own, so a small pool is no hindrance, and a process that dies lets go.
async fn lock(postgres: Option<&str>) -> Result<Option<DatabaseConnection>> {
    let Some(address) = postgres else { return Ok(None) };
    let mut options = ConnectOptions::new(address);
    options.max_connections(1).sqlx_logging(false);
    let holder = Database::connect(options).await?;
    holder.execute_unprepared(&format!("SELECT pg_advisory_lock({LOCK})")).await?;
    Ok(Some(holder))
}

async fn unlock(lock: Option<DatabaseConnection>) -> Result<()> {
    match lock {
        Some(holder) => Ok(holder.close().await?),
        None => Ok(()),
    }
}

pub(crate) async fn up(rows: &DatabaseConnection, postgres: Option<&str>, steps: Option<u32>) -> Result<()> {
    let lock = lock(postgres).await?;
    let done = Migrator::up(rows, steps).await;
    unlock(lock).await?;
    Ok(done?)
}

pub(crate) async fn down(rows: &DatabaseConnection, postgres: Option<&str>, steps: Option<u32>) -> Result<()> {
    let lock = lock(postgres).await?;
    let done = Migrator::down(rows, steps).await;
    unlock(lock).await?;
    Ok(done?)
}

pub(crate) async fn status(rows: &DatabaseConnection) -> Result<Vec<MigrationStatus>> {
    let applied = Migrator::get_applied_migrations_read_only(rows).await?;
    let applied: Vec<String> = applied.iter().map(|migration| migration.name().to_owned()).collect();
    let names = Migrator::migrations().into_iter().map(|migration| migration.name().to_owned());
    Ok(names.map(|name| MigrationStatus { applied: applied.contains(&name), name }).collect())
}
