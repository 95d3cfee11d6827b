//! From a sound track to a score: the one place where the crates of the domain are called.
//!
//! Conventions: between listening and writing, and in the database, the music is the versioned JSON of `export::json`.

pub(crate) mod analysis;
pub(crate) mod documents;
pub(crate) mod kits;
pub(crate) mod known;
pub(crate) mod reading;
pub mod splitting;
pub(crate) mod steps;
pub(crate) mod writing;

use std::ops::ControlFlow;
use std::path::Path;

use drums::Hit;
use serde_json::Value as Document;
use transcribe::{RemarkKind, Stage, Transcriber};

use crate::jobs::Watch;
use documents::{performance_document, read_performance, read_score};

/// What was heard.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// The performance.
    pub(crate) performance: Document,
    /// Doubts and advice about recording and beat.
    pub(crate) remarks: Document,
    /// What the recording is like.
    pub(crate) recording: Document,
    /// The model that listened.
    pub(crate) model_version: String,
    /// The strokes.
    pub(crate) strokes: Vec<Stroke>,
}

/// One stroke.
#[derive(Clone, Debug)]
pub(crate) struct Stroke {
    /// Onset, seconds.
    pub(crate) time_s: f64,
    /// Instrument id.
    pub(crate) instrument: &'static str,
    /// 1-127.
    pub(crate) velocity: u8,
    /// 0-1.
    pub(crate) confidence: f64,
}

/// A file in some format.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub media_type: &'static str,
    /// The end of its name, without the dot.
    pub extension: &'static str,
}

/// Why the music did not come about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// The caller said stop.
    #[error("stopped")]
    Stopped,
    /// The sound could not be read.
    #[error(transparent)]
    Media(#[from] media::Error),
    /// It could not be listened to.
    #[error(transparent)]
    Transcribe(transcribe::Error),
    /// The network that takes recordings apart failed.
    #[error(transparent)]
    Separate(#[from] listen::Error),
    /// A document could not be read or written.
    #[error(transparent)]
    Export(#[from] export::Error),
    /// A document is not JSON.
    #[error("a document is damaged")]
    Json(#[from] serde_json::Error),
    /// A score could not be changed.
    #[error(transparent)]
    Score(#[from] score::Error),
    /// Strokes make no performance.
    #[error(transparent)]
    Performance(drums::Error),
    /// Nothing that could be written down.
    #[error("we listened to {} min and found {strokes} strokes, too few for a beat", minutes(*listened_s))]
    NoDrums {
        /// How long, seconds.
        listened_s: f64,
        /// How many.
        strokes: usize,
    },
}

fn minutes(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

impl From<transcribe::Error> for PipelineError {
    fn from(error: transcribe::Error) -> Self {
        match error {
            transcribe::Error::Stopped => Self::Stopped,
            other => Self::Transcribe(other),
        }
    }
}

/// Listens to a sound track; takes the percents `from..to` of its job.
pub(crate) fn hear(
    transcriber: &Transcriber,
    sound: &Path,
    limits: &media::Limits,
    watch: &Watch,
    (from, to): (u32, u32),
) -> Result<Heard, PipelineError> {
    let source = media::Source::file(sound)?;
    let info = media::probe(&source, limits)?;
    let mut session = transcriber.start(&transcribe::Options::default());
    let decode = media::DecodeOptions { channels: media::Channels::Mono, ..Default::default() };
    // Up to where followers were told of hits, seconds.
    let mut told_s = f64::NEG_INFINITY;
    let step = |stage: Stage, done: f64| watch.progress(stage.name(), from, to, stage.overall(done));
    media::decode_audio(&source, &info, limits, &decode, &mut |block| {
        if let Some(mono) = block.channels.first() {
            session.push(mono);
            let early: Vec<Stroke> = session.early_hits().iter().map(stroke).collect();
            told_s = early.last().map_or(told_s, |last| last.time_s);
            watch.heard(early);
        }
        step(Stage::Listening, block.fraction.unwrap_or(0.0))
    })?;
    let done = session.finish(&mut |stage| step(stage, 0.0) == ControlFlow::Continue(()))?;
    let strokes: Vec<Stroke> = done.performance.hits().iter().map(stroke).collect();
    watch.heard(strokes.iter().filter(|stroke| stroke.time_s > told_s).cloned());
    let general = done.report.remarks.iter().filter(|remark| remark.kind != RemarkKind::Notation);
    Ok(Heard {
        performance: performance_document(&done.performance)?,
        remarks: general.map(remark).collect(),
        recording: recording(&done.report.recording),
        model_version: done.report.model,
        strokes,
    })
}

fn stroke(hit: &Hit) -> Stroke {
    Stroke {
        time_s: hit.time.get(),
        instrument: hit.instrument.id(),
        velocity: hit.velocity.to_midi(),
        confidence: f64::from(hit.confidence.get()),
    }
}

/// What was measured, for people and programs.
fn recording(found: &listen::Recording) -> Document {
    serde_json::json!({
        "duration_s": found.duration_s,
        "peak_db": found.peak_db,
        "level_db": found.level_db,
        "noise_floor_db": found.noise_floor_db,
        "clipped_samples": found.clipped_samples,
        "clipped_share": found.clipped_share(),
        "hum_hz": found.hum.map(|hum| hum.frequency_hz),
        "decay_s": found.decay_s,
        "room": found.room().map(listen::Room::word),
        "bandwidth_hz": found.bandwidth_hz,
        "suitability": found.suitability.word(),
        "remarks": found.remarks,
    })
}

pub(crate) fn remark(remark: &transcribe::Remark) -> Document {
    serde_json::json!({ "kind": remark.kind.code(), "text": remark.text })
}

/// A notation in a format.
pub(crate) fn export(
    score: &Document,
    performance: &Document,
    format: export::Format,
    options: &export::Options,
    kit: &[kits::Line],
) -> Result<Exported, PipelineError> {
    let score = read_score(score)?;
    let performance = read_performance(performance)?;
    let score = kits::apply_kit(&score, kit)?;
    let material = export::Material::new(&performance, &score);
    let bytes = export::write(format, &material, options)?;
    Ok(Exported { bytes, media_type: format.media_type, extension: format.extension })
}

/// The ids of all formats.
pub(crate) fn formats() -> Vec<&'static str> {
    export::FORMATS.iter().map(|format| format.id).collect()
}
