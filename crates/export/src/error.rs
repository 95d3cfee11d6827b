//! What can go wrong when a file is written or read back.

/// Why a format could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No format has this id or extension.
    #[error("there is no format called {name:?}")]
    UnknownFormat {
        /// The name as given.
        name: String,
    },
    /// An option has another name or takes other values; see [`drums::Error::UnknownOption`] and
    /// [`drums::Error::OptionValue`].
    #[error(transparent)]
    Option(drums::Error),
    /// A page was asked for that the score does not have.
    #[error("there is no page {page}, the score has {pages}")]
    NoSuchPage {
        /// The page asked for, from 1.
        page: usize,
        /// Pages there are.
        pages: usize,
    },
    /// Something is larger than it may be.
    #[error("{what} is {value} {unit}, at most {limit} are allowed")]
    LimitReached {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        value: u64,
        /// The largest allowed.
        limit: u64,
        /// What is counted.
        unit: &'static str,
    },
    /// A document is not JSON or lacks something.
    #[error("the document cannot be read")]
    Json(#[from] serde_json::Error),
    /// A document is JSON, but not of this kind or of a version that is not known.
    #[error("expected a {expected:?} document of version 1 to {version_max}, found {format:?} version {version}")]
    NotThisDocument {
        /// The kind expected.
        expected: &'static str,
        /// Newest version this program reads.
        version_max: u32,
        /// The kind found.
        format: String,
        /// The version found.
        version: u32,
    },
    /// A value in a document breaks a rule of its type.
    #[error("{place} holds a value that is not allowed")]
    Value {
        /// Where in the document.
        place: String,
        /// Which rule.
        source: drums::Error,
    },
    /// A part of a document contradicts another or is not one of the words known.
    #[error("{place}: {why}")]
    Malformed {
        /// Where in the document.
        place: String,
        /// What is wrong there.
        why: String,
    },
    /// A document is not XML.
    #[error("the document is not XML")]
    Xml(#[from] roxmltree::Error),
    /// A document is not a Standard MIDI file.
    #[error("the file is not a MIDI file: {why}")]
    Midi {
        /// What is wrong with it.
        why: String,
    },
    /// A document holds no drum notes.
    #[error("there are no drum notes in the {what}")]
    NoDrums {
        /// What kind of document.
        what: &'static str,
    },
    /// The picture could not be compressed.
    #[error("the picture cannot be encoded")]
    Png(#[from] png::EncodingError),
}

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
