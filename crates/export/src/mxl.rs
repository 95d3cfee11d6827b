//! Compressed MusicXML: the document in a ZIP archive, as notation programs exchange it.
//!
//! Conventions: the archive holds `mimetype`, `META-INF/container.xml`, which names the document, and the document.
//!
//! Source: MusicXML 4.0, "Compressed .mxl files".

use crate::archive::{self, Archive, Method};
use crate::{Error, FormatInfo, Material, Options, Result, musicxml};

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

const CONTAINER: &str = "META-INF/container.xml";
const DOCUMENT: &str = "score.musicxml";
/// Largest container read, in bytes.
const CONTAINER_BYTES_MAX: usize = 64 << 10;

fn write(material: &Material<'_>, _: &Options) -> Result<Vec<u8>> {
    let container = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<container>\n <rootfiles>\n  <rootfile full-path=\"{DOCUMENT}\" \
         media-type=\"{}\"/>\n </rootfiles>\n</container>\n",
        musicxml::PLAIN.media_type
    );
    let document = musicxml::document(material.score());
    let mut archive = Archive::default();
    archive.add("mimetype", INFO.media_type.as_bytes(), Method::Stored);
    archive.add(CONTAINER, container.as_bytes(), Method::Deflated);
    archive.add(DOCUMENT, document.as_bytes(), Method::Deflated);
    Ok(archive.finish())
}

/// The document in an archive, at most `bytes_max` long.
pub(crate) fn unpack(bytes: &[u8], bytes_max: usize) -> Result<Vec<u8>> {
    let container = archive::unpack(bytes, CONTAINER, CONTAINER_BYTES_MAX)?;
    let no_document = || Error::Malformed { place: CONTAINER.into(), why: "it names no document".into() };
    let container = String::from_utf8(container).map_err(|_| no_document())?;
    let document = roxmltree::Document::parse(&container)?;
    let root = document.descendants().find(|node| node.has_tag_name("rootfile"));
    let path = root.and_then(|root| root.attribute("full-path")).ok_or_else(no_document)?;
    archive::unpack(bytes, path, bytes_max)
}
