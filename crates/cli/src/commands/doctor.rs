//! `backbeat doctor`: everything the program needs, each fine or with what to do.

use crate::commands::transcribe::transcriber;
use crate::exit::Exit;
use crate::{configuration, models, terminal};
use anyhow::{Context, Result, ensure};
use service::models::{Registry, Task};
use std::path::{Path, PathBuf};

/// Where to look.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Data folder to check, as for `serve`
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// A check's name, its outcome as a short text or an error, and what to do about an error.
type Check = (&'static str, Result<String>, &'static str);

/// Checks everything; missing parts end with [`Exit::Missing`].
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let checks: [Check; 5] = [
        ("ffmpeg", tools(), "Install ffmpeg; on Debian: apt-get install ffmpeg."),
        ("fonts", fonts(), "The executable is damaged; build or download it again."),
        ("model", model(arguments.data.as_deref()), "The executable is damaged; build or download it again."),
        ("database", database(arguments.data.as_deref()), "Check DATABASE_URL_ASYNC, and that the server runs."),
        (
            "storage",
            storage(arguments.data.as_deref()),
            "Choose a folder that you may write to with --data or DATA_DIR.",
        ),
    ];
    let good = checks.iter().all(|(_, outcome, _)| outcome.is_ok());
    for (name, outcome, remedy) in checks {
        match outcome {
            Ok(found) => terminal::say(&format!("  ok       {name:<9} {found}")),
            Err(error) => terminal::say(&format!("  MISSING  {name:<9} {error:#}\n           {:<9} {remedy}", "")),
        }
    }
    Ok(if good { Exit::Done } else { Exit::Missing })
}

fn tools() -> Result<String> {
    let versions = media::tools()?;
    Ok(format!("{}, ffprobe {}", versions.ffmpeg, versions.ffprobe))
}

/// The music font must have a notehead, the text font a letter.
fn fonts() -> Result<String> {
    ensure!(engrave::font::glyph('\u{E0A4}').is_some(), "the music font has no notehead");
    ensure!(engrave::font::text_width("a", engrave::Face::Regular, 1.0) > 0.0, "the text font has no letters");
    Ok("music and text, in the executable".to_owned())
}

/// The active models of the server on this folder, and what the executable carries.
fn model(data: Option<&Path>) -> Result<String> {
    let default = transcriber(None)?.model();
    let carried = models::names().join(", ");
    let config = configuration::load(data, None)?;
    if configuration::is_first_start(&config) {
        return Ok(format!("{default} (there is {carried})"));
    }
    let [active, apart] = configuration::runtime()?.block_on(async {
        // A database that does not answer or is not up to date is another check's finding, and nothing is changed here.
        let states = service::migrate(&config, service::Migrate::Status).await.unwrap_or_default();
        if states.is_empty() || states.iter().any(|state| !state.applied) {
            return Ok([None, None]);
        }
        let registry = Registry::open(&config, &models::load(None)?).await?;
        let active = [registry.active(Task::OnsetDetection).await?, registry.active(Task::Separation).await?];
        registry.leave().await?;
        anyhow::Ok(active)
    })?;
    let apart = apart.map_or_else(String::new, |model| format!("; {} {} separates", model.name, model.version));
    let listens = match active {
        Some(model) => format!("{} {}, registered (in the executable: {carried})", model.name, model.version),
        None => format!("{default} (there is {carried})"),
    };
    Ok(listens + &apart)
}

/// Opens what is there; a database that is not there yet is made by `serve`.
fn database(data: Option<&Path>) -> Result<String> {
    let config = configuration::load(data, None)?;
    let shown = store::without_password(&config.database_url());
    if configuration::is_first_start(&config) {
        return Ok(format!("{shown}, made at the first start of `backbeat serve`"));
    }
    let runtime = configuration::runtime()?;
    let states = runtime.block_on(service::migrate(&config, service::Migrate::Status)).context(shown.clone())?;
    let missing = states.iter().filter(|state| !state.applied).count();
    Ok(if missing == 0 { shown } else { format!("{shown}, {missing} migrations to apply at the next start") })
}

/// Writes a small file where recordings go, or sees that the folder could be made.
fn storage(data: Option<&Path>) -> Result<String> {
    let folder = configuration::load(data, None)?.blobs_dir();
    if !folder.exists() {
        return Ok(format!("{}, made at the first start of `backbeat serve`", folder.display()));
    }
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    std::fs::write(&probe, b"ok").and_then(|()| std::fs::remove_file(&probe)).context(folder.display().to_string())?;
    Ok(folder.display().to_string())
}
