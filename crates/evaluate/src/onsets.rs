//! Were the strokes found, and on the right instrument?
//!
//! Conventions: strokes of one class closer than 10 ms count once, as in published drum transcription scores (R. Vogl et
//! al., *Towards Multi-Instrument Drum Transcription*, DAFx 2018: pooled "sum F" over classes).

use crate::error::{Result, validate_times};
use crate::matching::{Counts, match_events};
use drums::{Family, Hit};

/// Tolerance of the main figure, in seconds.
pub const WINDOW_S: f64 = 0.05;
/// Strokes of one class closer than this are one.
const SAME_STROKE_S: f64 = 0.010;

/// The five classes in the usual order.
pub const FAMILIES: [Family; 5] = [Family::Kick, Family::Snare, Family::Toms, Family::Hihat, Family::Cymbals];

/// Scores of one transcription against a reference.
#[derive(Debug, Clone, PartialEq)]
pub struct OnsetScores {
    /// Tolerance either way, in seconds.
    pub window_s: f64,
    /// Counts of each class, in the order of [`FAMILIES`].
    pub families: Vec<(Family, Counts)>,
    /// Counts over all classes together.
    pub pooled: Counts,
}

/// Precision, recall and F of onsets without regard to class, mir_eval's `onset.f_measure`.
///
/// # Errors
/// As for times that are not finite or not sorted.
pub fn f_measure(references: &[f64], estimates: &[f64], window_s: f64) -> Result<Counts> {
    validate_times("reference onset", references)?;
    validate_times("estimated onset", estimates)?;
    let matches = match_events(references, estimates, window_s).len();
    Ok(Counts::of(references.len(), estimates.len(), matches))
}

/// Scores hits against reference hits in the five classes; sounds outside them (cowbell, tambourine) are left out.
///
/// # Errors
/// Never for hits of a [`drums::Performance`]; otherwise as [`f_measure`].
pub fn evaluate(references: &[Hit], estimates: &[Hit], window_s: f64) -> Result<OnsetScores> {
    let mut families = Vec::with_capacity(FAMILIES.len());
    for family in FAMILIES {
        let counts = f_measure(&times_of(references, family), &times_of(estimates, family), window_s)?;
        families.push((family, counts));
    }
    let pooled = families.iter().fold(Counts::default(), |sum, (_, counts)| sum.plus(*counts));
    Ok(OnsetScores { window_s, families, pooled })
}

/// Times of one class, each stroke once.
fn times_of(hits: &[Hit], family: Family) -> Vec<f64> {
    let mut times: Vec<f64> = Vec::new();
    for hit in hits.iter().filter(|hit| hit.instrument.row().family == Some(family)) {
        if times.last().is_none_or(|last| hit.time.get() - last >= SAME_STROKE_S) {
            times.push(hit.time.get());
        }
    }
    times
}
