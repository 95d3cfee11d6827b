//! What survives a restart: rows (SQLite or PostgreSQL), migrations, blobs and the job queue's claims.
//!
//! Invariant: nothing here knows HTTP, tokens or drums; documents of the domain pass through as JSON, unopened.
//! Start reading at [`Store`]; what differs between the two databases is in `dialect.rs`.

mod blobs;
mod dialect;
pub mod entities;
mod error;
mod migrations;
pub mod moving;
pub mod queue;
mod repositories;
mod signals;
mod url;

use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, TransactionTrait};
use sqlx::{Connection, SqliteConnection};

pub use blobs::{BlobKey, BlobStream, Blobs, Found, LocalCopy};
pub use dialect::now;
pub use entities::audio_files::Model as AudioFile;
pub use entities::derived_files::Model as DerivedFile;
pub use entities::drum_events::Model as DrumEvent;
pub use entities::drum_kits::Model as DrumKit;
pub use entities::exports::Model as Export;
pub use entities::job_hits::Model as JobHits;
pub use entities::models::Model as RegisteredModel;
pub use entities::notations::Model as Notation;
pub use entities::processing_jobs::{JobStatus, Model as Job};
pub use entities::relistenings::Model as Relistening;
pub use entities::revisions::Model as Revision;
pub use entities::roles::Model as Role;
pub use entities::separations::Model as Separation;
pub use entities::sessions::Model as Session;
pub use entities::shares::Model as Share;
pub use entities::upload_parts::Model as UploadPart;
pub use entities::uploads::Model as UploadRow;
pub use entities::users::Model as User;
pub use entities::videos::Model as Video;
pub use entities::webhook_deliveries::{DeliveryStatus, Model as Delivery};
pub use entities::webhooks::Model as Webhook;
pub use error::{Error, Result};
pub use migrations::MigrationStatus;
pub use repositories::{
    Page, Paging, audio_files, derived_files, drum_kits, exports, files, idempotency, logins, models, notations,
    relistenings, roles, separations, sessions, shares, uploads, users, videos, webhooks,
};
pub use sea_orm::ConnectionTrait as Rows;
pub use signals::{Signal, Signals};
pub use url::without_password;

/// How long a SQLite writer waits for another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// A connection that was used this long ago is taken for alive; of older ones a sign of life is asked before they are used.
/// To ask each time would double the ways to the database and back.
const TRUSTED: Duration = Duration::from_secs(2);

/// The connections to a database that one process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// At most so many, and on PostgreSQL one more to listen on.
    pub most: u32,
    /// So many are kept open when there is nothing to do.
    pub kept: u32,
    /// Longest wait for a free one, or for the database to answer.
    pub wait: Duration,
    /// One beyond those kept is closed after so long without work.
    pub idle: Duration,
}

impl Connections {
    /// At most so many, none kept for nothing.
    pub fn at_most(most: u32) -> Self {
        Self { most, kept: 0, wait: Duration::from_secs(20), idle: Duration::from_secs(600) }
    }
}

/// Whether the database of an address can hold anything: false for a SQLite file that does not exist, which
/// [`Store::open`] would make.
///
/// # Errors
/// `Error::Address` when the address is not understood.
pub fn is_there(address: &str) -> Result<bool> {
    Ok(match url::parse(address)? {
        url::Address::Sqlite(path) => path.exists(),
        url::Address::Postgres(_) => true,
    })
}

/// The rows.
#[derive(Clone, Debug)]
pub struct Store {
    rows: DatabaseConnection,
    signals: Signals,
}

/// A transaction; rolled back when dropped without [`Tx::commit`].
#[derive(Debug)]
pub struct Tx {
    rows: DatabaseTransaction,
}

impl Store {
    /// Opens a database by its address, see [`crate::without_password`] for printing one.
    ///
    /// # Errors
    /// `Error::Address` when the address is not understood, `Error::Unavailable` when nothing answers there.
    pub async fn open(address: &str, connections_max: u32) -> Result<Self> {
        Self::open_with(address, Connections::at_most(connections_max)).await
    }

    /// The same with everything said about the connections.
    pub async fn open_with(address: &str, connections: Connections) -> Result<Self> {
        let address = url::parse(address)?;
        let signals = Signals::new(match &address {
            url::Address::Postgres(url) => Some(url.clone()),
            url::Address::Sqlite(_) => None,
        });
        let mut options = match address {
            url::Address::Sqlite(path) => {
                let mut options = ConnectOptions::new("sqlite:backbeat.db");
                options.map_sqlx_sqlite_opts(move |sqlite| {
                    use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
                    sqlite
                        .filename(&path)
                        .create_if_missing(true)
                        .journal_mode(SqliteJournalMode::Wal)
                        .synchronous(SqliteSynchronous::Normal)
                        .foreign_keys(true)
                        .busy_timeout(BUSY_TIMEOUT)
                });
                options.map_sqlx_sqlite_pool_opts(|pool| {
                    pool.after_release(|connection, _| Box::pin(is_between_transactions(connection)))
                });
                options
            }
            url::Address::Postgres(url) => ConnectOptions::new(url),
        };
        options
            .max_connections(connections.most)
            .min_connections(connections.kept.min(connections.most))
            .acquire_timeout(connections.wait)
            .idle_timeout(connections.idle)
            .test_before_acquire_if_idle_for(TRUSTED)
            .sqlx_logging(false);
        let rows = Database::connect(options).await.map_err(|cause| Error::Unavailable(cause.to_string()))?;
        Ok(Self { rows, signals })
    }

    /// For single statements outside a transaction.
    pub fn rows(&self) -> &DatabaseConnection {
        &self.rows
    }

    /// Says when jobs change.
    pub fn signals(&self) -> &Signals {
        &self.signals
    }

    /// Begins a writing transaction.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(Tx { rows: self.rows.begin_with_options(dialect::writing()).await? })
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.rows.ping().await?)
    }

    /// `sqlite` or `postgresql`.
    pub fn kind(&self) -> &'static str {
        match self.rows.get_database_backend() {
            sea_orm::DbBackend::Postgres => "postgresql",
            _ => "sqlite",
        }
    }

    /// Applies `steps` migrations, or all that are missing.
    pub async fn migrate_up(&self, steps: Option<u32>) -> Result<()> {
        migrations::up(&self.rows, self.signals.postgres(), steps).await
    }

    /// Takes back `steps` migrations, or all.
    pub async fn migrate_down(&self, steps: Option<u32>) -> Result<()> {
        migrations::down(&self.rows, self.signals.postgres(), steps).await
    }

    /// Every migration, oldest first, and whether it is applied.
    pub async fn migrate_status(&self) -> Result<Vec<MigrationStatus>> {
        migrations::status(&self.rows).await
    }

    /// Closes the connections after the statements under way.
    pub async fn close(&self) -> Result<()> {
        Ok(self.rows.close_by_ref().await?)
    }
}

/// Whether a connection may be used by the next. A full disk ends a transaction in SQLite's eyes, but not in those of the
/// driver, which would go on inside of it: then the lock for writing is never let go.
async fn is_between_transactions(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // Waits for a rollback that is on its way.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

impl Tx {
    /// For statements inside this transaction.
    pub fn rows(&self) -> &DatabaseTransaction {
        &self.rows
    }

    /// Makes everything done inside lasting.
    pub async fn commit(self) -> Result<()> {
        Ok(self.rows.commit().await?)
    }
}
