//! What may be laid over the notes: how sure the listener was of each, and how far from the beat it was played.
//!
//! Conventions: both are told by shape as well as by tint, for those who print without colour or do not see it.
//! Deviations are played minus written, in seconds: negative is early.

use drums::Performance;
use score::{ElementId, Score, placements};
use std::collections::BTreeMap;

/// Notes below this are tinted.
pub(crate) const UNSURE_BELOW: f32 = 0.75;
/// Notes below this have a question mark too.
pub(crate) const DOUBTFUL_BELOW: f32 = 0.5;
/// Nearer to the beat than this nobody hears.
pub(crate) const AUDIBLE_S: f64 = 0.012;

/// Values to lay over a page; what is empty is not shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overlay {
    /// How sure we are of a note, 0 to 1.
    pub confidence: BTreeMap<ElementId, f32>,
    /// How late a note was played, in seconds.
    pub deviation_s: BTreeMap<ElementId, f64>,
}

impl Overlay {
    /// Both values for every note of a score that stands for hits of the performance it was written from; of several
    /// hits the least sure and the farthest one.
    #[must_use]
    pub fn of(score: &Score, performance: &Performance) -> Self {
        let residuals: BTreeMap<_, f64> =
            placements(score, performance).into_iter().map(|place| (place.hit, place.residual_s)).collect();
        let mut overlay = Self::default();
        let chords = score.measures.iter().flat_map(score::Measure::events).filter_map(score::Event::chord);
        for note in chords.flat_map(|chord| &chord.notes) {
            let hits = || note.hits.iter().filter_map(|hit| performance.hits().get(hit.0 as usize));
            if let Some(confidence) = hits().map(|hit| hit.confidence.get()).reduce(f32::min) {
                overlay.confidence.insert(note.id, confidence);
            }
            let farther = |a: f64, b: f64| if b.abs() > a.abs() { b } else { a };
            if let Some(late_s) = note.hits.iter().filter_map(|hit| residuals.get(hit).copied()).reduce(farther) {
                overlay.deviation_s.insert(note.id, late_s);
            }
        }
        overlay
    }
}

/// Why a mark has a colour of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tint {
    /// The listener was not quite sure.
    Unsure,
    /// The listener was rather not sure.
    Doubtful,
    /// Played early.
    Early,
    /// Played late.
    Late,
}

impl Tint {
    /// Name in kebab case, as SVG writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsure => "unsure",
            Self::Doubtful => "doubtful",
            Self::Early => "early",
            Self::Late => "late",
        }
    }

    /// Red, green and blue, dark enough to be read on white; told apart by every common kind of colour vision.
    #[must_use]
    pub const fn rgb(self) -> [u8; 3] {
        match self {
            Self::Unsure => [0xB3, 0x6B, 0x00],
            Self::Doubtful => [0xC0, 0x1C, 0x4B],
            Self::Early => [0x00, 0x5F, 0xB8],
            Self::Late => [0xC0, 0x4A, 0x00],
        }
    }
}
