//! A ZIP archive with every other format.
//!
//! Conventions: one folder-less entry per format, `score.` and the format's extension; pages stand one under the other.
//! What is packed already (PNG, PDF, MXL) is stored as it is. A format
//! that reaches a limit is replaced by a line that says so.

use crate::archive::{Archive, Method};
use crate::{Error, FORMATS, FormatInfo, Material, Options, Result};

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "zip",
    extension: "zip",
    media_type: "application/zip",
    name: "Everything",
    description: "All other formats in one archive.",
    pages: false,
    write,
};

const PACKED: &[&str] = &["png", "pdf", "mxl"];

fn write(material: &Material<'_>, options: &Options) -> Result<Vec<u8>> {
    let options = Options { page: None, ..options.clone() };
    let mut archive = Archive::default();
    for format in FORMATS.iter().filter(|format| format.id != INFO.id) {
        let bytes = match crate::write(format, material, &options) {
            Ok(bytes) => bytes,
            // An hour has no sound in here, but still all the rest.
            Err(error @ Error::LimitReached { .. }) => {
                let name = format!("score.{} is missing.txt", format.extension);
                archive.add(&name, format!("{error}\n").as_bytes(), Method::Deflated);
                continue;
            }
            Err(error) => return Err(error),
        };
        let method = if PACKED.contains(&format.id) { Method::Stored } else { Method::Deflated };
        archive.add(&format!("score.{}", format.extension), &bytes, method);
    }
    Ok(archive.finish())
}
