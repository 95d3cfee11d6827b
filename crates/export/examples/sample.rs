//! Writes one of the sample scores of the tests in a format to standard output:
//! `cargo run -p export --example sample -- kitchen musicxml > kitchen.musicxml`.
//! Samples are `rock`, `kitchen` and `long`; formats are listed by `export::FORMATS`.

#![expect(clippy::unwrap_used, reason = "the samples come from the tests")]

#[path = "../tests/it/scores.rs"]
mod scores;

use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [sample, format] = arguments.as_slice() else { return Err("expected a sample and a format".into()) };
    let score = match sample.as_str() {
        "rock" => scores::rock(),
        "kitchen" => scores::kitchen(),
        "long" => scores::long(120),
        other => return Err(format!("there is no sample {other}").into()),
    };
    let performance = scores::played(&score);
    let material = export::Material::new(&performance, &score);
    let bytes = export::write(export::find(format)?, &material, &export::Options::default())?;
    std::io::stdout().lock().write_all(&bytes)?;
    Ok(())
}
