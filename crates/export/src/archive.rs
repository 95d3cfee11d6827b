//! ZIP archives, written and read.
//!
//! Conventions: every entry carries the earliest date ZIP knows, so that the same content gives the same bytes. Reading
//! trusts the directory at the end of the archive and no size in it: what is unpacked has a limit.
//!
//! Source: PKWARE APPNOTE 6.3.3, sections 4.3.7, 4.3.12 and 4.3.16.

use crate::{Error, Result};
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

const COMPRESSION: u8 = 6;

/// Whether an entry is packed.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Method {
    Stored = 0,
    Deflated = 8,
}

/// An archive under construction. Entries are far below the 4 GiB that plain ZIP holds.
#[derive(Default)]
pub(crate) struct Archive {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

/// 1980-01-01, the first day of ZIP.
const DATE: u16 = 0x21;
const VERSION_NEEDED: u16 = 20;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;

impl Archive {
    pub(crate) fn add(&mut self, name: &str, content: &[u8], method: Method) {
        let packed = if method == Method::Deflated { compress_to_vec(content, COMPRESSION) } else { content.to_vec() };
        let offset = self.bytes.len() as u32;
        let mut fields = Vec::new();
        for field in [VERSION_NEEDED, FLAGS, method as u16, 0, DATE] {
            fields.extend(field.to_le_bytes());
        }
        for field in [checksum(content), packed.len() as u32, content.len() as u32] {
            fields.extend(field.to_le_bytes());
        }
        fields.extend((name.len() as u16).to_le_bytes());
        fields.extend(0_u16.to_le_bytes());

        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(&fields);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(&packed);

        self.directory.extend(b"PK\x01\x02");
        self.directory.extend(VERSION_NEEDED.to_le_bytes());
        self.directory.extend(&fields);
        // No comment, disk 0, no attributes.
        self.directory.extend([0; 10]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.entries += 1;
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let (offset, size) = (self.bytes.len() as u32, self.directory.len() as u32);
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06");
        for field in [0, 0, self.entries, self.entries] {
            self.bytes.extend(field.to_le_bytes());
        }
        self.bytes.extend(size.to_le_bytes());
        self.bytes.extend(offset.to_le_bytes());
        self.bytes.extend(0_u16.to_le_bytes());
        self.bytes
    }
}

/// CRC-32 as ZIP has it.
fn checksum(content: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| (crc >> 8) ^ CRC[usize::from((crc as u8) ^ byte)];
    !content.iter().fold(u32::MAX, step)
}

const CRC: [u32; 256] = {
    let mut table = [0_u32; 256];
    let mut index = 0;
    while index < 256 {
        let (mut crc, mut bit) = (index as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
};

/// An entry of an archive that is read.
struct Entry {
    name: String,
    method: u16,
    packed: usize,
    offset: usize,
}

fn broken(why: &str) -> Error {
    Error::Malformed { place: "archive".into(), why: why.into() }
}

fn u16_at(bytes: &[u8], at: usize) -> Result<usize> {
    let field = bytes.get(at..at.saturating_add(2)).ok_or_else(|| broken("it ends too early"))?;
    Ok(usize::from(u16::from_le_bytes([field[0], field[1]])))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<usize> {
    Ok(u16_at(bytes, at)? | u16_at(bytes, at.saturating_add(2))? << 16)
}

/// Most entries of an archive that is read.
const ENTRIES_MAX: usize = 1_000;

fn entries(bytes: &[u8]) -> Result<Vec<Entry>> {
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06");
    let end = end.ok_or_else(|| broken("it has no directory"))?;
    let count = u16_at(bytes, end + 10)?;
    crate::limit("archive", count, ENTRIES_MAX, "entries")?;
    let mut at = u32_at(bytes, end + 16)?;
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        if bytes.get(at..at.saturating_add(4)) != Some(b"PK\x01\x02") {
            return Err(broken("its directory is damaged"));
        }
        let (name, extra, comment) = (u16_at(bytes, at + 28)?, u16_at(bytes, at + 30)?, u16_at(bytes, at + 32)?);
        let text = bytes.get(at + 46..at + 46 + name).ok_or_else(|| broken("it ends too early"))?;
        entries.push(Entry {
            name: String::from_utf8_lossy(text).into_owned(),
            method: u16_at(bytes, at + 10)? as u16,
            packed: u32_at(bytes, at + 20)?,
            offset: u32_at(bytes, at + 42)?,
        });
        at += 46 + name + extra + comment;
    }
    Ok(entries)
}

/// Unpacks an entry of at most `bytes_max` bytes.
///
/// # Errors
/// [`Error::Malformed`] where the archive is damaged or has no such entry, [`Error::LimitReached`] where it is larger.
pub(crate) fn unpack(bytes: &[u8], name: &str, bytes_max: usize) -> Result<Vec<u8>> {
    let entries = entries(bytes)?;
    let entry = entries.iter().find(|entry| entry.name == name);
    let entry = entry.ok_or_else(|| broken(&format!("it has no {name:.60}")))?;
    let start = entry.offset.saturating_add(30) + u16_at(bytes, entry.offset + 26)? + u16_at(bytes, entry.offset + 28)?;
    let packed = bytes.get(start..start.saturating_add(entry.packed)).ok_or_else(|| broken("it ends too early"))?;
    match entry.method {
        0 => {
            crate::limit("packed document", packed.len(), bytes_max, "bytes")?;
            Ok(packed.to_vec())
        }
        8 => decompress_to_vec_with_limit(packed, bytes_max).map_err(|error| match error.status {
            miniz_oxide::inflate::TINFLStatus::HasMoreOutput => Error::LimitReached {
                what: "packed document",
                value: bytes_max as u64 + 1,
                limit: bytes_max as u64,
                unit: "bytes",
            },
            _ => broken("an entry cannot be unpacked"),
        }),
        _ => Err(broken("an entry is packed in a way that is not known")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_well_known_one() {
        assert_eq!(checksum(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn entries_come_back_and_limits_hold() {
        let mut archive = Archive::default();
        archive.add("a", b"alpha", Method::Stored);
        archive.add("b", &[7; 5_000], Method::Deflated);
        let bytes = archive.finish();
        assert_eq!(unpack(&bytes, "a", 100).unwrap(), b"alpha");
        assert_eq!(unpack(&bytes, "b", 5_000).unwrap(), [7; 5_000]);
        assert!(matches!(unpack(&bytes, "b", 4_999), Err(Error::LimitReached { unit: "bytes", .. })));
        assert!(unpack(&bytes, "c", 100).is_err());
        for end in 0..bytes.len() {
            let _ = unpack(&bytes[..end], "b", 100);
        }
    }
}
