//! Settings for the commands that serve: defaults, environment, command line, in this order.

use anyhow::{Context, Result};
use service::Config;
use std::path::Path;
use tokio::runtime::{Builder, Runtime};
use tracing::Subscriber;
#[cfg(feature = "otlp")]
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

#[cfg(feature = "otlp")]
use crate::otlp;

/// The settings of the environment, with the command line's data folder and port on top.
pub(crate) fn load(data: Option<&Path>, port: Option<u16>) -> Result<Config> {
    let data = data.map(|folder| ("DATA_DIR".to_owned(), folder.to_string_lossy().into_owned()));
    let port = port.map(|port| ("PORT".to_owned(), port.to_string()));
    // Names and values that are not Unicode cannot be settings of ours.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Config::from_vars(environment.chain(data).chain(port)).context("the settings cannot be used")
}

/// What libraries say below a warning is no news to an operator, unless LOG_LEVEL names them.
const QUIET: &str = "sea_orm_migration=warn,sqlx=warn";

/// Whatever has to be sent before the process ends; dropped at the end of a command.
#[derive(Debug)]
#[must_use]
pub(crate) struct Log {
    #[cfg(feature = "otlp")]
    _exporter: Option<otlp::Exporter>,
}

/// Logs to standard error from now on, in the form the settings ask for, and sends traces where they say so.
pub(crate) fn log(config: &Config) -> Result<Log> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.log_level)).unwrap_or_else(|_| EnvFilter::new("info"));
    // A line that cannot be written, because the disk is full, must not end the request it is about.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines = if config.log_format == "json" { lines.json().flatten_event(true).boxed() } else { lines.boxed() };
    let log = tracing_subscriber::registry().with(lines.with_filter(filter));
    send_traces(config, log)
}

#[cfg(feature = "otlp")]
fn send_traces(config: &Config, log: impl Subscriber + for<'a> LookupSpan<'a> + Send + Sync) -> Result<Log> {
    if config.otel_exporter_otlp_endpoint.is_empty() {
        log.init();
        return Ok(Log { _exporter: None });
    }
    let (spans, exporter) = otlp::start(&config.otel_exporter_otlp_endpoint)?;
    log.with(spans.with_filter(LevelFilter::INFO)).init();
    Ok(Log { _exporter: Some(exporter) })
}

#[cfg(not(feature = "otlp"))]
fn send_traces(config: &Config, log: impl Subscriber + for<'a> LookupSpan<'a> + Send + Sync) -> Result<Log> {
    log.init();
    if !config.otel_exporter_otlp_endpoint.is_empty() {
        tracing::warn!("OTEL_EXPORTER_OTLP_ENDPOINT is set, but this executable was built without the feature otlp");
    }
    Ok(Log {})
}

/// Whether the embedded database does not exist yet.
pub(crate) fn is_first_start(config: &Config) -> bool {
    config.database_url().starts_with("sqlite:") && !config.data_dir.join("backbeat.db").exists()
}

/// The runtime of the commands that wait for databases and clients.
pub(crate) fn runtime() -> Result<Runtime> {
    Builder::new_multi_thread().enable_all().build().context("no threads can be started")
}
