//! A score heard again: the machine's notes follow, a person's stay.

use drums::{Alternative, Hit, Performance, Seconds, Velocity};
use score::{Edit, ElementId, Level, NotationOptions, Score, apply, check, notate};
use std::collections::BTreeSet;
use testkit::Random;
use transcribe::relisten::{Before, ByHand, ChangeKind, Relistened, by_hand, relisten};

const OLD: &str = "
    HH|x-x-x-x-x-x-x-x-|x-x-x-x-x-x-x-x-|
    SD|----o-------o---|----o-------o---|
    BD|o-------o-------|o-------o-------|";

fn written(performance: &Performance) -> Score {
    notate(performance, &NotationOptions::default()).0
}

fn again(wrote: &Score, now: &Score, performance: &Performance, heard: &Performance) -> Relistened {
    let decided = by_hand(wrote, now, performance, &ByHand::default());
    hear(now, performance, &decided, heard)
}

fn hear(now: &Score, performance: &Performance, decided: &ByHand, heard: &Performance) -> Relistened {
    let notation = NotationOptions::default();
    let before = Before { score: now, performance, by_hand: decided, notation: &notation, level: Level::Five };
    let done = relisten(&before, heard);
    assert_eq!(check(&done.score), []);
    for (_, _, _, id) in notes(&done.score) {
        for hit in hits_of(&done.score, id) {
            assert!((hit as usize) < done.performance.hits().len());
        }
    }
    done
}

/// Measure, place, instrument and name of every note.
fn notes(score: &Score) -> Vec<(u32, i64, &'static str, ElementId)> {
    let mut all = Vec::new();
    for measure in &score.measures {
        for event in measure.events() {
            for note in event.chord().into_iter().flat_map(|chord| &chord.notes) {
                all.push((measure.number, event.offset.get(), note.instrument.id(), note.id));
            }
        }
    }
    all.sort_unstable();
    all
}

fn hits_of(score: &Score, id: ElementId) -> Vec<u32> {
    let events = score.measures.iter().flat_map(score::Measure::events).filter_map(score::Event::chord);
    let notes = events.flat_map(|chord| &chord.notes).filter(|note| note.id == id);
    notes.flat_map(|note| note.hits.iter().map(|hit| hit.0)).collect()
}

fn strokes(score: &Score) -> Vec<(u32, i64, &'static str)> {
    notes(score).into_iter().map(|(measure, offset, instrument, _)| (measure, offset, instrument)).collect()
}

fn id_at(score: &Score, measure: u32, sixteenth: i64, instrument: &str) -> ElementId {
    let wanted = (measure, sixteenth * 2520, instrument);
    notes(score).into_iter().find(|(m, o, i, _)| (*m, *o, *i) == wanted).unwrap().3
}

fn kinds(done: &Relistened) -> Vec<(&'static str, u32, &'static str)> {
    done.changes.iter().map(|change| (change.kind.code(), change.measure, change.instrument.id())).collect()
}

#[test]
fn a_score_nobody_touched_follows_the_new_hearing() {
    let old = testkit::groove(OLD);
    let heard = testkit::groove(
        "
        HH|x-x-x-x-x-x-x-x-|x-x-x-x-x-x-x-x-|
        SD|----o-----------|----o--o----o---|
        BD|o-------o-------|o-----o-o-------|",
    );
    let score = written(&old);
    let done = again(&score, &score, &old, &heard);
    assert_eq!(strokes(&done.score), strokes(&written(&heard)));
    assert_eq!(kinds(&done), [("removed", 1, "snare"), ("added", 2, "kick"), ("added", 2, "snare")]);
    assert!(done.by_hand.notes.is_empty());
    assert_eq!(done.performance.hits().len(), heard.hits().len());
}

#[test]
fn the_same_hearing_changes_nothing() {
    let old = testkit::groove(OLD);
    let score = written(&old);
    let done = again(&score, &score, &old, &old);
    assert_eq!((done.score, done.changes), (score, Vec::new()));
}

#[test]
fn what_a_person_wrote_changed_moved_or_took_away_stays_so() {
    let old = testkit::groove(OLD);
    let wrote = written(&old);
    let clap = "clap".parse().unwrap();
    let (first, gone) = (id_at(&wrote, 1, 4, "snare"), id_at(&wrote, 1, 12, "snare"));
    let moved = id_at(&wrote, 2, 8, "kick");
    let second = wrote.measures[1].id;
    let mut now = wrote.clone();
    for edit in [
        Edit::Instrument(first, clap),
        Edit::Remove(gone),
        Edit::Move { note: moved, measure: second, offset: drums::Ticks(2520 * 10) },
        Edit::Add {
            measure: second,
            offset: drums::Ticks(2520 * 14),
            instrument: "crash".parse().unwrap(),
            velocity: Velocity::clamped(0.9),
        },
    ] {
        now = apply(&now, edit).unwrap().0;
    }
    // The new model hears a cross-stick where the clap is, the stroke that is gone, no kick where it was moved from, and
    // a ride where the crash was written.
    let heard = testkit::groove(
        "
        HH|x-x-x-x-x-x-x-x-|x-x-x-x-x-x-x-x-|
        SS|----x-----------|----------------|
        SD|------------o---|----o-------o---|
        RD|----------------|--------------x-|
        BD|o-------o-------|o---------------|",
    );
    let done = again(&wrote, &now, &old, &heard);
    assert_eq!(strokes(&done.score), strokes(&now));
    let kept: BTreeSet<ChangeKind> = done.changes.iter().map(|change| change.kind).collect();
    assert_eq!(kept, [ChangeKind::Kept].into(), "{:?}", kinds(&done));
    assert_eq!(done.by_hand.notes.len(), 3);
    // Later hearings know it too, though the score they compare with is the one the machine wrote last.
    let later = by_hand(&done.score, &done.score, &done.performance, &done.by_hand);
    assert_eq!(later, done.by_hand);
    let silence = Performance::new(old.duration(), Vec::new(), old.grid().clone()).unwrap();
    let rest = hear(&done.score, &done.performance, &later, &silence);
    let left: Vec<&str> = strokes(&rest.score).into_iter().map(|(_, _, instrument)| instrument).collect();
    assert_eq!(left, ["clap", "kick", "crash"]);
}

#[test]
fn another_sound_of_the_family_becomes_the_note_and_keeps_its_name() {
    let old = testkit::groove(OLD);
    let heard = testkit::groove(&OLD.replace("HH|x-x-x-x-x-x-x-x-|x", "HH|x-x-x-x-x-x-x-x-|o"));
    let score = written(&old);
    let done = again(&score, &score, &old, &heard);
    assert_eq!(kinds(&done), [("changed", 2, "hihat_open")]);
    let id = id_at(&score, 2, 0, "hihat_closed");
    assert_eq!(id_at(&done.score, 2, 0, "hihat_open"), id);
    assert_eq!(done.changes[0].was.unwrap().id(), "hihat_closed");
}

#[test]
fn a_flam_comes_with_the_new_hearing_unless_a_person_took_it_away() {
    let old = testkit::groove(OLD);
    let heard = testkit::groove(&OLD.replace("SD|----o-------o---|", "SD|----f-------o---|"));
    let score = written(&old);
    let done = again(&score, &score, &old, &heard);
    let graces = |score: &Score| {
        let chords = score.measures.iter().flat_map(score::Measure::events).filter_map(score::Event::chord);
        chords.filter(|chord| chord.graces.is_some()).count()
    };
    assert_eq!((graces(&done.score), kinds(&done).len()), (1, 1), "{:?}", kinds(&done));
    assert!(done.changes[0].grace);
    let wrote = written(&heard);
    let events = wrote.measures.iter().flat_map(score::Measure::events).filter_map(score::Event::chord);
    let flam = events.filter_map(|chord| chord.graces.as_ref()).map(|graces| graces.id).next().unwrap();
    let now = apply(&wrote, Edit::Remove(flam)).unwrap().0;
    assert_eq!(graces(&again(&wrote, &now, &heard, &heard).score), 0);
}

/// A drummer's take, heard with mistakes.
fn misheard(take: &Performance, random: &mut Random) -> Performance {
    let others: Vec<drums::Instrument> =
        ["snare", "cross_stick", "ride", "kick", "tom_high"].map(|id| id.parse().unwrap()).into();
    let mut hits: Vec<Hit> = Vec::new();
    for hit in take.hits() {
        if random.chance(0.1) {
            continue;
        }
        let instrument = if random.chance(0.1) { others[random.below(others.len())] } else { hit.instrument };
        let time = Seconds::clamped(hit.time.get() + random.between(-0.01, 0.01));
        hits.push(Hit { time, instrument, ..*hit });
        if random.chance(0.05) {
            let time = Seconds::clamped(hit.time.get() + random.between(0.06, 0.2));
            hits.push(Hit { time, instrument: others[random.below(others.len())], ..*hit });
        }
    }
    let none: Vec<Vec<Alternative>> = vec![Vec::new(); hits.len()];
    Performance::new(take.duration(), hits, take.grid().clone()).unwrap().with_alternatives(none).unwrap()
}

/// Some edits a person may make.
fn corrected(score: &Score, random: &mut Random) -> Score {
    let mut now = score.clone();
    for _ in 0..12 {
        let all = notes(&now);
        let Some((.., id)) = all.get(random.below(all.len().max(1))) else { break };
        let measure = now.measures[random.below(now.measures.len())].id;
        let edit = match random.below(5) {
            0 => Edit::Remove(*id),
            1 => Edit::Instrument(*id, "clap".parse().unwrap()),
            2 => Edit::Velocity(*id, Velocity::clamped(0.33)),
            3 => Edit::Accent(*id, true),
            _ => Edit::Add {
                measure,
                offset: drums::Ticks(2520 * 3),
                instrument: "cowbell".parse().unwrap(),
                velocity: Velocity::clamped(0.8),
            },
        };
        if let Ok((edited, _)) = apply(&now, edit) {
            now = edited;
        }
    }
    now
}

#[test]
fn no_hearing_changes_what_a_person_decided_and_hearing_twice_is_hearing_once() {
    for seed in 0..40 {
        let take = testkit::Drummer::seeded(seed).play(6).performance;
        let mut random = Random::seeded(seed + 1000);
        let old = misheard(&take, &mut random);
        let wrote = written(&old);
        let now = corrected(&wrote, &mut random);
        let heard = misheard(&take, &mut random);
        let decided = by_hand(&wrote, &now, &old, &ByHand::default());
        let done = hear(&now, &old, &decided, &heard);
        let facts = |score: &Score| {
            let mut all = Vec::new();
            for measure in &score.measures {
                for event in measure.events() {
                    let Some(chord) = event.chord() else { continue };
                    for note in chord.notes.iter().filter(|note| decided.notes.contains(&note.id)) {
                        let how = (note.instrument, note.velocity.get().to_bits(), note.ghost, note.choke);
                        all.push((note.id, measure.id, event.offset, how, chord.accent));
                    }
                }
            }
            all.sort_by_key(|(id, ..)| *id);
            all
        };
        assert_eq!(facts(&now), facts(&done.score), "seed {seed}");
        // A stroke that was taken away does not come back.
        for gone in &decided.removed {
            let back = done.changes.iter().filter(|change| change.kind == ChangeKind::Added);
            let mut back = back.filter(|change| (change.time.get() - gone.time.get()).abs() < 0.05);
            assert!(!back.any(|change| change.instrument == gone.instrument), "seed {seed}");
        }
        let twice = hear(&done.score, &done.performance, &done.by_hand, &heard);
        let more: Vec<_> = twice
            .changes
            .iter()
            .filter(|change| !matches!(change.kind, ChangeKind::Kept | ChangeKind::Unplaced))
            .collect();
        assert_eq!(more, Vec::<&transcribe::relisten::Change>::new(), "seed {seed}");
    }
}
