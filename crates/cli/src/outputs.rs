//! Files beside each other: names of what is written, and writing them whole or not at all.

use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where the files of one recording go: a folder and the recording's name without its extension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outputs {
    folder: PathBuf,
    stem: String,
}

impl Outputs {
    /// Outputs of `recording` in `folder`, or beside the recording where no folder is named.
    pub(crate) fn beside(recording: &Path, folder: Option<&Path>) -> Self {
        let stem =
            recording.file_stem().map_or_else(|| "recording".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let own = recording.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        Self { folder: folder.map_or(own, Path::to_path_buf), stem }
    }

    /// The recording's name without its extension.
    pub(crate) fn stem(&self) -> &str {
        &self.stem
    }

    /// The same for a further page: `<stem>-2`.
    pub(crate) fn numbered(&self, page: usize) -> Self {
        Self { folder: self.folder.clone(), stem: format!("{}-{page}", self.stem) }
    }

    /// Writes `<folder>/<stem>.<extension>` and gives its path. A reader sees the old file or the whole new one.
    pub(crate) fn write(&self, extension: &str, bytes: &[u8]) -> Result<PathBuf> {
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("the folder {} cannot be made", self.folder.display()))?;
        let path = self.folder.join(format!("{}.{extension}", self.stem));
        let partial = self.folder.join(format!(".{}.{extension}.{}.part", self.stem, std::process::id()));
        let written = fs::File::create(&partial)
            .and_then(|mut file| file.write_all(bytes))
            .and_then(|()| fs::rename(&partial, &path));
        written
            .inspect_err(|_| drop(fs::remove_file(&partial)))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(path)
    }
}
