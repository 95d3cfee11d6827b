//! `backbeat serve`: API and worker in one process, on a folder.

use crate::exit::Exit;
use crate::{configuration, models, terminal};
use anyhow::Result;
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

/// What libraries say below a warning is no news to an operator, unless LOG_LEVEL names them.
const QUIET: &str = "sea_orm_migration=warn,sqlx=warn";

/// Where to serve, and on what.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Port to listen on [default: 8000]
    #[arg(long)]
    port: Option<u16>,
    /// Data folder; made where it is missing [default: DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Serves until told to stop.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let config = configuration::load(arguments.data.as_deref(), arguments.port)?;
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.log_level)).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let models = models::load(None)?;
    configuration::runtime()?
        .block_on(api::serve(config, models, |lines| lines.iter().for_each(|line| terminal::say(line))))?;
    Ok(Exit::Done)
}
