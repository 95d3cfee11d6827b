//! The running server: binds, serves, and stops without losing work.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::ServiceExt;
use axum::extract::Request;
use service::App;
use service::jobs::Runner;

use crate::router;

/// What to serve.
#[derive(Debug)]
pub struct ServeConfig {
    /// The settings.
    pub config: service::Config,
    /// Whether this process also runs jobs.
    pub worker: bool,
}

/// Why the server cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Data folder, secret, database or files.
    #[error(transparent)]
    Open(#[from] service::OpenError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Host and port.
        address: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The listening socket broke.
    #[error("serving stopped: {0}")]
    Serve(#[source] std::io::Error),
}

/// A server that listens and has its data open, but answers nobody yet.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    listener: tokio::net::TcpListener,
    address: SocketAddr,
    worker: bool,
}

impl Server {
    /// Opens data folder and database, makes what is missing, and takes the port.
    ///
    /// # Errors
    /// With what is in the way.
    pub async fn bind(serve: ServeConfig) -> Result<Self, ServeError> {
        let wanted = format!("{}:{}", serve.config.host, serve.config.port);
        let refuse = |source| ServeError::Listen { address: wanted.clone(), source };
        let listener = tokio::net::TcpListener::bind((serve.config.host.as_str(), serve.config.port));
        let listener = listener.await.map_err(refuse)?;
        let address = listener.local_addr().map_err(refuse)?;
        let app = App::open(serve.config).await?;
        Ok(Self { app, listener, address, worker: serve.worker })
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
        let runner = self.worker.then(|| Runner::start(&self.app));
        let (stopping, stopped) = tokio::sync::oneshot::channel();
        let shutdown = async move {
            shutdown.await;
            let _ = stopping.send(());
        };
        let service = ServiceExt::<Request>::into_make_service(router::service(Arc::clone(&self.app)));
        let serving = axum::serve(self.listener, service).with_graceful_shutdown(shutdown);
        let mut serving = std::pin::pin!(async move { serving.await });
        let served = tokio::select! {
            served = &mut serving => served,
            Ok(()) = stopped => tokio::time::timeout(patience, serving).await.unwrap_or(Ok(())),
        };
        if let Some(runner) = runner
            && tokio::time::timeout(patience, runner.stop()).await.is_err()
        {
            tracing::warn!("jobs did not stop in time; their leases will run out");
        }
        self.app.close().await;
        served.map_err(ServeError::Serve)
    }
}
