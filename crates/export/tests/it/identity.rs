//! Written and read back, a score is the same: every reader of ours, on made-up scores.
//!
//! The long versions run with `cargo nextest run -p export --run-ignored only` and take about a minute.

use crate::generated::{anything, drummed};
use drums::Performance;
use export::{Material, Options, as_written, find, midi, write};
use proptest::prelude::*;
use score::{Score, Sketch};

fn file(format: &str, score: &Score) -> Vec<u8> {
    let performance = Performance::default();
    write(find(format).unwrap(), &Material::new(&performance, score), &Options::default()).unwrap()
}

fn first_difference(a: &Score, b: &Score) -> String {
    let mut left = a.clone();
    left.timeline = b.timeline.clone();
    if left == *b {
        return String::new();
    }
    let differs = left.measures.iter().zip(&b.measures).position(|(a, b)| a != b);
    match differs {
        Some(index) => {
            let (left, right) = (format!("{:#?}", left.measures[index]), format!("{:#?}", b.measures[index]));
            let lines = left.lines().zip(right.lines());
            let at = lines.clone().position(|(left, right)| left != right).unwrap_or(0);
            let around = lines.skip(at.saturating_sub(25)).take(45);
            let around: Vec<String> = around.map(|(left, right)| format!("{left:60} {right}")).collect();
            format!("measure {index} of {:?}:\n{}", b.measures[index].meter, around.join("\n"))
        }
        None => format!(
            "{} and {} measures, {:?} and {:?}, kits are equal: {}",
            left.measures.len(),
            b.measures.len(),
            (&left.title, &left.subtitle),
            (&b.title, &b.subtitle),
            left.kit == b.kit
        ),
    }
}

/// MIDI has no dynamic marks; where time runs is compared apart.
fn check_midi(score: &Score) {
    let mut written = as_written(score);
    written.measures.iter_mut().for_each(|measure| measure.dynamics.clear());
    let reading = midi::read(&file("midi", score)).unwrap();
    let difference = first_difference(&as_written(&reading.score), &as_written(&written));
    assert!(difference.is_empty(), "{difference}");
    assert_eq!(reading.unknown_notes, 0);
    let start = score.timeline.time_at(drums::Ticks::ZERO);
    for measure in &score.measures {
        let (ours, theirs) = (score.timeline.time_at(measure.start), reading.score.timeline.time_at(measure.start));
        assert!((ours - start - theirs).get().abs() < 0.005, "{ours:?} - {start:?}, {theirs:?}");
    }
}

fn check_sketch(score: &Score) {
    let difference = first_difference(&as_written(&Sketch::of(score).write()), &as_written(score));
    assert!(difference.is_empty(), "{difference}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn made_up_scores_obey_the_laws(seed in any::<u64>(), bars in 1..9_usize) {
        prop_assert_eq!(score::check(&anything(seed, bars)), []);
    }

    #[test]
    fn midi_of_made_up_scores(seed in any::<u64>(), bars in 1..9_usize) {
        check_midi(&anything(seed, bars));
    }

    #[test]
    fn midi_of_drummers(seed in any::<u64>(), bars in 1..9_usize) {
        let (_, score) = drummed(seed, bars);
        check_sketch(&score);
        check_midi(&score);
    }
}

/// Two thousand scores through every reader that is meant to lose nothing.
#[test]
#[ignore = "slow; see the head of this file"]
fn two_thousand_scores() {
    for seed in 0..2_000 {
        let score = if seed % 4 == 0 {
            drummed(seed, 1 + seed as usize % 16).1
        } else {
            anything(seed, 1 + seed as usize % 16)
        };
        check_midi(&score);
    }
}
