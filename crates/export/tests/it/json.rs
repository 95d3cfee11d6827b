//! The JSON documents: written, read back, refused.

use crate::scores::{Writer, kitchen, long, played, rock};
use drums::{Beat, BeatGrid, Confidence, Hit, MeterSpan, Performance, Seconds, Velocity, instruments};
use export::{Error, FORMATS, Material, Options, json, write};
use proptest::prelude::*;

#[test]
fn scores_come_back_equal() {
    for score in [rock(), kitchen(), long(3), score::Score::default()] {
        assert_eq!(json::read(&json::write(&score).unwrap()).unwrap(), score);
    }
}

#[test]
fn the_samples_obey_the_laws_of_the_model() {
    for score in [rock(), kitchen(), long(3)] {
        assert_eq!(score::check(&score), []);
    }
}

#[test]
fn a_small_score() {
    let score = Writer::new("Small", "2/4", 90.0).bar("8:hh+sd^/f 8:(sd) 4:-", "").done();
    let document: serde_json::Value = serde_json::from_slice(&json::write(&score).unwrap()).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
}

proptest! {
    #[test]
    fn performances_come_back_equal(
        hits in prop::collection::vec((0.0..1e4f64, 0..26usize, 0.0..=1.0f32, 0.0..=1.0f32), 0..40),
        lengths in prop::collection::vec(0.1..2.0f64, 2..20),
        duration in 0.0..1e5f64,
    ) {
        let hits = hits.into_iter().map(|(time, row, velocity, confidence)| Hit {
            velocity: Velocity::new(velocity).unwrap(),
            confidence: Confidence::new(confidence).unwrap(),
            ..Hit::new(Seconds::clamped(time), instruments()[row % instruments().len()].instrument, Velocity::MAX)
        });
        let mut time = Seconds::ZERO;
        let beats = lengths.iter().enumerate().map(|(index, &length)| {
            time = time + Seconds::clamped(length);
            Beat { time, position: (index % 3) as u8 + 1, confidence: Confidence::MAX }
        });
        let span = MeterSpan { first_beat: 0, meter: "3/4".parse().unwrap() };
        let grid = BeatGrid::new(beats.collect(), vec![span]).unwrap();
        let performance = Performance::new(Seconds::clamped(duration), hits.collect(), grid).unwrap();
        let read = json::read_performance(&json::write_performance(&performance).unwrap()).unwrap();
        prop_assert_eq!(read, performance);
    }

    /// A document with one byte changed is refused, or read and then written in every format.
    #[test]
    fn damage_is_refused_or_read(at in 0..20_000usize, byte in any::<u8>()) {
        let mut document = json::write(&kitchen()).unwrap();
        let at = at % document.len();
        document[at] = byte;
        let _ = json::read_performance(&document);
        if let Ok(score) = json::read(&document) {
            let performance = played(&kitchen());
            let material = Material::new(&performance, &score);
            for format in FORMATS.iter().filter(|format| format.id != "png") {
                match write(format, &material, &Options::default()) {
                    // A timeline may be stretched beyond what sound is made of.
                    Ok(_) | Err(Error::LimitReached { .. }) => {}
                    Err(error) => panic!("{}: {error}", format.id),
                }
            }
        }
    }
}

fn changed(from: &str, to: &str) -> String {
    let document = String::from_utf8(json::write(&rock()).unwrap()).unwrap();
    assert!(document.contains(from), "{from} is not in the document");
    let error = json::read(document.replacen(from, to, 1).as_bytes()).unwrap_err();
    match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let cases = [
        ("\"backbeat-score\"", "\"midi\""),
        ("\"version\":1", "\"version\":2"),
        ("\"instrument\":\"crash\",\"velocity\"", "\"instrument\":\"theremin\",\"velocity\""),
        ("\"base\":\"eighth\"", "\"base\":\"breve\""),
        ("\"tuplet\":[3,2]", "\"tuplet\":[0,2]"),
        ("\"offset\":5040", "\"offset\":5041"),
        ("\"start\":40320", "\"start\":0"),
        ("\"meter\":\"4/4\"", "\"meter\":\"4/0\""),
        ("\"id\":4", "\"id\":3"),
    ];
    let messages: Vec<String> = cases.into_iter().map(|(from, to)| changed(from, to)).collect();
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn a_document_that_is_too_large_is_not_even_parsed() {
    let error = json::read(&vec![b' '; json::BYTES_MAX + 1]).unwrap_err();
    assert!(matches!(error, Error::LimitReached { unit: "bytes", .. }), "{error}");
}

#[test]
fn a_performance_is_not_a_score() {
    let performance = json::write_performance(&played(&rock())).unwrap();
    assert!(matches!(json::read(&performance), Err(Error::NotThisDocument { .. })));
}
