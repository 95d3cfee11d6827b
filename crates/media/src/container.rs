//! The file formats that are read.

/// A file format that holds pictures and sounds, or sounds only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Container {
    /// MPEG-4 video; 3GP from phones, too.
    Mp4,
    /// QuickTime.
    Mov,
    /// MPEG-4 that says it holds sound only.
    M4a,
    /// Audio Video Interleave.
    Avi,
    /// Matroska.
    Mkv,
    /// WebM, the Matroska of browsers.
    Webm,
    /// WAVE, its large variants included.
    Wav,
    /// FLAC.
    Flac,
    /// MPEG audio layer III.
    Mp3,
    /// AAC in ADTS frames.
    Aac,
    /// Ogg with anything but Opus: Vorbis, FLAC, Theora.
    Ogg,
    /// Ogg with Opus.
    Opus,
}

impl Container {
    /// All of them, video formats first.
    pub const ALL: [Self; 12] = [
        Self::Mp4,
        Self::Mov,
        Self::Avi,
        Self::Mkv,
        Self::Webm,
        Self::M4a,
        Self::Wav,
        Self::Flac,
        Self::Mp3,
        Self::Aac,
        Self::Ogg,
        Self::Opus,
    ];

    /// Stable name, which is the usual file extension, too.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.extensions()[0]
    }

    /// Media type for `Content-Type`.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
            Self::M4a => "audio/mp4",
            Self::Avi => "video/x-msvideo",
            Self::Mkv => "video/x-matroska",
            Self::Webm => "video/webm",
            Self::Wav => "audio/wav",
            Self::Flac => "audio/flac",
            Self::Mp3 => "audio/mpeg",
            Self::Aac => "audio/aac",
            Self::Ogg | Self::Opus => "audio/ogg",
        }
    }

    /// File extensions without dot, the usual one first.
    #[must_use]
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Mp4 => &["mp4", "m4v", "3gp"],
            Self::Mov => &["mov", "qt"],
            Self::M4a => &["m4a", "m4b"],
            Self::Avi => &["avi"],
            Self::Mkv => &["mkv", "mka"],
            Self::Webm => &["webm"],
            Self::Wav => &["wav"],
            Self::Flac => &["flac"],
            Self::Mp3 => &["mp3"],
            Self::Aac => &["aac"],
            Self::Ogg => &["ogg", "oga", "ogv"],
            Self::Opus => &["opus"],
        }
    }

    /// The one demuxer of ffmpeg that may open such a file.
    pub(crate) const fn demuxer(self) -> &'static str {
        match self {
            Self::Mp4 | Self::Mov | Self::M4a => "mov",
            Self::Mkv | Self::Webm => "matroska",
            Self::Ogg | Self::Opus => "ogg",
            Self::Avi => "avi",
            Self::Wav => "wav",
            Self::Flac => "flac",
            Self::Mp3 => "mp3",
            Self::Aac => "aac",
        }
    }
}
