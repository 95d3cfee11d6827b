//! Grooves as tab in, notation as text out.

use crate::paper::paper;
use insta::assert_snapshot;
use score::{NotationOptions, notate};
use testkit::{Tab, groove};

fn written(tab: &str) -> String {
    paper(&notate(&groove(tab), &NotationOptions::default()).0)
}

fn written_in(meter: &str, tempo: f64, tab: &str) -> String {
    let tab = Tab { meter: meter.parse().unwrap(), tempo, ..Tab::default() }.play(tab);
    paper(&notate(&tab, &NotationOptions::default()).0)
}

#[test]
fn rock() {
    assert_snapshot!(written("HH|x-x-x-x-|\nSD|--o---o-|\nBD|o---oo--|"), @"");
}

#[test]
fn kick_alone_keeps_to_its_beats() {
    assert_snapshot!(written("BD|o-------|--o-----|------o-|"), @"");
}

#[test]
fn sixteenths_with_ghosts_and_an_open_hat() {
    assert_snapshot!(written("HH|x-x-x-x-x-x-x-o-|x-x-x-x-x-x-x---|\nSD|----o--g-g--o--g|----o--g-g--o-oo|\nBD|o-o-----o-o--o--|o-------o-o-----|"), @"");
}

#[test]
fn triplet_fill_after_straight_eighths() {
    assert_snapshot!(written("HH|x-x-x-x-|------------|\nSD|--o---o-|ooo---------|\nT1|--------|---ooo------|\nFT|--------|------ooo---|\nBD|o---o---|o--o--o--o--|"), @"");
}

#[test]
fn shuffle_with_the_middle_triplet_stays_in_triplets() {
    assert_snapshot!(written("HH|x-xx-xx-xx-x|x-xx-xx-xx-x|\nSD|-g--g-og--g-|-g--g-og--g-|\nBD|o----o---o--|o----o---o--|"), @"");
}

#[test]
fn swung_ride_is_written_straight() {
    let tab = Tab { swing: 0.66, tempo: 140.0, ..Tab::default() };
    let played = tab.play("RD|x-xxx-xx|x-xxx-xx|x-xxx-xx|\nHF|--x---x-|--x---x-|--x---x-|");
    assert_snapshot!(paper(&notate(&played, &NotationOptions::default()).0), @"");
}

#[test]
fn six_eight() {
    assert_snapshot!(written_in("6/8", 60.0, "HH|xxxxxx|x-xx--|\nSS|---x--|---x--|\nBD|o----o|o-----|\nCR|------|------|"), @"");
}

#[test]
fn twelve_eight_with_a_long_rest() {
    assert_snapshot!(written_in("12/8", 80.0, "CR|x-----------|\nBD|o-----o--o-o|"), @"");
}

#[test]
fn seven_eight_groups_by_its_strokes() {
    assert_snapshot!(written_in("7/8", 240.0, "HH|x-x-x-x-x-x-x-|x-x-x-x-x-x-x-|\nSD|----o-------o-|----o-------o-|\nBD|o-------o-----|o-------o--o--|"), @"");
    assert_snapshot!(written_in("7/8", 240.0, "HH|xxxxxxx|xxxxxxx|\nSD|---o---|---o---|\nBD|o----o-|o----o-|"), @"");
}

#[test]
fn other_meters() {
    assert_snapshot!(written_in("3/4", 120.0, "HH|x-x-x-|\nBD|o-----|"), @"");
    assert_snapshot!(written_in("5/4", 120.0, "HH|x-x-x-x-x-|----------|x---------|\nBD|o-----o---|----------|o---------|"), @"");
    assert_snapshot!(written_in("2/2", 80.0, "HH|x-x-x-x-|\nSD|--o---o-|\nBD|o-------|"), @"");
    assert_snapshot!(written_in("9/8", 90.0, "HH|x-xx-xx-x|\nBD|o-----o--|"), @"");
}

#[test]
fn flams_drags_and_accents() {
    assert_snapshot!(written("SD|o-ooo-ooo-ooo-fo|o-ooo-Ooo-ooo-do|"), @"");
}

#[test]
fn a_count_in_says_so() {
    assert_snapshot!(written("HH|x-x-x-x-|x-x-x-x-|\nSD|--------|--o---o-|\nBD|--------|o---o---|"), @"");
}

#[test]
fn a_pick_up_is_measure_zero() {
    assert_snapshot!(written("SD|------oo|--o---o-|\nBD|--------|o---o---|"), @"");
}

#[test]
fn similes_only_when_asked_for() {
    let played = groove("HH|x-x-|x-x-|x-x-|xxxx|x-x-|xxxx|\nBD|o---|o---|o---|o---|o---|o---|");
    let options = NotationOptions { similes: true, ..NotationOptions::default() };
    assert_snapshot!(paper(&notate(&played, &options).0), @"");
    let plain = notate(&played, &NotationOptions::default()).0;
    assert!(plain.measures.iter().all(|measure| measure.repeat.is_none()));
}

#[test]
fn one_voice() {
    let options = NotationOptions { one_voice: true, ..NotationOptions::default() };
    assert_snapshot!(paper(&notate(&groove("HH|x-x-x-x-|\nSD|--o---o-|\nBD|o---oo--|"), &options).0), @"");
}

#[test]
fn silence_is_a_bar_of_rest() {
    assert_snapshot!(paper(&notate(&drums::Performance::default(), &NotationOptions::default()).0), @"");
}
