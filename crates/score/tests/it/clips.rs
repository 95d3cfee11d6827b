//! The demonstration clips: from their exact hits and beats, the places they were composed at must come back.

use drums::{Beat, BeatGrid, Confidence, Hit, Meter, MeterSpan, Performance, Seconds, Velocity};
use score::{NotationOptions, check, notate, placements};
use serde_json::Value;
use std::path::Path;

/// Bar, beat, fraction of a beat.
type Place = (u32, u32, (i64, i64));

struct Clip {
    performance: Performance,
    /// For each hit of the performance.
    places: Vec<Place>,
    ghosts: Vec<bool>,
}

/// Reads the truth of a clip.
fn clip(name: &str) -> Clip {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../demo/{name}.truth.json"));
    let truth: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    let meter: Meter = truth["meter"].as_str().unwrap().parse().unwrap();
    let beats = truth["beats"].as_array().unwrap().iter().map(|beat| Beat {
        time: Seconds::new(number(&beat["time"])).unwrap(),
        position: number(&beat["beat"]) as u8,
        confidence: Confidence::MAX,
    });
    let grid = BeatGrid::new(beats.collect(), vec![MeterSpan { first_beat: 0, meter }]).unwrap();
    let mut hits: Vec<(Hit, Place)> = Vec::new();
    for hit in truth["hits"].as_array().unwrap() {
        let (n, d) = hit["frac"].as_str().unwrap().split_once('/').unwrap();
        let place = (number(&hit["bar"]) as u32, number(&hit["beat"]) as u32, (n.parse().unwrap(), d.parse().unwrap()));
        let time = Seconds::new(number(&hit["time_seconds"])).unwrap();
        let velocity = Velocity::new(number(&hit["velocity"]) as f32).unwrap();
        hits.push((Hit::new(time, hit["instrument"].as_str().unwrap().parse().unwrap(), velocity), place));
    }
    hits.sort_by(|(a, _), (b, _)| a.time.total_cmp(&b.time).then(a.instrument.cmp(&b.instrument)));
    let ghosts = hits.iter().map(|(hit, _)| hit.velocity.get() < 0.35).collect();
    let (hits, places) = hits.into_iter().unzip();
    let duration = Seconds::new(number(&truth["duration_s"])).unwrap();
    Clip { performance: Performance::new(duration, hits, grid).unwrap(), places, ghosts }
}

/// Checks a clip: the share of hits at the right place is at least `share`. Swung off-beats are expected at 1/2.
fn assert_comes_back(name: &str, share: f64, swings: bool) {
    let clip = clip(name);
    let (score, remarks) = notate(&clip.performance, &NotationOptions::default());
    assert_eq!(check(&score), []);
    assert_eq!(remarks, []);
    let found = placements(&score, &clip.performance);
    assert_eq!(found.len(), clip.places.len());
    let mut wrong = Vec::new();
    for (placement, place) in found.iter().zip(&clip.places) {
        let fraction = if swings && place.2 == (2, 3) { (1, 2) } else { place.2 };
        if (placement.measure, placement.beat, placement.fraction) != (place.0, place.1, fraction) {
            wrong.push((place, placement));
        }
    }
    let right = 1.0 - wrong.len() as f64 / clip.places.len() as f64;
    let ghosts = found.iter().zip(&clip.ghosts).filter(|(placement, _)| placement.ghost).count();
    println!("{name}: {right:.4} of {} hits; {ghosts} ghosts", clip.places.len());
    assert!(right >= share, "{right}: {wrong:#?}");
    assert!(score.measures.iter().any(|measure| measure.swing == Some(true)) == swings);
}

#[test]
fn demo() {
    assert_comes_back("demo", 0.97, false);
}

#[test]
fn shuffle() {
    assert_comes_back("shuffle", 0.97, false);
}

#[test]
fn six_eight() {
    assert_comes_back("sixeight", 0.97, false);
}

#[test]
fn swing() {
    assert_comes_back("swing", 0.97, true);
}

#[test]
fn seven_eight() {
    assert_comes_back("odd", 0.97, false);
}
