//! What can go wrong with a recording, in sentences a user understands.

/// Shorthand of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a recording was not read.
///
/// `Display` is the sentence for the user, [`Error::hint`] the next step, [`Error::code`] the stable name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not a recording in a format that is read here.
    #[error("this is {found}, not a video or a sound that is read here")]
    Unsupported {
        /// What it is instead, with its article: "an empty file", "a playlist".
        found: String,
    },
    /// The container is read, the way its sound is encoded is not.
    #[error("the sound is encoded as {codec}, which the ffmpeg here cannot decode")]
    CodecUnsupported {
        /// Name of the encoding as ffmpeg has it.
        codec: String,
    },
    /// Damaged or incomplete.
    #[error("the file is damaged or incomplete: {why}")]
    Malformed {
        /// What is wrong with it.
        why: String,
    },
    /// No sound to listen to.
    #[error("this file has no sound track")]
    NoAudio,
    /// No picture to show.
    #[error("this file has no picture at that time")]
    NoPicture,
    /// More than [`crate::Limits`] allow.
    #[error("{}", limit_sentence(limit, *value, *max, unit))]
    LimitReached {
        /// Name of the field of [`crate::Limits`].
        limit: &'static str,
        /// What the file has or what was used; `max` where only "more" is known.
        value: f64,
        /// What is allowed.
        max: f64,
        /// Unit of both.
        unit: &'static str,
    },
    /// A program did not finish in time: the machine was too busy, or the file takes too long.
    #[error("reading the file took longer than {max_s:.0} s and was stopped")]
    TimedOut {
        /// What is allowed, in seconds.
        max_s: f64,
    },
    /// The caller said stop.
    #[error("reading the file was cancelled")]
    Cancelled,
    /// ffmpeg or ffprobe is not installed.
    #[error("the program {tool} is not installed or not in the PATH")]
    ToolMissing {
        /// Name of the program.
        tool: &'static str,
    },
    /// The machine failed us: file not found, disk full, no more processes.
    #[error("the file could not be read or written: {0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// Stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => "media_unsupported",
            Self::CodecUnsupported { .. } => "media_codec_unsupported",
            Self::Malformed { .. } => "media_malformed",
            Self::NoAudio => "media_no_audio",
            Self::NoPicture => "media_no_picture",
            Self::LimitReached { limit: "duration_s_max", .. } => "media_too_long",
            Self::LimitReached { limit: "size_bytes_max", .. } => "media_too_large",
            Self::LimitReached { .. } => "limit_reached",
            Self::TimedOut { .. } => "media_timed_out",
            Self::Cancelled => "cancelled",
            Self::ToolMissing { .. } => "tool_missing",
            Self::Io(_) => "io",
        }
    }

    /// What to do next, as a sentence.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => {
                "Send an mp4, mov, avi, mkv or webm video, or an mp3, m4a, wav, flac or ogg sound."
            }
            Self::CodecUnsupported { .. } => "Convert it to MP4 with AAC sound, for example in your phone's gallery.",
            Self::Malformed { .. } => {
                "The recording or its upload was cut off. Try to play it, then export or send it again."
            }
            Self::NoAudio => "Notation is written from sound. Check the export settings of your editor.",
            Self::NoPicture => "Ask for a time within the recording; sound alone has no picture.",
            Self::LimitReached { limit: "duration_s_max", .. } => {
                "Cut out the passage you want, or ask the operator to raise the limit."
            }
            Self::LimitReached { limit: "size_bytes_max", .. } => "Send the sound alone, or export the video smaller.",
            Self::LimitReached { .. } => {
                "Export the recording again with usual settings, or ask the operator to raise the limit."
            }
            Self::TimedOut { .. } => {
                "Try again when the machine is less busy; if it happens again, export the recording in another format."
            }
            Self::Cancelled => "Start again when you like.",
            Self::ToolMissing { .. } => "Install ffmpeg (it brings ffprobe); `backbeat doctor` shows what is found.",
            Self::Io(_) => "Check that the file exists, that it may be read, and that the disk is not full.",
        }
    }

    /// Whether the same file may succeed at another time; everything else lies in the file itself.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::TimedOut { .. } | Self::Cancelled | Self::ToolMissing { .. } | Self::Io(_))
    }
}

/// `m:ss` for times, as people say them.
pub(crate) fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    if whole >= 3600 {
        format!("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60)
    } else {
        format!("{}:{:02} min", whole / 60, whole % 60)
    }
}

fn limit_sentence(limit: &str, value: f64, max: f64, unit: &str) -> String {
    match limit {
        "duration_s_max" => format!("the recording lasts {}; up to {} are accepted", clock(value), clock(max)),
        "size_bytes_max" => format!("the file has {}; up to {} are accepted", megabytes(value), megabytes(max)),
        "child_cpu_s_max" => format!("reading the file needs more than {max} s of processor time"),
        "child_memory_bytes_max" => format!("reading the file needs more memory than {}", megabytes(max)),
        "output_bytes_max" => format!("the decoded sound has more than {}", megabytes(max)),
        "width_px_max" => format!("the picture is {value} px wide; up to {max} px are accepted"),
        "height_px_max" => format!("the picture is {value} px high; up to {max} px are accepted"),
        "sample_rate_hz_max" => format!("the sound has {value} samples a second; up to {max} are accepted"),
        _ => format!("the file has {value} {unit}; up to {max} are accepted"),
    }
}

/// Millions of bytes, to three digits.
fn megabytes(bytes: f64) -> String {
    let megabytes = bytes / 1e6;
    let digits = if megabytes >= 99.5 {
        0
    } else if megabytes >= 1.0 {
        2
    } else {
        3
    };
    format!("{megabytes:.digits$} MB")
}
