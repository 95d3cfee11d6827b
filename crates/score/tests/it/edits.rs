//! Edits: what they do on paper, and that each can be taken back.

use crate::paper::paper;
use drums::{Instrument, Meter, Ticks, Velocity};
use insta::assert_snapshot;
use proptest::prelude::*;
use score::{
    Edit, ElementId, Error, Event, GraceKind, Hand, NotationOptions, Score, Tremolo, apply, check, notate, placements,
};
use std::collections::BTreeSet;
use testkit::{Drummer, Tab, groove};

fn score_of(tab: &str) -> Score {
    notate(&groove(tab), &NotationOptions::default()).0
}

const ROCK: &str = "HH|x-x-x-x-|x-x-x-x-|\nSD|--o---o-|--o---o-|\nBD|o---oo--|o---oo--|";

/// Applies edits one after the other, and sees to it that each can be taken back.
fn edited(score: &Score, edits: impl IntoIterator<Item = Edit>) -> Score {
    edits.into_iter().fold(score.clone(), |score, edit| {
        let (after, inverse) = apply(&score, edit).unwrap();
        assert_eq!(check(&after), []);
        assert_eq!(apply(&after, inverse).unwrap().0, score, "the inverse gives back what was");
        after
    })
}

/// The note of an instrument at a place of a measure, by index.
fn note(score: &Score, measure: usize, at: (i64, i64), instrument: Instrument) -> ElementId {
    let offset = Ticks::quarters(at.0, at.1);
    let events = score.measures[measure].events().filter(|event| event.offset == offset).filter_map(Event::chord);
    events.flat_map(|chord| &chord.notes).find(|note| note.instrument == instrument).unwrap().id
}

#[test]
fn a_stroke_more_and_a_stroke_less() {
    let score = score_of(ROCK);
    let measure = score.measures[0].id;
    let add = |at, instrument| Edit::Add {
        measure,
        offset: Ticks::quarters(at, 4),
        instrument,
        velocity: Velocity::clamped(0.5),
    };
    let snare = note(&score, 0, (3, 1), Instrument::Snare);
    let after = edited(&score, [add(15, Instrument::Snare), add(2, Instrument::HihatOpen), Edit::Remove(snare)]);
    assert_snapshot!(paper(&after), @r"
    1 4/4 4=120
      hands 8HH_8HHo 4HH+SD 4HH 8.HH_16SD
      feet  4BD r4 8BD_8BD r4
    2
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 8BD_8BD r4
");
}

#[test]
fn a_stroke_moves_with_all_its_marks() {
    let score = score_of(ROCK);
    let snare = note(&score, 0, (3, 1), Instrument::Snare);
    let measure = score.measures[1].id;
    let after = edited(
        &score,
        [
            Edit::Graces(snare, Some(GraceKind::Drag)),
            Edit::Move { note: snare, measure, offset: Ticks::quarters(7, 2) },
            Edit::Accent(snare, true),
            Edit::Sticking(snare, Some(Hand::Left)),
            Edit::Roll(snare, Some(Tremolo::Slashes(2))),
        ],
    );
    assert_snapshot!(paper(&after), @r"
    1 4/4 4=120
      hands 4HH 4HH+SD 4HH 4HH
      feet  4BD r4 8BD_8BD r4
    2
      hands 4HH 4HH+SD 4HH 8HH+SD_d8SD>/L~
      feet  4BD r4 8BD_8BD r4
");
}

#[test]
fn an_instrument_changes_its_voice() {
    let score = score_of(ROCK);
    let kick = note(&score, 0, (5, 2), Instrument::Kick);
    let hat = note(&score, 0, (1, 1), Instrument::HihatClosed);
    let after = edited(
        &score,
        [
            Edit::Instrument(kick, Instrument::TomFloor),
            Edit::Instrument(hat, Instrument::Crash),
            Edit::Ghost(kick, true),
            Edit::Velocity(kick, Velocity::clamped(0.2)),
            Edit::Choke(hat, true),
        ],
    );
    assert_snapshot!(paper(&after), @r"
    1 4/4 4=120
      hands 4HH 4CR!+SD 8HH_8(FT) 4HH+SD
      feet  4BD r4 4BD r4
    2
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 8BD_8BD r4
");
}

#[test]
fn half_and_double_tempo() {
    let score = score_of(ROCK);
    assert_snapshot!(paper(&edited(&score, [Edit::HalfTempo])), @r"
    1 4/4 4=60
      hands 8HH_8HH+SD_8HH_8HH+SD 8HH_8HH+SD_8HH_8HH+SD
      feet  4BD 16BD_8.BD 4BD 16BD_8.BD
");
    assert_snapshot!(paper(&edited(&score, [Edit::DoubleTempo])), @r"
    1 4/4 4=240
      hands 4HH r4 4HH+SD r4
      feet  4BD r4 r2
    2
      hands 4HH r4 4HH+SD r4
      feet  4BD 4BD r2
    3
      hands 4HH r4 4HH+SD r4
      feet  4BD r4 r2
    4
      hands 4HH r4 4HH+SD r4
      feet  4BD 4BD r2
");
    let there_and_back = edited(&score, [Edit::DoubleTempo, Edit::HalfTempo]);
    assert_eq!(paper(&there_and_back), paper(&score));
}

#[test]
fn bar_one_moves() {
    let score =
        score_of("HH|x-x-x-x-|x-x-x-x-|x-------|\nSD|o---o---|o---o---|--------|\nBD|--o---o-|--o---o-|o-------|");
    let after = edited(&score, [Edit::ShiftBarOne { beats: 1 }]);
    assert_snapshot!(paper(&after), @r"
    0 4/4 4=120
      hands r2 r4 4HH+SD
    1
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 4BD r4
    2
      hands 4HH 4HH+SD 4HH 4HH
      feet  4BD r4 4BD 4BD
");
    assert_eq!(after.measures[1].id, score.measures[0].id);
    let back = edited(&after, [Edit::ShiftBarOne { beats: -1 }]);
    assert_eq!(paper(&back), paper(&score));
}

#[test]
fn another_meter_from_here() {
    let score =
        score_of("HH|x-x-x-x-|x-x-x-x-|x-x-x-x-|\nSD|--o---o-|--o---o-|--o---o-|\nBD|o---o---|o---o---|o---o---|");
    let meter = |meter: &str, keep_beat| Edit::Meter {
        measure: score.measures[1].id,
        meter: meter.parse().unwrap(),
        keep_beat,
    };
    assert_snapshot!(paper(&edited(&score, [meter("3/4", true)])), @r"
    1 4/4 4=120
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 4BD r4
    2 3/4
      hands 4HH 4HH+SD 4HH
      feet  4BD r4 4BD
    3
      hands 4HH+SD 4HH 4HH+SD
      feet  r4 4BD r4
    4
      hands 4HH 4HH+SD r4
      feet  4BD r4 r4
");
    assert_snapshot!(paper(&edited(&score, [meter("7/8", false)])), @r"
    1 4/4 4=120
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 4BD r4
    2 7/8
      hands 4HH 4HH+SD 4HH 8HH+SD
      feet  4BD r4 4.BD
    3
      hands r8 8HH r8 8HH+SD r8 4HH
      feet  r8 8BD r4 r8 4BD
    4
      hands 4HH+SD r4 r4.
");
    let triplets = score_of("HH|x-xx-xx-xx-x|\nBD|o-----o-----|");
    let twelve = Edit::Meter { measure: triplets.measures[0].id, meter: Meter::TWELVE_EIGHT, keep_beat: true };
    assert_snapshot!(paper(&edited(&triplets, [twelve])), @r"
    1 12/8 4.=120
      hands 4HH 8HH 4HH 8HH 4HH 8HH 4HH 8HH
      feet  4.BD r4. 4.BD r4.
");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let score = score_of(ROCK);
    let (measure, snare) = (score.measures[0].id, note(&score, 0, (1, 1), Instrument::Snare));
    let add = |offset, instrument| {
        let velocity = Velocity::clamped(0.5);
        apply(&score, Edit::Add { measure, offset: Ticks(offset), instrument, velocity }).unwrap_err()
    };
    assert!(matches!(add(1, Instrument::Snare), Error::TooFine { .. }));
    assert!(matches!(add(-5, Instrument::Snare), Error::OutsideMeasure { .. }));
    assert!(matches!(add(10_080, Instrument::Snare), Error::AlreadyThere { .. }));
    assert!(matches!(apply(&score, Edit::Remove(ElementId(9_999))), Err(Error::NoSuchElement { what: "note", .. })));
    assert!(matches!(apply(&score, Edit::Roll(snare, Some(Tremolo::Slashes(9)))), Err(Error::OutOfRange { .. })));
    let kick = note(&score, 0, (0, 1), Instrument::Kick);
    assert!(matches!(apply(&score, Edit::Graces(kick, Some(GraceKind::Flam))), Err(Error::NeedsDrum)));
}

#[test]
fn a_simile_that_would_lie_is_written_out() {
    let options = NotationOptions { similes: true, ..NotationOptions::default() };
    let bars = "x-x-x-x-|".repeat(4);
    let score = notate(&groove(&format!("HH|{bars}\nBD|{}", "o---o---|".repeat(4))), &options).0;
    assert!(score.measures[1..].iter().all(|measure| measure.repeat.is_some()));
    let kick = note(&score, 1, (2, 1), Instrument::Kick);
    let after = edited(&score, [Edit::Remove(kick)]);
    let signs: Vec<bool> = after.measures.iter().map(|measure| measure.repeat.is_some()).collect();
    assert_eq!(signs, [false, false, false, true]);
}

/// Names of measures, chords' events and notes.
fn names(score: &Score) -> BTreeSet<u32> {
    let chords = || score.measures.iter().flat_map(score::Measure::events).filter(|event| event.chord().is_some());
    let notes = chords().filter_map(Event::chord).flat_map(|chord| &chord.notes).map(|note| note.id.0);
    notes.chain(chords().map(|event| event.id.0)).collect()
}

/// An edit made from three numbers, aimed at something the score has.
fn any_edit(score: &Score, kind: usize, pick: usize, value: i64) -> Edit {
    let chords: Vec<(ElementId, ElementId)> = score
        .measures
        .iter()
        .flat_map(score::Measure::events)
        .filter_map(|event| Some((event.id, event.chord()?)))
        .flat_map(|(event, chord)| chord.notes.iter().map(move |note| (event, note.id)))
        .collect();
    let measure = score.measures[pick / 7 % score.measures.len()].id;
    let (event, note) = chords[pick % chords.len()];
    let instrument = drums::instruments()[value as usize % drums::instruments().len()].instrument;
    let offset = Ticks::quarters(1, 12) * (value % 48);
    let velocity = Velocity::clamped(value as f32 / 100.0);
    match kind {
        0 | 1 => Edit::Add { measure, offset, instrument, velocity },
        2 | 3 => Edit::Remove(note),
        4 | 5 => Edit::Move { note, measure, offset },
        6 => Edit::Instrument(note, instrument),
        7 => Edit::Velocity(note, velocity),
        8 => Edit::Ghost(note, value % 2 == 0),
        9 => Edit::Accent(event, value % 2 == 0),
        10 => Edit::Sticking(event, [None, Some(Hand::Left), Some(Hand::Right)][value as usize % 3]),
        11 => Edit::Graces(event, [None, Some(GraceKind::Flam), Some(GraceKind::Ruff)][value as usize % 3]),
        12 => Edit::Roll(event, [None, Some(Tremolo::Slashes(3)), Some(Tremolo::Buzz)][value as usize % 3]),
        13 => Edit::HalfTempo,
        14 => Edit::DoubleTempo,
        15 => Edit::ShiftBarOne { beats: value as i32 % 9 - 4 },
        16 => {
            let meters = ["3/4", "4/4", "6/8", "7/8", "5/4", "12/8", "2/4"];
            Edit::Meter { measure, meter: meters[value as usize % 7].parse().unwrap(), keep_beat: value % 2 == 0 }
        }
        17 => Edit::Choke(note, value % 2 == 0),
        _ => Edit::Rehearsal(measure, "B".to_owned()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_edit_is_lawful_and_can_be_taken_back(
        seed in 0..400u64,
        one_voice in any::<bool>(),
        similes in any::<bool>(),
        steps in prop::collection::vec((0..19usize, any::<u16>(), 0..200i64), 1..12),
    ) {
        let take = Drummer::seeded(seed).play(6);
        let options = NotationOptions { one_voice, similes, repeats: similes, ..NotationOptions::default() };
        let mut score = notate(&take.performance, &options).0;
        for (kind, pick, value) in steps {
            if score.measures.len() > 200 || names(&score).is_empty() {
                break;
            }
            let edit = any_edit(&score, kind, usize::from(pick), value);
            let Ok((after, inverse)) = apply(&score, edit.clone()) else { continue };
            prop_assert_eq!(check(&after), [], "{:?}", edit);
            prop_assert_eq!(&apply(&after, inverse).unwrap().0, &score, "{:?}", &edit);
            let (before, now) = (names(&score), names(&after));
            match edit {
                Edit::Add { .. } | Edit::Remove(_) => prop_assert!(before.symmetric_difference(&now).count() <= 3),
                Edit::Move { .. } | Edit::Instrument(..) => prop_assert!(before.symmetric_difference(&now).count() <= 2),
                _ => prop_assert_eq!(before, now, "{:?}", edit),
            }
            score = after;
        }
    }
}

#[test]
fn hits_keep_their_seconds_through_new_bar_lines() {
    let tab = Tab { tempo: 100.0, swing: 0.62, ..Tab::default() };
    let played = tab.play("HH|xxxxxxxx|xxxxxxxx|xxxxxxxx|xxxxxxxx|\nBD|o-------|--o-----|o-------|o-------|");
    let score = notate(&played, &NotationOptions::default()).0;
    assert!(score.measures[0].feel.is_some_and(|feel| (feel.ratio - 0.62).abs() < 0.005));
    let meter = Edit::Meter { measure: score.measures[2].id, meter: Meter::THREE_FOUR, keep_beat: true };
    for edit in [Edit::HalfTempo, Edit::ShiftBarOne { beats: 3 }, meter] {
        let after = edited(&score, [edit]);
        let off = placements(&after, &played).iter().map(|place| place.residual_s.abs()).fold(0.0, f64::max);
        assert!(off < 0.002, "{off} s");
    }
}
