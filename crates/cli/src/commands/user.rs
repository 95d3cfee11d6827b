//! `backbeat user`: accounts, from the machine itself.

use crate::exit::Exit;
use crate::{configuration, terminal};
use anyhow::Result;
use clap::Subcommand;
use service::users::Operator;
use service::{Config, Error, Secret};
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
    /// Make an account
    Create {
        /// E-mail address
        #[arg(long)]
        email: String,
        /// Password of 8 characters to 72 bytes; better in BACKBEAT_PASSWORD, where other users of the machine do not see it
        #[arg(long, env = "BACKBEAT_PASSWORD", hide_env_values = true)]
        password: String,
        /// Give it the role admin
        #[arg(long)]
        admin: bool,
    },
    /// List accounts with their roles
    List {
        /// Closed accounts too
        #[arg(long)]
        all: bool,
    },
    /// Give an account a role
    Grant {
        /// E-mail address
        email: String,
        /// Such as admin or premium
        role: String,
    },
    /// Take a role from an account; losing user, premium or admin ends its tokens
    Revoke {
        /// E-mail address
        email: String,
        /// Such as admin or premium
        role: String,
    },
    /// Set the password of an account; its tokens end
    Password {
        /// E-mail address
        email: String,
        /// Password of 8 characters to 72 bytes; better in BACKBEAT_PASSWORD, where other users of the machine do not see it
        #[arg(long, env = "BACKBEAT_PASSWORD", hide_env_values = true)]
        password: String,
    },
    /// Close an account; its tokens end, its recordings stay
    Close {
        /// E-mail address
        email: String,
    },
    /// Reopen a closed account
    Reopen {
        /// E-mail address
        email: String,
    },
    /// Print a link that makes the first admin, once, within 30 minutes
    SetupLink,
}

/// Does it, and says in a line that it is done.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let config = configuration::load(arguments.data.as_deref(), None)?;
    let outcome = configuration::runtime()?.block_on(async {
        let operator = Operator::open(&config).await?;
        let said = act(&operator, &config, &arguments.command).await;
        operator.leave().await?;
        anyhow::Ok(said)
    })?;
    match outcome {
        Ok(lines) => {
            lines.iter().for_each(|line| terminal::say(line));
            Ok(Exit::Done)
        }
        Err(error) => {
            terminal::complain(&in_words(&error));
            Ok(Exit::Failed)
        }
    }
}

async fn act(operator: &Operator, config: &Config, command: &Command) -> service::Result<Vec<String>> {
    let line = match command {
        Command::Create { email, password, admin } => {
            let made = operator.create(email, Secret::new(password), *admin).await?;
            format!("made {} {email} ({})", if *admin { "admin" } else { "user" }, made.user.id)
        }
        Command::List { all } => return Ok(operator.list(*all).await?.iter().map(row).collect()),
        Command::Grant { email, role } => {
            operator.give_role(email, role).await?;
            format!("{email} has the role {role}")
        }
        Command::Revoke { email, role } => {
            operator.take_role(email, role).await?;
            format!("{email} has the role {role} no more")
        }
        Command::Password { email, password } => {
            operator.set_password(email, Secret::new(password)).await?;
            format!("{email} has a new password; its tokens ended")
        }
        Command::Close { email } => {
            operator.close_account(email).await?;
            format!("{email} is closed")
        }
        Command::Reopen { email } => {
            operator.reopen_account(email).await?;
            format!("{email} is open again")
        }
        Command::SetupLink => match operator.setup_link().await? {
            Some(token) => format!("http://{}:{}/setup?token={}", config.host, config.port, token.expose()),
            None => "there is an admin already".to_owned(),
        },
    };
    Ok(vec![line])
}

/// One account in a line.
fn row(account: &service::users::Account) -> String {
    let roles: Vec<&str> = account.roles.iter().map(|role| role.name.as_str()).collect();
    let closed = if account.user.deleted_at.is_some() { "  closed" } else { "" };
    format!("{}  {}  {}{closed}", account.user.id, account.user.email, roles.join(","))
}

fn in_words(error: &Error) -> String {
    match error {
        Error::Invalid(fields) => {
            let words: Vec<&str> = fields.iter().map(|field| field.message.as_str()).collect();
            words.join("; ")
        }
        Error::NotFound("user") => "there is no account with this address".to_owned(),
        other => other.to_string(),
    }
}
