//! Where a recording lies.

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::sniff::SNIFF_BYTES;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A file on this machine, at a path that the program chose: a name that came from a user is never used as one.
///
/// ffmpeg gets the path as `file:` and the absolute path, so that no name can turn into an option, a URL or a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    path: PathBuf,
}

impl Source {
    /// The file at `path`; it need not exist yet.
    ///
    /// # Errors
    /// [`Error::Io`] where the path is empty or the current directory unknown.
    pub fn file(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self { path: std::path::absolute(path.as_ref())? })
    }

    /// The absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path in the form ffmpeg takes without reading anything into it.
    pub(crate) fn url(&self) -> OsString {
        file_url(&self.path)
    }

    /// Size in bytes and the first bytes, for [`crate::sniff`].
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::LimitReached`] for a file that is too large; [`Error::Malformed`] for a directory, pipe
    /// or device (a pipe would block at opening).
    pub(crate) fn head(&self, limits: &Limits) -> Result<Vec<u8>> {
        let metadata = std::fs::metadata(&self.path)?;
        if !metadata.is_file() {
            return Err(Error::Malformed { why: "it is not a file".into() });
        }
        if metadata.len() > limits.size_bytes_max {
            return Err(Error::LimitReached {
                limit: "size_bytes_max",
                value: metadata.len() as f64,
                max: limits.size_bytes_max as f64,
                unit: "bytes",
            });
        }
        let mut head = Vec::with_capacity(SNIFF_BYTES);
        File::open(&self.path)?.take(SNIFF_BYTES as u64).read_to_end(&mut head)?;
        Ok(head)
    }
}

/// `file:` and the path, byte for byte.
pub(crate) fn file_url(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(path);
    url
}
