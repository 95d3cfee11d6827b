//! `backbeat user`: accounts, from the machine itself.

use crate::exit::Exit;
use crate::{configuration, terminal};
use anyhow::Result;
use clap::Subcommand;
use std::path::PathBuf;

/// What to do.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an account
    Create {
        /// E-mail address
        #[arg(long)]
        email: String,
        /// Password of 8 to 72 bytes; better in BACKBEAT_PASSWORD, where other users of the machine do not see it
        #[arg(long, env = "BACKBEAT_PASSWORD", hide_env_values = true)]
        password: String,
        /// Give it the role admin
        #[arg(long)]
        admin: bool,
        /// Data folder, as for `serve`
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
}

/// Makes the account.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let Command::Create { email, password, admin, data } = &arguments.command;
    let config = configuration::load(data.as_deref(), None)?;
    let made = configuration::runtime()?.block_on(api::create_user(config, email, password, *admin));
    match made {
        Ok(id) => {
            terminal::say(&format!("made {} {email} ({id})", if *admin { "admin" } else { "user" }));
            Ok(Exit::Done)
        }
        Err(error) => {
            terminal::complain(&format!("{error:#}"));
            Ok(Exit::Failed)
        }
    }
}
