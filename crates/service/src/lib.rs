//! Use cases and rules: who may do what, and what happens next.
//!
//! Invariant: nothing here knows HTTP. A verb takes the [`Actor`] who asks and answers with a value or an [`Error`];
//! another crate decides how to say either to a client. Heavy work runs on blocking threads, never on the async ones.
//!
//! Start reading at [`App`], then `users.rs`, `videos.rs`, `jobs.rs`.

mod actor;
pub mod audio;
pub mod cleanup;
pub mod config;
pub mod demo;
pub mod drum_kits;
pub mod error;
pub mod events;
pub mod exports;
pub mod groove;
pub mod health;
pub mod idempotency;
pub mod jobs;
pub mod metrics;
pub mod models;
pub mod notations;
mod passwords;
mod pipeline;
pub mod policy;
mod pool;
pub mod request;
pub mod roles;
pub mod separations;
pub mod shares;
mod tokens;
pub mod uploads;
pub mod users;
pub mod videos;
pub mod webhooks;

use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Instant;

use rand::RngExt;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::{CancellationToken, DropGuard};
use transcribe::Transcriber;

pub use actor::Actor;
pub use config::{Config, ConfigError, Secret};
pub use error::{Error, FieldError, Refusal, Result, Stranger};
pub use listen::ModelSet;
pub use pipeline::{Exported, PipelineError, splitting};
pub use store::RegisteredModel;
pub use store::notations::{NotationEntry, NotationFilter, RevisionEntry};
pub use store::separations::SoundUsage;
pub use store::{AudioFile, DrumEvent};
pub use store::{BlobStream, Job, JobStatus, MigrationStatus, Notation, Page, Paging, Role, Share, User, Video};
pub use store::{Delivery, DeliveryStatus, Export, Webhook};

/// Everything the verbs work with; one per process.
pub struct App {
    /// The settings.
    pub config: Config,
    pub(crate) store: store::Store,
    pub(crate) blobs: store::Blobs,
    pub(crate) hasher: passwords::Hasher,
    pub(crate) keys: tokens::Keys,
    pub(crate) signer: webhooks::Signer,
    /// Models ready to listen.
    pub(crate) shelf: models::Shelf,
    /// Registered models.
    pub(crate) registry: models::Registry,
    /// Pictures and outlines made at the same time.
    pub(crate) media_slots: Semaphore,
    /// Wakes an idle worker of this process.
    pub(crate) nudge: Notify,
    /// Threads for work that takes a processor.
    pub(crate) pool: pool::Pool,
    /// Places for jobs that listen.
    pub(crate) listening: Semaphore,
    /// Places for exports, which take memory too.
    pub(crate) exporting: Semaphore,
    /// What this process counts and measures.
    pub metrics: metrics::Metrics,
    pub(crate) started: Instant,
    /// Places for those who follow jobs.
    pub(crate) followers: Arc<Semaphore>,
    /// Cancelled when the process stops; streams end then, so that stopping does not wait for them.
    pub stopping: CancellationToken,
    _stop_when_dropped: DropGuard,
    /// The demo, once it is heard.
    pub(crate) demo: tokio::sync::OnceCell<Arc<demo::Demo>>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

impl App {
    /// Opens database and files, making what is missing: folder, secret, tables.
    ///
    /// # Errors
    /// With what could not be opened and why.
    pub async fn open(config: Config, models: &ModelSet) -> Result<Arc<Self>, OpenError> {
        make_private_folder(&config.data_dir)?;
        make_private_folder(&config.scratch_dir())?;
        let transcriber = Transcriber::new(models)?;
        let secret = secret_of(&config)?;
        let store = open_store(&config).await?;
        store.migrate_up(None).await?;
        if let Some(origin) = store::moving::unfinished(store.rows()).await? {
            return Err(OpenError::Unfinished { origin });
        }
        let blobs = open_blobs(&config)?;
        let stopping = CancellationToken::new();
        let app = Arc::new(Self {
            hasher: passwords::Hasher::new(config.bcrypt_cost),
            keys: tokens::Keys::new(&secret),
            signer: webhooks::Signer::new(&secret),
            registry: models::Registry::new(&config, store.clone(), blobs.clone(), transcriber.listener().card()),
            shelf: models::Shelf::new(transcriber),
            media_slots: Semaphore::new(config.media_slots),
            nudge: Notify::new(),
            pool: pool::Pool::new(config.slots(), config.job_nice),
            listening: Semaphore::new(match config.job_listening_max {
                0 => config.slots(),
                most => most,
            }),
            exporting: Semaphore::new(config.exports_max),
            metrics: metrics::Metrics::default(),
            started: Instant::now(),
            followers: Arc::new(Semaphore::new(config.event_streams_max)),
            _stop_when_dropped: stopping.clone().drop_guard(),
            stopping,
            demo: tokio::sync::OnceCell::new(),
            config,
            store,
            blobs,
        });
        tokio::spawn(pass_signals_on(Arc::downgrade(&app), app.store.clone(), app.stopping.clone()));
        Ok(app)
    }

    /// The database as it may be shown: without its password.
    pub fn database_shown(&self) -> String {
        store::without_password(&self.config.database_url())
    }

    /// What registered models may be.
    pub fn registry_limits(&self) -> models::Limits {
        self.registry.limits()
    }

    /// Closes the database.
    pub async fn close(&self) {
        self.stopping.cancel();
        if let Err(error) = self.store.close().await {
            tracing::warn!(%error, "the database did not close cleanly");
        }
    }
}

/// Whether two secrets are equal, in a time that does not tell where they differ.
pub fn same_secret(one: &str, other: &str) -> bool {
    use sha2::{Digest, Sha256};
    Sha256::digest(one) == Sha256::digest(other)
}

/// Passes the database's signals on within this process, and wakes a worker for each job that waits.
async fn pass_signals_on(app: Weak<App>, store: store::Store, stopping: CancellationToken) {
    let mut signals = store.signals().subscribe();
    let wake = async {
        loop {
            let waits = match signals.recv().await {
                Ok(signal) => signal.waits,
                Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => return,
            };
            if waits && let Some(app) = app.upgrade() {
                app.nudge.notify_one();
            }
        }
    };
    tokio::select! {
        () = wake => {}
        () = store.signals().relay() => {}
        () = stopping.cancelled() => {}
    }
}

/// A short name of some content, hexadecimal: the first half of its SHA-256.
pub fn content_hash(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(&Sha256::digest(bytes)[..16])
}

/// Why the process cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A folder cannot be made or used.
    #[error("folder {path} cannot be used")]
    Folder {
        /// The folder.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The secret cannot be read or made.
    #[error("secret file {path} cannot be used: {why}")]
    SecretFile {
        /// The file.
        path: String,
        /// The cause.
        why: String,
    },
    /// The listening model cannot be used.
    #[error(transparent)]
    Model(#[from] transcribe::Error),
    /// The database is the target of a move that was cut off.
    #[error("this database is the target of a move from {origin} that is not finished; go on with `backbeat move`")]
    Unfinished {
        /// Where the rows come from.
        origin: String,
    },
    /// Database or blobs.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Which way to migrate, for the operator at the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrate {
    /// Apply so many steps, or all that are missing.
    Up(Option<u32>),
    /// Take back so many steps, or all.
    Down(Option<u32>),
    /// Change nothing.
    Status,
}

/// Migrates the database the settings name and tells its state afterwards.
///
/// # Errors
/// As [`App::open`].
pub async fn migrate(config: &Config, way: Migrate) -> Result<Vec<MigrationStatus>, OpenError> {
    let store = open_store(config).await?;
    match way {
        Migrate::Up(steps) => store.migrate_up(steps).await?,
        Migrate::Down(steps) => store.migrate_down(steps).await?,
        Migrate::Status => {}
    }
    Ok(store.migrate_status().await?)
}

fn open_blobs(config: &Config) -> Result<store::Blobs, OpenError> {
    Ok(store::Blobs::open(&config.blobs_address())?)
}

async fn open_store(config: &Config) -> Result<store::Store, OpenError> {
    make_private_folder(&config.data_dir)?;
    Ok(store::Store::open_with(&config.database_url(), config.connections()).await?)
}

fn make_private_folder(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| OpenError::Folder { path: path.display().to_string(), source })
}

/// The secret of the settings, or the one in the data folder, which is made at the first start.
fn secret_of(config: &Config) -> Result<Secret, OpenError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    if !config.secret_key.expose().is_empty() {
        return Ok(config.secret_key.clone());
    }
    let path = config.data_dir.join("secret_key");
    let refuse = |why: String| OpenError::SecretFile { path: path.display().to_string(), why };
    let fresh = hex::encode(rand::rng().random::<[u8; 32]>());
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            file.write_all(fresh.as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(|error| refuse(error.to_string()))?;
            Ok(Secret::new(fresh))
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let kept = std::fs::read_to_string(&path).map_err(|error| refuse(error.to_string()))?;
            let kept = kept.trim();
            if kept.chars().count() < config::SECRET_CHARS_MIN {
                let why = format!(
                    "it has fewer than {} characters; remove it and a new one is made",
                    config::SECRET_CHARS_MIN
                );
                return Err(refuse(why));
            }
            Ok(Secret::new(kept))
        }
        Err(error) => Err(refuse(error.to_string())),
    }
}
