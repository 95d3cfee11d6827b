//! The executable: reads the command line, plugs the real parts together, and ends with a code that scripts can read.

mod arguments;
mod commands;
mod configuration;
mod exit;
mod models;
#[cfg(feature = "otlp")]
mod otlp;
mod outputs;
mod recording;
mod terminal;
mod truth;
mod wishes;

use clap::{Parser, Subcommand};
use exit::Exit;
use std::process::ExitCode;

/// Memory in huge pages (settings in `.cargo/config.toml`): an eighth less time for a network that walks through tens of
/// megabytes, see docs/decisions/0013-whose-memory.md.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Drum videos to sheet music.
#[derive(Debug, Parser)]
#[command(name = "backbeat", version, about, after_help = exit::HELP, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write down what is played in recordings
    Transcribe(Box<commands::transcribe::Arguments>),
    /// Take recordings apart: drums and rest, or a stem per drum
    Separate(commands::separate::Arguments),
    /// Transcribe the demo video and show its score
    Demo(commands::demo::Arguments),
    /// Check everything the program needs
    Doctor(commands::doctor::Arguments),
    /// Score transcriptions against the truth
    Evaluate(commands::evaluate::Arguments),
    /// Start the server with its worker
    Serve(commands::serve::Arguments),
    /// Start a worker without the API
    Work(commands::work::Arguments),
    /// Ask the server or worker on this machine whether it is well
    Ping(commands::ping::Arguments),
    /// Manage accounts
    User(commands::user::Arguments),
    /// Manage listening models
    Models(commands::models::Arguments),
    /// Manage the database schema
    Migrate(commands::migrate::Arguments),
    /// Move rows and files to another database and another place, and back
    Move(commands::moving::Arguments),
    /// Print the OpenAPI document
    Openapi,
    /// Check a model; started by a server as a child
    #[command(name = service::models::CHECK_COMMAND, hide = true)]
    VerifyModel(commands::models::CheckArguments),
}

fn main() -> ExitCode {
    // A .env file beside the caller fills in what the environment does not say.
    let _ = dotenvy::dotenv();
    let outcome = match Cli::parse().command {
        Command::Transcribe(arguments) => commands::transcribe::run(&arguments),
        Command::Separate(arguments) => commands::separate::run(&arguments),
        Command::Demo(arguments) => commands::demo::run(&arguments),
        Command::Doctor(arguments) => commands::doctor::run(&arguments),
        Command::Evaluate(arguments) => commands::evaluate::run(&arguments),
        Command::Serve(arguments) => commands::serve::run(&arguments),
        Command::Work(arguments) => commands::work::run(&arguments),
        Command::Ping(arguments) => commands::ping::run(&arguments),
        Command::User(arguments) => commands::user::run(&arguments),
        Command::Models(arguments) => commands::models::run(&arguments),
        Command::Migrate(arguments) => commands::migrate::run(&arguments),
        Command::Move(arguments) => commands::moving::run(&arguments),
        Command::Openapi => commands::openapi::run(),
        Command::VerifyModel(arguments) => commands::models::check(&arguments),
    };
    outcome
        .unwrap_or_else(|error| {
            terminal::complain(&format!("{error:#}"));
            Exit::Failed
        })
        .into()
}
