//! Several files as one ZIP archive, made while it is sent: nothing is kept twice, and its length is known before.
//!
//! Conventions: files are stored as they are. Source: PKWARE, "APPNOTE.TXT 6.3.10", without its 64-bit extensions, so
//! an archive and each place in it lie within 4 GB.

use bytes::Bytes;
use chrono::{DateTime, Datelike, Timelike, Utc};
use futures::{StreamExt, stream};
use uuid::Uuid;

use crate::videos::Download;
use crate::{App, Result};

/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;
/// Version 2.0 of the format is needed.
const VERSION: u16 = 20;

/// An archive to be sent.
#[derive(Clone, Debug)]
pub struct Archive {
    /// Name for whoever saves it.
    pub filename: String,
    /// Another one when the files change.
    pub version: String,
    /// Bytes.
    pub size_bytes: u64,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Head(Bytes),
    File(Download),
}

impl Archive {
    /// An archive of files and their CRC-32; nothing where it would be too large.
    pub(super) fn new(filename: String, id: Uuid, made_at: DateTime<Utc>, files: Vec<(Download, u32)>) -> Option<Self> {
        let (mut parts, mut directory, mut offset) = (Vec::new(), Vec::new(), 0_u64);
        let count = u16::try_from(files.len()).ok()?;
        for (file, crc32) in files {
            let facts = facts(&file, crc32, made_at)?;
            let mut head = b"PK\x03\x04".to_vec();
            head.extend(VERSION.to_le_bytes());
            head.extend(&facts);
            head.extend(0_u16.to_le_bytes());
            head.extend(file.filename.as_bytes());
            directory.extend(b"PK\x01\x02");
            directory.extend(VERSION.to_le_bytes());
            directory.extend(VERSION.to_le_bytes());
            directory.extend(&facts);
            // No extra field, no comment, first disk, no attributes.
            directory.extend([0; 12]);
            directory.extend(u32::try_from(offset).ok()?.to_le_bytes());
            directory.extend(file.filename.as_bytes());
            offset += head.len() as u64 + file.size_bytes;
            parts.push(Part::Head(head.into()));
            parts.push(Part::File(file));
        }
        let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
        end.extend(count.to_le_bytes());
        end.extend(count.to_le_bytes());
        end.extend(u32::try_from(directory.len()).ok()?.to_le_bytes());
        end.extend(u32::try_from(offset).ok()?.to_le_bytes());
        end.extend(0_u16.to_le_bytes());
        directory.extend(end);
        let size_bytes = offset + directory.len() as u64;
        parts.push(Part::Head(directory.into()));
        Some(Self { filename, version: id.simple().to_string(), size_bytes, parts })
    }

    /// Its bytes; memory does not grow with their number.
    ///
    /// # Errors
    /// `NotFound` where a file is gone.
    pub async fn read(&self, app: &App) -> Result<store::BlobStream> {
        let mut streams = Vec::new();
        for part in &self.parts {
            streams.push(match part {
                Part::Head(bytes) => stream::iter([Ok(bytes.clone())]).boxed(),
                Part::File(file) => file.read(app, 0..file.size_bytes).await?,
            });
        }
        Ok(stream::iter(streams).flatten().boxed())
    }
}

/// What stands both before a file and in the directory: flags to the length of the name.
fn facts(file: &Download, crc32: u32, made_at: DateTime<Utc>) -> Option<Vec<u8>> {
    let size = u32::try_from(file.size_bytes).ok()?;
    let time = (made_at.hour() << 11 | made_at.minute() << 5 | (made_at.second() / 2)) as u16;
    let year = u32::try_from(made_at.year() - 1980).ok()?;
    let date = (year << 9 | made_at.month() << 5 | made_at.day()) as u16;
    let mut facts = FLAGS.to_le_bytes().to_vec();
    facts.extend(0_u16.to_le_bytes());
    facts.extend(time.to_le_bytes());
    facts.extend(date.to_le_bytes());
    facts.extend(crc32.to_le_bytes());
    facts.extend(size.to_le_bytes());
    facts.extend(size.to_le_bytes());
    facts.extend(u16::try_from(file.filename.len()).ok()?.to_le_bytes());
    Some(facts)
}
