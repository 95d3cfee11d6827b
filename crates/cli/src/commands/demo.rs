//! `backbeat demo`: the demo video to paper, and how close that came to the truth.

use crate::commands::transcribe::{overview, transcriber, write_formats};
use crate::exit::Exit;
use crate::outputs::Outputs;
use crate::recording::{self, Passage, Transcribed};
use crate::terminal::{self, Progress};
use crate::truth;
use anyhow::{Context, Result};
use evaluate::onsets;
use score::NotationOptions;
use std::path::{Path, PathBuf};
use transcribe::Options;

/// What is really played in it.
const TRUTH: &[u8] = include_bytes!("../../../../demo/demo.truth.json");
/// What is written.
const FORMATS: [&str; 7] = ["pdf", "musicxml", "midi", "svg", "png", "tab", "json"];

/// Where to put the demo.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folder for the clip and its score
    #[arg(short, long, value_name = "DIR", default_value = "out/demo")]
    output: PathBuf,
}

/// Unpacks the clip, transcribes it, and compares with the truth.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let outputs = Outputs::beside(Path::new("demo"), Some(&arguments.output));
    let clip = outputs.write("mp4", service::demo::CLIP)?;
    let formats = FORMATS.iter().map(|name| export::find(name)).collect::<Result<Vec<_>, _>>()?;
    let options = Options {
        notation: NotationOptions { title: "Backbeat demo".to_owned(), ..NotationOptions::default() },
        ..Options::default()
    };
    let progress = Progress::new(1, false);
    let advance = |stage, fraction| progress.advance(0, stage, fraction);
    let outcome = recording::transcribe(&clip, Passage::default(), &transcriber(None)?, &options, &advance);
    progress.clear();
    let transcribed = match outcome {
        Ok(transcribed) => transcribed,
        Err(failure) => {
            let (code, message, hint) = failure.explain();
            terminal::complain(&format!("{message}. {hint}"));
            return Ok(if code == "tool_missing" { Exit::Missing } else { Exit::Failed });
        }
    };
    let paths = write_formats(&outputs, &formats, &transcribed, &export::Options::default())?;
    terminal::say(&format!("{}\n{}\n", clip.display(), overview(&transcribed)));
    terminal::say(&against_truth(&transcribed)?);
    paths.iter().for_each(|path| terminal::say(&format!("  {}", path.display())));
    Ok(Exit::Done)
}

fn against_truth(transcribed: &Transcribed) -> Result<String> {
    let truth = truth::parse(TRUTH).context("the demo's truth is damaged")?;
    let scores = onsets::evaluate(&truth.hits, transcribed.transcription.performance.hits(), onsets::WINDOW_S)?;
    let counts = scores.pooled;
    Ok(format!(
        "  against the truth: {} of {} strokes found, {} too many (F {:.3} within 50 ms)",
        counts.true_positives,
        counts.true_positives + counts.false_negatives,
        counts.false_positives,
        counts.f_measure()
    ))
}
