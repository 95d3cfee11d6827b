//! Files that belong to rows: recordings, sound tracks.
//!
//! Conventions: a key is made by a constructor of [`BlobKey`], never from what a client sent.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use crate::{Error, Result};

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

/// The blob store.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// Where blobs are files, the folder they are in.
    folder: Option<PathBuf>,
}

/// Bytes sent to the store at a time.
const PART_BYTES: usize = 8 * 1024 * 1024;

impl Blobs {
    /// Blobs in a folder, which is created.
    ///
    /// # Errors
    /// `Error::File` when it cannot be created.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
        let folder = folder.canonicalize().map_err(|source| at(folder, source))?;
        let store = LocalFileSystem::new_with_prefix(&folder)?.with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store), folder: Some(folder) })
    }

    /// Takes a file of the machine into the store; the file is gone afterwards.
    pub async fn take_file(&self, key: &BlobKey, file: &Path) -> Result<()> {
        if let Some(folder) = &self.folder {
            let target = folder.join(&key.0);
            if let Some(parent) = target.parent() {
                tokio::fs::create_dir_all(parent).await.map_err(|source| at(parent, source))?;
            }
            // Within one file system a rename is free and all or nothing; otherwise fall through and copy.
            if tokio::fs::rename(file, &target).await.is_ok() {
                return Ok(());
            }
        }
        self.copy_in(key, file).await?;
        tokio::fs::remove_file(file).await.map_err(|source| at(file, source))
    }

    async fn copy_in(&self, key: &BlobKey, file: &Path) -> Result<()> {
        let mut source = tokio::fs::File::open(file).await.map_err(|source| at(file, source))?;
        let upload = self.store.put_multipart(&Key::from(key.0.as_str())).await?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        let mut buffer = vec![0; PART_BYTES];
        loop {
            let read = source.read(&mut buffer).await.map_err(|source| at(file, source))?;
            if read == 0 {
                break;
            }
            writer.wait_for_capacity(2).await?;
            writer.write(&buffer[..read]);
        }
        writer.finish().await?;
        Ok(())
    }

    /// The blob as a file of the machine; where it has to be fetched, `scratch` is the folder for it.
    pub async fn as_file(&self, key: &BlobKey, scratch: &Path) -> Result<LocalCopy> {
        if let Some(folder) = &self.folder {
            let path = folder.join(&key.0);
            return match tokio::fs::try_exists(&path).await {
                Ok(true) => Ok(LocalCopy { path, fetched: false }),
                Ok(false) => Err(Error::NotFound("file")),
                Err(source) => Err(at(&path, source)),
            };
        }
        let copy = LocalCopy { path: scratch.join(Uuid::now_v7().to_string()), fetched: true };
        let mut file = tokio::fs::File::create(&copy.path).await.map_err(|source| at(&copy.path, source))?;
        let mut parts = self.store.get(&Key::from(key.0.as_str())).await?.into_stream();
        while let Some(part) = parts.try_next().await? {
            file.write_all(&part).await.map_err(|source| at(&copy.path, source))?;
        }
        file.flush().await.map_err(|source| at(&copy.path, source))?;
        Ok(copy)
    }

    /// Removes a blob; one that is gone already is no error.
    pub async fn remove(&self, key: &BlobKey) -> Result<()> {
        match self.store.delete(&Key::from(key.0.as_str())).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes and removes a small blob.
    pub async fn check(&self) -> Result<()> {
        let key = Key::from(format!("checks/{}", Uuid::now_v7()));
        self.store.put(&key, "ok".into()).await?;
        Ok(self.store.delete(&key).await?)
    }
}

fn at(path: &Path, source: std::io::Error) -> Error {
    Error::File { path: path.display().to_string(), source }
}
