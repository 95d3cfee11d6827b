//! What the kit promises to the tests that use it.

use drums::{Instrument, Meter};
use testkit::{Drummer, Tab, groove, synth, tab};

const ROCK: &str = "HH|x-x-x-o-|x-x-x-x-|\nSD|--O---o-|--o-g-o-|\nBD|o---o---|o-o-o---|\n";

#[test]
fn tab_comes_back_as_it_went_in() {
    assert_eq!(tab(&groove(ROCK), 2), ROCK);
}

#[test]
fn columns_become_times() {
    let played = groove("SD|----o---|\nBD|o-------|");
    let hits: Vec<_> = played.hits().iter().map(|hit| (hit.instrument, hit.time.get())).collect();
    assert_eq!(hits, [(Instrument::Kick, 0.5), (Instrument::Snare, 1.5)]);
}

#[test]
fn swing_moves_the_off_beats() {
    let played = Tab { swing: 2.0 / 3.0, tempo: 60.0, start_s: 0.0, ..Tab::default() }.play("RD|x--xx--x|");
    let times: Vec<_> = played.hits().iter().map(|hit| (hit.time.get() * 300.0).round() as i64).collect();
    assert_eq!(times, [0, 500, 600, 1100]);
}

#[test]
fn flams_have_a_soft_stroke_in_front() {
    let played = groove("SD|----f---|");
    assert_eq!(played.hits().len(), 2);
    assert!(played.hits()[0].velocity < played.hits()[1].velocity);
}

#[test]
#[should_panic(expected = "no drum is labelled")]
fn unknown_labels_are_named() {
    let _ = groove("ZZ|x|");
}

#[test]
fn a_drummer_is_reproducible_and_says_what_was_meant() {
    for seed in 0..20 {
        let take = Drummer::seeded(seed).play(8);
        assert_eq!(take, Drummer::seeded(seed).play(8));
        assert_eq!(take.places.len(), take.performance.hits().len());
        assert!(take.performance.hits().len() > 40);
        assert_eq!(take.places.iter().map(|place| place.bar).max(), Some(8));
    }
}

#[test]
fn sound_begins_with_the_hit() {
    let played = Tab { meter: Meter::FOUR_FOUR, start_s: 1.0, ..Tab::default() }.play("SD|--o-----|");
    let sound = synth(&played);
    let first = sound.channels()[0].iter().position(|sample| sample.abs() > 0.05).unwrap();
    assert!((first as f64 / 44_100.0 - 1.5).abs() < 0.001, "{first}");
    assert_eq!(sound.duration(), played.duration());
    assert!(sound.channels()[0].iter().all(|sample| sample.abs() <= 0.95));
}
