//! What is known about a recording before it is decoded, and what is worth a word to its owner.

use crate::container::Container;
use crate::error::clock;
use std::fmt;

/// A recording as its header describes it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MediaInfo {
    /// File format, by content.
    pub container: Container,
    /// Size of the file in bytes.
    pub size_bytes: u64,
    /// Length by the header in seconds; what decodes may be shorter. Nothing where the header does not say.
    pub duration_s: Option<f64>,
    /// Time stamp in the file that is called time 0: of the first picture or the first sound, the earlier one.
    pub zero_s: f64,
    /// The moving picture; a cover is none.
    pub video: Option<VideoInfo>,
    /// The sound that is listened to.
    pub audio: Option<AudioInfo>,
    /// What its owner should know.
    pub warnings: Vec<Warning>,
}

/// The moving picture of a recording.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct VideoInfo {
    /// Encoding, by ffmpeg's name.
    pub codec: String,
    /// Number of the stream in the file.
    pub stream_index: usize,
    /// Width in pixels as shown, upright.
    pub width_px: u32,
    /// Height in pixels as shown, upright.
    pub height_px: u32,
    /// Clockwise turn that makes the stored picture upright: 0, 90, 180 or 270.
    pub rotation_deg: u32,
    /// Mean pictures per second, where known. Times of pictures come from their time stamps, not from this.
    pub frame_rate: Option<f64>,
    /// Time of the first picture in seconds, from time 0 of the file.
    pub start_s: f64,
}

/// A sound track.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AudioInfo {
    /// Encoding, by ffmpeg's name.
    pub codec: String,
    /// Whether that encoding is decoded here.
    pub decodable: bool,
    /// Number of the stream in the file.
    pub stream_index: usize,
    /// Samples per second and channel.
    pub sample_rate: u32,
    /// How many channels.
    pub channels: u32,
    /// ffmpeg's name for the order of the channels, where there is one.
    pub layout: Option<String>,
    /// Bits of a sample, where the encoding has such a thing.
    pub bits: Option<u32>,
    /// Time of the first sound in seconds, from time 0 of the file.
    pub start_s: f64,
    /// Length of the track in seconds by its header, where it says.
    pub duration_s: Option<f64>,
}

/// Something about a recording that makes the result worse, but not impossible.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// The sample rate is too low to hold the sound of cymbals.
    LowSampleRate {
        /// Samples per second.
        hz: u32,
    },
    /// The sound ends before the header says.
    Truncated {
        /// End by the header in seconds.
        header_s: f64,
        /// End of what decodes in seconds.
        decoded_s: f64,
    },
    /// Some of the sound could not be decoded.
    Damaged,
    /// There is a picture stream that cannot be read; the sound is used alone.
    PictureUnreadable,
    /// There are more sound tracks than the one that is used.
    SeveralSounds {
        /// How many.
        count: usize,
    },
}

impl Warning {
    /// Stable name for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LowSampleRate { .. } => "media_low_sample_rate",
            Self::Truncated { .. } => "media_truncated",
            Self::Damaged => "media_damaged",
            Self::PictureUnreadable => "media_picture_unreadable",
            Self::SeveralSounds { .. } => "media_several_sounds",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LowSampleRate { hz } => write!(
                f,
                "The sound has {hz} samples a second, so nothing above {} Hz: cymbals can hardly be told apart.",
                hz / 2
            ),
            Self::Truncated { header_s, decoded_s } => {
                write!(f, "The sound ends at {} although the header says {}.", clock(*decoded_s), clock(*header_s))
            }
            Self::Damaged => write!(f, "Some of the sound is damaged and was left out."),
            Self::PictureUnreadable => write!(f, "The picture cannot be read; the sound is used alone."),
            Self::SeveralSounds { count } => write!(f, "There are {count} sound tracks; the default one is used."),
        }
    }
}
