//! Hears raw files and writes hits as JSON: `hear FOLDER [--raw] [--candidates] [--threads N] < LIST`.
//!
//! FOLDER holds a model: `model.toml` with `weights.bin` or `model.onnx`. Each line of LIST names a raw file of mono f32
//! samples (little endian, 44.1 kHz) and a JSON file to write: a list of `{"time_seconds", "instrument", "velocity",
//! "confidence", "alternatives"}`. With `--raw` the JSON is an object `{"hits", "beat", "downbeat", "activations"}`,
//! activations being frames x classes; with `--candidates` an object `{"hits", "candidates"}` of the moments that may be
//! hits, `{"class", "time_frames", "probability", "velocity", "probabilities"}`.

use listen::beats::BeatActivations;
use listen::hits::Candidate;
use listen::{Listener, ModelSet, Options};
use serde_json::{Value, json};
use std::io::{BufRead, Read};
use std::path::Path;

/// What is written of each recording.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Detail {
    Hits,
    Candidates,
    Raw,
}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = args.first().ok_or("usage: hear FOLDER [--raw] [--threads N] < LIST")?;
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let detail = if has("--raw") {
        Detail::Raw
    } else if has("--candidates") {
        Detail::Candidates
    } else {
        Detail::Hits
    };
    let threads = args.iter().position(|arg| arg == "--threads").and_then(|at| args.get(at + 1)?.parse().ok());
    let options = Options { threads: threads.unwrap_or(1), ..Options::default() };
    let listener = Listener::new(&read_model(Path::new(folder))?)?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (from, to) = line.split_once(' ').ok_or("a line needs two names")?;
        std::fs::write(to, hear(&listener, &options, from, detail)?.to_string())?;
    }
    Ok(())
}

fn read_model(folder: &Path) -> Outcome<ModelSet> {
    let neural = folder.join("model.onnx").is_file();
    let weights = std::fs::read(folder.join(if neural { "model.onnx" } else { "weights.bin" }))?;
    Ok(ModelSet::single(&std::fs::read(folder.join("model.toml"))?, &weights))
}

fn hear(listener: &Listener, options: &Options, from: &str, detail: Detail) -> Outcome<Value> {
    let mut session = listener.start(options);
    let (mut file, mut bytes) = (std::fs::File::open(from)?, Vec::new());
    let mut samples: Vec<f32> = Vec::new();
    while file.by_ref().take(1 << 20).read_to_end(&mut bytes)? > 0 {
        let block: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        session.push(&block);
        if detail != Detail::Hits {
            samples.extend(&block);
        }
        bytes.clear();
    }
    let heard = session.finish()?;
    let hits: Vec<Value> = heard
        .hits
        .iter()
        .zip(&heard.alternatives)
        .map(|(hit, others)| {
            let others: Vec<Value> = others.iter().map(|o| json!([o.instrument.id(), o.probability])).collect();
            json!({
                "time_seconds": hit.time.get(), "instrument": hit.instrument.id(), "velocity": hit.velocity.get(),
                "confidence": hit.confidence.get(), "alternatives": others,
            })
        })
        .collect();
    match detail {
        Detail::Hits => return Ok(Value::Array(hits)),
        Detail::Candidates => {
            let candidates = listener.candidates(&samples)?;
            let candidates: Vec<Value> = candidates.iter().map(candidate).collect();
            return Ok(json!({"hits": hits, "candidates": candidates}));
        }
        Detail::Raw => {}
    }
    let beat: Vec<f32> = heard.beats.iter().flat_map(BeatActivations::beat).collect();
    let downbeat: Vec<f32> = heard.beats.iter().flat_map(BeatActivations::downbeat).collect();
    let activations = listener.activations(&samples)?.onset;
    Ok(json!({"hits": hits, "beat": beat, "downbeat": downbeat, "activations": activations}))
}

fn candidate(candidate: &Candidate) -> Value {
    json!({
        "class": candidate.class, "time_frames": candidate.time_frames(), "probability": candidate.probability,
        "velocity": candidate.velocity, "probabilities": candidate.probabilities().collect::<Vec<f32>>(),
    })
}
