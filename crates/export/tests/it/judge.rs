//! The lists that scoring programs read.

use crate::scores::{Writer, played};
use export::{Material, Options, find, write};
use serde_json::Value;

fn judged(score: &score::Score) -> Value {
    let performance = played(score);
    let bytes = write(find("judge").unwrap(), &Material::new(&performance, score), &Options::default()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn hits_have_their_bar_beat_and_fraction() {
    let score = Writer::new("", "4/4", 120.0)
        .bar("4:hh 8:hh 8:(sd) 4:sd/f 8t:sd 8t:- 8t:hh", "1:bd")
        .bar("2:- 2:cr", "")
        .done();
    let judge = judged(&score);
    let hits = judge["hits"].as_array().unwrap().iter().map(|hit| {
        let ornament = hit["ornament"].as_str().unwrap_or("-");
        let grace = if hit["grace"] == true { " grace" } else { "" };
        let time = hit["time_seconds"].as_f64().unwrap();
        let instrument = hit["instrument"].as_str().unwrap();
        let (bar, beat, frac) = (&hit["bar"], &hit["beat"], hit["frac"].as_str().unwrap());
        format!("{time:.2} {instrument}: bar {bar}, {beat} + {frac}, {ornament}{grace}")
    });
    insta::assert_snapshot!(hits.collect::<Vec<_>>().join("\n"));
    assert_eq!(judge["hits"], judge["events"]);
}

#[test]
fn six_eight_is_counted_in_dotted_quarters() {
    let judge = judged(&Writer::new("", "6/8", 80.0).bar("8:hh 8:hh 8:hh 8:sd 8:hh 8:hh", "").done());
    assert_eq!(
        (&judge["bpm"], &judge["meter"], &judge["beat_unit_quarters"]),
        (&80.0.into(), &"6/8".into(), &"3/2".into())
    );
    let beats: Vec<(f64, i64)> = judge["beats"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| (b["time"].as_f64().unwrap(), b["beat"].as_i64().unwrap()))
        .collect();
    assert_eq!(beats, [(0.5, 1), (1.25, 2)]);
    assert_eq!((&judge["hits"][4]["beat"], &judge["hits"][4]["frac"]), (&2.into(), &"1/3".into()));
}

#[test]
fn a_change_of_meter_is_listed() {
    let score = Writer::new("", "4/4", 80.0).bar("R", "").meter("3/4").bar("R", "").bar("R", "").done();
    assert_eq!(judged(&score)["meters"], serde_json::json!([{"bar": 1, "meter": "4/4"}, {"bar": 2, "meter": "3/4"}]));
}
