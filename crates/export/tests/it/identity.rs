//! Written and read back, a score is the same: every reader of ours, on made-up scores.
//!
//! The long versions run with `cargo nextest run -p export --run-ignored only` and take about a minute.

use crate::generated::{anything, drummed};
use crate::scores::{kitchen, long, rock};
use drums::Performance;
use export::{Material, Options, as_written, find, midi, musicxml, tab, write};
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

/// Where time runs is compared apart.
fn check_midi(score: &Score) {
    let reading = midi::read(&file("midi", score)).unwrap();
    let difference = first_difference(&as_written(&reading.score), &as_written(score));
    assert!(difference.is_empty(), "{difference}");
    assert_eq!(reading.unknown_notes, 0);
    let start = score.timeline.time_at(drums::Ticks::ZERO);
    for measure in &score.measures {
        let (ours, theirs) = (score.timeline.time_at(measure.start), reading.score.timeline.time_at(measure.start));
        assert!((ours - start - theirs).get().abs() < 0.005, "{ours:?} - {start:?}, {theirs:?}");
    }
}

fn check_musicxml(score: &Score) {
    let document = file("musicxml", score);
    let read = musicxml::read(&document).unwrap();
    let difference = first_difference(&as_written(&read), &as_written(score));
    assert!(difference.is_empty(), "{difference}");
    assert_eq!(read.timeline, as_written(score).timeline);
    assert_eq!(names(&read), names(score));
}

/// The names of all elements in order.
fn names(score: &Score) -> Vec<u32> {
    let names = score.measures.iter().flat_map(|measure| {
        let events = measure.events().flat_map(|event| {
            let tuplet = event.tuplet.map(|tuplet| tuplet.id);
            let chord = event.chord().into_iter();
            let notes = chord.flat_map(|chord| chord.notes.iter().map(|note| note.id));
            let graces = event.chord().and_then(|chord| chord.graces.as_ref()).map(|graces| graces.id);
            [event.id].into_iter().chain(tuplet).chain(notes).chain(graces)
        });
        [measure.id].into_iter().chain(measure.dynamics.iter().map(|mark| mark.id)).chain(events)
    });
    names.map(|name| name.0).collect()
}

/// A tab says less than a score, but what it says comes back. Where the beat is a half note and its halves are divided
/// differently, no number of columns holds both, so such meters are left out.
fn check_tab(score: &Score) {
    if score.measures.iter().any(|measure| measure.meter.denominator() == 2) {
        return;
    }
    let text = String::from_utf8(file("tab", score)).unwrap();
    let again = String::from_utf8(file("tab", &tab::read(&text).unwrap())).unwrap();
    assert_eq!(again, text);
}

fn check_sketch(score: &Score) {
    let difference = first_difference(&as_written(&Sketch::of(score).write()), &as_written(score));
    assert!(difference.is_empty(), "{difference}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn made_up_scores_obey_the_laws(seed in any::<u64>(), bars in 1..9_usize) {
        prop_assert_eq!(score::check(&anything(seed, bars)), []);
    }

    #[test]
    fn midi_of_made_up_scores(seed in any::<u64>(), bars in 1..9_usize) {
        check_midi(&anything(seed, bars));
    }

    #[test]
    fn musicxml_of_made_up_scores(seed in any::<u64>(), bars in 1..9_usize) {
        check_musicxml(&anything(seed, bars));
    }

    #[test]
    fn musicxml_of_drummers(seed in any::<u64>(), bars in 1..9_usize) {
        check_musicxml(&drummed(seed, bars).1);
    }

    #[test]
    fn tab_of_made_up_scores(seed in any::<u64>(), bars in 1..9_usize) {
        check_tab(&anything(seed, bars));
    }

    #[test]
    fn tab_of_drummers(seed in any::<u64>(), bars in 1..9_usize) {
        check_tab(&drummed(seed, bars).1);
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
        check_musicxml(&score);
        check_tab(&score);
    }
}

#[test]
fn musicxml_of_the_samples() {
    for score in [rock(), kitchen(), long(3), Score::default()] {
        check_musicxml(&score);
    }
    let read = musicxml::read(&file("mxl", &kitchen())).unwrap();
    assert_eq!(as_written(&read), as_written(&kitchen()));
}
