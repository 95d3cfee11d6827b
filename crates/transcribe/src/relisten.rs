//! A score heard again by another model: what a person wrote stays, the rest follows the new hearing.
//!
//! 1. [`by_hand`] tells a person's notes from the machine's: those that differ from what the machine wrote, by name.
//! 2. [`relisten`] matches old hits with new ones, and changes, removes or adds only notes that nobody touched. Bars, meter,
//!    tempo and everything else on the page stay as they are written; so does how hard a stroke is.
//!
//! Conventions: two hits are the same stroke where their instrument is the same and they are no further apart than
//! [`SAME_S`]. What the new model hears differently where a person decided is told, not written.

mod merge;
mod places;

use drums::{Confidence, Instrument, Performance, Seconds, Ticks, Velocity};
use score::{Chord, ElementId, Event, GraceKind, Hand, Measure, NotationOptions, Note, Score, Tremolo};
use std::collections::{BTreeMap, BTreeSet};

pub use merge::relisten;

/// Hits of one instrument no further apart than this are one stroke, seconds.
pub const SAME_S: f64 = 0.05;
/// Places no further apart than this are the same, seconds: what comes of rounding.
const STILL_S: f64 = 0.002;

/// A stroke that a person took away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gone {
    /// When it was heard.
    pub time: Seconds,
    /// As what it was heard.
    pub instrument: Instrument,
}

/// What a person decided about a score.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ByHand {
    /// Notes and grace groups that they wrote or changed.
    pub notes: BTreeSet<ElementId>,
    /// Strokes that they took away, in order of time.
    pub removed: Vec<Gone>,
}

/// What becomes of a stroke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Heard now and not before: written.
    Added,
    /// Heard before and not now: taken away.
    Removed,
    /// Heard as something else: written so.
    Changed,
    /// Heard differently where a person decided: left as they wrote it.
    Kept,
    /// Heard now, at a place where nothing can be written: left out.
    Unplaced,
}

impl ChangeKind {
    /// A stable name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Kept => "kept",
            Self::Unplaced => "unplaced",
        }
    }
}

/// One difference between what stood there and what was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// What becomes of it.
    pub kind: ChangeKind,
    /// Number of the measure as printed.
    pub measure: u32,
    /// When.
    pub time: Seconds,
    /// What is heard now; of a stroke that is gone, what it was.
    pub instrument: Instrument,
    /// What stands or stood there, where that is another instrument.
    pub was: Option<Instrument>,
    /// Whether it is about grace notes.
    pub grace: bool,
    /// How sure the new model is; `None` where it hears nothing.
    pub confidence: Option<Confidence>,
    /// The note that stands there now.
    pub note: Option<ElementId>,
}

/// What comes of hearing again.
#[derive(Debug, Clone, PartialEq)]
pub struct Relistened {
    /// The score as it would be.
    pub score: Score,
    /// What it stands on: the new hits, and old ones that only a person's notes still stand for.
    pub performance: Performance,
    /// What a person decided, up to now.
    pub by_hand: ByHand,
    /// Every difference, in order of time.
    pub changes: Vec<Change>,
}

/// What is heard again: all that is known of the score.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// The score as it is.
    pub score: &'a Score,
    /// What it was written from.
    pub performance: &'a Performance,
    /// What a person decided.
    pub by_hand: &'a ByHand,
    /// How it was written.
    pub notation: &'a NotationOptions,
    /// How much of what was played is written.
    pub level: score::Level,
}

/// A note where it stands.
#[derive(Debug, Clone, Copy)]
struct Standing<'s> {
    measure: &'s Measure,
    event: &'s Event,
    chord: &'s Chord,
    note: &'s Note,
}

fn notes_of(score: &Score) -> impl Iterator<Item = Standing<'_>> {
    score.measures.iter().flat_map(|measure| {
        measure.events().flat_map(move |event| {
            let chords = event.chord().into_iter();
            chords.flat_map(move |chord| chord.notes.iter().map(move |note| Standing { measure, event, chord, note }))
        })
    })
}

fn written_time(score: &Score, measure: &Measure, offset: Ticks) -> Seconds {
    score.timeline.time_at(measure.start + offset)
}

/// All that a person may change about a note.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Facts {
    instrument: Instrument,
    velocity: Velocity,
    ghost: bool,
    choke: bool,
    accent: bool,
    sticking: Option<Hand>,
    roll: Option<Tremolo>,
}

impl Standing<'_> {
    fn facts(&self) -> Facts {
        Facts {
            instrument: self.note.instrument,
            velocity: self.note.velocity,
            ghost: self.note.ghost,
            choke: self.note.choke,
            accent: self.chord.accent,
            sticking: self.chord.sticking,
            roll: self.chord.tremolo,
        }
    }

    /// When it was heard; when it is written to sound, for a note nobody heard.
    fn time(&self, score: &Score, performance: &Performance) -> Seconds {
        let heard = self.note.hits.first().and_then(|id| performance.hits().get(id.0 as usize));
        heard.map_or_else(|| written_time(score, self.measure, self.event.offset), |hit| hit.time)
    }
}

/// What a person decided between what the machine `wrote` and the score as it is `now`, both written from `performance`;
/// `earlier` is what they had decided before that.
#[must_use]
pub fn by_hand(wrote: &Score, now: &Score, performance: &Performance, earlier: &ByHand) -> ByHand {
    let mut decided = earlier.clone();
    let before: BTreeMap<ElementId, Standing<'_>> = notes_of(wrote).map(|one| (one.note.id, one)).collect();
    let mut seen = BTreeSet::new();
    for one in notes_of(now) {
        seen.insert(one.note.id);
        let place = |score: &Score, one: &Standing<'_>| written_time(score, one.measure, one.event.offset).get();
        let same = before
            .get(&one.note.id)
            .is_some_and(|old| old.facts() == one.facts() && (place(wrote, old) - place(now, &one)).abs() <= STILL_S);
        if !same {
            decided.notes.insert(one.note.id);
        }
    }
    for (_, old) in before.iter().filter(|(id, _)| !seen.contains(*id)) {
        decided.removed.push(Gone { time: old.time(wrote, performance), instrument: old.note.instrument });
    }
    let (old, new) = (graces_of(wrote), graces_of(now));
    for (id, (kind, instrument, _)) in &new {
        if old.get(id).is_none_or(|(before, on, _)| (before, on) != (kind, instrument)) {
            decided.notes.insert(*id);
        }
    }
    for (_, (_, instrument, time)) in old.iter().filter(|(id, _)| !new.contains_key(*id)) {
        decided.removed.push(Gone { time: *time, instrument: *instrument });
    }
    decided.removed.sort_by(|a, b| a.time.total_cmp(&b.time));
    decided
}

/// The grace groups by name: what they are, and when their chord is written to sound.
fn graces_of(score: &Score) -> BTreeMap<ElementId, (GraceKind, Instrument, Seconds)> {
    let measures = score.measures.iter();
    let chords = measures.flat_map(|m| m.events().filter_map(move |event| Some((m, event, event.chord()?))));
    let groups = chords.filter_map(|(measure, event, chord)| Some((measure, event, chord.graces.as_ref()?)));
    let named = groups.map(|(measure, event, graces)| {
        (graces.id, (graces.kind, graces.instrument, written_time(score, measure, event.offset)))
    });
    named.collect()
}

/// Whether two instruments are sounds of one family, so that one may have been heard for the other.
fn related(one: Instrument, other: Instrument) -> bool {
    let (family, others) = (one.row().family, other.row().family);
    one == other || (family.is_some() && family == others)
}

fn near(one: Seconds, other: Seconds) -> bool {
    (one.get() - other.get()).abs() <= SAME_S
}
