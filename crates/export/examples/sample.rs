//! Writes one of the sample scores of the tests in a format to standard output:
//! `cargo run -p export --example sample -- kitchen musicxml > kitchen.musicxml`.
//! Samples are `rock`, `kitchen`, `long` and, of the synthetic drummers, `drummer-1`, `drummer-2`, ...; formats are
//! listed by `export::FORMATS`.

#![expect(clippy::unwrap_used, reason = "the samples come from the tests")]

#[path = "../tests/it/scores.rs"]
mod scores;

use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [sample, format] = arguments.as_slice() else { return Err("expected a sample and a format".into()) };
    let as_written = |score: score::Score| (scores::played(&score), score);
    let (performance, score) = match sample.as_str() {
        "rock" => as_written(scores::rock()),
        "kitchen" => as_written(scores::kitchen()),
        "long" => as_written(scores::long(120)),
        other => drummed(other)?,
    };
    let material = export::Material::new(&performance, &score);
    let bytes = export::write(export::find(format)?, &material, &export::Options::default())?;
    std::io::stdout().lock().write_all(&bytes)?;
    Ok(())
}

/// Sixteen bars of a synthetic drummer, written down.
fn drummed(sample: &str) -> Result<(drums::Performance, score::Score), Box<dyn std::error::Error>> {
    let seed = sample.strip_prefix("drummer-").ok_or_else(|| format!("there is no sample {sample}"))?.parse()?;
    let performance = testkit::Drummer::seeded(seed).play(16).performance;
    let options = score::NotationOptions { title: sample.into(), ..score::NotationOptions::default() };
    let (score, _) = score::notate(&performance, &options);
    Ok((performance, score))
}
