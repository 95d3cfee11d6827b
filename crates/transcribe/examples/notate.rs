//! Writes known hits down: one JSON document a line on standard input, one judge document a line on standard output.
//!
//! In: as the example `beats` of `listen` reads it; where a document has `"grid": true`, its own `"beats": [{"time", "beat"}]`
//! and `"meters": [{"bar", "meter"}]` are taken instead of tracked ones, which shows what the quantiser alone does. Out: what
//! the export format `judge` says. Made for judging tracker, quantiser and notation on hits known exactly.

#![expect(clippy::print_stdout, reason = "the output of an example")]

#[path = "../../listen/examples/pieces/mod.rs"]
mod pieces;

use drums::{Beat, BeatGrid, Confidence, Hit, Meter, MeterSpan, Performance, Seconds};
use listen::beats::{BeatOptions, track_beats};
use score::NotationOptions;
use serde_json::Value;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let judge = export::find("judge")?;
    for piece in pieces::lines() {
        let piece = piece?;
        let performance = performance(&piece, pieces::hits(&piece))?;
        let (score, _) = score::notate(&performance, &NotationOptions::default());
        let material = export::Material::new(&performance, &score);
        println!("{}", String::from_utf8(export::write(judge, &material, &export::Options::default())?)?);
    }
    Ok(())
}

fn performance(piece: &Value, hits: Vec<Hit>) -> Outcome<Performance> {
    let end_s = hits.iter().map(|hit| hit.time.get()).fold(0.0, f64::max);
    let duration = Seconds::clamped(end_s + 1.0);
    let grid = if piece["grid"].as_bool() == Some(true) {
        known_grid(piece)?
    } else {
        track_beats(&hits, duration, &BeatOptions::default(), pieces::network(piece).as_ref()).grid
    };
    Ok(Performance::new(duration, hits, grid)?)
}

/// The beats and meters a document names.
fn known_grid(piece: &Value) -> Outcome<BeatGrid> {
    let mut beats: Vec<Beat> = Vec::new();
    let mut spans: Vec<MeterSpan> = Vec::new();
    let mut bar = 0;
    for beat in piece["beats"].as_array().into_iter().flatten() {
        let position =
            beat["beat"].as_u64().and_then(|p| u8::try_from(p).ok()).ok_or("a beat has no place in its bar")?;
        bar += i64::from(position == 1 || beats.is_empty());
        let meters = || piece["meters"].as_array().into_iter().flatten();
        let named = meters().rfind(|m| m["bar"].as_i64().is_some_and(|first| first <= bar));
        let meter: Meter = named.and_then(|m| m["meter"].as_str()).ok_or("a bar has no meter")?.parse()?;
        if spans.last().is_none_or(|span| span.meter != meter) {
            spans.push(MeterSpan { first_beat: beats.len(), meter });
        }
        let time = Seconds::clamped(beat["time"].as_f64().ok_or("a beat has no time")?);
        beats.push(Beat { time, position, confidence: Confidence::MAX });
    }
    Ok(BeatGrid::new(beats, spans)?)
}
