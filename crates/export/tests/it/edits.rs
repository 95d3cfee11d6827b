//! The document of edits: every edit and what it takes back, written, read and applied.

use crate::scores::{kitchen, rock};
use drums::{Instrument, Ticks, Velocity};
use export::{Error, json};
use score::{Edit, ElementId, GraceKind, Hand, Note, Score, Tremolo, apply};

/// One edit of each kind that fits the rock groove.
fn every_kind(score: &Score) -> Vec<Edit> {
    let snare = |note: &&Note| note.instrument == Instrument::Snare;
    let snares = score.measures.iter().flat_map(|measure| {
        let events = measure.events().map(move |event| (measure.id, event));
        events.filter_map(|(measure, event)| Some((measure, event, event.chord()?.notes.iter().find(snare)?.id)))
    });
    let (measure, event, note) = snares.into_iter().next().unwrap();
    vec![
        Edit::Add { measure, offset: Ticks(0), instrument: Instrument::Splash, velocity: Velocity::clamped(0.3) },
        Edit::Velocity(note, Velocity::clamped(0.123)),
        Edit::Ghost(note, true),
        Edit::Choke(note, true),
        Edit::Accent(event.id, true),
        Edit::Sticking(event.id, Some(Hand::Left)),
        Edit::Sticking(event.id, None),
        Edit::Graces(event.id, Some(GraceKind::Drag)),
        Edit::Graces(event.id, None),
        Edit::Roll(event.id, Some(Tremolo::Slashes(3))),
        Edit::Roll(event.id, Some(Tremolo::Buzz)),
        Edit::Roll(event.id, None),
        Edit::Rehearsal(measure, "A".to_owned()),
        Edit::Rehearsal(measure, String::new()),
        Edit::Instrument(note, Instrument::CrossStick),
        Edit::Move { note, measure, offset: Ticks(0) },
        Edit::Remove(note),
        Edit::ShiftBarOne { beats: 1 },
        Edit::Meter { measure, meter: "3/4".parse().unwrap(), keep_beat: false },
        Edit::HalfTempo,
        Edit::DoubleTempo,
    ]
}

#[test]
fn every_edit_and_its_inverse_come_back_equal_and_do_the_same() {
    for start in [rock(), kitchen()] {
        let mut score = start;
        for edit in every_kind(&score) {
            let document = json::write_edits(std::slice::from_ref(&edit)).unwrap();
            let read = json::read_edits(&document).unwrap();
            assert_eq!(read, std::slice::from_ref(&edit));
            let Ok((after, inverse)) = apply(&score, edit) else { continue };
            let stored = json::read_edits(&json::write_edits(&[inverse]).unwrap()).unwrap();
            let back = stored.into_iter().fold(after.clone(), |score, edit| apply(&score, edit).unwrap().0);
            assert_eq!(back, score, "an undo that was stored gives back what was");
            score = after;
        }
    }
}

#[test]
fn the_difference_of_two_scores_leads_from_one_to_the_other_through_its_document() {
    let (a, b) = (rock(), kitchen());
    for (from, to) in [(&a, &b), (&b, &a), (&a, &a)] {
        let step = Edit::Restore(Box::new(score::difference(from, to)));
        let stored = json::read_edits(&json::write_edits(&[step]).unwrap()).unwrap();
        let [step] = stored.try_into().unwrap();
        assert_eq!(&apply(from, step).unwrap().0, to);
    }
}

fn read(edits: &str) -> export::Result<Vec<Edit>> {
    json::read_edits(format!("{{\"format\":\"backbeat-edits\",\"version\":1,\"edits\":[{edits}]}}").as_bytes())
}

#[test]
fn elements_are_named_as_in_svg_or_by_number() {
    let expected = [Edit::Remove(ElementId(12))];
    assert_eq!(read(r#"{"op":"remove","element":"n12"}"#).unwrap(), expected);
    assert_eq!(read(r#"{"op":"remove","element":12}"#).unwrap(), expected);
    let null = read(r#"{"op":"sticking","element":"n1","hand":null},{"op":"graces","element":"n1","kind":null}"#);
    assert_eq!(null.unwrap(), [Edit::Sticking(ElementId(1), None), Edit::Graces(ElementId(1), None)]);
}

#[test]
fn what_is_no_edit_is_refused_with_its_place() {
    let cases = [
        r#"{"op":"explode","element":"n1"}"#,
        r#"{"op":"remove"}"#,
        r#"{"op":"remove","element":"12"}"#,
        r#"{"op":"remove","element":"n99999999999"}"#,
        r#"{"op":"remove","element":-1}"#,
        r#"{"op":"velocity","element":"n1","velocity":1.5}"#,
        r#"{"op":"instrument","element":"n1","instrument":"theremin"}"#,
        r#"{"op":"roll","element":"n1","slashes":9}"#,
        r#"{"op":"meter","measure":"n1","meter":"7/0"}"#,
        r#"{"op":"add","measure":"n1","offset_ticks":9223372036854775807,"instrument":"snare","velocity":0.5}"#,
        r#"{"op":"graces","element":"n1","kind":"trill"}"#,
    ];
    let words = |edits: &str| {
        let error = read(edits).unwrap_err();
        let source = std::error::Error::source(&error).map_or_else(String::new, |source| format!(": {source}"));
        format!("{error}{source}")
    };
    insta::assert_snapshot!(cases.map(words).join("\n"));
}

#[test]
fn a_list_that_is_too_long_is_refused() {
    let edits = vec![r#"{"op":"half_tempo"}"#; json::EDITS_MAX + 1].join(",");
    assert!(matches!(read(&edits), Err(Error::LimitReached { unit: "edits", .. })));
}

#[test]
fn edits_obey_their_schema() {
    for score in [rock(), kitchen()] {
        let mut edits = every_kind(&score);
        edits.push(Edit::Restore(Box::new(score::difference(&Score::default(), &score))));
        crate::schema::check_document(&json::write_edits(&edits).unwrap());
    }
}
