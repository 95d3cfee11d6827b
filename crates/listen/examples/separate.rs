//! Takes raw files apart: `separate FOLDER [NAME=VALUE ...] < LIST`.
//!
//! FOLDER holds the model that listens. Each line of LIST names a raw file of stereo f32 samples (little endian,
//! interleaved, 44.1 kHz), a folder to write `STEM.f32` of the same kind to and, where the hits are known, a JSON file
//! of them: a list of `{"time_seconds", "instrument", "velocity"}`, perhaps under `hits`. NAME=VALUE sets a figure of
//! the masks by its name; `network=FOLDER` separates by the network of that folder instead.

use drums::{Hit, Instrument, Seconds, Velocity};
use listen::separate::{MaskSettings, Separator, Stem};
use listen::{Listener, Model, ModelSet, Options};
use std::fs::File;
use std::io::{BufRead, BufWriter, Write};
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Samples of a channel that are handed over at a time.
const BLOCK_SAMPLES: usize = 44_100;

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(args.first().ok_or("usage: separate FOLDER [NAME=VALUE ...] < LIST")?);
    let neural = folder.join("model.onnx").is_file();
    let weights = std::fs::read(folder.join(if neural { "model.onnx" } else { "weights.bin" }))?;
    let listener = Listener::new(&ModelSet::single(&std::fs::read(folder.join("model.toml"))?, &weights))?;
    let (mut settings, mut network) = (MaskSettings::default(), None);
    for pair in &args[1..] {
        match pair.split_once('=').ok_or("NAME=VALUE")? {
            ("network", folder) => {
                let read = |name: &str| std::fs::read(Path::new(folder).join(name));
                network =
                    Some(Separator::of_model(&Model { card: read("model.toml")?, weights: read("model.onnx")? })?);
            }
            (name, value) => set(&mut settings, name, value)?,
        }
    }
    let separator = network.unwrap_or(Separator::Masks(settings));
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut names = line.split_whitespace();
        let (from, to) = names.next().zip(names.next()).ok_or("a line needs two names")?;
        let sound = read(from)?;
        let hits = match names.next() {
            Some(known) => read_hits(known)?,
            None => hear(&listener, &sound)?,
        };
        separate(&separator, &hits, &sound, Path::new(to))?;
    }
    Ok(())
}

fn set(settings: &mut MaskSettings, name: &str, value: &str) -> Outcome<()> {
    match name {
        "ground_reach_frames" => settings.ground_reach_frames = value.parse()?,
        "rounds" => settings.rounds = value.parse()?,
        "steps" => settings.steps = value.parse()?,
        "gain_frames" => settings.gain_frames = value.parse()?,
        "first_quantile" => settings.first_quantile = value.parse()?,
        "exponent" => settings.exponent = value.parse()?,
        "ground_weight" => settings.ground_weight = value.parse()?,
        _ => return Err(format!("no figure is called {name}").into()),
    }
    Ok(())
}

fn read(path: &str) -> Outcome<Vec<Vec<f32>>> {
    let bytes = std::fs::read(path)?;
    let samples: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    Ok((0..2).map(|channel| samples.iter().skip(channel).step_by(2).copied().collect()).collect())
}

fn read_hits(path: &str) -> Outcome<Vec<Hit>> {
    let known: serde_json::Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let list = known.get("hits").unwrap_or(&known).as_array().ok_or("a list of hits")?;
    let hit = |hit: &serde_json::Value| -> Outcome<Hit> {
        let time = hit["time_seconds"].as_f64().ok_or("a time")?;
        let instrument: Instrument = hit["instrument"].as_str().ok_or("an instrument")?.parse()?;
        let velocity = hit["velocity"].as_f64().ok_or("a velocity")? as f32;
        Ok(Hit::new(Seconds::new(time)?, instrument, Velocity::clamped(velocity)))
    };
    list.iter().map(hit).collect()
}

fn hear(listener: &Listener, sound: &[Vec<f32>]) -> Outcome<Vec<Hit>> {
    let mono: Vec<f32> = sound[0].iter().zip(&sound[1]).map(|(left, right)| (left + right) / 2.0).collect();
    Ok(listener.hear(&drums::Pcm::mono(drums::SampleRate::LISTENING, mono), &Options::default(), &mut |_| true)?.hits)
}

fn separate(separator: &Separator, hits: &[Hit], sound: &[Vec<f32>], to: &Path) -> Outcome<()> {
    let blocks: Vec<Vec<Vec<f32>>> = (0..sound[0].len())
        .step_by(BLOCK_SAMPLES)
        .map(|at| sound.iter().map(|channel| channel[at..channel.len().min(at + BLOCK_SAMPLES)].to_vec()).collect())
        .collect();
    let mut study = separator.study(hits);
    blocks.iter().for_each(|block| study.push(block));
    let mut splitting = study.split(sound.len());
    std::fs::create_dir_all(to)?;
    let files: Result<Vec<BufWriter<File>>, std::io::Error> =
        Stem::ALL.iter().map(|stem| Ok(BufWriter::new(File::create(to.join(format!("{}.f32", stem.id())))?))).collect();
    let (mut files, mut failed) = (files?, None);
    let mut write = |block: listen::separate::StemBlock<'_>| {
        for (file, stem) in files.iter_mut().zip(block.stems) {
            for (left, right) in stem[0].iter().zip(&stem[1]) {
                let bytes = [left.to_le_bytes(), right.to_le_bytes()].concat();
                failed = file.write_all(&bytes).err().or(failed.take());
            }
        }
    };
    blocks.iter().for_each(|block| splitting.push(block, &mut write));
    let quality = splitting.finish(&mut write)?;
    for mut file in files {
        file.flush()?;
    }
    for (stem, quality) in Stem::ALL.iter().zip(quality) {
        let line = format!("{} {} {:.4} {:.2}\n", to.display(), stem.id(), quality.share, quality.certainty_db);
        std::io::stdout().write_all(line.as_bytes())?;
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}
