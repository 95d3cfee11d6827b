//! The demo: a clip that travels in the executable, heard and written down by this very server, for people who have no
//! account yet.
//!
//! Conventions: heard once in the life of a process, when somebody first asks; seconds count from the start of the clip.

use std::ops::ControlFlow;
use std::sync::Arc;

use drums::{BeatGrid, Hit, Performance, Seconds, Velocity};
use export::{Material, Options};
use score::{NotationOptions, Score};
use transcribe::{RemarkKind, Transcriber};

use crate::pipeline::PipelineError;
use crate::{App, Error, Exported, Result, groove};

/// The clip.
pub const CLIP: &[u8] = include_bytes!("../../../demo/demo.mp4");
/// Its media type.
pub const CLIP_MEDIA_TYPE: &str = "video/mp4";
/// Peaks of the waveform in a second.
pub const PEAKS_PER_S: u32 = 50;
/// Between two strokes of [`kit`], seconds: the longest of them has rung off by then.
pub const KIT_STEP_S: f64 = 1.5;

const TITLE: &str = "Backbeat demo";

/// The clip as this server hears and writes it.
#[derive(Debug)]
pub struct Demo {
    performance: Performance,
    score: Score,
    /// The model that listened.
    pub model: String,
    /// What is to be said about recording, beat and notation, in sentences.
    pub remarks: Vec<(&'static str, String)>,
    /// Loudest sample of each stretch, 0-1, [`PEAKS_PER_S`] of them to the second.
    pub peaks: Vec<f32>,
}

impl Demo {
    /// The title printed above the score.
    pub fn title(&self) -> &str {
        &self.score.title
    }

    /// Length of the clip's sound, seconds.
    pub fn duration_s(&self) -> f64 {
        self.performance.duration().get()
    }

    /// Beats a minute, as printed.
    pub fn tempo_bpm(&self) -> Option<f64> {
        self.score.tempo().map(|mark| mark.bpm.get())
    }

    /// Such as `4/4`.
    pub fn time_signature(&self) -> Option<String> {
        self.score.measures.first().map(|measure| measure.meter.to_string())
    }

    /// How many.
    pub fn measures(&self) -> usize {
        self.score.measures.len()
    }

    /// The demo in a format, named by id or extension, with options by name.
    ///
    /// # Errors
    /// `Rule` for a format or option that there is not.
    pub fn export(&self, format: &str, options: &[(String, String)]) -> Result<Exported> {
        groove::write(&self.performance, &self.score, format, options)
    }
}

/// The demo; the first who asks waits until it is heard.
///
/// # Errors
/// `Unavailable` where ffmpeg is missing, `Internal` where the clip cannot be heard.
pub async fn demo(app: &Arc<App>) -> Result<Arc<Demo>> {
    let heard = app.demo.get_or_try_init(|| async {
        let app = Arc::clone(app);
        tokio::task::spawn_blocking(move || hear(&app).map(Arc::new)).await.map_err(Error::internal)?
    });
    heard.await.cloned()
}

fn hear(app: &App) -> Result<Demo> {
    let path = app.config.scratch_dir().join(format!("demo-{}.mp4", uuid::Uuid::now_v7()));
    std::fs::write(&path, CLIP).map_err(Error::internal)?;
    let heard = hear_file(app.shelf.built_in(), &path);
    if let Err(error) = std::fs::remove_file(&path) {
        tracing::warn!(%error, "the demo's scratch file stays");
    }
    heard.map_err(|error| match error {
        PipelineError::Media(error) => error.into(),
        other => Error::internal(other),
    })
}

fn hear_file(transcriber: &Transcriber, path: &std::path::Path) -> Result<Demo, PipelineError> {
    let limits = media::Limits::default();
    let source = media::Source::file(path)?;
    let info = media::probe(&source, &limits)?;
    let decode = media::DecodeOptions { channels: media::Channels::Mono, ..Default::default() };
    let notation = NotationOptions { title: TITLE.to_owned(), ..NotationOptions::default() };
    let options = transcribe::Options { notation, ..transcribe::Options::default() };
    let mut session = transcriber.start(&options);
    let mut samples = Vec::new();
    media::decode_audio(&source, &info, &limits, &decode, &mut |block| {
        if let Some(mono) = block.channels.first() {
            session.push(mono);
            samples.extend_from_slice(mono);
        }
        ControlFlow::Continue(())
    })?;
    let done = session.finish(&mut |_| true)?;
    let remarks = done.report.remarks.into_iter().filter(|remark| remark.kind != RemarkKind::Notation);
    Ok(Demo {
        performance: done.performance,
        score: done.score,
        model: done.report.model,
        remarks: remarks.map(|remark| (remark.kind.code(), remark.text)).collect(),
        peaks: peaks(&samples),
    })
}

fn peaks(samples: &[f32]) -> Vec<f32> {
    let stretch_samples = (drums::SampleRate::LISTENING.get() / PEAKS_PER_S) as usize;
    let loudest = |stretch: &[f32]| stretch.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    samples.chunks(stretch_samples).map(|stretch| (loudest(stretch).min(1.0) * 1000.0).round() / 1000.0).collect()
}

/// One stroke of each instrument in table order, [`KIT_STEP_S`] apart, as WAV: what the studio plays notes with.
///
/// # Errors
/// `Internal` where the sound cannot be written, which the table does not cause.
pub fn kit() -> Result<Vec<u8>> {
    let loud = Velocity::clamped(0.9);
    let hits = drums::instruments().iter().zip(0_u32..).map(|(row, place)| {
        let time = Seconds::clamped(f64::from(place) * KIT_STEP_S);
        Hit::new(time, row.instrument, loud)
    });
    let duration = Seconds::clamped(drums::instruments().len() as f64 * KIT_STEP_S);
    let performance = Performance::new(duration, hits.collect(), BeatGrid::default()).map_err(Error::internal)?;
    // Without a measure the hits themselves are played.
    let nothing = Score::default();
    let wav = export::find("wav").map_err(Error::internal)?;
    export::write(wav, &Material::new(&performance, &nothing), &Options::default()).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kit_has_a_stroke_of_every_instrument_where_it_should_be() {
        let wav = kit().unwrap();
        // 16 bits of one channel follow a head of 44 bytes.
        let loudest_from = |at_s: f64| {
            let from = 44 + 2 * (at_s * 44_100.0) as usize;
            let sound = wav[from..from + 2 * 4_410].chunks_exact(2);
            sound.map(|pair| i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs()).max().unwrap()
        };
        for (place, row) in drums::instruments().iter().enumerate() {
            let loudest = loudest_from(place as f64 * KIT_STEP_S);
            assert!(loudest > 300, "{} is silent ({loudest})", row.id);
        }
    }
}
