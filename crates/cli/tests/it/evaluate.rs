//! `backbeat evaluate`: truth against itself, and against something else.

use crate::program::{backbeat, demo, evaluate, run};

#[test]
fn truth_as_prediction_is_perfect() {
    let truth = demo("demo.truth.json");
    let scores = evaluate(&truth, &truth);
    assert_eq!(scores["onsets"][2]["classes"]["all"]["f"], 1.0);
    for name in ["beat_F", "downbeat_F", "tempo_within_4_%", "meter", "place_in_the_bar"] {
        assert_eq!(scores["means"][name], 1.0, "{name}");
    }
}

#[test]
fn another_piece_as_prediction_is_poor() {
    let scores = evaluate(&demo("swing.truth.json"), &demo("demo.truth.json"));
    assert!(scores["onsets"][0]["classes"]["all"]["f"].as_f64().unwrap() < 0.4, "{scores}");
}

#[test]
fn a_file_that_holds_no_hits_is_refused_with_its_name() {
    let said = run(backbeat().arg("evaluate").arg(demo("README.md")).arg(demo("demo.truth.json")));
    assert_eq!(said.code, 1);
    assert!(said.err.contains("README.md cannot be read"), "{}", said.err);
}
