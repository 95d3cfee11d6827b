//! Writes sample scores of the tests as files for other programs to read:
//! `cargo run -p export --example sample -- FOLDER FORMAT[,FORMAT...] [OPTION=VALUE...] SAMPLE...` writes
//! FOLDER/SAMPLE.EXTENSION for each.
//! Samples are `rock`, `kitchen`, `long`, of the synthetic drummers `drummer-1`, `drummer-2`, ..., and of made-up scores
//! `made-up-1`, ...; formats are listed by `export::FORMATS`.

#![expect(clippy::unwrap_used, reason = "the samples come from the tests")]

#[path = "../tests/it/generated.rs"]
mod generated;
#[path = "../tests/it/scores.rs"]
mod scores;

use drums::Performance;
use score::Score;
use std::path::Path;

/// Bars of a drummer, and of a made-up score.
const BARS: usize = 16;
const BARS_MADE_UP: usize = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, formats, samples @ ..] = arguments.as_slice() else {
        return Err("expected a folder, formats and samples".into());
    };
    let mut options = export::Options::default();
    for (name, value) in samples.iter().filter_map(|word| word.split_once('=')) {
        options.set(name, value)?;
    }
    for sample in samples.iter().filter(|word| !word.contains('=')) {
        let (performance, score) = read(sample)?;
        let material = export::Material::new(&performance, &score);
        for format in formats.split(',') {
            let format = export::find(format)?;
            let bytes = export::write(format, &material, &options)?;
            std::fs::write(Path::new(folder).join(format!("{sample}.{}", format.extension)), bytes)?;
        }
    }
    Ok(())
}

fn read(sample: &str) -> Result<(Performance, Score), Box<dyn std::error::Error>> {
    let as_written = |score: Score| (scores::played(&score), score);
    Ok(match sample {
        "rock" => as_written(scores::rock()),
        "kitchen" => as_written(scores::kitchen()),
        "long" => as_written(scores::long(120)),
        other => {
            let (kind, seed) = other.rsplit_once('-').ok_or_else(|| format!("there is no sample {other}"))?;
            let seed = seed.parse()?;
            match kind {
                "drummer" => generated::drummed(seed, BARS),
                // Nobody played it, so nothing of it was heard.
                "made-up" => (Performance::default(), generated::anything(seed, BARS_MADE_UP)),
                _ => return Err(format!("there is no sample {other}").into()),
            }
        }
    })
}
