//! Asks ffprobe what is in a recording.

use crate::child::{Budget, Child};
use crate::container::Container;
use crate::error::{Error, Result};
use crate::ffmpeg::{Arguments, FFPROBE, complaint, decodes, name_only, sound_and_sight_decoders};
use crate::info::{AudioInfo, MediaInfo, VideoInfo, Warning};
use crate::limits::Limits;
use crate::sniff::sniff;
use crate::source::Source;
use serde::Deserialize;

/// The fields we ask for, and no text that a user could have written.
const ENTRIES: &str = "format=duration,start_time,nb_streams:\
    stream=index,codec_type,codec_name,width,height,sample_rate,channels,channel_layout,start_time,duration,\
    avg_frame_rate,bits_per_raw_sample,bits_per_sample:\
    stream_disposition=default,attached_pic,timed_thumbnails:stream_side_data=rotation:stream_tags=DURATION,rotate";

/// Below this many samples a second a recording gets a warning: the sound of cymbals lies above half of it.
const LOW_SAMPLE_RATE: u32 = 22_050;

/// What is in the recording, all of it within `limits`.
///
/// The first bytes decide what the file is; only then is ffprobe run, with the one demuxer that belongs to it. A
/// recording without sound is no error here, but one for whoever wants to decode it.
///
/// # Errors
/// [`Error::Unsupported`] or [`Error::Malformed`] for what is no recording or a broken one, [`Error::LimitReached`],
/// [`Error::TimedOut`], [`Error::ToolMissing`], [`Error::Io`].
pub fn probe(source: &Source, limits: &Limits) -> Result<MediaInfo> {
    let container = sniff(&source.head(limits)?)?;
    let size_bytes = std::fs::metadata(source.path())?.len();
    let mut arguments = Arguments::default();
    arguments.add(["-hide_banner", "-v", "warning"]);
    arguments.add_opening(container, limits, &sound_and_sight_decoders());
    arguments.add(["-show_entries", ENTRIES, "-of", "json", "-i"]).add([source.url()]);

    let mut child = Child::start(FFPROBE, &arguments.0, Budget::of_probe(limits))?;
    let answer = child.read_all()?;
    let ended = child.finish()?;
    if !ended.status.success() {
        return Err(complaint(&ended.said));
    }
    let answer: Answer = serde_json::from_str(&String::from_utf8_lossy(&answer))
        .map_err(|_| Error::Malformed { why: "its description cannot be read".into() })?;
    read_answer(&answer, &ended.said, container, size_bytes, limits)
}

/// What ffprobe answers. Numbers that may be unknown come as text.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    format: Format,
    streams: Vec<Stream>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Format {
    duration: Option<String>,
    start_time: Option<String>,
    nb_streams: usize,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stream {
    index: usize,
    codec_type: String,
    codec_name: String,
    width: i64,
    height: i64,
    sample_rate: Option<String>,
    channels: u32,
    channel_layout: Option<String>,
    start_time: Option<String>,
    duration: Option<String>,
    avg_frame_rate: Option<String>,
    bits_per_raw_sample: Option<String>,
    bits_per_sample: u32,
    disposition: Disposition,
    side_data_list: Vec<SideData>,
    tags: Tags,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Disposition {
    default: u8,
    attached_pic: u8,
    timed_thumbnails: u8,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SideData {
    rotation: Option<f64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tags {
    #[serde(rename = "DURATION")]
    duration: Option<String>,
    rotate: Option<String>,
}

impl Stream {
    fn is_sound(&self) -> bool {
        self.codec_type == "audio"
    }

    fn is_moving_picture(&self) -> bool {
        self.codec_type == "video" && self.disposition.attached_pic == 0 && self.disposition.timed_thumbnails == 0
    }

    fn start_s(&self) -> Option<f64> {
        number(self.start_time.as_deref())
    }

    /// By the stream's own header, or by the tag that Matroska writers leave; that one tells when the stream ends.
    fn duration_s(&self) -> Option<f64> {
        let from_tag = || Some(clock_time(self.tags.duration.as_deref()?)? - self.start_s().unwrap_or(0.0).max(0.0));
        number(self.duration.as_deref()).or_else(from_tag).filter(|&seconds| seconds > 0.0)
    }
}

fn read_answer(
    answer: &Answer,
    said: &str,
    container: Container,
    size_bytes: u64,
    limits: &Limits,
) -> Result<MediaInfo> {
    let streams = answer.format.nb_streams.max(answer.streams.len());
    within("streams_max", streams as f64, limits.streams_max as f64, "streams")?;
    let mut warnings = Vec::new();
    let picture = answer.streams.iter().find(|stream| stream.is_moving_picture());
    let sound = sound_stream(&answer.streams);
    let zero_s = zero(picture, sound, &answer.format);

    let mut video = None;
    if let Some(stream) = picture {
        video = video_info(stream, said, zero_s, limits)?;
        if video.is_none() {
            warnings.push(Warning::PictureUnreadable);
        }
    }
    let audio = sound.map(|stream| audio_info(stream, zero_s, limits)).transpose()?;
    if video.is_none() && audio.is_none() {
        return Err(Error::Malformed { why: "no picture and no sound in it can be read".into() });
    }
    if let Some(audio) = audio.as_ref().filter(|audio| audio.sample_rate < LOW_SAMPLE_RATE) {
        warnings.push(Warning::LowSampleRate { hz: audio.sample_rate });
    }
    let count = answer.streams.iter().filter(|stream| stream.is_sound()).count();
    if count > 1 {
        warnings.push(Warning::SeveralSounds { count });
    }
    let duration_s = header_s(&answer.format, container, zero_s)
        .or_else(|| Some(audio.as_ref()?.start_s + audio.as_ref()?.duration_s?));
    within("duration_s_max", duration_s.unwrap_or(0.0), limits.duration_s_max, "s")?;
    Ok(MediaInfo { container, size_bytes, duration_s, zero_s, video, audio, warnings })
}

/// The sound to listen to: the default one if it decodes, else the first that does, else the first.
fn sound_stream(streams: &[Stream]) -> Option<&Stream> {
    let rank = |stream: &&Stream| (!decodes(&stream.codec_name), stream.disposition.default == 0);
    streams.iter().filter(|stream| stream.is_sound()).min_by_key(rank)
}

/// The file's time 0. A sound that begins before 0 is cut there by its decoder: that part is run-in of the encoding.
fn zero(picture: Option<&Stream>, sound: Option<&Stream>, format: &Format) -> f64 {
    let picture_s = picture.and_then(Stream::start_s);
    let sound_s = sound.and_then(Stream::start_s).map(|seconds| seconds.max(0.0));
    match (picture_s, sound_s) {
        (Some(picture_s), Some(sound_s)) => picture_s.min(sound_s),
        (one, other) => one.or(other).or_else(|| number(format.start_time.as_deref())).unwrap_or(0.0),
    }
}

/// Length by the file's header. MPEG-4 and Matroska say when the file ends by its own clock, the others how long it is.
fn header_s(format: &Format, container: Container, zero_s: f64) -> Option<f64> {
    let header_s = number(format.duration.as_deref()).filter(|&seconds| seconds > 0.0)?;
    let tells_end = matches!(container.demuxer(), "mov" | "matroska") && (0.0..header_s).contains(&zero_s);
    Some(if tells_end { header_s - zero_s } else { header_s })
}

/// The picture, or nothing where its size is unknown; a size that the decoder refused is read from what it said.
fn video_info(stream: &Stream, said: &str, zero_s: f64, limits: &Limits) -> Result<Option<VideoInfo>> {
    let refused = said.split_once("Picture size ").and_then(|(_, rest)| {
        let (width, rest) = rest.split_once('x')?;
        let (height, rest) = rest.split_once(' ')?;
        rest.starts_with("is invalid").then_some((width.parse().ok()?, height.parse().ok()?))
    });
    let (width, height): (i64, i64) = match (stream.width, stream.height) {
        (1.., 1..) => (stream.width, stream.height),
        _ => match refused {
            Some(size) => size,
            None => return Ok(None),
        },
    };
    let rotation_deg = rotation(stream);
    let (width, height) = if rotation_deg.is_multiple_of(180) { (width, height) } else { (height, width) };
    within("width_px_max", width as f64, f64::from(limits.width_px_max), "px")?;
    within("height_px_max", height as f64, f64::from(limits.height_px_max), "px")?;
    let (Ok(width_px), Ok(height_px)) = (u32::try_from(width), u32::try_from(height)) else { return Ok(None) };
    Ok(Some(VideoInfo {
        codec: name_only(&stream.codec_name),
        stream_index: stream.index,
        width_px,
        height_px,
        rotation_deg,
        frame_rate: stream.avg_frame_rate.as_deref().and_then(ratio),
        start_s: stream.start_s().map_or(0.0, |seconds| seconds - zero_s),
    }))
}

fn audio_info(stream: &Stream, zero_s: f64, limits: &Limits) -> Result<AudioInfo> {
    let sample_rate = stream.sample_rate.as_deref().and_then(|rate| rate.parse().ok()).unwrap_or(0);
    within("channels_max", f64::from(stream.channels), f64::from(limits.channels_max), "channels")?;
    within("sample_rate_hz_max", f64::from(sample_rate), f64::from(limits.sample_rate_hz_max), "Hz")?;
    let raw_bits = stream.bits_per_raw_sample.as_deref().and_then(|bits| bits.parse().ok());
    Ok(AudioInfo {
        codec: name_only(&stream.codec_name),
        decodable: decodes(&stream.codec_name),
        stream_index: stream.index,
        sample_rate,
        channels: stream.channels,
        layout: stream.channel_layout.clone().filter(|layout| layout != "unknown"),
        bits: raw_bits.or(Some(stream.bits_per_sample)).filter(|&bits| bits > 0),
        start_s: stream.start_s().map_or(0.0, |seconds| (seconds - zero_s).max(0.0)),
        duration_s: stream.duration_s(),
    })
}

/// Clockwise turn to upright, to the nearest quarter. ffprobe counts the other way round, its old tag does not.
fn rotation(stream: &Stream) -> u32 {
    let from_matrix = stream.side_data_list.iter().find_map(|data| data.rotation).map(|degrees| -degrees);
    let degrees = from_matrix.or_else(|| number(stream.tags.rotate.as_deref())).unwrap_or(0.0);
    ((degrees / 90.0).round() as i64).rem_euclid(4) as u32 * 90
}

fn within(limit: &'static str, value: f64, max: f64, unit: &'static str) -> Result<()> {
    if value > max { Err(Error::LimitReached { limit, value, max, unit }) } else { Ok(()) }
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `30000/1001` as a number.
fn ratio(text: &str) -> Option<f64> {
    let (above, below) = text.split_once('/')?;
    let ratio = number(Some(above))? / number(Some(below))?;
    (ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

/// `00:01:02.500000000` as seconds.
fn clock_time(text: &str) -> Option<f64> {
    text.split(':').try_fold(0.0, |sum, part| Some(sum * 60.0 + number(Some(part))?))
}
