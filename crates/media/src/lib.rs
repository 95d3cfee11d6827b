//! Bytes of a recording in, sound and facts about it out.
//!
//! Nothing here parses foreign media but the bytes that tell one container from another: ffprobe and ffmpeg do the
//! rest, as child processes under limits ([`Limits`]) of time, memory and output, without network and without
//! following what a file names. Decoding sound never decodes a picture; ffprobe may look at a few of them, guarded.
//!
//! The way through: [`Source`] -> [`probe`] -> [`MediaInfo`] -> [`decode_audio`] (blocks), [`decode_to_pcm`] (all at
//! once), [`extract_audio_flac`] (a file to keep), [`peaks`] (its outline) or [`frames`] (pictures). [`WavWriter`]
//! writes what was made of the samples.
//!
//! Conventions: times are seconds. Time 0 of the sound is the file's zero: the first picture or the first sound,
//! whichever comes first; where the picture is first, silence is put before the sound.

#![deny(missing_docs)]

mod child;
mod confined;
mod container;
mod decode;
mod error;
mod ffmpeg;
mod flac;
mod frames;
mod info;
mod limits;
mod mix;
mod overview;
mod peaks;
mod probe;
mod sniff;
mod source;
mod sys;
mod wav;

pub use confined::{Confinement, confined};
pub use container::Container;
pub use decode::{Block, DecodeOptions, DecodeReport, decode_audio, decode_to_pcm};
pub use error::{Error, Result};
pub use ffmpeg::{ToolVersions, tools};
pub use flac::{FlacFile, extract_audio_flac};
pub use frames::{EDGE_PX_MAX, FRAMES_MAX, FrameOptions, FrameStrip, frames};
pub use info::{AudioInfo, MediaInfo, VideoInfo, Warning};
pub use limits::Limits;
pub use mix::Channels;
pub use overview::overview;
pub use peaks::{Peaks, peaks};
pub use probe::probe;
pub use sniff::{SNIFF_BYTES, sniff};
pub use source::Source;
pub use wav::WavWriter;
