//! Writes what the judge would look at, for training: `describe CARD WEIGHTS < LIST`.
//!
//! Each line of LIST names a raw file of mono f32 samples (little endian, 44.1 kHz) and a file to write: u32
//! candidates, u32 numbers per candidate, then per candidate its time in seconds followed by its numbers, all f32.
//! WEIGHTS need hold templates only.

use listen::ModelCard;
use listen::classic::{Scout, Templates, Weights, judge_inputs};
use std::io::BufRead;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [card, weights] = args.as_slice() else { return Err("usage: describe CARD WEIGHTS < LIST".into()) };
    let card = ModelCard::parse(&std::fs::read(card)?)?;
    let features = card.ear.classic().ok_or("this is no classic model")?;
    let weights = Weights::parse(&std::fs::read(weights)?)?;
    let templates = Templates::new(&weights, card.classes.len(), features.bands)?;
    let rate_hz = f64::from(features.sample_rate_hz);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (from, to) = line.split_once(' ').ok_or("a line needs two names")?;
        let bytes = std::fs::read(from)?;
        let samples: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let mut scout = Scout::new(features);
        scout.push(&samples, &templates);
        let candidates = scout.finish(&templates);
        let rows: Vec<Vec<f32>> = judge_inputs(&candidates, rate_hz).collect();
        let mut out = Vec::new();
        out.extend((rows.len() as u32).to_le_bytes());
        out.extend((rows.first().map_or(0, Vec::len) as u32).to_le_bytes());
        for (candidate, row) in candidates.iter().zip(&rows) {
            out.extend(((candidate.onset_samples / rate_hz) as f32).to_le_bytes());
            out.extend(row.iter().flat_map(|value| value.to_le_bytes()));
        }
        std::fs::write(to, out)?;
    }
    Ok(())
}
