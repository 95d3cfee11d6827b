//! The clips of this repository, and short ways to read them.

use drums::Pcm;
use media::{Channels, DecodeOptions, DecodeReport, Error, Limits, MediaInfo, Source, decode_to_pcm, probe};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of `demo/`, such as `edge/hevc.mp4`.
pub(crate) fn clip(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo").join(name)
}

pub(crate) fn source(path: impl AsRef<Path>) -> Source {
    Source::file(path).unwrap()
}

pub(crate) fn probe_at(path: impl AsRef<Path>) -> Result<MediaInfo, Error> {
    probe(&source(path), &Limits::default())
}

pub(crate) fn decode_at(path: impl AsRef<Path>, channels: Channels) -> Result<(Pcm, DecodeReport), Error> {
    let source = source(path);
    let info = probe(&source, &Limits::default())?;
    let options = DecodeOptions { channels, ..DecodeOptions::default() };
    decode_to_pcm(&source, &info, &Limits::default(), &options, &mut |_| ControlFlow::Continue(()))
}

/// One channel of a file that is known to be good.
pub(crate) fn mono(path: impl AsRef<Path>) -> Vec<f32> {
    decode_at(path, Channels::Mono).unwrap().0.channels()[0].clone()
}

/// Makes a file with ffmpeg, for what no clip shows.
pub(crate) fn make(out: &Path, arguments: &[&str]) {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y"]).args(arguments).arg(out);
    assert!(command.status().unwrap().success(), "ffmpeg {arguments:?}");
}
