//! Passages written once, silence in one sign: which measures stand where, and that the cursor finds all of them.

use crate::build::Builder;
use drums::Meter;
use engrave::{Class, Engraving, PageStyle, Shape, engrave};
use score::{Repeat, Score};

const BEAT: &str = "8:hihat_closed 8:hihat_closed 8:hihat_closed+snare 8:hihat_closed 4:hihat_closed 4:snare";
const FILL: &str = "16:snare 16:snare 16:snare 16:snare 4:tom_high 4:tom_low 4:tom_floor";

/// A bar for each letter: b is a beat, f a fill, e another ending, r a rest.
fn bars(form: &str) -> Score {
    let mut builder = Builder::new("", "");
    for bar in form.chars() {
        let (hands, feet) = match bar {
            'b' => (BEAT, "4:kick 4:r 4:kick 4:r"),
            'f' => (FILL, "4:kick 4:kick 4:kick 4:kick"),
            'e' => ("4:crash 4:r 2:r", "4:kick 4:r 2:r"),
            _ => ("r", ""),
        };
        builder.measure(Meter::FOUR_FOUR, hands, feet);
    }
    builder.finish()
}

/// Each line as the numbers of the measures it shows; those played from the same bar share it with a slash.
fn lines(score: &Score, engraving: &Engraving) -> Vec<String> {
    let number = |id| score.measures.iter().position(|measure| measure.id == id).unwrap() + 1;
    let line = |system: &engrave::System| {
        let mut text = String::new();
        let mut last = f64::NAN;
        for span in &system.measures {
            if !text.is_empty() {
                text.push(if span.left == last { '/' } else { ' ' });
            }
            text.push_str(&number(span.id).to_string());
            last = span.left;
        }
        text
    };
    engraving.systems.iter().map(line).collect()
}

fn words(engraving: &Engraving) -> Vec<String> {
    let marks = engraving.pages.iter().flat_map(|page| &page.marks);
    let repeats = marks.filter(|mark| mark.class == Class::Repeat);
    repeats
        .filter_map(|mark| match &mark.shape {
            Shape::Text { text, .. } => Some(text.clone()),
            _ => None,
        })
        .collect()
}

fn style() -> PageStyle {
    PageStyle { drum_key: false, ..PageStyle::default() }
}

#[test]
fn a_passage_played_three_times_is_written_once() {
    let mut score = bars("ebbbfbbbfbbbfe");
    score.repeats = vec![Repeat { first: 1, length: 4, times: 3, ending: 0, endings: vec![] }];
    let engraving = engrave(&score, &style());
    assert_eq!(lines(&score, &engraving), ["1 2/6/10 3/7/11 4/8/12", "5/9/13 14"]);
    assert_eq!(words(&engraving), ["3\u{D7}"]);
    assert!(engraving.stops.windows(2).all(|pair| pair[0].ticks < pair[1].ticks));
}

#[test]
fn endings_stand_side_by_side() {
    let mut score = bars("bbbfbbbe");
    score.repeats = vec![Repeat { first: 0, length: 4, times: 2, ending: 1, endings: vec![vec![1], vec![2]] }];
    let engraving = engrave(&score, &style());
    assert_eq!(lines(&score, &engraving).join(" "), "1/5 2/6 3/7 4 8");
    assert_eq!(words(&engraving), ["1.", "2."]);
    assert_eq!(dots(&engraving), 4, "one sign at the start, one after the first ending");
}

#[test]
fn every_ending_but_the_last_pass_goes_back() {
    let mut score = bars("bbbfbbbebbbfbbbe");
    score.repeats = vec![Repeat { first: 0, length: 4, times: 4, ending: 1, endings: vec![vec![1, 3], vec![2, 4]] }];
    let engraving = engrave(&score, &style());
    assert_eq!(words(&engraving), ["1.3.", "2.4."]);
    assert_eq!(dots(&engraving), 6, "after the second pass the third begins");
}

/// Dots of repeat signs.
fn dots(engraving: &Engraving) -> usize {
    let marks = engraving.pages.iter().flat_map(|page| &page.marks);
    marks.filter(|mark| matches!(mark.shape, Shape::Glyph { glyph: '\u{E044}', .. })).count()
}

#[test]
fn long_rows_of_similes_are_counted() {
    let mut score = bars("bbbbbbbbbfbbb");
    for bar in (1..9).chain(11..13) {
        score.measures[bar].repeat = Some(score::BarRepeat::One);
    }
    assert_eq!(words(&engrave(&score, &style())), ["(4)", "(8)", "(9)"]);
}

#[test]
fn silence_is_one_sign() {
    let score = bars("brrrrb");
    let engraving = engrave(&score, &style());
    assert_eq!(lines(&score, &engraving), ["1 2/3/4/5 6"]);
    let inside: Vec<f64> =
        engraving.stops.iter().filter(|stop| stop.ticks.get() >= 40_320).map(|stop| stop.x).collect();
    assert!(inside.is_sorted(), "the cursor moves on within the silence");
    let apart = engrave(&score, &PageStyle { joined_rests: false, ..style() });
    assert_eq!(lines(&score, &apart).join(" "), "1 2 3 4 5 6");
}

#[test]
fn a_repeat_that_makes_no_sense_is_written_out() {
    let mut score = bars("bbbb");
    for (first, length, times, ending) in [(0, 4, 2, 0), (3, 1, 0, 0), (0, 2, 2, 2), (usize::MAX, 2, 2, 0)] {
        score.repeats = vec![Repeat { first, length, times, ending, endings: vec![] }];
        assert_eq!(lines(&score, &engrave(&score, &style())).join(" "), "1 2 3 4");
    }
}
