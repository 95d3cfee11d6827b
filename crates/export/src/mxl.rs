//! Compressed MusicXML: the document in a ZIP archive, as notation programs exchange it.
//!
//! Conventions: the archive holds `mimetype`, `META-INF/container.xml`, which names the document, and the document. Every
//! entry carries the earliest date ZIP knows, so that the same score gives the same bytes.
//!
//! Source: MusicXML 4.0, "Compressed .mxl files"; PKWARE APPNOTE 6.3.3, sections 4.3.7, 4.3.12 and 4.3.16.

use crate::{FormatInfo, Material, Options, Result, musicxml};
use miniz_oxide::deflate::compress_to_vec;

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "mxl",
    extension: "mxl",
    media_type: "application/vnd.recordare.musicxml",
    name: "Compressed MusicXML",
    description: "The same as MusicXML in a tenth of the size.",
    pages: false,
    write,
};

const DOCUMENT: &str = "score.musicxml";
const COMPRESSION: u8 = 6;

fn write(material: &Material<'_>, _: &Options) -> Result<Vec<u8>> {
    let container = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<container>\n <rootfiles>\n  <rootfile full-path=\"{DOCUMENT}\" \
         media-type=\"{}\"/>\n </rootfiles>\n</container>\n",
        musicxml::PLAIN.media_type
    );
    let document = musicxml::document(material.score());
    let mut archive = Archive::default();
    archive.add("mimetype", INFO.media_type.as_bytes(), Method::Stored);
    archive.add("META-INF/container.xml", container.as_bytes(), Method::Deflated);
    archive.add(DOCUMENT, document.as_bytes(), Method::Deflated);
    Ok(archive.finish())
}

#[derive(Clone, Copy, PartialEq)]
enum Method {
    Stored = 0,
    Deflated = 8,
}

/// An archive under construction. Entries are far below the 4 GiB that plain ZIP holds.
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

/// 1980-01-01, the first day of ZIP.
const DATE: u16 = 0x21;
const VERSION_NEEDED: u16 = 20;

impl Archive {
    fn add(&mut self, name: &str, content: &[u8], method: Method) {
        let packed = if method == Method::Deflated { compress_to_vec(content, COMPRESSION) } else { content.to_vec() };
        let offset = self.bytes.len() as u32;
        let mut fields = Vec::new();
        for field in [VERSION_NEEDED, 0, method as u16, 0, DATE] {
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

    fn finish(mut self) -> Vec<u8> {
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
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    };
    !content.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_well_known_one() {
        assert_eq!(checksum(b"123456789"), 0xCBF4_3926);
    }
}
