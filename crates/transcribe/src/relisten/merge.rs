//! Old score and new hearing put together, note by note.

use super::places::{measure_at, places};
use super::{Before, ByHand, Change, ChangeKind, Relistened, SAME_S, Standing, near, notes_of, related, written_time};
use drums::{Alternative, Confidence, Hit, HitId, Instrument, Performance, Seconds, Velocity};
use score::{Edit, ElementId, GraceKind, Score, apply, notate, simplify};
use std::collections::{BTreeMap, BTreeSet};

/// A note of the score as it was.
struct Old {
    id: ElementId,
    instrument: Instrument,
    time: Seconds,
    /// Whether a person decided about it.
    decided: bool,
    /// Whether the new model hears it too.
    again: bool,
    /// Whether anybody heard it.
    heard: bool,
}

/// A note the new model would write, none of whose strokes was heard before.
struct New {
    instrument: Instrument,
    velocity: Velocity,
    ghost: bool,
    choke: bool,
    hits: Vec<HitId>,
    /// When it was heard.
    time: Seconds,
    /// When it would be written to sound.
    written: Seconds,
    confidence: Confidence,
}

/// What is to be done.
enum Step {
    Remove(ElementId),
    Become(ElementId, New),
    Add(New),
}

/// Puts a score and what another model heard in the same recording together.
///
/// Where nothing was decided by hand the notes follow `heard`; where a person decided, their notes stay as they are. Equal
/// inputs give equal scores.
#[must_use]
pub fn relisten(before: &Before<'_>, heard: &Performance) -> Relistened {
    let matches = Matches::between(before.performance, heard);
    let fresh = fresh(before, heard, &matches);
    let mut work = Work {
        score: before.score.clone(),
        changes: Vec::new(),
        hits: BTreeMap::new(),
        by_hand: before.by_hand.clone(),
    };
    let steps = decide(before, heard, &matches, fresh, &mut work);
    // What goes makes room for what comes.
    let rank = |step: &Step| match step {
        Step::Remove(_) => 0,
        Step::Become(..) => 1,
        Step::Add(_) => 2,
    };
    let mut steps = steps;
    steps.sort_by_key(rank);
    for step in steps {
        work.take(step);
    }
    work.graces(before, heard, &matches);
    let performance = work.number(before.performance, heard, &matches);
    work.changes.sort_by(|a, b| a.time.total_cmp(&b.time).then(a.instrument.cmp(&b.instrument)));
    Relistened { score: work.score, performance, by_hand: work.by_hand, changes: work.changes }
}

/// Which old hit is which new one.
struct Matches {
    to_new: BTreeMap<HitId, HitId>,
    to_old: BTreeMap<HitId, HitId>,
}

impl Matches {
    fn between(old: &Performance, new: &Performance) -> Self {
        let mut matches = Self { to_new: BTreeMap::new(), to_old: BTreeMap::new() };
        let instruments: BTreeSet<Instrument> = old.hits().iter().map(|hit| hit.instrument).collect();
        for instrument in instruments {
            let of = |performance: &Performance| -> Vec<Hit> {
                performance.hits().iter().filter(|hit| hit.instrument == instrument).copied().collect()
            };
            let (a, b) = (of(old), of(new));
            let (mut i, mut j) = (0, 0);
            while let (Some(one), Some(other)) = (a.get(i), b.get(j)) {
                let apart = other.time.get() - one.time.get();
                // A flam is two strokes: the nearer one is the same.
                let nearer = |hit: Option<&Hit>, to: &Hit| {
                    hit.is_some_and(|hit| (hit.time.get() - to.time.get()).abs() < apart.abs())
                };
                if apart.abs() <= SAME_S && nearer(b.get(j + 1), one) {
                    j += 1;
                } else if apart.abs() <= SAME_S && nearer(a.get(i + 1), other) {
                    i += 1;
                } else if apart.abs() <= SAME_S {
                    matches.to_new.insert(one.id, other.id);
                    matches.to_old.insert(other.id, one.id);
                    (i, j) = (i + 1, j + 1);
                } else if apart > 0.0 {
                    i += 1;
                } else {
                    j += 1;
                }
            }
        }
        matches
    }
}

/// What the new model writes over the old beats.
fn rewritten(before: &Before<'_>, heard: &Performance) -> Score {
    let grid = before.performance.grid().clone();
    let over = Performance::new(heard.duration(), heard.hits().to_vec(), grid).unwrap_or_default();
    simplify(&notate(&over, before.notation).0, before.level)
}

fn fresh(before: &Before<'_>, heard: &Performance, matches: &Matches) -> Vec<New> {
    let score = rewritten(before, heard);
    let unheard = |one: &Standing<'_>| {
        !one.note.hits.is_empty() && one.note.hits.iter().all(|hit| !matches.to_old.contains_key(hit))
    };
    let new = |one: Standing<'_>| {
        let hit = heard.hits().get(one.note.hits.first()?.0 as usize)?;
        Some(New {
            instrument: one.note.instrument,
            velocity: one.note.velocity,
            ghost: one.note.ghost,
            choke: one.note.choke,
            hits: one.note.hits.clone(),
            time: hit.time,
            written: written_time(&score, one.measure, one.event.offset),
            confidence: hit.confidence,
        })
    };
    notes_of(&score).filter(unheard).filter_map(new).collect()
}

fn decide(before: &Before<'_>, heard: &Performance, matches: &Matches, fresh: Vec<New>, work: &mut Work) -> Vec<Step> {
    let old: Vec<Old> = notes_of(before.score)
        .map(|one| Old {
            id: one.note.id,
            instrument: one.note.instrument,
            time: one.time(before.score, before.performance),
            decided: before.by_hand.notes.contains(&one.note.id) || one.note.hits.is_empty(),
            again: one.note.hits.iter().any(|hit| matches.to_new.contains_key(hit)),
            heard: !one.note.hits.is_empty(),
        })
        .collect();
    let mut steps = Vec::new();
    let mut replaced: BTreeSet<ElementId> = BTreeSet::new();
    for new in fresh {
        let mut around = old.iter().filter(|old| near(old.time, new.time) && related(old.instrument, new.instrument));
        let gone = before.by_hand.removed.iter();
        let mut gone = gone.filter(|gone| near(gone.time, new.time) && related(gone.instrument, new.instrument));
        if let Some(old) = around.clone().find(|old| old.decided) {
            work.note(ChangeKind::Kept, &new, Some(old.instrument), Some(old.id));
        } else if gone.next().is_some() {
            work.note(ChangeKind::Kept, &new, None, None);
        } else if let Some(old) = around.find(|old| !old.again && !replaced.contains(&old.id)) {
            replaced.insert(old.id);
            work.note(ChangeKind::Changed, &new, Some(old.instrument), Some(old.id));
            steps.push(Step::Become(old.id, new));
        } else if !old.iter().any(|old| old.instrument == new.instrument && near(old.time, new.time)) {
            steps.push(Step::Add(new));
        }
    }
    for old in old.iter().filter(|old| old.heard && !old.again && !replaced.contains(&old.id)) {
        let silent =
            !heard.hits().iter().any(|hit| near(hit.time, old.time) && related(hit.instrument, old.instrument));
        let kind = if old.decided { ChangeKind::Kept } else { ChangeKind::Removed };
        // Where a person decided and the new model hears something else, that was told already.
        if !old.decided || silent {
            work.changes.push(Change {
                kind,
                measure: measure_at(before.score, old.time),
                time: old.time,
                instrument: old.instrument,
                was: None,
                grace: false,
                confidence: None,
                note: old.decided.then_some(old.id),
            });
        }
        if !old.decided {
            steps.push(Step::Remove(old.id));
        }
    }
    steps
}

/// The score on its way.
struct Work {
    score: Score,
    changes: Vec<Change>,
    /// New hits of the notes that were written.
    hits: BTreeMap<ElementId, Vec<HitId>>,
    by_hand: ByHand,
}

impl Work {
    fn note(&mut self, kind: ChangeKind, new: &New, was: Option<Instrument>, note: Option<ElementId>) {
        self.changes.push(Change {
            kind,
            measure: measure_at(&self.score, new.time),
            time: new.time,
            instrument: new.instrument,
            was: was.filter(|was| *was != new.instrument),
            grace: false,
            confidence: Some(new.confidence),
            note,
        });
    }

    /// Applies an edit where it fits.
    fn edit(&mut self, edit: Edit) -> bool {
        match apply(&self.score, edit) {
            Ok((score, _)) => {
                self.score = score;
                true
            }
            Err(_) => false,
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Remove(id) => {
                self.edit(Edit::Remove(id));
            }
            Step::Become(id, new) => {
                if self.edit(Edit::Instrument(id, new.instrument)) {
                    self.hits.insert(id, new.hits);
                } else {
                    // The new instrument stands there already.
                    self.edit(Edit::Remove(id));
                }
            }
            Step::Add(new) => match self.add(&new) {
                Some(id) => self.note(ChangeKind::Added, &new, None, Some(id)),
                None => self.note(ChangeKind::Unplaced, &new, None, None),
            },
        }
    }

    fn add(&mut self, new: &New) -> Option<ElementId> {
        let before: BTreeSet<ElementId> = notes_of(&self.score).map(|one| one.note.id).collect();
        let placed = places(&self.score, new.written).into_iter().any(|place| {
            self.edit(Edit::Add {
                measure: place.measure,
                offset: place.offset,
                instrument: new.instrument,
                velocity: new.velocity,
            })
        });
        let id = notes_of(&self.score).map(|one| one.note.id).find(|id| placed && !before.contains(id))?;
        if new.ghost {
            self.edit(Edit::Ghost(id, true));
        }
        if new.choke {
            self.edit(Edit::Choke(id, true));
        }
        self.hits.insert(id, new.hits.clone());
        Some(id)
    }

    /// Grace notes follow the new hearing where nobody decided about them or their chord.
    fn graces(&mut self, before: &Before<'_>, heard: &Performance, matches: &Matches) {
        let decided = |id: ElementId| before.by_hand.notes.contains(&id);
        let mut silent = Vec::new();
        for one in notes_of(&self.score) {
            let Some(graces) = one.chord.graces.as_ref().filter(|graces| graces.instrument == one.note.instrument)
            else {
                continue;
            };
            let again = graces.hits.iter().any(|hit| matches.to_new.contains_key(hit));
            if !graces.hits.is_empty() && !again && !decided(graces.id) && !decided(one.note.id) {
                let time = one.time(&self.score, before.performance);
                silent.push((graces.id, one.measure.number, time, graces.instrument));
            }
        }
        for (id, measure, time, instrument) in silent {
            if self.edit(Edit::Remove(id)) {
                let kind = ChangeKind::Removed;
                let (was, confidence, note) = (None, None, None);
                self.changes.push(Change { kind, measure, time, instrument, was, grace: true, confidence, note });
            }
        }
        for (instrument, kind, hits, time) in new_graces(before, heard, matches) {
            let removed = before.by_hand.removed.iter();
            if removed.clone().any(|gone| near(gone.time, time) && related(gone.instrument, instrument)) {
                continue;
            }
            let under = notes_of(&self.score).find(|one| {
                let at = written_time(&self.score, one.measure, one.event.offset);
                one.note.instrument == instrument
                    && one.chord.graces.is_none()
                    && near(at, time)
                    && !decided(one.note.id)
            });
            let Some((event, note, measure)) = under.map(|one| (one.event.id, one.note.id, one.measure.number)) else {
                continue;
            };
            if self.edit(Edit::Graces(event, Some(kind))) {
                if let Some(id) = notes_of(&self.score)
                    .find(|one| one.note.id == note)
                    .and_then(|one| one.chord.graces.as_ref().map(|graces| graces.id))
                {
                    self.hits.insert(id, hits);
                }
                let (kind, was, note) = (ChangeKind::Added, None, Some(note));
                let change = Change { kind, measure, time, instrument, was, grace: true, confidence: None, note };
                self.changes.push(change);
            }
        }
    }

    /// The performance the score stands on now, whose numbers its notes get.
    fn number(&mut self, old: &Performance, heard: &Performance, matches: &Matches) -> Performance {
        let mut kept: BTreeSet<HitId> = BTreeSet::new();
        for_hits(&mut self.score, |id, hits| {
            if !self.hits.contains_key(&id) {
                let lost = hits.iter().filter(|hit| !matches.to_new.contains_key(*hit));
                // A note that is heard again stands for what is heard of it.
                if hits.iter().all(|hit| !matches.to_new.contains_key(hit)) {
                    kept.extend(lost);
                }
            }
        });
        type Entry = (Hit, Vec<Alternative>, bool);
        let entry = |performance: &Performance, hit: &Hit, new: bool| -> Entry {
            (*hit, performance.alternatives(hit.id).to_vec(), new)
        };
        let mut all: Vec<Entry> = heard.hits().iter().map(|hit| entry(heard, hit, true)).collect();
        let retained = old.hits().iter().filter(|hit| kept.contains(&hit.id));
        all.extend(retained.map(|hit| entry(old, hit, false)));
        all.sort_by(|a, b| a.0.time.total_cmp(&b.0.time).then(a.0.instrument.cmp(&b.0.instrument)));
        let (mut of_new, mut of_old) = (BTreeMap::new(), BTreeMap::new());
        for (number, (hit, _, new)) in (0..).zip(&all) {
            if *new {
                of_new.insert(hit.id, HitId(number))
            } else {
                of_old.insert(hit.id, HitId(number))
            };
        }
        let written = std::mem::take(&mut self.hits);
        for_hits(&mut self.score, |id, hits| {
            *hits = match written.get(&id) {
                Some(new) => new.iter().filter_map(|hit| of_new.get(hit).copied()).collect(),
                None => {
                    let again = |hit: &HitId| matches.to_new.get(hit).and_then(|new| of_new.get(new)).copied();
                    hits.iter().filter_map(|hit| again(hit).or_else(|| of_old.get(hit).copied())).collect()
                }
            };
        });
        let (hits, alternatives): (Vec<Hit>, Vec<Vec<Alternative>>) =
            all.into_iter().map(|(hit, alternatives, _)| (hit, alternatives)).unzip();
        let duration = if heard.duration() > old.duration() { heard.duration() } else { old.duration() };
        let merged = Performance::new(duration, hits, old.grid().clone());
        // Two performances make a third: lengths fit, and no duration is negative.
        merged.and_then(|merged| merged.with_alternatives(alternatives)).unwrap_or_default()
    }
}

/// Grace groups of the new writing none of whose strokes was heard before: what is written, its strokes, and when.
fn new_graces(
    before: &Before<'_>,
    heard: &Performance,
    matches: &Matches,
) -> Vec<(Instrument, GraceKind, Vec<HitId>, Seconds)> {
    let score = rewritten(before, heard);
    let mut found = Vec::new();
    for one in notes_of(&score) {
        let Some(graces) = one.chord.graces.as_ref().filter(|graces| graces.instrument == one.note.instrument) else {
            continue;
        };
        if !graces.hits.is_empty() && graces.hits.iter().all(|hit| !matches.to_old.contains_key(hit)) {
            let time = written_time(&score, one.measure, one.event.offset);
            found.push((graces.instrument, graces.kind, graces.hits.clone(), time));
        }
    }
    found
}

/// Visits the hits of every note and every grace group.
fn for_hits(score: &mut Score, mut visit: impl FnMut(ElementId, &mut Vec<HitId>)) {
    let voices = score.measures.iter_mut().flat_map(|measure| &mut measure.voices);
    for event in voices.flat_map(|voice| &mut voice.events) {
        if let score::Content::Chord(chord) = &mut event.content {
            chord.notes.iter_mut().for_each(|note| visit(note.id, &mut note.hits));
            if let Some(graces) = &mut chord.graces {
                visit(graces.id, &mut graces.hits);
            }
        }
    }
}
