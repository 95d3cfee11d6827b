//! From played grooves over the notation to files: nothing is lost on the way.

use drums::Performance;
use export::{FORMATS, Material, Options, find, json, tab, write};
use proptest::prelude::*;
use score::{NotationOptions, Score, notate};
use serde_json::Value;
use testkit::{Drummer, groove};

fn written(performance: &Performance) -> Score {
    notate(performance, &NotationOptions { title: "Groove".into(), ..NotationOptions::default() }).0
}

#[test]
fn tab_in_tab_out() {
    let played = groove("HH|x-x-x-x-x-x-x-o-|\nSD|----o--g----o---|\nBD|o-----o-o-------|");
    insta::assert_snapshot!(tab::first_bars(&written(&played), 1, 80));
}

fn file(format: &str, performance: &Performance, score: &Score) -> Vec<u8> {
    write(find(format).unwrap(), &Material::new(performance, score), &Options::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_hit_is_in_every_file_that_has_notes(seed in any::<u64>(), bars in 1..9_usize) {
        let performance = Drummer::seeded(seed).play(bars).performance;
        let score = written(&performance);
        let hits = performance.hits().len();

        let judge: Value = serde_json::from_slice(&file("judge", &performance, &score)).unwrap();
        let placed = judge["hits"].as_array().unwrap().iter().filter(|hit| hit["frac"].is_string()).count();
        prop_assert_eq!(placed, hits, "hits with a place");

        let xml = String::from_utf8(file("musicxml", &performance, &score)).unwrap();
        let rolls = score::placements(&score, &performance).len() - xml.matches("<unpitched>").count();
        prop_assert!(rolls == 0 || xml.contains("<tremolo"), "{} notes are missing", rolls);

        prop_assert_eq!(json::read(&json::write(&score).unwrap()).unwrap(), score.clone());
        for format in FORMATS {
            prop_assert!(!file(format.id, &performance, &score).is_empty());
        }
    }
}
