//! From values to the bytes of a file format, and back for the formats that are read again.
//!
//! [`FORMATS`] lists every format; [`write()`] makes the bytes of one. A format is a file of this crate that ends in a
//! [`FormatInfo`], and a line in that list: command line, service and documents read it from there.
//!
//! Conventions: the same values give the same bytes, so no date and no machine is written into a file. Elements keep
//! their [`score::ElementId`] in MusicXML, SVG and the timemap, written as `n` and its number.

#![deny(missing_docs)]

mod abc;
mod archive;
mod csv;
mod error;
mod feel;
mod folds;
pub mod json;
mod judge;
mod lilypond;
mod material;
pub mod midi;
pub mod musicxml;
mod mxl;
mod options;
mod outline;
mod pdf;
mod played;
mod png;
mod svg;
pub mod tab;
mod timemap;
mod walk;
mod wav;
mod words;
mod written;
mod xml;
mod zip;

pub use drums::{OptionInfo, Values};
pub use engrave::{Dialect, PageStyle, Paper};
pub use error::{Error, Result};
pub use material::Material;
pub use options::{OPTIONS, Options};
pub use written::as_written;

/// A file format, one row of [`FORMATS`].
#[derive(Debug)]
pub struct FormatInfo {
    /// Short name in lower case, unique, as `--to` and the service take it.
    pub id: &'static str,
    /// File name extension without the dot.
    pub extension: &'static str,
    /// Media type.
    pub media_type: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// One sentence: what it is good for.
    pub description: &'static str,
    /// Whether [`Options::page`] picks a page; without it such a format holds all pages one under the other.
    pub pages: bool,
    write: fn(&Material<'_>, &Options) -> Result<Vec<u8>>,
}

/// A format by reference to its row.
pub type Format = &'static FormatInfo;

/// Every format there is.
pub static FORMATS: &[FormatInfo] = &[
    musicxml::PLAIN,
    mxl::INFO,
    midi::WRITTEN,
    midi::PLAYED,
    pdf::INFO,
    svg::INFO,
    png::INFO,
    tab::INFO,
    abc::INFO,
    lilypond::INFO,
    json::SCORE,
    json::PERFORMANCE,
    timemap::INFO,
    csv::INFO,
    wav::INFO,
    judge::INFO,
    zip::INFO,
];

/// The format of an id or, failing that, of a file name extension, upper case and a leading dot forgiven.
///
/// # Errors
/// [`Error::UnknownFormat`] where there is none.
pub fn find(name: &str) -> Result<Format> {
    let wanted = name.trim().trim_start_matches('.').to_ascii_lowercase();
    let by_id = FORMATS.iter().find(|format| format.id == wanted);
    by_id
        .or_else(|| FORMATS.iter().find(|format| format.extension == wanted))
        .ok_or_else(|| Error::UnknownFormat { name: name.chars().take(40).collect() })
}

/// The bytes of a file.
///
/// # Errors
/// - [`Error::Option`] where a number of the options is outside its limits;
/// - [`Error::NoSuchPage`] where [`Options::page`] is not a page of the score;
/// - [`Error::LimitReached`] where a picture would be too large;
/// - [`Error::Json`] and [`Error::Png`] where an encoder fails, which lawful values do not cause.
pub fn write(format: Format, material: &Material<'_>, options: &Options) -> Result<Vec<u8>> {
    options.check()?;
    material.at_level(options.level_of(format.id), |material| (format.write)(material, options))
}

/// Refuses what is larger than it may be.
pub(crate) fn limit(what: &'static str, value: usize, limit: usize, unit: &'static str) -> Result<()> {
    if value <= limit {
        Ok(())
    } else {
        Err(Error::LimitReached { what, value: value as u64, limit: limit as u64, unit })
    }
}

/// Name of an element in every file that names elements.
pub(crate) fn element_name(element: score::ElementId) -> String {
    format!("n{}", element.0)
}
