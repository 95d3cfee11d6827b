//! The running server: binds, serves, and stops without losing work.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use service::jobs::Runner;
use service::{App, Config, ModelSet, Secret};
use uuid::Uuid;

use crate::router::router;

/// Why the server cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Data folder, secret, database or files.
    #[error(transparent)]
    Open(#[from] service::OpenError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Host and port.
        address: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The listening socket broke.
    #[error("serving stopped")]
    Serve(#[source] std::io::Error),
}

/// Serves until the process is told to stop (SIGTERM, SIGINT): API and worker in one. `announce` gets the three lines
/// of [`Server::banner`] once clients are answered.
///
/// # Errors
/// With what is in the way of starting, or broke.
pub async fn serve(config: Config, models: ModelSet, announce: impl FnOnce([String; 3])) -> Result<(), ServeError> {
    let server = Server::bind(config, &models).await?;
    drop(models);
    announce(server.banner());
    server.run(told_to_stop()).await
}

/// Makes an account from the machine itself, the way to the first admin; gives its id.
///
/// # Errors
/// With what is in the way, in words for the operator.
pub async fn create_user(config: Config, email: &str, password: &str, admin: bool) -> Result<Uuid, CreateUserError> {
    let made = service::users::create_at_machine(&config, email, Secret::new(password), admin).await;
    match made {
        Ok(account) => Ok(account.user.id),
        Err(service::Error::Invalid(fields)) => {
            let words: Vec<String> = fields.into_iter().map(|field| field.message).collect();
            Err(CreateUserError::Refused(words.join("; ")))
        }
        Err(error) => Err(CreateUserError::Refused(error.to_string())),
    }
}

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateUserError {
    /// A rule is broken, or the database does not open.
    #[error("{0}")]
    Refused(String),
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// A server that listens and has its data open, but answers nobody yet.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    listener: tokio::net::TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Opens data folder and database, makes what is missing, and takes the port.
    ///
    /// # Errors
    /// With what is in the way.
    pub async fn bind(config: Config, models: &ModelSet) -> Result<Self, ServeError> {
        let wanted = format!("{}:{}", config.host, config.port);
        let refuse = |source| ServeError::Listen { address: wanted.clone(), source };
        let listener = tokio::net::TcpListener::bind((config.host.as_str(), config.port));
        let listener = listener.await.map_err(refuse)?;
        let address = listener.local_addr().map_err(refuse)?;
        let app = App::open(config, models).await?;
        Ok(Self { app, listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Three lines for the person who started it: where to look, where the data is, where the API is described.
    pub fn banner(&self) -> [String; 3] {
        let here = format!("http://{}", self.address);
        let data = self.app.config.data_dir.canonicalize().unwrap_or_else(|_| self.app.config.data_dir.clone());
        [
            format!("Backbeat {} at {here}", env!("CARGO_PKG_VERSION")),
            format!("Data in {} ({})", data.display(), self.app.database_shown()),
            format!("API at {here}/docs"),
        ]
    }

    /// Answers until `shutdown` is ready; then lets requests finish, gives jobs back to the queue and closes.
    ///
    /// # Errors
    /// When the socket breaks.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
        let patience = Duration::from_secs(self.app.config.shutdown_s_max);
        let runner = Runner::start(&self.app);
        let (stopping, stopped) = tokio::sync::oneshot::channel();
        let streams = self.app.stopping.clone();
        let shutdown = async move {
            shutdown.await;
            streams.cancel();
            let _ = stopping.send(());
        };
        let serving = axum::serve(self.listener, router(Arc::clone(&self.app))).with_graceful_shutdown(shutdown);
        let mut serving = std::pin::pin!(async move { serving.await });
        let served = tokio::select! {
            served = &mut serving => served,
            Ok(()) = stopped => tokio::time::timeout(patience, serving).await.unwrap_or(Ok(())),
        };
        if tokio::time::timeout(patience, runner.stop()).await.is_err() {
            tracing::warn!("jobs did not stop in time; their leases will run out");
        }
        self.app.close().await;
        served.map_err(ServeError::Serve)
    }
}
