//! Bytes on their way in: written to a scratch file, hashed and measured as they come, on blocking threads.

use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::refusal;
use crate::{App, Error, Result};

/// A scratch file that goes when this is dropped; it may be gone already.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Bytes gathered before a blocking thread is asked to hash and write them.
const BLOCK_BYTES: usize = 256 * 1024;

/// What a blocking thread works with.
#[derive(Debug)]
struct Sink {
    file: std::fs::File,
    sha256: Sha256,
    /// Only where a client sent one to compare.
    sha1: Option<Sha1>,
    block: Vec<u8>,
}

impl Sink {
    fn take(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.sha256.update(bytes);
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
        self.file.write_all(bytes)
    }

    fn take_block(&mut self) -> std::io::Result<()> {
        let mut block = std::mem::take(&mut self.block);
        let taken = self.take(&block);
        block.clear();
        self.block = block;
        taken
    }
}

/// A file that is being taken in.
#[derive(Debug)]
pub(crate) struct Intake {
    scratch: Scratch,
    /// Away only while a blocking thread has it.
    sink: Option<Sink>,
    bytes_max: u64,
    too_large: fn(u64) -> Error,
    size_bytes: u64,
    /// The first bytes, until they have been looked at.
    head: Option<Vec<u8>>,
}

/// A file that was taken in whole.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) scratch: Scratch,
    pub(crate) size_bytes: u64,
    pub(crate) sha256: [u8; 32],
    pub(crate) sha1: Option<[u8; 20]>,
}

/// What kind of bytes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Whether the first bytes are those of a recording, and to be looked at.
    pub(crate) begins_recording: bool,
    /// Whether their SHA-1 is wanted.
    pub(crate) with_sha1: bool,
}

impl Intake {
    pub(crate) async fn begin(app: &App, kind: Kind) -> Result<Self> {
        Self::begin_within(&app.config.scratch_dir(), kind, app.config.video_bytes_max(), too_large).await
    }

    /// The same in a folder, with a limit and its refusal.
    pub(crate) async fn begin_within(
        folder: &Path,
        kind: Kind,
        bytes_max: u64,
        too_large: fn(u64) -> Error,
    ) -> Result<Self> {
        let path = folder.join(Uuid::now_v7().to_string());
        let file = tokio::fs::File::create_new(&path).await.map_err(no_room)?.into_std().await;
        let sink = Sink { file, sha256: Sha256::new(), sha1: kind.with_sha1.then(Sha1::new), block: Vec::new() };
        Ok(Self {
            scratch: Scratch(path),
            sink: Some(sink),
            bytes_max,
            too_large,
            size_bytes: 0,
            head: kind.begins_recording.then(Vec::new),
        })
    }

    /// Bytes so far.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// `TooLarge` as soon as the limit is passed; `Unsupported` as soon as the first bytes show that it is no recording.
    pub(crate) async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.size_bytes += bytes.len() as u64;
        if self.size_bytes > self.bytes_max {
            return Err((self.too_large)(self.bytes_max));
        }
        self.look_at(&bytes)?;
        if bytes.len() < BLOCK_BYTES {
            let sink = self.sink.as_mut().ok_or_else(broken)?;
            sink.block.extend_from_slice(&bytes);
            return if sink.block.len() < BLOCK_BYTES { Ok(()) } else { self.flush(None, false).await };
        }
        // What comes in one large piece is not copied once more.
        self.flush(Some(bytes), false).await
    }

    fn look_at(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(mut head) = self.head.take() {
            head.extend_from_slice(&bytes[..bytes.len().min(media::SNIFF_BYTES)]);
            if head.len() >= media::SNIFF_BYTES {
                media::sniff(&head)?;
            } else {
                self.head = Some(head);
            }
        }
        Ok(())
    }

    /// Hashes and writes what was gathered, and then `more`.
    async fn flush(&mut self, more: Option<Bytes>, to_disk: bool) -> Result<()> {
        let mut sink = self.sink.take().ok_or_else(broken)?;
        let flushed = tokio::task::spawn_blocking(move || {
            sink.take_block()?;
            if let Some(more) = more {
                sink.take(&more)?;
            }
            if to_disk {
                sink.file.sync_all()?;
            }
            Ok::<Sink, std::io::Error>(sink)
        });
        self.sink = Some(flushed.await.map_err(Error::internal)?.map_err(no_room)?);
        Ok(())
    }

    /// The same for a piece, which may be shorter than what is looked at; the whole is looked at later.
    pub(crate) async fn finish_piece(mut self) -> Result<Taken> {
        self.head = None;
        self.finish().await
    }

    /// Writes what is left, down to the disk.
    ///
    /// # Errors
    /// `Unsupported` for what is too short to be a recording.
    pub(crate) async fn finish(mut self) -> Result<Taken> {
        if let Some(head) = self.head.take() {
            media::sniff(&head)?;
        }
        self.flush(None, true).await?;
        let sink = self.sink.take().ok_or_else(broken)?;
        Ok(Taken {
            scratch: self.scratch,
            size_bytes: self.size_bytes,
            sha256: sink.sha256.finalize().into(),
            sha1: sink.sha1.map(|sha1| sha1.finalize().into()),
        })
    }
}

/// The refusal of a file beyond the limit.
pub(crate) fn too_large(bytes_max: u64) -> Error {
    Error::TooLarge(refusal(
        "upload_too_large",
        format!("The file is larger than {} MB, the most this server takes.", bytes_max >> 20),
        "Cut it, or export it with a lower picture quality: only the sound is needed.",
    ))
}

/// A write that was given up cannot go on.
fn broken() -> Error {
    Error::internal("an intake was used after it broke")
}

/// A full disk is no mistake of the client and none of the program.
fn no_room(error: std::io::Error) -> Error {
    if error.kind() != std::io::ErrorKind::StorageFull {
        return Error::internal(error);
    }
    tracing::error!(%error, "no room for an upload");
    let hint = "Try again later; the operator has to make room.";
    Error::Unavailable(refusal("disk_full", "The server's disk is full.", hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_as_such() {
        let full = no_room(std::io::ErrorKind::StorageFull.into());
        assert!(matches!(full, Error::Unavailable(refusal) if refusal.code == "disk_full"));
        assert!(matches!(no_room(std::io::ErrorKind::NotFound.into()), Error::Internal(_)));
    }
}
