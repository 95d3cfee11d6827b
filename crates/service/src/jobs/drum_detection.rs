//! Listens to the sound track and notes strokes and beat; extracts the sound first where that is missing.

use serde_json::{Value as Document, json};
use store::{AudioFile, BlobKey, audio_files as rows};

use super::audio_extraction;
use super::context::{Context, Stop};
use crate::pipeline::{self, Heard, Stroke};
use crate::{metrics, videos};

pub(crate) const TYPE: &str = "drum_detection";

pub(crate) async fn run(context: &Context) -> Result<(), Stop> {
    let audio = audio_extraction::ensure(context, 0, 15).await?;
    let audio = match &audio.analysis {
        Some(_) if !context.forced() => audio,
        _ => listen(context, audio, 15, 99).await?,
    };
    let tx = context.app.store.begin().await?;
    context.complete(tx, result(&audio)).await
}

/// What of it the job shows.
fn result(audio: &AudioFile) -> Document {
    json!({
        "audio_file_id": audio.id,
        "detected_events": audio.detected_events,
        "confidence_avg": audio.confidence_avg,
        "model_version": audio.model_version,
    })
}

/// The sound track with what is heard in it, listening even if somebody has.
pub(super) async fn anew(context: &Context, from: u32, to: u32) -> Result<AudioFile, Stop> {
    let audio = audio_extraction::ensure(context, from, from + (to - from) / 6).await?;
    listen(context, audio, from + (to - from) / 6, to).await
}

/// The sound track with what is heard in it, listening now if nobody has.
pub(super) async fn ensure(context: &Context, from: u32, to: u32) -> Result<AudioFile, Stop> {
    let audio = audio_extraction::ensure(context, from, from + (to - from) / 6).await?;
    if audio.analysis.is_some() {
        return Ok(audio);
    }
    listen(context, audio, from + (to - from) / 6, to).await
}

/// What the wanted model hears in a sound track; takes the percents `from..to` of the job.
pub(super) async fn hear(context: &Context, audio: &AudioFile, from: u32, to: u32) -> Result<Heard, Stop> {
    let scratch = context.app.config.scratch_dir();
    let sound = context.app.blobs.as_file(&BlobKey::stored(&audio.storage_path), &scratch).await?;
    let _leave = context.leave_to_listen().await;
    let transcriber = context.listener().await?;
    let heard = context
        .blocking("listening", move |app, watch| {
            pipeline::hear(&transcriber, sound.path(), &videos::limits(app), watch, (from, to))
        })
        .await?;
    context.app.metrics.note(&metrics::HEARD, &[], audio.duration_seconds);
    context.tell_hits().await?;
    Ok(heard)
}

async fn listen(context: &Context, audio: AudioFile, from: u32, to: u32) -> Result<AudioFile, Stop> {
    let heard = hear(context, &audio, from, to).await?;
    let tx = context.app.store.begin().await?;
    let audio = rows::set_heard(tx.rows(), audio, as_rows(heard)).await?;
    context.keep(tx).await?;
    Ok(audio)
}

fn as_rows(heard: Heard) -> rows::Heard {
    let count = heard.strokes.len();
    let sum: f64 = heard.strokes.iter().map(|stroke| stroke.confidence).sum();
    let event = |stroke: Stroke| rows::NewDrumEvent {
        time_seconds: stroke.time_s,
        instrument: stroke.instrument.to_owned(),
        velocity: i32::from(stroke.velocity),
        confidence: stroke.confidence,
    };
    rows::Heard {
        analysis: json!({ "performance": heard.performance, "remarks": heard.remarks, "recording": heard.recording }),
        model_version: heard.model_version,
        events: heard.strokes.into_iter().map(event).collect(),
        confidence_avg: (count > 0).then(|| sum / count as f64),
    }
}
