//! Grooves as tab in, notation as text out.

use crate::paper::paper;
use drums::{Confidence, Hit, Instrument, Performance, Seconds, Velocity};
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
    assert_snapshot!(written("HH|x-x-x-x-|\nSD|--o---o-|\nBD|o---oo--|"), @r"
    1 4/4 4=120
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 8BD_8BD r4
");
}

#[test]
fn kick_alone_keeps_to_its_beats() {
    assert_snapshot!(written("BD|o-------|--o-----|------o-|"), @r"
    1 4/4 4=120
      feet  4BD r4 r2
    2
      feet  r4 4BD r2
    3
      feet  r2 r4 4BD
");
}

#[test]
fn sixteenths_with_ghosts_and_an_open_hat() {
    assert_snapshot!(written("HH|x-x-x-x-x-x-x-o-|x-x-x-x-x-x-x---|\n\
        SD|----o--g-g--o--g|----o--g-g--o-oo|\n\
        BD|o-o-----o-o--o--|o-------o-o-----|"), @r"
    1 4/4 4=120
      hands 8HH_8HH 8HH+SD_16HH_16(SD) 16HH_16(SD)_8HH 8HH+SD_16HHo_16(SD)
      feet  8BD_8BD r4 8BD_8BD r16 8.BD
    2
      hands 8HH_8HH 8HH+SD_16HH_16(SD) 16HH_16(SD)_8HH 8HH+SD_16SD_16SD
      feet  4BD r4 8BD_8BD r4
");
}

const TRIPLET_FILL: &str = "HH|x-x-x-x-|------------|\n\
    SD|--o---o-|ooo---------|\n\
    T1|--------|---ooo------|\n\
    FT|--------|------ooo---|\n\
    BD|o---o---|o--o--o--o--|";

#[test]
fn triplet_fill_after_straight_eighths() {
    assert_snapshot!(written(TRIPLET_FILL), @r"
    1 4/4 4=120
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 4BD r4
    2
      hands 3:2 8SD_8SD_8SD 3:2 8T1_8T1_8T1 3:2 8FT_8FT_8FT r4
      feet  4BD 4BD 4BD 4BD
");
}

#[test]
fn a_doubtful_stroke_does_not_bend_a_fill() {
    let fill = groove(TRIPLET_FILL);
    let last = fill.hits().iter().rfind(|hit| hit.instrument == Instrument::TomFloor).unwrap();
    // What may be the drum's own ring, between the last triplet and the next beat.
    let time = Seconds::clamped(last.time.get() + 0.045);
    let ring =
        Hit { confidence: Confidence::clamped(0.3), ..Hit::new(time, Instrument::TomFloor, Velocity::clamped(0.4)) };
    let hits = fill.hits().iter().copied().chain([ring]).collect();
    let heard = Performance::new(fill.duration(), hits, fill.grid().clone()).unwrap();
    assert_snapshot!(paper(&notate(&heard, &NotationOptions::default()).0), @r"
    1 4/4 4=120
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 4BD r4
    2
      hands 3:2 8SD_8SD_8SD 3:2 8T1_8T1_8T1 6:4 8FT_8FT_16FT_16FT r4
      feet  4BD 4BD 4BD 4BD
");
}

#[test]
fn shuffle_with_the_middle_triplet_stays_in_triplets() {
    assert_snapshot!(written("HH|x-xx-xx-xx-x|x-xx-xx-xx-x|\n\
        SD|-g--g-og--g-|-g--g-og--g-|\n\
        BD|o----o---o--|o----o---o--|"), @r"
    1 4/4 4=120
      hands 3:2 8HH_8(SD)_8HH 3:2 8HH_8(SD)_8HH 3:2 8HH+SD_8(SD)_8HH 3:2 8HH_8(SD)_8HH
      feet  4BD [3:2 r4 8BD] r4 4BD
    2
      hands 3:2 8HH_8(SD)_8HH 3:2 8HH_8(SD)_8HH 3:2 8HH+SD_8(SD)_8HH 3:2 8HH_8(SD)_8HH
      feet  4BD [3:2 r4 8BD] r4 4BD
");
}

#[test]
fn a_shuffle_has_triplets_only_where_the_middle_one_is_played() {
    let tab = "HH|x-xx-xx-xx-x|x-xx-xx-xx-x|x-xx-xx-xx-x|x-xx-xx-xx-x|\n\
        SD|-g-o--g--o--|-g-o-----o--|---o--g--o--|---o--------|\n\
        BD|o----oo-----|o----oo-----|o----oo-----|o-----o--o--|";
    assert_snapshot!(written(tab), @r"
    1 4/4 4=120 Swing
      hands 3:2 8HH_8(SD)_8HH 8HH+SD_8HH 8HH+(SD)_8HH_8HH+SD_8HH
      feet  4BD r8 8BD 4BD r4
    2
      hands 3:2 8HH_8(SD)_8HH 8HH+SD_8HH 8HH_8HH_8HH+SD_8HH
      feet  4BD r8 8BD 4BD r4
    3
      hands 8HH_8HH_8HH+SD_8HH 8HH+(SD)_8HH_8HH+SD_8HH
      feet  4BD r8 8BD 4BD r4
    4
      hands 8HH_8HH_8HH+SD_8HH 8HH_8HH_8HH_8HH
      feet  4BD r4 4BD 4BD
");
}

#[test]
fn swung_ride_is_written_straight() {
    let tab = Tab { swing: 0.66, tempo: 140.0, ..Tab::default() };
    let played = tab.play("RD|x-xxx-xx|x-xxx-xx|x-xxx-xx|\nHF|--x---x-|--x---x-|--x---x-|");
    assert_snapshot!(paper(&notate(&played, &NotationOptions::default()).0), @r"
    1 4/4 4=140 Swing
      hands 4RDx 8RDx_8RDx 4RDx 8RDx_8RDx
      feet  r4 4HF r4 4HF
    2
      hands 4RDx 8RDx_8RDx 4RDx 8RDx_8RDx
      feet  r4 4HF r4 4HF
    3
      hands 4RDx 8RDx_8RDx 4RDx 8RDx_8RDx
      feet  r4 4HF r4 4HF
");
}

#[test]
fn six_eight() {
    assert_snapshot!(written_in("6/8", 60.0, "HH|xxxxxx|x-xx--|\n\
        SS|---x--|---x--|\n\
        BD|o----o|o-----|\n\
        CR|------|------|"), @r"
    1 6/8 4.=60
      hands 8HH_8HH_8HH 8HH+SS_8HH_8HH
      feet  4.BD r4 8BD
    2
      hands 4HH 8HH 4HH+SS r8
      feet  4.BD r4.
");
}

#[test]
fn twelve_eight_with_a_long_rest() {
    assert_snapshot!(written_in("12/8", 80.0, "CR|x-----------|\nBD|o-----o--o-o|"), @r"
    1 12/8 4.=80
      hands 4CR r8 r4. r2.
      feet  4.BD r4. 4.BD 4BD 8BD
");
}

#[test]
fn seven_eight_groups_by_its_strokes() {
    assert_snapshot!(written_in("7/8", 240.0, "HH|x-x-x-x-x-x-x-|x-x-x-x-x-x-x-|\n\
        SD|----o-------o-|----o-------o-|\n\
        BD|o-------o-----|o-------o--o--|"), @r"
    1 7/8 4=120
      hands 8HH_8HH 8HH+SD_8HH 8HH_8HH_8HH+SD
      feet  4BD r4 4.BD
    2
      hands 8HH_8HH 8HH+SD_8HH 8HH_8HH_8HH+SD
      feet  4BD r4 8.BD_8.BD
");
    assert_snapshot!(written_in("7/8", 240.0, "HH|xxxxxxx|xxxxxxx|\nSD|---o---|---o---|\nBD|o----o-|o----o-|"), @r"
    1 7/8 4=120
      hands 8HH_8HH_8HH 8HH+SD_8HH 8HH_8HH
      feet  4.BD r4 4BD
    2
      hands 8HH_8HH_8HH 8HH+SD_8HH 8HH_8HH
      feet  4.BD r4 4BD
");
}

#[test]
fn other_meters() {
    assert_snapshot!(written_in("3/4", 120.0, "HH|x-x-x-|\nBD|o-----|"), @r"
    1 3/4 4=120
      hands 4HH 4HH 4HH
      feet  4BD r4 r4
");
    assert_snapshot!(written_in("5/4", 120.0, "HH|x-x-x-x-x-|----------|x---------|\n\
        BD|o-----o---|----------|o---------|"), @r"
    1 5/4 4=120
      hands 4HH 4HH 4HH 4HH 4HH
      feet  4BD r4 r4 4BD r4
    2
      hands r-
    3
      hands 4HH r4 r4 r4 r4
      feet  4BD r4 r4 r4 r4
");
    assert_snapshot!(written_in("2/2", 80.0, "HH|x-x-x-x-|\nSD|--o---o-|\nBD|o-------|"), @r"
    1 2/2 4=160
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 r2
");
    assert_snapshot!(written_in("9/8", 90.0, "HH|x-xx-xx-x|\nBD|o-----o--|"), @r"
    1 9/8 4.=90
      hands 4HH 8HH 4HH 8HH 4HH 8HH
      feet  4.BD r4. 4.BD
");
}

#[test]
fn flams_drags_and_accents() {
    assert_snapshot!(written("SD|o-ooo-ooo-ooo-fo|o-ooo-Ooo-ooo-do|"), @r"
    1 4/4 4=120
      hands 8SD_16SD_16SD 8SD_16SD_16SD 8SD_16SD_16SD 8SD_f16SD_16SD
    2
      hands 8SD_16SD_16SD 8SD_16SD>_16SD 8SD_16SD_16SD 8SD_d16SD_16SD
");
}

#[test]
fn a_count_in_says_so() {
    assert_snapshot!(written("HH|x-x-x-x-|x-x-x-x-|\nSD|--------|--o---o-|\nBD|--------|o---o---|"), @r#"
    1 4/4 4=120 "count-in"
      hands 4HH 4HH 4HH 4HH
    2
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 4BD r4
"#);
}

#[test]
fn a_pick_up_is_measure_zero() {
    assert_snapshot!(written("SD|------oo|--o---o-|\nBD|--------|o---o---|"), @r"
    0 4/4 4=120
      hands r2 r4 8SD_8SD
    1
      hands r4 4SD r4 4SD
      feet  4BD r4 4BD r4
");
}

#[test]
fn similes_only_when_asked_for() {
    let played = groove("HH|x-x-|x-x-|x-x-|xxxx|x-x-|xxxx|\nBD|o---|o---|o---|o---|o---|o---|");
    let options = NotationOptions { similes: true, ..NotationOptions::default() };
    assert_snapshot!(paper(&notate(&played, &options).0), @r"
    1 4/4 4=120
      hands 4HH r4 4HH r4
      feet  4BD r4 r2
    2 One
      hands 4HH r4 4HH r4
      feet  4BD r4 r2
    3 One
      hands 4HH r4 4HH r4
      feet  4BD r4 r2
    4
      hands 4HH 4HH 4HH 4HH
      feet  4BD r4 r2
    5 TwoFirst
      hands 4HH r4 4HH r4
      feet  4BD r4 r2
    6 TwoSecond
      hands 4HH 4HH 4HH 4HH
      feet  4BD r4 r2
");
    let plain = notate(&played, &NotationOptions::default()).0;
    assert!(plain.measures.iter().all(|measure| measure.repeat.is_none()));
}

#[test]
fn one_voice() {
    let options = NotationOptions { one_voice: true, ..NotationOptions::default() };
    assert_snapshot!(paper(&notate(&groove("HH|x-x-x-x-|\nSD|--o---o-|\nBD|o---oo--|"), &options).0), @r"
    1 4/4 4=120
      hands 4HH+BD 4HH+SD 8HH+BD_8BD 4HH+SD
");
}

#[test]
fn silence_is_a_bar_of_rest() {
    assert_snapshot!(paper(&notate(&Performance::default(), &NotationOptions::default()).0), @r"
    1 4/4 4=120
      hands r-
");
}

#[test]
fn three_over_two_beats_are_a_triplet_of_quarters() {
    let tab = "HH|x--x--x--x--|------------|x--x--x--x--|\n\
        SD|---o-----o--|o-o-o---o-o-|---o-----o--|\n\
        BD|o-----o-----|o--o--o--o--|o-----o-----|";
    assert_snapshot!(written(tab), @r"
    1 4/4 4=120
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 4BD r4
    2
      hands [3:2 4SD 4SD 4SD] [3:2 r4 4SD 4SD]
      feet  4BD 4BD 4BD 4BD
    3
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 4BD r4
");
}
