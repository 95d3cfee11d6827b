//! Pictures out of a recording, as JPEG: several in a row, side by side.
//!
//! Conventions: times are seconds of the file, as everywhere here; pictures stand upright.

use crate::child::{Budget, Child};
use crate::error::{Error, Result};
use crate::ffmpeg::{Arguments, FFMPEG, complaint, sight_decoders};
use crate::info::MediaInfo;
use crate::limits::Limits;
use crate::source::Source;

/// Most pictures in a row.
pub const FRAMES_MAX: usize = 15;
/// Longest edge of a picture, pixels.
pub const EDGE_PX_MAX: u32 = 1280;
/// Pictures per second where the file does not say.
const FRAME_RATE_ASSUMED: f64 = 25.0;
/// How far before the first wanted picture decoding begins, seconds: time stamps are rounded.
const SEEK_EARLIER_S: f64 = 0.1;
/// What a time stamp may be off, seconds.
const STAMP_S: f64 = 0.0005;
/// Most bytes of the pictures.
const JPEG_BYTES_MAX: u64 = 32 << 20;

/// Which pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameOptions {
    /// The moment that the middle one shows, seconds.
    pub time_s: f64,
    /// How many, 1..=[`FRAMES_MAX`].
    pub count: usize,
    /// Longest edge of each, pixels, 16..=[`EDGE_PX_MAX`]; a smaller picture is not blown up.
    pub edge_px: u32,
}

/// Pictures side by side, the earliest at the left.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FrameStrip {
    /// The file.
    pub jpeg: Vec<u8>,
    /// When each is shown, seconds; fewer than asked for where the recording ends, their places then stay dark.
    pub times_s: Vec<f64>,
}

/// Pictures around a moment. Where the recording has a steady frame rate the middle one is exactly the one that is on
/// the screen then; otherwise the times say which they are.
///
/// # Errors
/// [`Error::NoPicture`] where there is none at that time; [`Error::Malformed`], [`Error::LimitReached`],
/// [`Error::TimedOut`], [`Error::ToolMissing`], [`Error::Io`].
pub fn frames(source: &Source, info: &MediaInfo, limits: &Limits, options: &FrameOptions) -> Result<FrameStrip> {
    let video = info.video.as_ref().ok_or(Error::NoPicture)?;
    let count = options.count.clamp(1, FRAMES_MAX);
    let frame_s = 1.0 / video.frame_rate.unwrap_or(FRAME_RATE_ASSUMED).clamp(1.0, 1000.0);
    let before = (count / 2 + 1) as f64 * frame_s;
    let from_s = (options.time_s.max(0.0) - before + STAMP_S).max(-STAMP_S);
    let seek_s = (from_s - SEEK_EARLIER_S).max(0.0);

    let mut arguments = Arguments::default();
    arguments.add(["-nostdin", "-hide_banner", "-v", "info", "-nostats", "-filter_threads", "1"]);
    arguments.add_opening(info.container, limits, sight_decoders());
    // With the file's own time stamps, so that the times are those of the sound, too.
    arguments.add(["-copyts", "-an", "-sn", "-dn", "-ss", &format!("{seek_s:.6}"), "-i"]).add([source.url()]);
    arguments.add(["-map", &format!("0:{}", video.stream_index), "-map_metadata", "-1", "-vf"]);
    arguments.add([&filters(info.zero_s + from_s, count, options.edge_px.clamp(16, EDGE_PX_MAX))]);
    arguments.add(["-fps_mode", "passthrough", "-frames:v", "1", "-threads", "1"]);
    arguments.add(["-c:v", "mjpeg", "-q:v", "4", "-f", "image2pipe", "pipe:1"]);

    let budget = Budget { stdout_bytes: JPEG_BYTES_MAX, ..Budget::of_probe(limits) };
    let mut child = Child::start(FFMPEG, &arguments.0, budget)?;
    let jpeg = child.read_all()?;
    let ended = child.finish()?;
    let mut times_s: Vec<f64> = stamps(&ended.said).map(|stamp_s| stamp_s - info.zero_s).collect();
    times_s.truncate(count);
    match (jpeg.is_empty(), ended.status.success()) {
        (true, true) => Err(Error::NoPicture),
        (true, false) => Err(complaint(&ended.said)),
        _ => Ok(FrameStrip { jpeg, times_s }),
    }
}

/// Takes the pictures from a time stamp on, tells their times, and puts them beside each other.
fn filters(from_stamp_s: f64, count: usize, edge_px: u32) -> String {
    format!(
        "select='gte(t,{from_stamp_s:.6})',showinfo=checksum=0,\
         scale='min({edge_px},iw)':'min({edge_px},ih)':force_original_aspect_ratio=decrease:force_divisible_by=2,\
         format=yuvj420p,tile={count}x1"
    )
}

/// The time stamps in what ffmpeg says of the pictures that went by.
fn stamps(said: &str) -> impl Iterator<Item = f64> {
    let lines = said.lines().filter(|line| line.starts_with("[Parsed_showinfo"));
    lines.filter_map(|line| line.split_once("pts_time:")?.1.split_whitespace().next()?.parse().ok())
}
