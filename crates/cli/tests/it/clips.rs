//! The demo clips end to end: what is written is compared with what was played, by metrics.

use crate::program::{demo, evaluate, transcribe_json};
use serde_json::Value;

/// Transcribes one clip and gives its line and its scores.
fn hear(clip: &str) -> (Value, Value) {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = transcribe_json(&[clip], folder.path(), &["--to", "judge"]);
    let stem = clip.split('.').next().unwrap();
    let scores = evaluate(&folder.path().join(format!("{stem}.json")), &demo(&format!("{stem}.truth.json")));
    (lines.remove(0).1, scores)
}

/// F of all classes within 50 ms.
fn f50(scores: &Value) -> f64 {
    scores["onsets"][0]["classes"]["all"]["f"].as_f64().unwrap()
}

fn mean(scores: &Value, name: &str) -> f64 {
    scores["means"][name].as_f64().unwrap_or_else(|| panic!("{name} is missing in {scores}"))
}

fn assert_at_least(what: &str, value: f64, bar: f64) {
    assert!(value >= bar, "{what} is {value:.3}, expected {bar} or more");
}

#[test]
fn the_demo_becomes_the_score_that_was_played() {
    let (line, scores) = hear("demo.mp4");
    assert_eq!(line["meter"], "4/4");
    assert!((line["bpm"].as_f64().unwrap() - 104.0).abs() < 1.0, "{}", line["bpm"]);
    assert_at_least("onset F", f50(&scores), 0.85);
    assert_at_least("beat F", mean(&scores, "beat_F"), 0.95);
    assert_at_least("downbeat F", mean(&scores, "downbeat_F"), 0.95);
    assert_at_least("place in the bar", mean(&scores, "place_in_the_bar"), 0.80);
}

#[test]
fn a_shuffle_is_written_in_triplets() {
    let (line, scores) = hear("shuffle.avi");
    assert_eq!(line["meter"], "4/4");
    assert!((line["bpm"].as_f64().unwrap() - 92.0).abs() < 1.0, "{}", line["bpm"]);
    assert_at_least("onset F", f50(&scores), 0.75);
    assert_at_least("downbeat F", mean(&scores, "downbeat_F"), 0.9);
}

#[test]
fn a_ballad_in_six_eight_is_counted_in_dotted_quarters() {
    let (line, scores) = hear("sixeight.mkv");
    assert_eq!(line["meter"], "6/8");
    assert!((line["bpm"].as_f64().unwrap() - 60.0).abs() < 1.0, "{}", line["bpm"]);
    assert_at_least("onset F", f50(&scores), 0.75);
    assert_at_least("downbeat F", mean(&scores, "downbeat_F"), 0.9);
}

#[test]
fn a_swinging_ride_keeps_its_tempo_and_its_bars() {
    let (line, scores) = hear("swing.mov");
    assert_eq!(line["meter"], "4/4");
    assert!((line["bpm"].as_f64().unwrap() - 140.0).abs() < 1.5, "{}", line["bpm"]);
    assert_at_least("onset F", f50(&scores), 0.7);
    assert_at_least("beat F", mean(&scores, "beat_F"), 0.9);
    assert_at_least("downbeat F", mean(&scores, "downbeat_F"), 0.9);
}

#[test]
fn seven_eighths_are_counted_as_seven() {
    let (line, scores) = hear("odd.webm");
    assert_eq!(line["meter"], "7/8");
    assert_at_least("onset F", f50(&scores), 0.8);
    assert_at_least("downbeat F", mean(&scores, "downbeat_F"), 0.9);
    assert_at_least("place in the bar", mean(&scores, "place_in_the_bar"), 0.85);
}
