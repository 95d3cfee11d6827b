//! How ffmpeg and ffprobe are called: what every call has in common, and what their complaints mean.

use crate::child::{Budget, Child};
use crate::container::Container;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use std::ffi::OsString;

/// Name of the decoder program.
pub(crate) const FFMPEG: &str = "ffmpeg";
/// Name of the program that looks into files.
pub(crate) const FFPROBE: &str = "ffprobe";

/// Encodings of sound that are decoded, by the names ffprobe gives them, and the decoders that may do it.
const SOUND: &[(&str, &str)] = &[
    ("aac", "aac"),
    ("aac_latm", "aac_latm"),
    ("ac3", "ac3"),
    ("adpcm_ima_qt", "adpcm_ima_qt"),
    ("adpcm_ima_wav", "adpcm_ima_wav"),
    ("adpcm_ms", "adpcm_ms"),
    ("alac", "alac"),
    ("amr_nb", "amrnb"),
    ("amr_wb", "amrwb"),
    ("dts", "dca"),
    ("eac3", "eac3"),
    ("flac", "flac"),
    ("mp2", "mp2float,mp2"),
    ("mp3", "mp3float,mp3"),
    ("opus", "opus"),
    ("pcm_alaw", "pcm_alaw"),
    ("pcm_f32be", "pcm_f32be"),
    ("pcm_f32le", "pcm_f32le"),
    ("pcm_f64be", "pcm_f64be"),
    ("pcm_f64le", "pcm_f64le"),
    ("pcm_mulaw", "pcm_mulaw"),
    ("pcm_s16be", "pcm_s16be"),
    ("pcm_s16le", "pcm_s16le"),
    ("pcm_s24be", "pcm_s24be"),
    ("pcm_s24le", "pcm_s24le"),
    ("pcm_s32be", "pcm_s32be"),
    ("pcm_s32le", "pcm_s32le"),
    ("pcm_s8", "pcm_s8"),
    ("pcm_u8", "pcm_u8"),
    ("vorbis", "vorbis"),
    ("wmav2", "wmav2"),
];

/// Decoders of pictures and subtitles that ffprobe may set up while it looks at a file. Decoding sound needs none.
const SIGHT: &str = "h264,hevc,mpeg4,mpeg2video,mpeg1video,h263,mjpeg,png,vp8,libvpx,vp9,libvpx-vp9,av1,libdav1d,libaom-av1,\
    prores,dnxhd,dvvideo,theora,msmpeg4v2,msmpeg4,wmv2,wmv3,vc1,rawvideo,cinepak,svq3,huffyuv,ffv1,gif,webp,bmp,\
    mov_text,srt,subrip,ass,ssa,webvtt,text,dvdsub,pgssub,xsub,cc_dec";

/// Whether sound encoded as `codec` (ffprobe's name) is decoded.
pub(crate) fn decodes(codec: &str) -> bool {
    SOUND.iter().any(|(name, _)| *name == codec)
}

/// What ffprobe may set up.
pub(crate) fn sound_and_sight_decoders() -> String {
    format!("{},{SIGHT}", sound_decoders())
}

/// What ffmpeg may set up to decode pictures.
pub(crate) fn sight_decoders() -> &'static str {
    SIGHT
}

/// What ffmpeg may set up to decode sound.
pub(crate) fn sound_decoders() -> String {
    SOUND.iter().map(|(_, decoders)| *decoders).collect::<Vec<_>>().join(",")
}

/// A growing list of arguments.
#[derive(Default)]
pub(crate) struct Arguments(pub(crate) Vec<OsString>);

impl Arguments {
    /// Adds arguments, in order.
    pub(crate) fn add<T: Into<OsString>>(&mut self, more: impl IntoIterator<Item = T>) -> &mut Self {
        self.0.extend(more.into_iter().map(Into::into));
        self
    }

    /// Adds how a recording may be opened: as this container, from a local file, with these decoders, on one thread,
    /// without pictures larger than the limits. The source itself comes after it, with `-i`.
    pub(crate) fn add_opening(&mut self, container: Container, limits: &Limits, decoders: &str) -> &mut Self {
        let pixels_max = u64::from(limits.width_px_max) * u64::from(limits.height_px_max);
        self.add([
            "-protocol_whitelist",
            "file",
            "-format_whitelist",
            container.demuxer(),
            "-codec_whitelist",
            decoders,
        ]);
        self.add(["-max_pixels", &pixels_max.min(i32::MAX as u64).to_string(), "-threads", "1"]);
        self.add(["-f", container.demuxer()])
    }

    /// Adds the options of a call of ffmpeg that decodes the sound stream `index` and nothing else.
    pub(crate) fn add_sound(
        &mut self,
        source: &Source,
        container: Container,
        index: usize,
        filters: &str,
        limits: &Limits,
    ) -> &mut Self {
        self.add(["-nostdin", "-hide_banner", "-v", "error", "-filter_threads", "1"]);
        self.add_opening(container, limits, &sound_decoders());
        // With the file's own time stamps, so that a late start can be told from an early one.
        self.add(["-copyts", "-vn", "-sn", "-dn", "-i"]).add([source.url()]);
        self.add(["-map", &format!("0:{index}"), "-af", filters, "-map_metadata", "-1", "-threads", "1"])
    }
}

/// What is left of ffmpeg's words on decoding sound once those on pictures are taken out: it has no decoder for them by
/// our will and says so each time.
pub(crate) fn grievances(said: &str) -> String {
    let by_our_will = ["not on whitelist", "Last message repeated", "Failed to open codec"];
    let lines = said.lines().filter(|line| !by_our_will.iter().any(|words| line.contains(words)));
    lines.collect::<Vec<_>>().join("\n")
}

/// What a program that failed said, in our own words.
pub(crate) fn complaint(said: &str) -> Error {
    if said.contains("moov atom not found") {
        return Error::Malformed { why: "its index is missing, as if it ended too early".into() };
    }
    if let Some(codec) = said.split_once("Codec (").and_then(|(_, rest)| rest.split_once(") not on whitelist")) {
        return Error::CodecUnsupported { codec: name_only(codec.0) };
    }
    if let Some(codec) = said.split_once("Decoder (codec ").and_then(|(_, rest)| rest.split_once(") not found")) {
        return Error::CodecUnsupported { codec: name_only(codec.0) };
    }
    if said.contains("No space left on device") {
        return Error::Io(std::io::ErrorKind::StorageFull.into());
    }
    if said.contains("No such file or directory") || said.contains("Permission denied") {
        return Error::Io(std::io::ErrorKind::NotFound.into());
    }
    Error::Malformed { why: "no picture and no sound in it can be read".into() }
}

/// At most 32 letters, digits and underscores: what a program says about a foreign file is foreign, too.
pub(crate) fn name_only(text: &str) -> String {
    let name: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(32).collect();
    if name.is_empty() { "something unknown".into() } else { name }
}

/// The programs that read recordings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolVersions {
    /// Version of ffmpeg, such as `5.1.9-0+deb12u1`.
    pub ffmpeg: String,
    /// Version of ffprobe.
    pub ffprobe: String,
}

/// Finds ffmpeg and ffprobe and asks for their versions.
///
/// # Errors
/// [`Error::ToolMissing`]; as any child else.
pub fn tools() -> Result<ToolVersions> {
    Ok(ToolVersions { ffmpeg: version(FFMPEG)?, ffprobe: version(FFPROBE)? })
}

/// The third word of what a tool says about itself: `ffmpeg version 5.1.9 Copyright ...`.
fn version(tool: &'static str) -> Result<String> {
    let mut child = Child::start(tool, &["-version".into()], Budget::of_probe(&Limits::default()))?;
    let said = child.read_all()?;
    if !child.finish()?.status.success() {
        return Err(Error::ToolMissing { tool });
    }
    let said = String::from_utf8_lossy(&said);
    let version = said.split_whitespace().nth(2).unwrap_or("unknown");
    Ok(version.chars().take(64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_is_not_there_is_named() {
        let error = version("ffmpeg-of-nowhere").expect_err("no such program");
        assert_eq!(error.code(), "tool_missing");
        assert_eq!(error.to_string(), "the program ffmpeg-of-nowhere is not installed or not in the PATH");
    }
}
