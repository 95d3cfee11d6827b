//! The sound of a recording as a FLAC file to keep.

use crate::child::{Budget, Child};
use crate::decode::{cut_off, expected_end_s, filters, usable_sound};
use crate::error::{Error, Result};
use crate::ffmpeg::{Arguments, FFMPEG, complaint, grievances};
use crate::info::{AudioInfo, MediaInfo, Warning};
use crate::limits::Limits;
use crate::mix::Channels;
use crate::source::{Source, file_url};
use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

/// FLAC cannot hold more channels.
const CHANNELS_MAX: u32 = 8;
/// Encodings that lose nothing, whose 24 bits are worth keeping; of the others 16 bits hold all that was heard.
const LOSSLESS: [&str; 3] = ["flac", "alac", "pcm_"];

/// A FLAC file that was written.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FlacFile {
    /// Size in bytes.
    pub size_bytes: u64,
    /// Samples per second and channel: those of the recording.
    pub sample_rate: u32,
    /// Channels: those of the recording, or 2 where it has more than 8.
    pub channels: u32,
    /// Bits of a sample, 16 or 24.
    pub bits: u32,
    /// Samples per channel.
    pub samples: u64,
    /// Length in seconds.
    pub duration_s: f64,
    /// What its owner should know, those of [`MediaInfo`] included.
    pub warnings: Vec<Warning>,
}

/// Writes the sound as FLAC to `out`, at its own rate and with its own channels, beginning at time 0 of the file.
///
/// The callback hears of progress (0..=1) and says `Break` to cancel. An existing file is replaced; after an error no
/// file is left.
///
/// # Errors
/// As [`crate::decode_audio`].
pub fn extract_audio_flac(
    source: &Source,
    info: &MediaInfo,
    limits: &Limits,
    out: &Path,
    on_progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<FlacFile> {
    let out = std::path::absolute(out)?;
    let written = encode(source, info, limits, &out, on_progress);
    if written.is_err() {
        // The first error counts; one here would only say that there is nothing to remove.
        let _ = std::fs::remove_file(&out);
    }
    written
}

fn encode(
    source: &Source,
    info: &MediaInfo,
    limits: &Limits,
    out: &Path,
    on_progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<FlacFile> {
    let audio = usable_sound(info)?;
    let wide = wide_samples(audio);
    let mix = (audio.channels > CHANNELS_MAX).then_some(Channels::Stereo);
    let format = if wide { "s32" } else { "s16" };
    let filters = filters(info, audio, audio.sample_rate, mix);
    // From the file's clock to ours, by which ffmpeg then counts progress and length.
    let filters = format!("{filters},asetpts=PTS-({:.6})/TB,aformat=sample_fmts={format}", info.zero_s);
    let mut arguments = Arguments::default();
    arguments.add_sound(source, info.container, audio.stream_index, &filters, limits);
    arguments.add(["-c:a", "flac", "-bits_per_raw_sample", if wide { "24" } else { "16" }]);
    arguments.add(["-compression_level", "5", "-fflags", "+bitexact", "-flags:a", "+bitexact"]);
    arguments.add(["-t", &format!("{:.3}", limits.duration_s_max + 1.0)]);
    arguments.add(["-progress", "pipe:1", "-stats_period", "0.2", "-f", "flac", "-y"]).add([file_url(out)]);

    let budget = Budget { file_bytes: limits.output_bytes_max, ..Budget::of_decode(limits) };
    let mut child = Child::start(FFMPEG, &arguments.0, budget)?;
    watch(&mut child, expected_end_s(info, audio), on_progress)?;
    let ended = child.finish()?;
    let said = grievances(&ended.said);
    let stream = read_stream_info(out).map_err(|_| complaint(&said))?;
    if stream.samples == 0 {
        return Err(Error::Malformed { why: "none of its sound can be decoded".into() });
    }
    if stream.duration_s > limits.duration_s_max + 1.0 - 1e-3 {
        let (value, max) = (stream.duration_s, limits.duration_s_max);
        return Err(Error::LimitReached { limit: "duration_s_max", value, max, unit: "s" });
    }
    let mut warnings = info.warnings.clone();
    match cut_off(info, audio, stream.duration_s) {
        Some(cut) => warnings.push(cut),
        None if !ended.status.success() || !said.is_empty() => warnings.push(Warning::Damaged),
        None => {}
    }
    Ok(FlacFile { warnings, ..stream })
}

fn wide_samples(audio: &AudioInfo) -> bool {
    let lossless = LOSSLESS.iter().any(|name| audio.codec.starts_with(name));
    lossless && audio.bits.is_some_and(|bits| bits > 16)
}

/// Reads ffmpeg's lines `key=value` and passes on how far it is.
fn watch(child: &mut Child, end_s: Option<f64>, on_progress: &mut dyn FnMut(f64) -> ControlFlow<()>) -> Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let count = child.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        // A line may be cut between two reads; the next report is a fifth of a second away.
        let text = String::from_utf8_lossy(&buffer[..count]);
        let done_us = text.lines().rev().find_map(|line| line.strip_prefix("out_time_us=")?.parse::<f64>().ok());
        let fraction = done_us.zip(end_s).map_or(0.0, |(done_us, end_s)| done_us / 1e6 / end_s.max(1e-3));
        if on_progress(fraction.clamp(0.0, 1.0)).is_break() {
            return Err(Error::Cancelled);
        }
    }
}

/// Reads the STREAMINFO block at the head of a FLAC file (RFC 9639, section 8.2).
fn read_stream_info(path: &Path) -> Result<FlacFile> {
    let mut file = File::open(path)?;
    let size_bytes = file.metadata()?.len();
    let mut head = [0; 26];
    file.read_exact(&mut head)?;
    if !head.starts_with(b"fLaC") {
        return Err(Error::Malformed { why: "the written sound has no header".into() });
    }
    // 20 bits sample rate, 3 channels less one, 5 bits less one, 36 samples.
    let packed = head[18..26].iter().fold(0_u64, |all, &byte| all << 8 | u64::from(byte));
    let sample_rate = (packed >> 44) as u32;
    let samples = packed & 0xF_FFFF_FFFF;
    Ok(FlacFile {
        size_bytes,
        sample_rate,
        channels: (packed >> 41 & 7) as u32 + 1,
        bits: (packed >> 36 & 31) as u32 + 1,
        samples,
        duration_s: samples as f64 / f64::from(sample_rate.max(1)),
        warnings: Vec::new(),
    })
}
