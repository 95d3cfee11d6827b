//! Random scores that are legal: full bars of beats drawn from a list, with random heads and signs.

use crate::build::Builder;
use drums::Meter;
use proptest::prelude::*;
use score::{BarRepeat, Score};

const BEATS: [&str; 12] = [
    "4",
    "8 8",
    "16 16 16 16",
    "8 16 16",
    "16 16 8",
    "8. 16",
    "16 8 16",
    "8t 8t 8t",
    "16s 16s 16s 16s 16s 16s",
    "4t 8t",
    "32 32 32 32 8",
    "16q 16q 16q 16q 16q",
];
const HANDS: [&str; 17] = [
    "hihat_closed",
    "hihat_open",
    "hihat_half_open",
    "ride",
    "ride_bell",
    "crash",
    "crash_2",
    "china",
    "splash",
    "cowbell",
    "snare",
    "snare(",
    "cross_stick",
    "rimshot",
    "tom_high",
    "tom_floor",
    "tom_floor_low",
];
const FEET: [&str; 4] = ["kick", "hihat_pedal", "hihat_foot_splash", "kick+hihat_pedal"];
const SIGNS: [&str; 12] = ["", "", "", "", ">", "^1", "^2", "^3", "~z", "~3", "/R", ">/L"];

fn chord() -> impl Strategy<Value = String> {
    let heads = prop::sample::subsequence(HANDS.to_vec(), 1..=3);
    (heads, prop::sample::select(SIGNS.to_vec()), 0..5u8).prop_map(|(mut heads, sign, rest)| {
        // A ghost and a full stroke of the same drum are one instrument, which a chord holds once.
        if heads.contains(&"snare") {
            heads.retain(|head| *head != "snare(");
        }
        if rest == 0 { "r".to_owned() } else { format!("{}{sign}", heads.join("+")) }
    })
}

fn beat(of: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (prop::sample::select(BEATS.to_vec()), prop::collection::vec(of, 6)).prop_map(|(lengths, what)| {
        lengths.split(' ').zip(what).map(|(length, what)| format!("{length}:{what} ")).collect()
    })
}

fn feet() -> impl Strategy<Value = String> {
    (prop::sample::select(FEET.to_vec()), 0..3u8)
        .prop_map(|(heads, rest)| if rest == 0 { "r".to_owned() } else { heads.to_owned() })
}

fn bar(beats: usize) -> impl Strategy<Value = (String, String)> {
    let hands = prop::collection::vec(beat(chord()), beats).prop_map(|beats| beats.concat());
    let feet = prop::collection::vec(beat(feet()), beats).prop_map(|beats| beats.concat());
    (hands, feet, 0..8u8).prop_map(|(hands, feet, which)| match which {
        0 => (hands, String::new()),
        1 => ("r".to_owned(), feet),
        2 => (hands, "r".to_owned()),
        _ => (hands, feet),
    })
}

/// Meter, hands, feet, and a number that adds something to the measure.
pub type Bar = (Meter, (String, String), u8);

fn measure() -> impl Strategy<Value = Bar> {
    prop_oneof![
        4 => (Just(Meter::FOUR_FOUR), bar(4), 0..16u8),
        1 => (Just(Meter::THREE_FOUR), bar(3), 0..16u8),
    ]
}

/// Up to twelve bars in words, which read better in a report than the score they make.
pub fn bars() -> impl Strategy<Value = Vec<Bar>> {
    prop::collection::vec(measure(), 1..12)
}

/// The score of such bars.
pub fn score_of(bars: &[Bar]) -> Score {
    let mut builder = Builder::new("Random", "");
    for (index, (meter, (hands, feet), extra)) in bars.iter().enumerate() {
        let measure = builder.measure(*meter, hands, feet);
        match extra {
            0 => measure.rehearsal = Some("A".into()),
            1 => measure.tempo = Builder::tempo(60.0 + index as f64),
            2 => measure.swing = Some(true),
            3 => measure.text = "a word above the staff".into(),
            4 => measure.repeat = Some(BarRepeat::One),
            5 => measure.repeat = Some(BarRepeat::TwoSecond),
            _ => {}
        }
    }
    builder.finish()
}
