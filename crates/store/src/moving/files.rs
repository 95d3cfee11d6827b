//! Files on the move: listed, copied where they are missing, compared by their hashes.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};

use super::{Step, Tell};
use crate::{BlobKey, Blobs, Error, Result};

/// Files copied at the same time.
const AT_ONCE: usize = 4;

/// Keys and sizes in bytes. Some 150 bytes of memory a file.
pub(super) type Listed = BTreeMap<String, u64>;

/// How many files are done, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilesDone {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those among them that had been there already, from a move that was cut off.
    pub found: u64,
    /// All files there are.
    pub files_all: u64,
}

/// All files of a store.
pub(super) async fn list(blobs: &Blobs) -> Result<Listed> {
    blobs.list_all().map_ok(|found| (found.key.as_str().to_owned(), found.size_bytes)).try_collect().await
}

pub(super) fn sum(listed: &Listed) -> FilesDone {
    let files = listed.len() as u64;
    FilesDone { files, bytes: listed.values().sum(), found: 0, files_all: files }
}

/// The target may have nothing but files of the source.
pub(super) async fn check_target(to: &Blobs, listed: &Listed) -> Result<()> {
    let strangers: Vec<String> = list(to).await?.into_keys().filter(|key| !listed.contains_key(key)).collect();
    match strangers.first() {
        None => Ok(()),
        Some(first) => Err(Error::TargetInUse(format!("{} files, such as {first}", strangers.len()))),
    }
}

/// Copies what is missing and compares everything.
pub(super) async fn copy(from: &Blobs, to: &Blobs, listed: &Listed, tell: Tell<'_>) -> Result<FilesDone> {
    let mut done = FilesDone { files_all: listed.len() as u64, ..FilesDone::default() };
    let copies = listed.iter().map(|(key, size)| one(from, to, BlobKey::stored(key), *size));
    let mut copies = stream::iter(copies).buffer_unordered(AT_ONCE);
    while let Some((bytes, found)) = copies.try_next().await? {
        done.files += 1;
        done.bytes += bytes;
        done.found += u64::from(found);
        tell(Step::Files(done));
    }
    Ok(done)
}

/// Brings one file over, unless it is there; gives its bytes and whether it was.
async fn one(from: &Blobs, to: &Blobs, key: BlobKey, size_bytes: u64) -> Result<(u64, bool)> {
    let there = to.size(&key).await? == Some(size_bytes);
    if there && from.sha256(&key, size_bytes).await? == to.sha256(&key, size_bytes).await? {
        return Ok((size_bytes, true));
    }
    let sent = to.copy_from(from, &key, size_bytes).await?;
    if to.sha256(&key, size_bytes).await? != sent {
        return Err(Error::Differs(format!("file {key}")));
    }
    Ok((size_bytes, false))
}
