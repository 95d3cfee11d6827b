//! `backbeat migrate`: the database schema, step by step.

use crate::exit::Exit;
use crate::{configuration, terminal};
use anyhow::Result;
use clap::Subcommand;
use service::Migrate;
use std::path::PathBuf;

/// What to do.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Data folder, as for `serve`
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Apply migrations, all that are missing unless a number is given
    Up {
        /// How many
        steps: Option<u32>,
    },
    /// Take back migrations, the last one unless a number is given
    Down {
        /// How many
        #[arg(default_value_t = 1)]
        steps: u32,
    },
    /// Say which are applied
    Status,
}

/// Migrates, then prints the state.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let config = configuration::load(arguments.data.as_deref(), None)?;
    let way = match arguments.command {
        Command::Up { steps } => Migrate::Up(steps),
        Command::Down { steps } => Migrate::Down(Some(steps)),
        Command::Status => Migrate::Status,
    };
    let states = configuration::runtime()?.block_on(service::migrate(&config, way))?;
    for state in states {
        terminal::say(&format!("  {}  {}", if state.applied { "applied" } else { "missing" }, state.name));
    }
    Ok(Exit::Done)
}
