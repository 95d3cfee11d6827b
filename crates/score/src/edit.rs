//! Changing a score by hand, one step at a time, each with the step that takes it back.
//!
//! Conventions: edits name elements, never indices. Measures, chords, notes and grace groups keep their names whatever
//! happens around them; what is written anew between them (rests, beams, tuplets) follows the rules of
//! [`crate::notate`], and keeps its names where it keeps its place. Simile and repeat signs that would no longer tell the
//! truth are taken away.

mod bars;
mod notes;
mod restore;

use crate::error::Result;
use crate::model::{ElementId, GraceKind, Hand, Score, Tremolo};
use drums::{Instrument, Meter, Ticks, Velocity};

pub use restore::{Restored, difference};

/// A change to a score.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Edit {
    /// A new note, without hits.
    Add {
        /// Its measure.
        measure: ElementId,
        /// Its place from the bar line.
        offset: Ticks,
        /// What is struck.
        instrument: Instrument,
        /// How hard.
        velocity: Velocity,
    },
    /// Takes a note away, or a group of grace notes.
    Remove(ElementId),
    /// Puts a note elsewhere. What belongs to its chord goes with it where it is the only note.
    Move {
        /// The note.
        note: ElementId,
        /// The measure it goes to.
        measure: ElementId,
        /// Its new place from that measure's bar line.
        offset: Ticks,
    },
    /// Another instrument for a note.
    Instrument(ElementId, Instrument),
    /// Another velocity for a note.
    Velocity(ElementId, Velocity),
    /// Whether a note is a ghost note.
    Ghost(ElementId, bool),
    /// Whether a note is choked.
    Choke(ElementId, bool),
    /// Whether a chord, named by its event or one of its notes, has an accent.
    Accent(ElementId, bool),
    /// Which hand plays a chord.
    Sticking(ElementId, Option<Hand>),
    /// The grace notes of a chord, on its first drum.
    Graces(ElementId, Option<GraceKind>),
    /// The roll of a chord with a drum.
    Roll(ElementId, Option<Tremolo>),
    /// The letter at the start of a measure; an empty one is none.
    Rehearsal(ElementId, String),
    /// Notes half as long: what was counted as two beats is one.
    HalfTempo,
    /// Notes twice as long: what was counted as one beat is two.
    DoubleTempo,
    /// Every bar line this many beats (of the first meter) later; what lies before the first becomes a pick-up.
    ShiftBarOne {
        /// Beats, later where positive.
        beats: i32,
    },
    /// Another meter from a measure to the next change of meter.
    Meter {
        /// The first measure of the passage.
        measure: ElementId,
        /// The meter it gets.
        meter: Meter,
        /// Between simple and compound meters: whether the beat stays a beat (a triplet of 4/4 becomes three eighths of
        /// 12/8) rather than the eighth an eighth.
        keep_beat: bool,
    },
    /// What an edit took the place of; undoes it.
    Restore(Box<Restored>),
}

/// Applies an edit. Returns the new score and the edit that turns it back into the old one, exactly.
///
/// # Errors
/// - [`crate::Error::NoSuchElement`] where an id names nothing of the kind the edit needs;
/// - [`crate::Error::OutsideMeasure`], [`crate::Error::AlreadyThere`], [`crate::Error::TooFine`] where a place does not
///   do;
/// - [`crate::Error::NeedsDrum`] for graces and rolls on chords without a drum;
/// - [`crate::Error::NoSuchBar`] where new bar lines leave a rest that is no bar;
/// - [`crate::Error::OutOfRange`] for a roll of no or more than four slashes;
/// - [`crate::Error::DoesNotFit`] where a part to restore comes from another score.
pub fn apply(score: &Score, edit: Edit) -> Result<(Score, Edit)> {
    let edited = match edit {
        Edit::Restore(part) => restore::put_back(score, *part)?,
        Edit::HalfTempo => bars::stretch(score, 1, 2)?,
        Edit::DoubleTempo => bars::stretch(score, 2, 1)?,
        Edit::ShiftBarOne { beats } => bars::shift(score, beats)?,
        Edit::Meter { measure, meter, keep_beat } => bars::change_meter(score, measure, meter, keep_beat)?,
        Edit::Rehearsal(measure, letter) => {
            let index = notes::measure_at(score, measure)?;
            let mut edited = score.clone();
            edited.measures[index].rehearsal = Some(letter).filter(|letter| !letter.trim().is_empty());
            edited
        }
        note => notes::edit(score, &note)?,
    };
    let inverse = difference(&edited, score);
    Ok((edited, Edit::Restore(Box::new(inverse))))
}
