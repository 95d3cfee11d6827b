//! `backbeat separate`: recordings in, stems out.

use crate::exit::Exit;
use crate::outputs::Outputs;
use crate::recording::{self, Failure, Passage};
use crate::terminal::{self, Progress};
use crate::{configuration, models};
use anyhow::{Context, Result};
use listen::separate::{Quality, Separator, Stem};
use serde_json::{Value, json};
use service::models::{Registry, Task};
use service::splitting::{self, Bits, Product, SoundFormat, Split, Wanted};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use transcribe::{Options, Transcriber};

/// What `--help` shows last.
const EXAMPLES: &str = "Examples:
  backbeat separate song.mp4 --stems drums,rest -o out      # out/song/drums.flac, out/song/rest.flac
  backbeat separate take1.mp4 take2.mov --format wav --bits 16
  backbeat separate song.mp4 --separator models/apart       # by a network of your own
  backbeat separate *.mp4 --json | jq -r '.stems[] | [.name, .certainty_db] | @tsv'";

/// What to take apart, and what to write.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Videos or sound files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Folder for the results, in which each recording gets one of its name; beside each file by default
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// What to write: kick, snare, toms, hihat, cymbals, percussion, rest, drums; all but the last where nothing is
    /// said
    #[arg(long, value_name = "STEMS", value_delimiter = ',', value_parser = product)]
    stems: Vec<Product>,

    /// How to write: flac or wav
    #[arg(long, value_name = "FORMAT", default_value = "flac", value_parser = format)]
    format: SoundFormat,

    /// Bits of a sample: 16, 24, or for wav 32
    #[arg(long, value_name = "BITS", default_value = "24", value_parser = bits)]
    bits: Bits,

    /// Model to listen with: a name from `backbeat doctor`, or a folder with model.toml and model.onnx or weights.bin
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,

    /// What takes recordings apart: masks, or a folder with model.toml and model.onnx of a network
    #[arg(long, value_name = "SEPARATOR")]
    separator: Option<String>,

    /// Data folder of a server: what takes recordings apart there does it here, where `--separator` says nothing
    #[arg(long, value_name = "DIR", conflicts_with = "separator")]
    data: Option<PathBuf>,

    /// Print one JSON line per file instead of text
    #[arg(long)]
    json: bool,
}

fn product(name: &str) -> Result<Product, String> {
    let names = || Stem::ALL.map(Stem::id).join(", ");
    Product::named(name).ok_or_else(|| format!("there is no stem {name:?}; there are {}, drums", names()))
}

fn format(word: &str) -> Result<SoundFormat, String> {
    SoundFormat::parse(word).ok_or_else(|| format!("{word:?} is not flac or wav"))
}

fn bits(text: &str) -> Result<Bits, String> {
    let count = text.parse().ok().and_then(Bits::of);
    count.ok_or_else(|| format!("{text:?} is not 16, 24 or 32"))
}

/// Share of the work that listening is.
const LISTENING: f64 = 0.3;

/// A file that went well.
struct Done {
    split: Split,
    paths: Vec<PathBuf>,
    model: String,
    warnings: Vec<String>,
}

/// A file that did not.
enum Trouble {
    /// Its recording cannot be used.
    Recording(Failure),
    /// The network that was to take it apart failed.
    Separator(listen::Error),
    /// Its results cannot be written.
    Here(anyhow::Error),
}

/// Takes every file apart; one that fails is named and the others go on.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    if arguments.format == SoundFormat::Flac && arguments.bits == Bits::ThirtyTwo {
        terminal::complain("flac holds 16 or 24 bits; 32 are for --format wav");
        return Ok(Exit::Usage);
    }
    let models = super::transcribe::transcriber(arguments.model.as_deref())
        .and_then(|transcriber| Ok((transcriber, separator(arguments)?)));
    let (transcriber, separator) = match models {
        Ok(models) => models,
        Err(error) => {
            terminal::complain(&format!("{error:#}"));
            return Ok(Exit::Missing);
        }
    };
    let products =
        if arguments.stems.is_empty() { Stem::ALL.map(Product::stem).to_vec() } else { arguments.stems.clone() };
    let wanted = Wanted { products, format: arguments.format, bits: arguments.bits };
    let progress = Progress::new(arguments.files.len(), arguments.json);
    let mut exit = Exit::Done;
    for (index, file) in arguments.files.iter().enumerate() {
        let tell = |share: f64, doing: &str| progress.tell(index, share, doing);
        let outcome = one_file(arguments, file, &wanted, &transcriber, &separator, &tell);
        progress.finish(index);
        progress.suspend(|| exit = exit.max(report(arguments, file, &separator, outcome)));
    }
    progress.clear();
    Ok(exit)
}

/// The separator that is wanted; that of a server where its folder is named.
fn separator(arguments: &Arguments) -> Result<Separator> {
    match (&arguments.separator, &arguments.data) {
        (Some(wanted), _) => models::separator(wanted),
        (None, None) => Ok(Separator::default()),
        (None, Some(data)) => {
            let config = configuration::load(Some(data), None)?;
            anyhow::ensure!(!configuration::is_first_start(&config), "there is no server's data in {}", data.display());
            let active = configuration::runtime()?.block_on(async {
                let registry = Registry::open(&config, &models::load(None)?).await?;
                let active = match registry.active(Task::Separation).await? {
                    Some(model) => Some(registry.files(&model).await?),
                    None => None,
                };
                registry.leave().await?;
                anyhow::Ok(active)
            })?;
            active.map_or_else(|| Ok(Separator::default()), |model| Separator::of_model(&model).map_err(Into::into))
        }
    }
}

fn one_file(
    arguments: &Arguments,
    file: &Path,
    wanted: &Wanted,
    transcriber: &Transcriber,
    separator: &Separator,
    tell: &(dyn Fn(f64, &str) + Sync),
) -> Result<Done, Trouble> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let options = Options { listen: listen::Options { threads, ..listen::Options::default() }, ..Options::default() };
    let advance = |stage: transcribe::Stage, done| tell(stage.overall(done) * LISTENING, stage.name());
    let heard = recording::transcribe(file, Passage::default(), transcriber, &options, &advance);
    let heard = heard.map_err(Trouble::Recording)?;
    let folder = folder(arguments, file);
    fs::create_dir_all(&folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))
        .map_err(Trouble::Here)?;
    let partial = folder.join(format!(".{}.part", std::process::id()));
    let done = split_into(file, &heard.transcription.performance, separator, wanted, &partial, tell);
    let done = done.and_then(|split| Ok((move_all(&split, &folder).map_err(Trouble::Here)?, split)));
    // Whatever is left in there is of no use.
    let _ = fs::remove_dir_all(&partial);
    let (paths, split) = done?;
    Ok(Done { split, paths, model: heard.transcription.report.model, warnings: heard.warnings })
}

fn split_into(
    file: &Path,
    performance: &drums::Performance,
    separator: &Separator,
    wanted: &Wanted,
    folder: &Path,
    tell: &(dyn Fn(f64, &str) + Sync),
) -> Result<Split, Trouble> {
    fs::create_dir_all(folder).context("the folder for unfinished files cannot be made").map_err(Trouble::Here)?;
    let mut told = |doing: &'static str, done: f64| {
        tell(LISTENING + (1.0 - LISTENING) * done, doing);
        ControlFlow::Continue(())
    };
    let limits = media::Limits::default();
    let split = splitting::split(separator, file, performance.hits(), wanted, &limits, folder, &mut told);
    split.map_err(|error| match error {
        service::PipelineError::Media(error) => Trouble::Recording(Failure::Media(error)),
        service::PipelineError::Separate(error) => Trouble::Separator(error),
        other => Trouble::Here(other.into()),
    })
}

/// `DIR/RECORDING`, or `RECORDING-stems` beside the file.
fn folder(arguments: &Arguments, file: &Path) -> PathBuf {
    let name = Outputs::beside(file, None).stem().to_owned();
    match &arguments.output {
        Some(folder) => folder.join(name),
        None => file.with_file_name(format!("{name}-stems")),
    }
}

/// Moves the finished files to where they are wanted.
fn move_all(split: &Split, folder: &Path) -> Result<Vec<PathBuf>> {
    let moved = split.files.iter().map(|file| {
        let to = folder.join(file.path.file_name().unwrap_or_default());
        fs::rename(&file.path, &to).with_context(|| format!("{} cannot be written", to.display()))?;
        Ok(to)
    });
    moved.collect()
}

/// Says how a file went, and which exit code that calls for.
fn report(arguments: &Arguments, file: &Path, separator: &Separator, outcome: Result<Done, Trouble>) -> Exit {
    let (code, message, hint, exit) = match outcome {
        Ok(done) if arguments.json => {
            terminal::say(&line(file, separator, &done).to_string());
            return Exit::Done;
        }
        Ok(done) => {
            if terminal::is_watched() {
                terminal::say(&summary(file, &done));
            }
            return Exit::Done;
        }
        Err(Trouble::Recording(failure)) => {
            let (code, message, hint) = failure.explain();
            let exit = if code == "tool_missing" { Exit::Missing } else { Exit::BadInput };
            (code, message, hint, exit)
        }
        Err(Trouble::Separator(error)) => {
            ("model_failed", error.to_string(), "Take another, or `--separator masks`.", Exit::Failed)
        }
        Err(Trouble::Here(error)) => {
            ("io", format!("{error:#}"), "Check the folder and the space on the disk.", Exit::Failed)
        }
    };
    if arguments.json {
        let line = json!({"file": file.to_string_lossy(), "ok": false, "code": code, "message": message, "hint": hint});
        terminal::say(&line.to_string());
    } else {
        terminal::complain(&format!("{}: {message}. {hint}", file.display()));
    }
    exit
}

/// What the masks say of a product; nothing of those that are no stem.
fn quality_of<'a>(split: &'a Split, name: &str) -> Option<(&'a Quality, usize)> {
    let place = Stem::ALL.iter().position(|stem| stem.id() == name)?;
    Some((&split.quality[place], split.hits[place]))
}

/// How sure the masks are of a stem, dB; nothing of one that is silent.
fn certain(quality: &Quality) -> Option<f64> {
    (quality.energy > 0.0).then_some(quality.certainty_db)
}

fn line(file: &Path, separator: &Separator, done: &Done) -> Value {
    let stems: Vec<Value> = done
        .split
        .files
        .iter()
        .zip(&done.paths)
        .map(|(written, path)| {
            let quality = quality_of(&done.split, &written.name);
            json!({
                "name": written.name,
                "path": path.to_string_lossy(),
                "size_bytes": written.size_bytes,
                "clipped_samples": written.clipped_samples,
                "hits": quality.map(|(_, hits)| hits),
                "energy_share": quality.map(|(quality, _)| quality.share),
                "certainty_db": quality.and_then(|(quality, _)| certain(quality)),
            })
        })
        .collect();
    json!({
        "file": file.to_string_lossy(),
        "ok": true,
        "duration_s": done.split.duration_s,
        "channels": done.split.channels,
        "separator": separator.name(),
        "model": done.model,
        "stems": stems,
        "warnings": done.warnings,
    })
}

/// The lines a person reads after a file is done.
fn summary(file: &Path, done: &Done) -> String {
    let mut lines = vec![file.display().to_string()];
    for (written, path) in done.split.files.iter().zip(&done.paths) {
        let said = match quality_of(&done.split, &written.name) {
            Some((quality, _)) if quality.energy <= 0.0 => "silent".to_owned(),
            Some((quality, hits)) => {
                let strokes = if written.name == Stem::Rest.id() { String::new() } else { format!("{hits} strokes, ") };
                format!("{strokes}{:.0} % of the energy", quality.share * 100.0)
            }
            None => String::new(),
        };
        lines.push(format!("  {:<40} {said}", path.display().to_string()));
    }
    lines.extend(done.warnings.iter().map(|text| format!("  ? {text}")));
    lines.join("\n")
}
