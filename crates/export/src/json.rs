//! The domain's one JSON face: scores, performances and edits as versioned documents, written and read back.
//!
//! Conventions: every document begins with `format` and `version`. Instruments are named by id, places and lengths are
//! ticks (10 080 to the quarter), times are seconds, velocities and confidences 0 to 1. What is written reads back as the
//! equal value. Unknown fields are ignored, so that a document of a newer program with the same version stays readable;
//! documents of a newer version are refused. A document is input from strangers: its size has limits, and everything
//! in it is checked.

mod edits;
mod performance;
mod score;

use crate::{Error, FormatInfo, Material, Options, Result, limit};
use serde::{Deserialize, Serialize};

pub use self::edits::{read_edits, write_edits};
pub use self::performance::{read_performance, write_performance};
pub use self::score::{read, write};

/// The JSON Schemas (draft 2020-12) of our documents, by their `format`.
pub const SCHEMAS: [(&str, &str); 4] = [
    ("backbeat-score", include_str!("../schema/score.schema.json")),
    ("backbeat-performance", include_str!("../schema/performance.schema.json")),
    ("backbeat-timemap", include_str!("../schema/timemap.schema.json")),
    ("backbeat-edits", include_str!("../schema/edits.schema.json")),
];

/// Largest document read, in bytes: 32 MiB.
pub const BYTES_MAX: usize = 32 << 20;
/// Most measures in a score read.
pub const MEASURES_MAX: usize = 20_000;
/// Most events in a voice of a measure read.
pub const EVENTS_A_VOICE_MAX: usize = 1_024;
/// Most edits in a list read.
pub const EDITS_MAX: usize = 10_000;
/// Most hits in a performance read.
pub const HITS_MAX: usize = 200_000;

/// The row of the score document.
pub(crate) const SCORE: FormatInfo = FormatInfo {
    id: "json",
    extension: "score.json",
    media_type: "application/json",
    name: "Score JSON",
    description: "The whole score as a versioned document for programs; reads back without loss.",
    pages: false,
    write: |material: &Material<'_>, _: &Options| write(material.score()),
};

/// The row of the performance document.
pub(crate) const PERFORMANCE: FormatInfo = FormatInfo {
    id: "performance",
    extension: "performance.json",
    media_type: "application/json",
    name: "Performance JSON",
    description: "Every hit and beat in seconds as a versioned document for programs; reads back without loss.",
    pages: false,
    write: |material: &Material<'_>, _: &Options| write_performance(material.performance()),
};

/// What every document begins with.
#[derive(Debug, Deserialize)]
struct Envelope {
    format: String,
    version: u32,
}

/// A document with its envelope.
#[derive(Serialize)]
struct Enveloped<T> {
    format: &'static str,
    version: u32,
    #[serde(flatten)]
    body: T,
}

/// Checks size, kind and version before anything else is read.
fn open(bytes: &[u8], expected: &'static str, version_max: u32) -> Result<()> {
    limit("document", bytes.len(), BYTES_MAX, "bytes")?;
    let envelope: Envelope = serde_json::from_slice(bytes)?;
    if envelope.format == expected && (1..=version_max).contains(&envelope.version) {
        Ok(())
    } else {
        let format = envelope.format.chars().take(60).collect();
        Err(Error::NotThisDocument { expected, version_max, format, version: envelope.version })
    }
}

/// Says where in the document a value broke a rule of its type.
fn at<T>(place: impl FnOnce() -> String, result: drums::Result<T>) -> Result<T> {
    result.map_err(|source| Error::Value { place: place(), source })
}
