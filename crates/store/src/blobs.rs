//! Files that belong to rows: recordings, sound tracks, what is derived from them.
//!
//! Conventions: a key is made by a constructor of [`BlobKey`], never from what a client sent, and is used once. Blobs
//! are in a folder or in an S3 bucket; nobody above asks which, but for signed addresses, which only S3 has.

mod key;
mod s3;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use crate::{Error, Result};

pub use key::{BlobKey, LocalCopy};

/// Bytes of a blob as they come.
pub type BlobStream = BoxStream<'static, Result<Bytes>>;

/// A blob that was found by looking, not by its row.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its key.
    pub key: BlobKey,
    /// Bytes.
    pub size_bytes: u64,
    /// When it was written.
    pub modified_at: DateTime<Utc>,
}

/// The blob store.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// Where blobs are files, the folder they are in.
    folder: Option<PathBuf>,
    /// Where blobs are in a bucket, what signs addresses.
    signer: Option<Arc<AmazonS3>>,
    /// What stands before every key.
    prefix: String,
}

/// Bytes sent to the store at a time: the smallest part S3 takes, as one of them is in memory.
const PART_BYTES: usize = 5 * 1024 * 1024;
/// The folder of the blobs that [`Blobs::check`] writes and removes.
const CHECKS: &str = "checks/";
/// Bytes read from a file at a time.
const READ_BYTES: usize = 256 * 1024;

impl Blobs {
    /// Blobs at an address: `file:` and a folder, or `s3://bucket/prefix` (see `s3.rs` for what may follow).
    ///
    /// # Errors
    /// `Error::Address` for another one.
    pub fn open(url: &str) -> Result<Self> {
        if let Some(folder) = folder_of(url) {
            return Self::in_folder(folder);
        }
        if url.starts_with("s3:") {
            let (bucket, prefix) = s3::open(url)?;
            let bucket = Arc::new(bucket);
            let store: Arc<dyn ObjectStore> = Arc::clone(&bucket) as _;
            return Ok(Self { store, folder: None, signer: Some(bucket), prefix });
        }
        let why = "files are kept at file:/folder or s3://bucket/prefix".to_owned();
        Err(Error::Address { url: crate::without_password(url), why })
    }

    /// Whether anything can be at an address: false for a folder that does not exist, which [`Blobs::open`] would make.
    pub fn is_there(url: &str) -> bool {
        folder_of(url).is_none_or(Path::exists)
    }

    /// Blobs in a folder, which is created.
    ///
    /// # Errors
    /// `Error::File` when it cannot be created.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
        let folder = folder.canonicalize().map_err(|source| at(folder, source))?;
        let store = LocalFileSystem::new_with_prefix(&folder)?.with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store), folder: Some(folder), signer: None, prefix: String::new() })
    }

    fn place(&self, key: &BlobKey) -> Key {
        Key::from(format!("{}{}", self.prefix, key.as_str()))
    }

    /// Takes a file of the machine into the store; the file is gone afterwards.
    pub async fn take_file(&self, key: &BlobKey, file: &Path) -> Result<()> {
        if let Some(folder) = &self.folder {
            let target = folder.join(key.as_str());
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

    /// Sends a file part by part; one part is in memory, and an upload that fails leaves nothing behind.
    async fn copy_in(&self, key: &BlobKey, file: &Path) -> Result<()> {
        let mut source = tokio::fs::File::open(file).await.map_err(|source| at(file, source))?;
        let first = next_part(&mut source).await.map_err(|source| at(file, source))?;
        if first.len() < PART_BYTES {
            self.store.put(&self.place(key), first.into()).await?;
            return Ok(());
        }
        let mut upload = self.store.put_multipart(&self.place(key)).await?;
        let sent = send_parts(upload.as_mut(), first, &mut source, file).await;
        if sent.is_err()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(%key, %error, "an upload that failed could not be taken back");
        }
        sent
    }

    /// The blob as a file of the machine; where it has to be fetched, `scratch` is the folder for it.
    pub async fn as_file(&self, key: &BlobKey, scratch: &Path) -> Result<LocalCopy> {
        if let Some(folder) = &self.folder {
            let path = folder.join(key.as_str());
            return match tokio::fs::try_exists(&path).await {
                Ok(true) => Ok(LocalCopy::borrowed(path)),
                Ok(false) => Err(Error::NotFound("file")),
                Err(source) => Err(at(&path, source)),
            };
        }
        let mut parts = self.store.get(&self.place(key)).await?.into_stream();
        let copy = LocalCopy::fetched(scratch.join(Uuid::now_v7().to_string()));
        let mut file = tokio::fs::File::create(copy.path()).await.map_err(|source| at(copy.path(), source))?;
        while let Some(part) = parts.try_next().await? {
            file.write_all(&part).await.map_err(|source| at(copy.path(), source))?;
        }
        file.flush().await.map_err(|source| at(copy.path(), source))?;
        Ok(copy)
    }

    /// The size of a blob in bytes, if it is there.
    pub async fn size(&self, key: &BlobKey) -> Result<Option<u64>> {
        match self.store.head(&self.place(key)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Some of a blob's bytes as a stream; memory does not grow with their number.
    ///
    /// # Errors
    /// `Error::NotFound`; what breaks on the way is told by the stream.
    pub async fn read(&self, key: &BlobKey, range: Range<u64>) -> Result<BlobStream> {
        if range.is_empty() {
            return Ok(futures::stream::empty().boxed());
        }
        if let Some(folder) = &self.folder {
            return read_file(folder.join(key.as_str()), range).await;
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let found = self.store.get_opts(&self.place(key), options).await?;
        Ok(found.into_stream().map_err(Error::from).boxed())
    }

    /// A small blob whole.
    pub async fn read_all(&self, key: &BlobKey) -> Result<Bytes> {
        Ok(self.store.get(&self.place(key)).await?.bytes().await?)
    }

    /// Stores a small blob.
    pub async fn put(&self, key: &BlobKey, bytes: impl Into<Bytes>) -> Result<()> {
        let bytes: Bytes = bytes.into();
        self.store.put(&self.place(key), bytes.into()).await?;
        Ok(())
    }

    /// An address from which the blob can be fetched without asking us, for so long; `None` where blobs are files.
    /// The store then answers with the media type and the disposition given here.
    pub async fn signed_address(
        &self,
        key: &BlobKey,
        valid: Duration,
        media_type: &str,
        disposition: &str,
    ) -> Result<Option<String>> {
        let Some(bucket) = &self.signer else { return Ok(None) };
        Ok(Some(s3::signed_get(bucket, &self.place(key), valid, media_type, disposition).await?))
    }

    /// Blobs whose keys begin with this folder, in no order.
    pub fn list(&self, folder: &str) -> BoxStream<'static, Result<Found>> {
        let skip = self.prefix.len();
        let place = Key::from(format!("{}{folder}", self.prefix));
        let found = self.store.list(Some(&place).filter(|place| !place.as_ref().is_empty()));
        let found = found.map_ok(move |meta| Found {
            key: BlobKey::stored(meta.location.as_ref().get(skip..).unwrap_or_default()),
            size_bytes: meta.size,
            modified_at: meta.last_modified,
        });
        found.map_err(Error::from).boxed()
    }

    /// All blobs, in no order; what [`Blobs::check`] leaves behind is none.
    pub fn list_all(&self) -> BoxStream<'static, Result<Found>> {
        let checks = |found: &Found| found.key.as_str().starts_with(CHECKS);
        self.list("").try_filter(move |found| std::future::ready(!checks(found))).boxed()
    }

    /// Copies a blob of so many bytes from another store, part by part; gives the SHA-256 of what was read there.
    pub async fn copy_from(&self, source: &Self, key: &BlobKey, size_bytes: u64) -> Result<[u8; 32]> {
        let mut bytes = source.read(key, 0..size_bytes).await?;
        let mut hash = Sha256::new();
        let (mut part, mut upload) = (BytesMut::new(), None);
        while let Some(more) = bytes.try_next().await? {
            hash.update(&more);
            part.extend_from_slice(&more);
            while part.len() > PART_BYTES {
                let upload = match &mut upload {
                    Some(upload) => upload,
                    none => none.insert(self.store.put_multipart(&self.place(key)).await?),
                };
                upload.put_part(part.split_to(PART_BYTES).freeze().into()).await?;
            }
        }
        match upload {
            None => self.put(key, part.freeze()).await?,
            Some(mut upload) => {
                upload.put_part(part.freeze().into()).await?;
                upload.complete().await?;
            }
        }
        Ok(hash.finalize().into())
    }

    /// The SHA-256 of a blob of so many bytes.
    pub async fn sha256(&self, key: &BlobKey, size_bytes: u64) -> Result<[u8; 32]> {
        let mut bytes = self.read(key, 0..size_bytes).await?;
        let mut hash = Sha256::new();
        while let Some(more) = bytes.try_next().await? {
            hash.update(&more);
        }
        Ok(hash.finalize().into())
    }

    /// Removes a blob; one that is gone already is no error.
    pub async fn remove(&self, key: &BlobKey) -> Result<()> {
        match self.store.delete(&self.place(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes and removes a small blob.
    pub async fn check(&self) -> Result<()> {
        let key = BlobKey::stored(&format!("{CHECKS}{}", Uuid::now_v7()));
        self.put(&key, "ok").await?;
        self.remove(&key).await
    }
}

/// The folder of an address that names one.
fn folder_of(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("file:")?;
    Some(Path::new(path.strip_prefix("//").unwrap_or(path)))
}

/// Reads up to a part; less only at the end of the file.
async fn next_part(source: &mut tokio::fs::File) -> std::io::Result<Bytes> {
    let mut part = Vec::with_capacity(PART_BYTES);
    source.take(PART_BYTES as u64).read_to_end(&mut part).await?;
    Ok(part.into())
}

async fn send_parts(
    upload: &mut dyn MultipartUpload,
    mut part: Bytes,
    source: &mut tokio::fs::File,
    file: &Path,
) -> Result<()> {
    while !part.is_empty() {
        upload.put_part(part.into()).await?;
        part = next_part(source).await.map_err(|source| at(file, source))?;
    }
    upload.complete().await?;
    Ok(())
}

async fn read_file(path: PathBuf, range: Range<u64>) -> Result<BlobStream> {
    let mut file = tokio::fs::File::open(&path).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Error::NotFound("file"),
        _ => at(&path, source),
    })?;
    file.set_max_buf_size(READ_BYTES);
    file.seek(std::io::SeekFrom::Start(range.start)).await.map_err(|source| at(&path, source))?;
    let bytes = ReaderStream::with_capacity(file.take(range.end - range.start), READ_BYTES);
    Ok(bytes.map_err(move |source| at(&path, source)).boxed())
}

fn at(path: &Path, source: std::io::Error) -> Error {
    Error::File { path: path.display().to_string(), source }
}
