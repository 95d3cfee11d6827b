//! Writes down every reading of known pieces and how right each is: `readings < PIECES > TABLE`; what weights are learnt from.
//!
//! In, a line per piece (see `pieces`), with the truth: `"beats": [{"time", "beat"}], "bpm", "meter"`. Out, per piece: the
//! number of readings and of the values of each as 32-bit little-endian integers, then per reading so many 32-bit floats:
//! its clues, whether a network was heard and four numbers about that, four about what the strokes suggest, then beat F and
//! downbeat F at 70 ms, tempo within 4 % and meter as 0 or 1, and its present score.

mod pieces;

use drums::{Hit, Meter};
use listen::beats::{Considered, consider};
use serde_json::Value;
use std::io::Write;

/// Beats this close are the same, in seconds.
const WINDOW_S: f64 = 0.07;
/// Beats further than this outside the hits do not count, in seconds.
const OUTSIDE_S: f64 = 0.1;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for piece in pieces::lines() {
        let piece = piece?;
        let hits = pieces::hits(&piece);
        let readings = consider(&hits, pieces::network(&piece).as_ref());
        let rows: Vec<Vec<f32>> = readings.iter().map(|reading| row(reading, &piece, &hits)).collect();
        let columns = rows.first().map_or(0, Vec::len);
        out.write_all(&u32::try_from(rows.len())?.to_le_bytes())?;
        out.write_all(&u32::try_from(columns)?.to_le_bytes())?;
        for value in rows.iter().flatten() {
            out.write_all(&value.to_le_bytes())?;
        }
    }
    Ok(out.flush()?)
}

fn row(reading: &Considered, piece: &Value, hits: &[Hit]) -> Vec<f32> {
    let from_s = hits.iter().map(|hit| hit.time.get()).fold(f64::INFINITY, f64::min) - OUTSIDE_S;
    let to_s = hits.iter().map(|hit| hit.time.get()).fold(0.0, f64::max) + OUTSIDE_S;
    let inside = |time: &f64| (from_s..=to_s).contains(time);
    let truth: Vec<(f64, bool)> = piece["beats"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|beat| Some((beat["time"].as_f64()?, beat["beat"].as_i64()? == 1)))
        .filter(|(time, _)| inside(time))
        .collect();
    let all: Vec<f64> = truth.iter().map(|(time, _)| *time).collect();
    let firsts: Vec<f64> = truth.iter().filter(|(_, first)| *first).map(|(time, _)| *time).collect();
    let per_bar = usize::from(reading.meter.beats_per_bar());
    let beats: Vec<f64> = reading.beats.iter().copied().filter(inside).collect();
    let bars: Vec<f64> = reading.beats.iter().step_by(per_bar).copied().filter(inside).collect();
    let meter: Option<Meter> = piece["meter"].as_str().and_then(|text| text.parse().ok());
    let ratio = reading.bpm.get() / piece["bpm"].as_f64().unwrap_or(1.0);
    let flag = |is: bool| if is { 1.0 } else { 0.0 };
    let mut row = reading.clues.clone();
    row.push(flag(reading.heard.is_some()));
    row.extend(reading.heard.clone().unwrap_or_else(|| vec![0.0; 4]));
    row.extend(reading.groove.clone().unwrap_or_else(|| vec![0.0; 4]));
    row.extend([f_measure(&all, &beats), f_measure(&firsts, &bars)]);
    row.extend([flag((ratio - 1.0).abs() <= 0.04), flag(meter == Some(reading.meter)), reading.score as f32]);
    row
}

/// F-measure of times in order, each matched at most once.
fn f_measure(truth: &[f64], guess: &[f64]) -> f32 {
    let (mut met, mut next) = (0, 0);
    for time in truth {
        next += guess[next..].partition_point(|other| *other < time - WINDOW_S);
        if guess.get(next).is_some_and(|other| *other <= time + WINDOW_S) {
            met += 1;
            next += 1;
        }
    }
    if truth.is_empty() && guess.is_empty() { 1.0 } else { 2.0 * met as f32 / (truth.len() + guess.len()) as f32 }
}
