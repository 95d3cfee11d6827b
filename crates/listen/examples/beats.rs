//! Reads beats from hits: one JSON document a line on standard input, one reading a line on standard output.
//!
//! In: `{"hits": [{"time_seconds", "instrument", "velocity"?}], "tempo"?, "meter"?}`. Out: `{"beats": [{"time", "bar",
//! "beat"}], "bpm", "meter", "alternatives", "remarks"}`. Made for judging the tracker on hits known exactly.

#![expect(clippy::print_stdout, reason = "the output of an example")]

use drums::{Bpm, Confidence, Hit, Instrument, Seconds, Velocity};
use listen::beats::{BeatOptions, track_beats};
use serde_json::{Value, json};
use std::io::BufRead;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for line in std::io::stdin().lock().lines() {
        println!("{}", read(&serde_json::from_str(&line?)?));
    }
    Ok(())
}

fn read(document: &Value) -> Value {
    let hits: Vec<Hit> = document["hits"].as_array().into_iter().flatten().filter_map(hit).collect();
    let options = BeatOptions {
        tempo: document["tempo"].as_f64().and_then(|bpm| Bpm::new(bpm).ok()),
        meter: document["meter"].as_str().and_then(|meter| meter.parse().ok()),
        ..BeatOptions::default()
    };
    let end = hits.iter().map(|h| h.time.get()).fold(0.0, f64::max);
    let reading = track_beats(&hits, Seconds::clamped(end + 1.0), &options, None);
    let mut bar = 0;
    let beats: Vec<Value> = reading
        .grid
        .beats()
        .iter()
        .map(|beat| {
            bar += i32::from(beat.is_downbeat());
            json!({"time": beat.time.get(), "bar": bar, "beat": beat.position})
        })
        .collect();
    let other = |r: &listen::beats::Reading| json!([r.bpm.get(), r.meter.to_string(), r.margin_nats]);
    json!({
        "beats": beats,
        "bpm": reading.grid.tempo().map(Bpm::get),
        "meter": reading.grid.meter_at(0).to_string(),
        "alternatives": reading.alternatives.iter().map(other).collect::<Vec<_>>(),
        "remarks": reading.remarks.iter().map(|r| format!("{r:?}")).collect::<Vec<_>>(),
    })
}

fn hit(value: &Value) -> Option<Hit> {
    let time = Seconds::new(value["time_seconds"].as_f64()?).ok()?;
    let instrument: Instrument = value["instrument"].as_str()?.parse().ok()?;
    let velocity = Velocity::clamped(value["velocity"].as_f64().unwrap_or(0.7) as f32);
    Some(Hit { confidence: Confidence::MAX, ..Hit::new(time, instrument, velocity) })
}
