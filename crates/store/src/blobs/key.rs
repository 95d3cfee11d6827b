//! Names of stored files, and copies of them on this machine.

use std::fmt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// The name of a stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobKey(String);

impl BlobKey {
    /// An uploaded recording.
    pub fn recording(id: Uuid) -> Self {
        Self(format!("recordings/{id}"))
    }

    /// The sound track extracted from a recording.
    pub fn sound(id: Uuid) -> Self {
        Self(format!("sound/{id}.flac"))
    }

    /// A file made from a recording, such as its thumbnail.
    pub fn derived(id: Uuid) -> Self {
        Self(format!("derived/{id}"))
    }

    /// A notation as a file.
    pub fn export(id: Uuid) -> Self {
        Self(format!("exports/{id}"))
    }

    /// A piece of a resumable upload.
    pub fn upload_part(id: Uuid) -> Self {
        Self(format!("uploads/{id}"))
    }

    /// The weights of a registered model.
    pub fn model(id: Uuid) -> Self {
        Self(format!("models/{id}"))
    }

    /// A key as a row keeps it.
    pub fn stored(storage_path: &str) -> Self {
        Self(storage_path.to_owned())
    }

    /// The key as a row keeps it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A file of the machine with a blob's content; a borrowed one stays, a fetched one goes when this is dropped.
#[derive(Debug)]
pub struct LocalCopy {
    path: PathBuf,
    fetched: bool,
}

impl LocalCopy {
    pub(super) fn borrowed(path: PathBuf) -> Self {
        Self { path, fetched: false }
    }

    pub(super) fn fetched(path: PathBuf) -> Self {
        Self { path, fetched: true }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for LocalCopy {
    fn drop(&mut self) {
        if self.fetched
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "a temporary copy could not be removed");
        }
    }
}
