//! `backbeat transcribe`: recordings in, files beside them out.

use crate::exit::Exit;
use crate::outputs::Outputs;
use crate::recording::{self, Failure, Passage, Transcribed};
use crate::terminal::{self, Progress};
use crate::wishes::Wishes;
use crate::{arguments, models};
use anyhow::{Context, Result};
use clap::ValueEnum;
use drums::{Bpm, Seconds};
use export::{Format, Material};
use score::NotationOptions;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use transcribe::{Options, Transcriber};

/// Bars drawn on the terminal.
const BARS_SHOWN: usize = 4;
/// Remarks shown on the terminal; all of them are in `--json`.
const REMARKS_SHOWN: usize = 6;

/// What `--help` shows last.
const EXAMPLES: &str = "Examples:
  backbeat transcribe take1.mp4 take2.mov -o scores --to pdf,musicxml,midi
  backbeat transcribe clip.mp4 --tempo 96 --meter 7/8 --downbeats 12.48
  backbeat transcribe lesson.mp4 --level 2 --similes --paper letter --staff-space 2.2
  backbeat transcribe clip.mp4 --to png --set dpi=300 --set dialect=musescore
  backbeat transcribe *.mp4 --json | jq -r 'select(.ok) | [.file, .bpm, .meter] | @tsv'";

/// What to transcribe, and what to write.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Videos or sound files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Folder for the results; beside each file by default
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Formats to write, separated by commas
    #[arg(long, value_name = "FORMATS", value_delimiter = ',', value_parser = arguments::format,
          default_value = "pdf,musicxml,midi", long_help = arguments::formats_help())]
    to: Vec<Format>,

    /// Start at this time of the file (83.5 or 1:23.5)
    #[arg(long, value_name = "TIME", value_parser = arguments::time)]
    from: Option<Seconds>,

    /// Stop at this time of the file
    #[arg(long, value_name = "TIME", value_parser = arguments::time)]
    to_time: Option<Seconds>,

    /// Model to listen with: a name from `backbeat doctor`, or a folder with model.toml and model.onnx or weights.bin
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,

    /// Print one JSON line per file instead of text
    #[arg(long)]
    json: bool,

    /// Also write values between the steps, as NAME.VALUE.json
    #[arg(long, value_name = "VALUES", value_delimiter = ',')]
    dump: Vec<Dump>,

    #[command(flatten)]
    wishes: Wishes,
}

/// A value between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Dump {
    /// How much of each instrument is in each frame.
    Activations,
    /// The strokes.
    Hits,
    /// Beats and meters.
    Beats,
    /// The notation.
    Score,
}

/// A file that went well.
struct Written {
    transcribed: Transcribed,
    paths: Vec<PathBuf>,
}

/// A file that did not.
enum Trouble {
    /// Its recording cannot be used.
    Recording(Failure),
    /// Its results cannot be written.
    Here(anyhow::Error),
}

/// Transcribes every file; one that fails is named and the others go on.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let transcriber = match transcriber(arguments.model.as_deref()) {
        Ok(transcriber) => transcriber,
        Err(error) => {
            terminal::complain(&format!("{error:#}"));
            return Ok(Exit::Missing);
        }
    };
    if let Some((one, other)) = same_results(arguments) {
        terminal::complain(&format!(
            "{} and {} would be written under the same name; transcribe them into different folders",
            one.display(),
            other.display()
        ));
        return Ok(Exit::Usage);
    }
    let progress = Progress::new(arguments.files.len(), arguments.json);
    let mut exit = Exit::Done;
    for_each_file(arguments, &transcriber, &progress, &mut |file, outcome| {
        progress.suspend(|| exit = exit.max(report(arguments, file, outcome)));
    });
    progress.clear();
    Ok(exit)
}

/// Two files whose results would overwrite each other.
fn same_results(arguments: &Arguments) -> Option<(&Path, &Path)> {
    let mut seen: BTreeMap<Outputs, &Path> = BTreeMap::new();
    arguments.files.iter().find_map(|file| {
        let earlier = seen.insert(Outputs::beside(file, arguments.output.as_deref()), file)?;
        Some((earlier, file.as_path()))
    })
}

/// Reads the model of a name.
pub(crate) fn transcriber(model: Option<&str>) -> Result<Transcriber> {
    Transcriber::new(&models::load(model)?).context("the model cannot be used")
}

/// Works through the files on all cores and hands over each outcome as it comes.
fn for_each_file(
    arguments: &Arguments,
    transcriber: &Transcriber,
    progress: &Progress,
    each: &mut dyn FnMut(&Path, Result<Written, Trouble>),
) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = AtomicUsize::new(0);
    let (sender, outcomes) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..cores.min(arguments.files.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = arguments.files.get(index) else { return };
                    let outcome = one_file(arguments, file, index, transcriber, progress);
                    progress.finish(index);
                    if sender.send((file, outcome)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (file, outcome) in outcomes {
            each(file, outcome);
        }
    });
}

fn one_file(
    arguments: &Arguments,
    file: &Path,
    index: usize,
    transcriber: &Transcriber,
    progress: &Progress,
) -> Result<Written, Trouble> {
    let outputs = Outputs::beside(file, arguments.output.as_deref());
    let wishes = &arguments.wishes;
    let title = &wishes.notation.notation.title;
    let title = if wishes.titled { title.clone() } else { outputs.stem().replace('_', " ") };
    // Files share the cores; one alone has them all.
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) / arguments.files.len().max(1);
    let options = Options {
        listen: listen::Options { threads: threads.max(1), ..listen::Options::default() },
        notation: NotationOptions { title, ..wishes.notation.notation.clone() },
        ..wishes.notation.clone()
    };
    let passage = Passage { from: arguments.from, to: arguments.to_time };
    let advance = |stage, fraction| progress.advance(index, stage, fraction);
    let transcribed =
        recording::transcribe(file, passage, transcriber, &options, &advance).map_err(Trouble::Recording)?;
    let mut paths = write_formats(&outputs, &arguments.to, &transcribed, &wishes.files).map_err(Trouble::Here)?;
    for dump in &arguments.dump {
        paths.push(write_dump(&outputs, *dump, file, passage, transcriber, &transcribed)?);
    }
    Ok(Written { transcribed, paths })
}

/// Writes each format once; formats in pages give a file a page, the first without a number, or the page wanted alone.
pub(crate) fn write_formats(
    outputs: &Outputs,
    formats: &[Format],
    transcribed: &Transcribed,
    wanted: &export::Options,
) -> Result<Vec<PathBuf>> {
    let transcription = &transcribed.transcription;
    let material = Material::new(&transcription.performance, &transcription.score);
    let mut paths = Vec::new();
    for format in formats {
        let pages = match wanted.page {
            _ if !format.pages => vec![None],
            Some(page) => vec![Some(page)],
            None => (1..=material.pages(wanted)).map(Some).collect(),
        };
        for page in pages {
            let options = export::Options { page, ..wanted.clone() };
            let bytes = export::write(format, &material, &options)
                .with_context(|| format!("{} cannot be made", format.name))?;
            let numbered = page.filter(|page| *page > 1).map(|page| outputs.numbered(page));
            paths.push(numbered.as_ref().unwrap_or(outputs).write(format.extension, &bytes)?);
        }
    }
    Ok(paths)
}

fn write_dump(
    outputs: &Outputs,
    dump: Dump,
    file: &Path,
    passage: Passage,
    transcriber: &Transcriber,
    transcribed: &Transcribed,
) -> Result<PathBuf, Trouble> {
    let transcription = &transcribed.transcription;
    let material = Material::new(&transcription.performance, &transcription.score);
    let document = |format: &str| -> Result<Value> {
        let bytes = export::write(export::find(format)?, &material, &export::Options::default())?;
        Ok(serde_json::from_slice(&bytes)?)
    };
    let (name, value) = match dump {
        Dump::Activations => {
            let samples = recording::samples(file, passage).map_err(Trouble::Recording)?;
            ("activations", activations(transcriber, &samples))
        }
        Dump::Hits => ("hits", document("performance").map(|mut whole| whole["hits"].take())),
        Dump::Beats => {
            ("beats", document("performance").map(|whole| json!({"beats": whole["beats"], "meters": whole["meters"]})))
        }
        Dump::Score => ("score", document("json")),
    };
    let bytes = value.and_then(|value| Ok(serde_json::to_vec(&value)?)).map_err(Trouble::Here)?;
    outputs.write(&format!("{name}.json"), &bytes).map_err(Trouble::Here)
}

fn activations(transcriber: &Transcriber, samples: &[f32]) -> Result<Value> {
    let listener = transcriber.listener();
    let card = listener.card();
    let frame_rate_hz = f64::from(drums::SampleRate::LISTENING.get()) / card.ear.hop_samples() as f64;
    let classes: Vec<&str> = card.classes.iter().map(String::as_str).collect();
    let believed = listener.activations(samples)?;
    Ok(json!({
        "model": transcriber.model(),
        "frame_rate_hz": frame_rate_hz,
        "classes": classes,
        "activations": believed.onset,
        "beats": believed.beat,
    }))
}

/// Says how a file went, and which exit code that calls for.
fn report(arguments: &Arguments, file: &Path, outcome: Result<Written, Trouble>) -> Exit {
    match outcome {
        Ok(written) if arguments.json => terminal::say(&success_line(file, &written).to_string()),
        Ok(written) => {
            if terminal::is_watched() {
                terminal::say(&summary(file, &written));
            }
        }
        Err(Trouble::Recording(failure)) => {
            let (code, message, hint) = failure.explain();
            complain(arguments, file, code, &message, hint);
            return if code == "tool_missing" { Exit::Missing } else { Exit::BadInput };
        }
        Err(Trouble::Here(error)) => {
            complain(arguments, file, "io", &format!("{error:#}"), "Check the folder and the space on the disk.");
            return Exit::Failed;
        }
    }
    Exit::Done
}

fn complain(arguments: &Arguments, file: &Path, code: &str, message: &str, hint: &str) {
    if arguments.json {
        let line = json!({"file": file.to_string_lossy(), "ok": false, "code": code, "message": message, "hint": hint});
        terminal::say(&line.to_string());
    } else {
        terminal::complain(&format!("{}: {message}. {hint}", file.display()));
    }
}

fn success_line(file: &Path, written: &Written) -> Value {
    let transcription = &written.transcribed.transcription;
    let grid = transcription.performance.grid();
    let remarks: Vec<Value> = transcription
        .report
        .remarks
        .iter()
        .map(|remark| json!({"code": remark.kind.code(), "text": remark.text}))
        .collect();
    let alternative = |other: &listen::beats::Reading| {
        let (bpm, meter) = (other.bpm.get(), other.meter.to_string());
        json!({"bpm": bpm, "meter": meter, "margin_nats": other.margin_nats})
    };
    let alternatives: Vec<Value> = transcription.report.alternatives.iter().map(alternative).collect();
    json!({
        "file": file.to_string_lossy(),
        "ok": true,
        "outputs": written.paths.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>(),
        "duration_s": transcription.performance.duration().get(),
        "hits": transcription.performance.hits().len(),
        "bpm": grid.tempo().map(Bpm::get),
        "meter": (!grid.is_empty()).then(|| grid.meter_at(0).to_string()),
        "alternatives": alternatives,
        "measures": transcription.score.measures.len(),
        "model": transcription.report.model,
        "warnings": written.transcribed.warnings,
        "remarks": remarks,
    })
}

/// The lines a person reads after a file is done.
fn summary(file: &Path, written: &Written) -> String {
    let mut lines = vec![file.display().to_string(), overview(&written.transcribed)];
    lines.extend(written.paths.iter().map(|path| format!("  {}", path.display())));
    lines.join("\n")
}

/// Tempo, meter, size, the first bars as tab, and the doubts.
pub(crate) fn overview(transcribed: &Transcribed) -> String {
    let transcription = &transcribed.transcription;
    let (performance, score) = (&transcription.performance, &transcription.score);
    let mut lines = Vec::new();
    if performance.hits().is_empty() {
        lines.push("  no strokes found".to_owned());
    } else {
        let grid = performance.grid();
        let tempo = grid.tempo().map_or_else(String::new, |tempo| format!("{:.0} BPM, ", tempo.get()));
        let strokes = performance.hits().len();
        lines.push(format!("  {tempo}{}, {} measures, {strokes} strokes", grid.meter_at(0), score.measures.len()));
        lines.push(String::new());
        lines.push(export::tab::first_bars(score, BARS_SHOWN, export::Options::default().tab_width_chars));
    }
    let remarks: Vec<&String> =
        transcribed.warnings.iter().chain(transcription.report.remarks.iter().map(|remark| &remark.text)).collect();
    lines.extend(remarks.iter().take(REMARKS_SHOWN).map(|text| format!("  ? {text}")));
    if remarks.len() > REMARKS_SHOWN {
        lines.push(format!("  ? ... and {} more; --json shows all", remarks.len() - REMARKS_SHOWN));
    }
    lines.join("\n")
}
