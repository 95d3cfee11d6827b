//! The list of migrations; each works on both databases, up and down.

mod m0001_first_tables;
mod m0002_sessions;
mod m0008_job_events;

use sea_orm::DatabaseConnection;
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

use crate::Result;

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first_tables::FirstTables),
            Box::new(m0002_sessions::Sessions),
            Box::new(m0008_job_events::JobEvents),
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

pub(crate) async fn up(rows: &DatabaseConnection, steps: Option<u32>) -> Result<()> {
    Ok(Migrator::up(rows, steps).await?)
}

pub(crate) async fn down(rows: &DatabaseConnection, steps: Option<u32>) -> Result<()> {
    Ok(Migrator::down(rows, steps).await?)
}

pub(crate) async fn status(rows: &DatabaseConnection) -> Result<Vec<MigrationStatus>> {
    let applied = Migrator::get_applied_migrations_read_only(rows).await?;
    let applied: Vec<String> = applied.iter().map(|migration| migration.name().to_owned()).collect();
    let names = Migrator::migrations().into_iter().map(|migration| migration.name().to_owned());
    Ok(names.map(|name| MigrationStatus { applied: applied.contains(&name), name }).collect())
}
