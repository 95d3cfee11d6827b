//! Reads beats from hits: one JSON document a line on standard input, one reading a line on standard output.
//!
//! In: see `pieces`. Out: `{"beats": [{"time", "bar", "beat"}], "bpm", "meter", "meters": [{"bar", "meter"}], "alternatives",
//! "remarks"}`. Made for judging the tracker on hits known exactly.

#![expect(clippy::print_stdout, reason = "the output of an example")]

mod pieces;

use drums::{Bpm, Seconds};
use listen::beats::{BeatOptions, track_beats};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for piece in pieces::lines() {
        println!("{}", read(&piece?));
    }
    Ok(())
}

fn read(document: &Value) -> Value {
    let hits = pieces::hits(document);
    let network = pieces::network(document);
    let options = BeatOptions {
        tempo: document["tempo"].as_f64().and_then(|bpm| Bpm::new(bpm).ok()),
        meter: document["meter"].as_str().and_then(|meter| meter.parse().ok()),
        ..BeatOptions::default()
    };
    let end = hits.iter().map(|h| h.time.get()).fold(0.0, f64::max);
    let reading = track_beats(&hits, Seconds::clamped(end + 1.0), &options, network.as_ref());
    let (mut bar, mut meters) = (0, Vec::new());
    let beats: Vec<Value> = reading
        .grid
        .beats()
        .iter()
        .enumerate()
        .map(|(index, beat)| {
            bar += i32::from(beat.is_downbeat());
            if let Some(span) = reading.grid.meters().iter().find(|span| span.first_beat == index) {
                meters.push(json!({"bar": bar, "meter": span.meter.to_string()}));
            }
            json!({"time": beat.time.get(), "bar": bar, "beat": beat.position})
        })
        .collect();
    let other = |r: &listen::beats::Reading| json!([r.bpm.get(), r.meter.to_string(), r.margin_nats]);
    json!({
        "beats": beats,
        "bpm": reading.grid.tempo().map(Bpm::get),
        "meter": reading.grid.meter_at(0).to_string(),
        "meters": meters,
        "alternatives": reading.alternatives.iter().map(other).collect::<Vec<_>>(),
        "remarks": reading.remarks.iter().map(|r| format!("{r:?}")).collect::<Vec<_>>(),
    })
}
