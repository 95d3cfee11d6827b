//! Drum tab, to be read by drummers.

use crate::scores::{Writer, kitchen, long, played, rock};
use export::{Material, Options, find, tab, write};
use score::Score;

fn page(score: &Score) -> String {
    let performance = played(score);
    let bytes = write(find("tab").unwrap(), &Material::new(&performance, score), &Options::default()).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_rock_groove_with_a_triplet() {
    insta::assert_snapshot!(page(&rock()));
}

#[test]
fn everything_at_once() {
    insta::assert_snapshot!(page(&kitchen()));
}

#[test]
fn four_bars_fit_a_line() {
    insta::assert_snapshot!(tab::first_bars(&long(8), 4, 80));
}

#[test]
fn a_narrow_terminal_gets_fewer_bars_a_line() {
    let tab = tab::first_bars(&long(8), 8, 40);
    assert!(tab.lines().all(|line| line.chars().count() <= 40), "{tab}");
    assert_eq!(tab.matches("HH|").count(), 4, "{tab}");
}

#[test]
fn six_eight_counts_eighths() {
    let score = Writer::new("", "6/8", 60.0).bar("8:hh 8:hh 8:hh 8:sd 8:hh 8:hh", "4.:bd 4.:-").done();
    insta::assert_snapshot!(tab::first_bars(&score, 1, 80));
}

#[test]
fn no_bars_no_tab() {
    assert_eq!(tab::first_bars(&Score::default(), 4, 80), "");
}
