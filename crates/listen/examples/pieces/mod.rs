//! Pieces as lines of JSON: `{"hits": [{"time_seconds", "instrument", "velocity"?, "confidence"?}], "tempo"?, "meter"?,
//! "network"?: {"rate_hz", "beat": [p], "downbeat": [p]}}`.

use drums::{Confidence, FrameRate, Hit, Instrument, Seconds, Velocity};
use listen::beats::BeatActivations;
use serde_json::Value;
use std::io::BufRead;

/// The lines of standard input.
pub(crate) fn lines() -> impl Iterator<Item = Result<Value, Box<dyn std::error::Error>>> {
    std::io::stdin().lock().lines().map(|line| Ok(serde_json::from_str(&line?)?))
}

/// The hits of a piece; what is none is left out.
pub(crate) fn hits(piece: &Value) -> Vec<Hit> {
    piece["hits"].as_array().into_iter().flatten().filter_map(hit).collect()
}

fn hit(value: &Value) -> Option<Hit> {
    let time = Seconds::new(value["time_seconds"].as_f64()?).ok()?;
    let instrument: Instrument = value["instrument"].as_str()?.parse().ok()?;
    let velocity = Velocity::clamped(value["velocity"].as_f64().unwrap_or(0.7) as f32);
    let confidence = Confidence::clamped(value["confidence"].as_f64().unwrap_or(1.0) as f32);
    Some(Hit { confidence, ..Hit::new(time, instrument, velocity) })
}

/// What a network heard in a piece, where the piece says so.
pub(crate) fn network(piece: &Value) -> Option<BeatActivations> {
    let value = &piece["network"];
    let mut heard = BeatActivations::new(FrameRate::new(value["rate_hz"].as_f64()?).ok()?);
    let of = |name: &str| value[name].as_array().into_iter().flatten().map(|p| p.as_f64().unwrap_or(0.0) as f32);
    of("beat").zip(of("downbeat")).for_each(|(beat, downbeat)| heard.push(beat, downbeat));
    Some(heard)
}
