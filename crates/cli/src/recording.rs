//! From a file to a transcription: opens, decodes block by block, listens, writes down.

use drums::Seconds;
use media::{Channels, DecodeOptions, Limits, MediaInfo, Source};
use std::ops::ControlFlow;
use std::path::Path;
use transcribe::{Options, Stage, Transcriber, Transcription};

/// The part of a recording to use, in seconds of the file.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Passage {
    /// Start; the file's start where nothing is said.
    pub from: Option<Seconds>,
    /// End; the file's end where nothing is said.
    pub to: Option<Seconds>,
}

/// A transcription and what is to be said about its file.
pub(crate) struct Transcribed {
    /// The result.
    pub transcription: Transcription,
    /// Warnings about the file, as sentences.
    pub warnings: Vec<String>,
}

/// Why a file gave no transcription.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The file, or the programs that read it.
    Media(media::Error),
    /// The transcriber.
    Transcribe(transcribe::Error),
}

impl Failure {
    /// Stable name, the sentence and the next step.
    pub(crate) fn explain(&self) -> (&'static str, String, &'static str) {
        match self {
            Self::Media(error) => (error.code(), error.to_string(), error.hint()),
            Self::Transcribe(error) => ("internal", error.to_string(), "Please report this with the recording."),
        }
    }
}

/// Transcribes one file, telling `advance` the stage and how much of it is done.
pub(crate) fn transcribe(
    path: &Path,
    passage: Passage,
    transcriber: &Transcriber,
    options: &Options,
    advance: &(dyn Fn(Stage, f64) + Sync),
) -> Result<Transcribed, Failure> {
    let Opened { source, info, limits, decode } = open(path, passage)?;
    let options = Options { start: passage.from.unwrap_or(Seconds::ZERO), ..options.clone() };
    let mut session = transcriber.start(&options);
    let report = media::decode_audio(&source, &info, &limits, &decode, &mut |block| {
        if let Some(mono) = block.channels.first() {
            session.push(mono);
        }
        advance(Stage::Listening, block.fraction.unwrap_or(0.0));
        ControlFlow::Continue(())
    })
    .map_err(Failure::Media)?;
    let transcription = session
        .finish(&mut |stage| {
            advance(stage, 0.0);
            true
        })
        .map_err(Failure::Transcribe)?;
    Ok(Transcribed { transcription, warnings: report.warnings.iter().map(ToString::to_string).collect() })
}

/// Decodes a file into mono samples at 44.1 kHz, for the steps that want all of it.
pub(crate) fn samples(path: &Path, passage: Passage) -> Result<Vec<f32>, Failure> {
    let Opened { source, info, limits, decode } = open(path, passage)?;
    let keep_going = &mut |_| ControlFlow::Continue(());
    let (pcm, _) = media::decode_to_pcm(&source, &info, &limits, &decode, keep_going).map_err(Failure::Media)?;
    Ok(pcm.channels()[0].clone())
}

/// A file that was looked at and may be decoded.
struct Opened {
    source: Source,
    info: MediaInfo,
    limits: Limits,
    decode: DecodeOptions,
}

fn open(path: &Path, passage: Passage) -> Result<Opened, Failure> {
    let limits = Limits::default();
    let source = Source::file(path).map_err(Failure::Media)?;
    let info = media::probe(&source, &limits).map_err(Failure::Media)?;
    let decode = DecodeOptions {
        channels: Channels::Mono,
        from_s: passage.from.map(Seconds::get),
        to_s: passage.to.map(Seconds::get),
    };
    Ok(Opened { source, info, limits, decode })
}
