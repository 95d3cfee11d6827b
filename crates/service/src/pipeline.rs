//! From a sound track to a score: the one place where the domain crates are called.
//!
//! Conventions: between its two halves and in the database the music is a JSON document that nobody else opens.

use std::path::Path;

use serde_json::Value as Document;

use crate::jobs::Watch;

/// What was heard.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The performance.
    pub document: Document,
    /// The model that listened.
    pub model_version: String,
    /// Its strokes.
    pub strokes: Vec<Stroke>,
}

/// One stroke.
#[derive(Clone, Debug)]
pub struct Stroke {
    /// Onset, seconds.
    pub time_s: f64,
    /// Instrument id.
    pub instrument: String,
    /// 1-127.
    pub velocity: u8,
    /// 0-1.
    pub confidence: f64,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The score.
    pub document: Document,
    /// Quarter notes a minute.
    pub tempo_bpm: f64,
    /// Such as `4/4`.
    pub time_signature: String,
    /// How many.
    pub measures: usize,
    /// Remarks.
    pub report: Document,
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
    /// Listening or writing is not possible.
    #[error("{0}")]
    Failed(String),
    /// There is no such format.
    #[error("{0:?} is not a format written here")]
    UnknownFormat(String),
}

/// Listens and writes.
#[derive(Debug)]
pub struct Pipeline {}

impl Pipeline {
    pub(crate) fn new() -> Self {
        Self {}
    }

    /// The model that listens.
    pub fn model_version(&self) -> Result<String, PipelineError> {
        Err(PipelineError::Failed("no model is installed".to_owned()))
    }

    /// Listens to a sound track.
    pub(crate) fn hear(
        &self,
        _sound: &Path,
        _limits: &media::Limits,
        _watch: &Watch,
        _percents: (u32, u32),
    ) -> Result<Heard, PipelineError> {
        Err(PipelineError::Failed("no model is installed".to_owned()))
    }

    /// Writes down what was heard.
    pub(crate) fn write(
        &self,
        _heard: &Document,
        _title: &str,
        _watch: &Watch,
        _percents: (u32, u32),
    ) -> Result<Written, PipelineError> {
        Err(PipelineError::Failed("no model is installed".to_owned()))
    }

    /// A score in the format of this id.
    pub(crate) fn export(
        &self,
        _score: &Document,
        _heard: Option<&Document>,
        format: &str,
    ) -> Result<Exported, PipelineError> {
        Err(PipelineError::UnknownFormat(format.to_owned()))
    }

    /// The ids of all formats.
    pub fn formats(&self) -> Vec<&'static str> {
        Vec::new()
    }
}
