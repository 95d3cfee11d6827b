//! `backbeat evaluate PRED REF`: how close a transcription comes to the truth.

use crate::exit::Exit;
use crate::terminal;
use crate::truth::{self, Truth};
use anyhow::{Context, Result, bail};
use drums::Family;
use evaluate::{Counts, beats, notation, onsets, tempo, velocity};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Tolerances reported, in seconds.
const WINDOWS_S: [f64; 3] = [0.05, 0.03, 0.02];

/// What to compare.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Transcription (judge JSON), or a folder of them
    pred: PathBuf,
    /// Truth (JSON, or lines of time and class), or a folder with files of the same names
    #[arg(value_name = "REF")]
    reference: PathBuf,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

/// Scores of one file or of several together.
#[derive(Default)]
struct Scores {
    files: usize,
    onsets: [BTreeMap<&'static str, Counts>; 3],
    velocity: Option<f64>,
    beat: Vec<f64>,
    downbeat: Vec<f64>,
    tempo: Vec<f64>,
    meter: Vec<f64>,
    slots: Vec<f64>,
}

/// Compares, prints.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let pairs = pairs(&arguments.pred, &arguments.reference)?;
    let mut scores = Scores::default();
    for (pred, reference) in &pairs {
        scores.add(&truth::read(pred)?, &truth::read(reference)?)?;
    }
    terminal::say(&if arguments.json { scores.json().to_string() } else { scores.table() });
    Ok(Exit::Done)
}

/// The two files, or the files of one name in both folders.
fn pairs(pred: &Path, reference: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    if !pred.is_dir() || !reference.is_dir() {
        return Ok(vec![(pred.to_path_buf(), reference.to_path_buf())]);
    }
    let (pred, mut reference) = (by_name(pred)?, by_name(reference)?);
    let pairs: Vec<_> = pred.into_iter().filter_map(|(name, file)| Some((file, reference.remove(&name)?))).collect();
    if pairs.is_empty() {
        bail!("no name is in both folders");
    }
    Ok(pairs)
}

/// JSON and text files of a folder by their name up to the first dot, so that `demo.json` meets `demo.truth.json`.
fn by_name(folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let known = name.ends_with(".truth.json") || name.matches('.').count() == 1;
        if known && (name.ends_with(".json") || name.ends_with(".txt")) {
            files.insert(name.split('.').next().unwrap_or_default().to_owned(), path);
        }
    }
    Ok(files)
}

impl Scores {
    fn add(&mut self, pred: &Truth, reference: &Truth) -> Result<()> {
        self.files += 1;
        for (counts, window_s) in self.onsets.iter_mut().zip(WINDOWS_S) {
            let scores = onsets::evaluate(&reference.hits, &pred.hits, window_s)?;
            for (family, more) in scores.families.iter().map(|(family, counts)| (label(*family), counts)) {
                let sum = counts.entry(family).or_default();
                *sum = sum.plus(*more);
            }
            let sum = counts.entry("all").or_default();
            *sum = sum.plus(scores.pooled);
        }
        self.velocity = velocity::correlation(&reference.hits, &pred.hits, onsets::WINDOW_S);
        if !reference.beats_s.is_empty() {
            self.beat.push(beats::f_measure(&reference.beats_s, &pred.beats_s, beats::WINDOW_S)?.f_measure());
            let downbeats = beats::f_measure(&reference.downbeats_s, &pred.downbeats_s, beats::WINDOW_S)?;
            self.downbeat.push(downbeats.f_measure());
        }
        if let (Some(reference), Some(pred)) = (reference.bpm, pred.bpm) {
            self.tempo.push(f64::from(u8::from(tempo::accuracy1(reference, pred))));
        }
        if let (Some(reference), Some(pred)) = (reference.meter, pred.meter) {
            self.meter.push(f64::from(u8::from(reference == pred)));
        }
        if !reference.slots.is_empty() {
            self.slots.push(notation::slot_accuracy(&reference.slots, &pred.slots, onsets::WINDOW_S));
        }
        Ok(())
    }

    /// Means over files of what is not pooled, by name.
    fn means(&self) -> Vec<(&'static str, Option<f64>)> {
        let mean = |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        vec![
            ("velocity r", self.velocity.filter(|_| self.files == 1)),
            ("beat F", mean(&self.beat)),
            ("downbeat F", mean(&self.downbeat)),
            ("tempo within 4 %", mean(&self.tempo)),
            ("meter", mean(&self.meter)),
            ("place in the bar", mean(&self.slots)),
        ]
    }

    fn table(&self) -> String {
        let mut lines = vec!["class      ms      P      R      F   found  extra  missed".to_owned()];
        for (counts, window_s) in self.onsets.iter().zip(WINDOWS_S) {
            for (class, c) in counts.iter().filter(|(class, c)| **class == "all" || **c != Counts::default()) {
                lines.push(format!(
                    "{class:<8} {:>4.0} {:>6.3} {:>6.3} {:>6.3} {:>7} {:>6} {:>7}",
                    window_s * 1000.0,
                    c.precision(),
                    c.recall(),
                    c.f_measure(),
                    c.true_positives,
                    c.false_positives,
                    c.false_negatives
                ));
            }
        }
        lines.extend(self.means().iter().filter_map(|(name, value)| Some(format!("{name:<17} {:.3}", (*value)?))));
        lines.join("\n")
    }

    fn json(&self) -> Value {
        let onsets: Vec<Value> = self
            .onsets
            .iter()
            .zip(WINDOWS_S)
            .map(|(counts, window_s)| {
                let classes: BTreeMap<&str, Value> = counts
                    .iter()
                    .map(|(class, c)| {
                        (
                            *class,
                            json!({"precision": c.precision(), "recall": c.recall(), "f": c.f_measure(),
                            "tp": c.true_positives, "fp": c.false_positives, "fn": c.false_negatives}),
                        )
                    })
                    .collect();
                json!({"window_s": window_s, "classes": classes})
            })
            .collect();
        let means: BTreeMap<String, Option<f64>> =
            self.means().into_iter().map(|(name, value)| (name.replace(' ', "_"), value)).collect();
        json!({"files": self.files, "onsets": onsets, "means": means})
    }
}

fn label(family: Family) -> &'static str {
    match family {
        Family::Kick => "kick",
        Family::Snare => "snare",
        Family::Toms => "toms",
        Family::Hihat => "hi-hat",
        Family::Cymbals => "cymbals",
    }
}
