//! The check of a model: in a child process of this very program, under limits of time, CPU and memory.
//!
//! The child reads card and weights as any listener does (hash, shapes against the card, operators, work; see
//! `listen::neural`) and hears a groove of our own drum kit, or takes it apart. It says what it found as one line of JSON.
//! Whatever else it does, such as taking too long, is a verdict too.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use drums::{BeatGrid, Family, Hit, Instrument, Performance, Seconds, Velocity};
use listen::separate::{Separator, Stem, StemNetwork};
use listen::{Model, ModelSet};
use serde_json::{Value as Document, json};
use transcribe::Transcriber;

use super::Task;
use crate::{Config, Error, Result};

/// The hidden command that a child is started with, before the paths of card and weights and the word of the task.
pub const CHECK_COMMAND: &str = "verify-model";

/// Bytes of the child's answer.
const ANSWER_BYTES_MAX: u64 = 64 << 10;
/// How near a stroke must be heard to where it is, seconds.
const NEAR_S: f64 = 0.05;
/// Bars of the groove.
const BARS: u32 = 6;
/// Length of a beat of the groove, seconds.
const BEAT_S: f64 = 0.6;
/// Least part of the groove's energy that a network takes for drums.
const DRUMS_SHARE_MIN: f64 = 0.02;

/// How models are checked.
#[derive(Clone, Debug)]
pub(super) struct Check {
    program: PathBuf,
    scratch: PathBuf,
    time_s: f64,
    memory_mb: u64,
}

impl Check {
    pub(super) fn new(config: &Config) -> Self {
        let own = || std::env::current_exe().unwrap_or_else(|_| PathBuf::from("backbeat"));
        let program = &config.model_check_program;
        Self {
            program: if program.as_os_str().is_empty() { own() } else { program.clone() },
            scratch: config.scratch_dir(),
            time_s: config.model_check_s_max as f64,
            memory_mb: config.model_check_memory_mb_max,
        }
    }

    pub(super) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Runs the child to its end and gives the verdict. Blocks.
    ///
    /// # Errors
    /// `Internal` where the child cannot be started.
    pub(super) fn run(&self, task: Task, card: &[u8], weights: &Path) -> Result<Document> {
        let path = self.scratch.join(format!("card-{}", uuid::Uuid::now_v7()));
        std::fs::write(&path, card).map_err(Error::internal)?;
        let weights = std::path::absolute(weights).map_err(Error::internal)?;
        let card = std::path::absolute(&path).map_err(Error::internal)?;
        let limits = media::Confinement {
            time_s: self.time_s,
            memory_bytes: self.memory_mb.saturating_mul(1 << 20),
            stdout_bytes: ANSWER_BYTES_MAX,
        };
        let arguments = [CHECK_COMMAND.into(), card.into(), weights.into(), task.as_str().into()];
        let answer = media::confined(&self.program, &arguments, limits);
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!(%error, "a scratch card stays");
        }
        self.judge(answer)
    }

    fn judge(&self, answer: Result<Vec<u8>, media::Error>) -> Result<Document> {
        let reason = match answer {
            Ok(said) => {
                let last = said.split(|byte| *byte == b'\n').rfind(|line| line.starts_with(b"{"));
                match last.and_then(|line| serde_json::from_slice::<Document>(line).ok()) {
                    Some(mut verdict) => {
                        verdict["limits"] = self.limits();
                        return Ok(verdict);
                    }
                    None => "its check ended without an answer".to_owned(),
                }
            }
            Err(media::Error::TimedOut { .. } | media::Error::LimitReached { limit: "child_cpu_s_max", .. }) => {
                format!("its check took longer than {} s and was stopped", self.time_s)
            }
            Err(media::Error::LimitReached { limit: "child_memory_bytes_max", .. }) => {
                format!("its check needed more than {} MB of memory and was stopped", self.memory_mb)
            }
            Err(media::Error::LimitReached { .. }) => "its check said more than can be read".to_owned(),
            Err(media::Error::Malformed { why }) => format!("its check broke down: {why}"),
            Err(other) => return Err(Error::internal(other)),
        };
        Ok(json!({ "ok": false, "reason": reason, "limits": self.limits() }))
    }

    fn limits(&self) -> Document {
        json!({ "time_s": self.time_s, "memory_mb": self.memory_mb })
    }
}

/// Whether a verdict says yes.
pub(super) fn passed(verdict: &Document) -> bool {
    verdict["ok"] == true
}

/// What the child does: reads both files, tries the model out, and gives its verdict as a line of JSON.
///
/// # Errors
/// When a file cannot be read.
pub fn examine(task: Task, card: &Path, weights: &Path) -> std::io::Result<String> {
    let (card, weights) = (std::fs::read(card)?, std::fs::read(weights)?);
    let facts = if task == Task::Separation { try_separating(card, weights) } else { try_out(&card, &weights) };
    let verdict = match facts {
        Ok(facts) => json!({ "ok": true, "facts": facts }),
        Err(reason) => json!({ "ok": false, "reason": reason }),
    };
    Ok(verdict.to_string())
}

fn try_out(card: &[u8], weights: &[u8]) -> Result<Document, String> {
    let began = Instant::now();
    let models = ModelSet::single(card, weights);
    let transcriber = Transcriber::new(&models).map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        cause.unwrap_or_else(|| error.to_string())
    })?;
    let loaded_s = began.elapsed().as_secs_f64();
    let (truth, sound) = groove()?;
    let began = Instant::now();
    let mut session = transcriber.start(&transcribe::Options::default());
    session.push(&sound);
    let heard = session.finish(&mut |_| true).map_err(|error| error.to_string())?;
    let took_s = began.elapsed().as_secs_f64();
    let hits = heard.performance.hits();
    let found = truth.iter().filter(|stroke| hits.iter().any(|hit| same(stroke, hit))).count();
    let extra = hits.iter().filter(|hit| !truth.iter().any(|stroke| same(stroke, hit))).count();
    if found == 0 {
        return Err(format!("it hears none of the {} strokes of a plain groove", truth.len()));
    }
    let card = transcriber.listener().card();
    Ok(json!({
        "name": card.name,
        "version": card.version,
        "licence": card.licence,
        "classes": card.classes,
        "sha256": card.sha256,
        "weights_bytes": weights.len(),
        "multiplications_per_frame": transcriber.listener().work_per_frame(),
        "load_s": rounded(loaded_s),
        "probe": {
            "sound_s": rounded(sound.len() as f64 / f64::from(drums::SampleRate::LISTENING.get())),
            "took_s": rounded(took_s),
            "strokes": truth.len(),
            "found": found,
            "extra": extra,
        },
    }))
}

/// A groove of nothing but drums is taken apart by a network; some of it has to be drums to it.
fn try_separating(card: Vec<u8>, weights: Vec<u8>) -> Result<Document, String> {
    let (began, weights_bytes) = (Instant::now(), weights.len());
    let network = StemNetwork::new(&Model { card, weights }).map_err(|error| error.to_string())?;
    let (loaded_s, network) = (began.elapsed().as_secs_f64(), Arc::new(network));
    let (truth, sound) = groove()?;
    let sound = [sound];
    let began = Instant::now();
    let mut splitting = Separator::Network(Arc::clone(&network)).study(&truth).split(sound.len());
    splitting.push(&sound, &mut |_| {});
    let quality = splitting.finish(&mut |_| {}).map_err(|error| error.to_string())?;
    let took_s = began.elapsed().as_secs_f64();
    let drums_share = quality.iter().zip(Stem::DRUMS).map(|(quality, _)| quality.share).sum::<f64>();
    if drums_share < DRUMS_SHARE_MIN {
        return Err(format!(
            "it finds {:.1} % of the energy of a plain groove of drums in its stems, at least {:.0} % are wanted",
            drums_share * 100.0,
            DRUMS_SHARE_MIN * 100.0
        ));
    }
    let card = network.card();
    let shares = card.stems.iter().map(|stem| (stem.id().to_owned(), rounded(quality[*stem as usize].share).into()));
    Ok(json!({
        "name": card.name,
        "version": card.version,
        "licence": card.licence,
        "stems": card.stems.iter().map(|stem| stem.id()).collect::<Vec<_>>(),
        "sha256": card.sha256,
        "weights_bytes": weights_bytes,
        "multiplications_per_frame": network.work_per_frame(),
        "load_s": rounded(loaded_s),
        "probe": {
            "sound_s": rounded(sound[0].len() as f64 / f64::from(drums::SampleRate::LISTENING.get())),
            "took_s": rounded(took_s),
            "drums_share": rounded(drums_share),
            "shares": shares.collect::<serde_json::Map<_, _>>(),
        },
    }))
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn same(one: &Hit, other: &Hit) -> bool {
    (one.time.get() - other.time.get()).abs() <= NEAR_S && family(one.instrument) == family(other.instrument)
}

fn family(instrument: Instrument) -> Option<Family> {
    instrument.row().family
}

/// A plain groove on our own drum kit: its strokes, and their sound at the listening rate.
fn groove() -> Result<(Vec<Hit>, Vec<f32>), String> {
    let [kick, snare, hihat] = ["kick", "snare", "hihat_closed"].map(str::parse::<Instrument>);
    let (kick, snare, hihat) = match (kick, snare, hihat) {
        (Ok(kick), Ok(snare), Ok(hihat)) => (kick, snare, hihat),
        _ => return Err("the table of instruments is damaged".to_owned()),
    };
    let mut strokes = Vec::new();
    for eighth in 0..BARS * 8 {
        let time = Seconds::clamped(0.5 + f64::from(eighth) * BEAT_S / 2.0);
        strokes.push(Hit::new(time, hihat, Velocity::clamped(if eighth % 2 == 0 { 0.8 } else { 0.6 })));
        match eighth % 8 {
            0 | 5 => strokes.push(Hit::new(time, kick, Velocity::clamped(0.9))),
            2 | 6 => strokes.push(Hit::new(time, snare, Velocity::clamped(0.9))),
            _ => {}
        }
    }
    let duration = Seconds::clamped(1.5 + f64::from(BARS) * 4.0 * BEAT_S);
    let wrong = |error: drums::Error| error.to_string();
    let performance = Performance::new(duration, strokes, BeatGrid::default()).map_err(wrong)?;
    let wav = export::find("wav").map_err(|error| error.to_string())?;
    // Without a measure the hits themselves are played.
    let nothing = score::Score::default();
    let material = export::Material::new(&performance, &nothing);
    let bytes = export::write(wav, &material, &export::Options::default()).map_err(|error| error.to_string())?;
    // 16 bits of one channel follow a head of 44 bytes.
    let pairs = bytes.get(44..).unwrap_or_default().chunks_exact(2);
    let sound = pairs.map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect();
    Ok((performance.hits().to_vec(), sound))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check() -> Check {
        Check::new(&Config::default())
    }

    #[test]
    fn whatever_a_child_does_is_a_verdict() {
        let judge = |answer| check().judge(answer).unwrap();
        assert!(passed(&judge(Ok(b"noise\n{\"ok\":true,\"facts\":{}}\n".to_vec()))));
        for (answer, word) in [
            (Ok(b"nothing".to_vec()), "without an answer"),
            (Err(media::Error::TimedOut { max_s: 1.0 }), "took longer"),
            (
                Err(media::Error::LimitReached {
                    limit: "child_memory_bytes_max",
                    value: 1.0,
                    max: 1.0,
                    unit: "bytes",
                }),
                "memory",
            ),
            (Err(media::Error::Malformed { why: "it broke".to_owned() }), "broke down"),
        ] {
            let verdict = judge(answer);
            assert!(!passed(&verdict) && verdict["reason"].as_str().unwrap().contains(word), "{verdict}");
        }
    }

    #[test]
    fn the_model_that_ships_passes_and_a_damaged_one_does_not() {
        let (card, weights) =
            (include_bytes!("../../../../models/tcn/model.toml"), include_bytes!("../../../../models/tcn/model.onnx"));
        let facts = try_out(card, weights).unwrap();
        let (strokes, found) = (facts["probe"]["strokes"].as_u64().unwrap(), facts["probe"]["found"].as_u64().unwrap());
        assert!(found * 10 >= strokes * 8, "{facts}");
        assert!(facts["multiplications_per_frame"].as_u64().unwrap() > 100_000, "{facts}");
        let refused = try_out(card, &weights[..1000]).unwrap_err();
        assert!(refused.contains("SHA-256"), "{refused}");
        let refused = try_separating(card.to_vec(), weights.to_vec()).unwrap_err();
        assert!(refused.contains("not \"separator\""), "{refused}");
    }

    #[test]
    fn a_network_that_takes_recordings_apart_passes_and_says_what_is_in_its_stems() {
        let (card, weights) = (
            include_bytes!("../../../listen/tests/it/data/contrast/model.toml"),
            include_bytes!("../../../listen/tests/it/data/contrast/model.onnx"),
        );
        let facts = try_separating(card.to_vec(), weights.to_vec()).unwrap();
        let share = |of: &Document| of.as_f64().unwrap();
        let (all, shares) = (share(&facts["probe"]["drums_share"]), &facts["probe"]["shares"]);
        let sum = ["kick", "snare", "hihat"].map(|stem| share(&shares[stem])).iter().sum::<f64>();
        assert!(all > 0.2 && (sum - all).abs() < 0.003 && share(&shares["kick"]) > 0.05, "{facts}");
        assert_eq!(facts["stems"], json!(["kick", "hihat", "snare"]));
        let few = String::from_utf8_lossy(card).replace("\"kick\", \"hihat\"", "\"toms\", \"cymbals\"");
        assert!(try_separating(few.into_bytes(), weights.to_vec()).is_ok(), "names are its own affair");
        assert!(try_separating(card.to_vec(), weights[..100].to_vec()).unwrap_err().contains("SHA-256"));
    }
}
