//! The way back: what an edit replaced, measure by measure.

use crate::error::{Error, Result};
use crate::model::{KitPiece, Measure, Repeat, Score};
use crate::timeline::Timeline;

/// A part of a score to be put back. Made by [`crate::apply`]; a program that stores edits stores these fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// Index of the first measure that differs.
    pub first: usize,
    /// Number of measures there now that go.
    pub removed: usize,
    /// The measures that take their place.
    pub measures: Vec<Measure>,
    /// The kit, where it differs.
    pub kit: Option<Vec<KitPiece>>,
    /// The timeline, where it differs.
    pub timeline: Option<Timeline>,
    /// The repeats, where they differ.
    pub repeats: Option<Vec<Repeat>>,
    /// The title, where it differs.
    pub title: Option<String>,
    /// The line under it, where it differs.
    pub subtitle: Option<String>,
}

/// What must be put back to turn `now` into `then`, whatever lies between them: [`Edit::Restore`](crate::Edit::Restore)
/// with it does so exactly.
#[must_use]
pub fn difference(now: &Score, then: &Score) -> Restored {
    let alike = |pair: &(&Measure, &Measure)| pair.0 == pair.1;
    let first = now.measures.iter().zip(&then.measures).take_while(alike).count();
    let (rest_now, rest_then) = (&now.measures[first..], &then.measures[first..]);
    let last = rest_now.iter().rev().zip(rest_then.iter().rev()).take_while(alike).count();
    Restored {
        first,
        removed: rest_now.len() - last,
        measures: rest_then[..rest_then.len() - last].to_vec(),
        kit: (now.kit != then.kit).then(|| then.kit.clone()),
        timeline: (now.timeline != then.timeline).then(|| then.timeline.clone()),
        repeats: (now.repeats != then.repeats).then(|| then.repeats.clone()),
        title: (now.title != then.title).then(|| then.title.clone()),
        subtitle: (now.subtitle != then.subtitle).then(|| then.subtitle.clone()),
    }
}

/// Puts a part back.
pub(super) fn put_back(score: &Score, part: Restored) -> Result<Score> {
    let end =
        part.first.checked_add(part.removed).filter(|end| *end <= score.measures.len()).ok_or(Error::DoesNotFit)?;
    let mut restored = score.clone();
    restored.measures.splice(part.first..end, part.measures);
    restored.kit = part.kit.unwrap_or(restored.kit);
    restored.timeline = part.timeline.unwrap_or(restored.timeline);
    restored.repeats = part.repeats.unwrap_or(restored.repeats);
    restored.title = part.title.unwrap_or(restored.title);
    restored.subtitle = part.subtitle.unwrap_or(restored.subtitle);
    // A part of another score breaks a law: names that exist already, measures that do not join, a kit that lacks.
    if crate::check(&restored).is_empty() { Ok(restored) } else { Err(Error::DoesNotFit) }
}
