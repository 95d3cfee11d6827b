//! `backbeat work`: a worker without the API, as many as there is work for.

use std::path::PathBuf;

use anyhow::Result;

use crate::exit::Exit;
use crate::{configuration, models, terminal};

/// What to do, and how much at once.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only jobs of these types, separated by commas [default: all]
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    types: Vec<String>,
    /// Jobs at the same time [default: JOB_SLOTS]
    #[arg(long, value_name = "JOBS")]
    concurrency: Option<usize>,
    /// Port for /health and /metrics [default: PORT]
    #[arg(long)]
    port: Option<u16>,
    /// Data folder, as for `serve`
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Works until told to stop.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let mut config = configuration::load(arguments.data.as_deref(), arguments.port)?;
    if let Some(concurrency) = arguments.concurrency {
        config.job_slots = concurrency;
    }
    let _log = configuration::log(&config)?;
    let models = models::load(None)?;
    let work = api::work(config, models, arguments.types.clone(), |line| terminal::say(&line));
    configuration::runtime()?.block_on(work)?;
    Ok(Exit::Done)
}
