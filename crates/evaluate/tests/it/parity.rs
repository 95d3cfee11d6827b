//! Our metrics equal mir_eval's on lists made by `tests/fixtures/make_fixtures.py`, to 1e-12.

use evaluate::{beats, onsets};
use serde_json::Value;

const FIXTURES: &str = include_str!("../fixtures/mir_eval.json");

fn cases(kind: &str) -> Vec<Value> {
    let fixtures: Value = serde_json::from_str(FIXTURES).unwrap();
    let cases = fixtures[kind].as_array().unwrap().clone();
    assert!(cases.len() >= 10, "only {} fixtures", cases.len());
    cases
}

fn list(case: &Value, name: &str) -> Vec<f64> {
    case[name].as_array().unwrap().iter().map(|time| time.as_f64().unwrap()).collect()
}

fn assert_close(case: usize, what: &str, ours: f64, theirs: &Value) {
    let theirs = theirs.as_f64().unwrap();
    assert!((ours - theirs).abs() < 1e-12, "case {case}: {what} is {ours}, mir_eval says {theirs}");
}

#[test]
fn onset_scores_equal_mir_evals() {
    for (index, case) in cases("onsets").iter().enumerate() {
        let window_s = case["window_s"].as_f64().unwrap();
        let counts = onsets::f_measure(&list(case, "ref"), &list(case, "est"), window_s).unwrap();
        assert_close(index, "F", counts.f_measure(), &case["f"]);
        assert_close(index, "precision", counts.precision(), &case["p"]);
        assert_close(index, "recall", counts.recall(), &case["r"]);
    }
}

#[test]
fn beat_scores_equal_mir_evals() {
    for (index, case) in cases("beats").iter().enumerate() {
        let (references, estimates) = (list(case, "ref"), list(case, "est"));
        let counts = beats::f_measure(&references, &estimates, beats::WINDOW_S).unwrap();
        assert_close(index, "F", counts.f_measure(), &case["f"]);
        let continuity = beats::continuity(&references, &estimates).unwrap();
        assert_close(index, "CMLc", continuity.cml_c, &case["cml_c"]);
        assert_close(index, "CMLt", continuity.cml_t, &case["cml_t"]);
        assert_close(index, "AMLc", continuity.aml_c, &case["aml_c"]);
        assert_close(index, "AMLt", continuity.aml_t, &case["aml_t"]);
    }
}

#[test]
fn lists_that_run_backwards_are_refused() {
    assert!(onsets::f_measure(&[2.0, 1.0], &[1.0], 0.05).is_err());
    assert!(beats::f_measure(&[1.0], &[f64::NAN], 0.07).is_err());
}
