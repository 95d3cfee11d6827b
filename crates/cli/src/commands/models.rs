//! `backbeat models`: the models of a server, from the machine itself; and the check a server starts.

use crate::exit::Exit;
use crate::{configuration, models, terminal};
use anyhow::{Context, Result};
use clap::Subcommand;
use service::models::{NewModel, Registry, Task, examine};
use service::{Config, Error, RegisteredModel};
use std::path::{Path, PathBuf};

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
    /// List the registered models and those in the executable
    List,
    /// Register a model: a folder with model.toml and model.onnx or weights.bin
    Add {
        /// The folder
        folder: PathBuf,
        /// What it is for: onset_detection, or separation for a network that takes recordings apart
        #[arg(long, default_value = "onset_detection", value_name = "TASK", value_parser = task)]
        task: Task,
        /// A line for people
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Check a model in a child process under limits of time and memory
    Verify {
        /// Its id, or name and version such as tcn@3
        model: String,
    },
    /// Let every worker use a model that passed its check, from its next job on
    Activate {
        /// Its id, or name and version such as tcn@3
        model: String,
    },
    /// Let what is in the executable do the task again
    Deactivate {
        /// Its id, or name and version such as tcn@3
        model: String,
    },
    /// Delete a model that is not active
    Remove {
        /// Its id, or name and version such as tcn@3
        model: String,
    },
}

/// Does it, and says in a line that it is done.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let config = configuration::load(arguments.data.as_deref(), None)?;
    let carried = models::load(None)?;
    let outcome = configuration::runtime()?.block_on(async {
        let registry = Registry::open(&config, &carried).await?;
        let said = act(&registry, &config, &arguments.command).await;
        registry.leave().await?;
        anyhow::Ok(said)
    })?;
    match outcome {
        Ok((lines, exit)) => {
            lines.iter().for_each(|line| terminal::say(line));
            Ok(exit)
        }
        Err(error) => {
            terminal::complain(&in_words(&error));
            Ok(Exit::Failed)
        }
    }
}

async fn act(registry: &Registry, config: &Config, command: &Command) -> service::Result<(Vec<String>, Exit)> {
    let mut exit = Exit::Done;
    let lines = match command {
        Command::List => list(registry).await?,
        Command::Add { folder, task, description } => {
            let model = add(registry, config, folder, *task, description.clone()).await?;
            vec![format!("registered {} {} ({}); verify it next", model.name, model.version, model.id)]
        }
        Command::Verify { model } => {
            let model = registry.verify(find(registry, model).await?.id).await?;
            if model.status != "verified" {
                exit = Exit::Failed;
            }
            vec![verdict(&model)]
        }
        Command::Activate { model } => {
            let model = registry.activate(find(registry, model).await?.id).await?;
            vec![format!("{} {} {} from the next job on", model.name, model.version, does(&model))]
        }
        Command::Deactivate { model } => {
            let model = registry.deactivate(find(registry, model).await?.id).await?;
            let own = Task::parse(&model.model_type).and_then(|task| registry.built_in_of(task));
            let own = own.map_or_else(String::new, |own| format!("; {} {} {}", own.name, own.version, does(&model)));
            vec![format!("{} {} is inactive{own}", model.name, model.version)]
        }
        Command::Remove { model } => {
            let model = find(registry, model).await?;
            registry.delete(model.id).await?;
            vec![format!("{} {} is gone", model.name, model.version)]
        }
    };
    Ok((lines, exit))
}

async fn list(registry: &Registry) -> service::Result<Vec<String>> {
    let all = registry.list().await?;
    let idle = |task: Task| !all.iter().any(|model| model.is_active && model.model_type == task.as_str());
    let mark = |active: bool| if active { "*" } else { " " };
    let own = Task::ALL.into_iter().filter_map(|task| Some((task, registry.built_in_of(task)?)));
    let mut lines: Vec<String> = own
        .map(|(task, own)| {
            format!(
                "{} {:<36}  {:<16} {:<15} in the executable",
                mark(idle(task)),
                "-",
                format!("{}@{}", own.name, own.version),
                task.as_str()
            )
        })
        .collect();
    lines.extend(all.iter().map(|model| {
        format!(
            "{} {:<36}  {:<16} {:<15} {}",
            mark(model.is_active),
            model.id,
            format!("{}@{}", model.name, model.version),
            model.model_type,
            model.status
        )
    }));
    Ok(lines)
}

async fn add(
    registry: &Registry,
    config: &Config,
    folder: &Path,
    task: Task,
    description: Option<String>,
) -> service::Result<RegisteredModel> {
    let weights = if folder.join("model.onnx").is_file() { "model.onnx" } else { "weights.bin" };
    let card = folder.join("model.toml");
    let read = std::fs::read(&card).map_err(|error| Error::internal(format!("{}: {error}", card.display())))?;
    let weights = registry.take_file(config, &folder.join(weights)).await?;
    registry.register(NewModel { task, card: read, description }, weights).await
}

/// The model of an id, or of name@version.
async fn find(registry: &Registry, wanted: &str) -> service::Result<RegisteredModel> {
    let all = registry.list().await?;
    let named = |model: &RegisteredModel| format!("{}@{}", model.name, model.version);
    all.into_iter()
        .find(|model| model.id.to_string() == wanted || named(model) == wanted)
        .ok_or(Error::NotFound("model"))
}

/// What models of its task do.
fn does(model: &RegisteredModel) -> &'static str {
    if model.model_type == Task::Separation.as_str() { "takes recordings apart" } else { "listens" }
}

fn verdict(model: &RegisteredModel) -> String {
    let verdict = model.verdict.clone().unwrap_or_default();
    let name = format!("{} {}", model.name, model.version);
    if model.status != "verified" {
        return format!("{name} was refused: {}", verdict["reason"].as_str().unwrap_or("no reason was given"));
    }
    let probe = &verdict["facts"]["probe"];
    if let Some(share) = probe["drums_share"].as_f64() {
        return format!(
            "{name} passed: {:.0} % of a plain groove of drums is in its stems, {} s for {} s of sound",
            share * 100.0,
            probe["took_s"],
            probe["sound_s"]
        );
    }
    format!(
        "{name} passed: {} of {} strokes of a plain groove, {} too many, {} s for {} s of sound",
        probe["found"], probe["strokes"], probe["extra"], probe["took_s"], probe["sound_s"]
    )
}

fn in_words(error: &Error) -> String {
    match error {
        Error::NotFound("model") => "there is no such model; `backbeat models list` shows all".to_owned(),
        Error::Rule(refusal) | Error::Conflict(refusal) | Error::TooLarge(refusal) | Error::Busy(refusal) => {
            format!("{} {}", refusal.message, refusal.hint)
        }
        Error::Internal(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

/// What a server's child does: a card and weights, checked.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArguments {
    /// The card
    card: PathBuf,
    /// The weights
    weights: PathBuf,
    /// What it is for
    #[arg(value_parser = task)]
    task: Task,
}

fn task(word: &str) -> Result<Task, String> {
    Task::parse(word)
        .ok_or_else(|| format!("{word:?} is no task; there are {}", Task::ALL.map(Task::as_str).join(", ")))
}

/// Checks a model and prints the verdict as a line of JSON.
pub(crate) fn check(arguments: &CheckArguments) -> Result<Exit> {
    let verdict = examine(arguments.task, &arguments.card, &arguments.weights).context("the model cannot be read")?;
    terminal::say(&verdict);
    Ok(Exit::Done)
}
