//! `backbeat serve`: API and worker in one process, on a folder.

use crate::exit::Exit;
use crate::{configuration, models, terminal};
use anyhow::Result;
use std::path::PathBuf;

/// Where to serve, and on what.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Port to listen on [default: 8000]
    #[arg(long)]
    port: Option<u16>,
    /// Answer clients only; `backbeat work` does the jobs
    #[arg(long)]
    no_worker: bool,
    /// Data folder; made where it is missing [default: DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Serves until told to stop.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let config = configuration::load(arguments.data.as_deref(), arguments.port)?;
    let _log = configuration::log(&config)?;
    let models = models::load(None)?;
    configuration::runtime()?.block_on(api::serve(config, models, !arguments.no_worker, |lines| {
        lines.iter().for_each(|line| terminal::say(line));
    }))?;
    Ok(Exit::Done)
}
