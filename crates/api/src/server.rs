//! The running server: binds, serves, and stops without losing work.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use service::jobs::{JobType, Runner};
use service::{App, Config, ModelSet};

use crate::router::{of_worker, router};

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
    /// A type of job that there is not.
    #[error("there is no job type {word:?}; there are {}", JobType::ALL.map(JobType::as_str).join(", "))]
    NoSuchType {
        /// What was asked for.
        word: String,
    },
    /// The listening socket broke.
    #[error("serving stopped")]
    Serve(#[source] std::io::Error),
}

/// Serves until the process is told to stop (SIGTERM, SIGINT): the API, and a worker unless `workers` is false. `announce`
/// gets the lines of [`Server::banner`] once clients are answered.
///
/// # Errors
/// With what is in the way of starting, or broke.
pub async fn serve(
    config: Config,
    models: ModelSet,
    workers: bool,
    announce: impl FnOnce(Vec<String>),
) -> Result<(), ServeError> {
    let server = Server::bind(config, &models).await?;
    drop(models);
    announce(server.banner().await);
    let runner = workers.then(|| Runner::start(&server.app));
    let routes = router(Arc::clone(&server.app));
    server.run(routes, runner, told_to_stop()).await
}

/// Works until the process is told to stop, on jobs of these types or of all; clients find only health and figures at its
/// port. `announce` gets a line once it works.
///
/// # Errors
/// With what is in the way of starting, or broke.
pub async fn work(
    config: Config,
    models: ModelSet,
    types: Vec<String>,
    announce: impl FnOnce(String),
) -> Result<(), ServeError> {
    let types: Vec<JobType> = types
        .iter()
        .map(|word| JobType::parse(word).ok_or_else(|| ServeError::NoSuchType { word: word.clone() }))
        .collect::<Result<_, _>>()?;
    let server = Server::bind(config, &models).await?;
    drop(models);
    let stepped_back = service::jobs::step_back(&server.app);
    tracing::debug!(stepped_back, "how urgent this process is");
    let runner = Runner::start_for(&server.app, &types);
    let (slots, database) = (server.app.config.slots(), server.app.database_shown());
    announce(format!("{slots} jobs at a time from {database}, health at http://{}/health/ready", server.address));
    let routes = of_worker(Arc::clone(&server.app));
    server.run(routes, Some(runner), told_to_stop()).await
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

    /// Lines for the person who started it: where to look, where the data is, where the API is described; and as long
    /// as there is no admin, the link that makes one.
    pub async fn banner(&self) -> Vec<String> {
        let here = format!("http://{}", self.address);
        let data = self.app.config.data_dir.canonicalize().unwrap_or_else(|_| self.app.config.data_dir.clone());
        let mut lines = vec![
            format!("Backbeat {} at {here}", env!("CARGO_PKG_VERSION")),
            format!("Data in {} ({})", data.display(), self.app.database_shown()),
            format!("API at {here}/docs"),
        ];
        match service::users::setup_link(&self.app).await {
            Ok(Some(token)) => {
                lines
                    .push(format!("No admin yet: make one within 30 minutes at {here}/setup?token={}", token.expose()));
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "no setup link could be made"),
        }
        lines
    }

    /// Answers until `shutdown` is ready; then lets requests and jobs finish, gives the jobs that have not back to the queue,
    /// and closes.
    ///
    /// # Errors
    /// When the socket breaks.
    async fn run(
        self,
        routes: Router,
        runner: Option<Runner>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let patience = Duration::from_secs(self.app.config.shutdown_s_max);
        let streams = self.app.stopping.clone();
        let stopped = streams.clone();
        let shutdown = async move {
            shutdown.await;
            streams.cancel();
        };
        let mut serving = std::pin::pin!({
            let serving = axum::serve(self.listener, routes.into_make_service_with_connect_info::<SocketAddr>())
                .with_graceful_shutdown(shutdown);
            async move { serving.await }
        });
        let early = tokio::select! {
            served = &mut serving => Some(served),
            () = stopped.cancelled() => None,
        };
        let rest = async {
            match early {
                Some(served) => served,
                None => tokio::time::timeout(patience, serving).await.unwrap_or(Ok(())),
            }
        };
        let jobs = async {
            match runner {
                Some(runner) => tokio::time::timeout(2 * patience, runner.stop()).await.is_ok(),
                None => true,
            }
        };
        let (served, in_time) = tokio::join!(rest, jobs);
        if !in_time {
            tracing::warn!("jobs did not stop in time; their leases will run out");
        }
        self.app.close().await;
        served.map_err(ServeError::Serve)
    }
}
