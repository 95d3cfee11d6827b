//! Writes the score; listens first where nobody has listened yet.

use std::ops::ControlFlow;

use serde_json::{Value as Document, json};
use store::{AudioFile, Notation, notations as rows};

use super::context::{Context, Stop};
use super::drum_detection;
use crate::notations::making;

pub(crate) const TYPE: &str = "notation_generation";

pub(crate) async fn run(context: &Context) -> Result<(), Stop> {
    let audio = drum_detection::ensure(context, 0, 80).await?;
    write(context, audio, 80, 99).await
}

/// Writes the score of what was heard and completes the job; takes the percents `from..to` of it.
pub(super) async fn write(context: &Context, audio: AudioFile, from: u32, to: u32) -> Result<(), Stop> {
    let video = store::videos::get(context.app.store.rows(), context.video_id()?).await?;
    let mut analysis = audio.analysis.clone().unwrap_or_default();
    let remarks = analysis["remarks"].as_array().cloned().unwrap_or_default();
    let performance = analysis["performance"].take();
    let (known, title, model) = (context.known(), making::title_of(&video), audio.model_version.clone());
    let state = context
        .blocking("writing", move |_, watch| match watch.progress("writing", from, to, 0.0) {
            ControlFlow::Break(()) => Err(Stop::Told),
            ControlFlow::Continue(()) => {
                let written = making::anew(&performance, &known, &title, model, remarks);
                // They were checked when the job was asked for; another version of us may have other limits.
                Ok(written.map_err(|error| Stop::Again(error.to_string()))??)
            }
        })
        .await?;
    let tx = context.app.store.begin().await?;
    let new = rows::NewNotation {
        user_id: video.user_id,
        video_id: Some(video.id),
        audio_file_id: Some(audio.id),
        summary: format!("As {} heard it", audio.model_version.as_deref().unwrap_or("the model")),
        state,
    };
    let notation = rows::insert(tx.rows(), new).await?;
    context.complete(tx, result(&notation, &audio)).await
}

/// What of it the job shows.
pub(super) fn result(notation: &Notation, audio: &AudioFile) -> Document {
    json!({
        "notation_id": notation.id,
        "tempo": notation.tempo,
        "time_signature": notation.time_signature,
        "measures": notation.measures,
        "detected_events": audio.detected_events,
        "confidence_avg": audio.confidence_avg,
    })
}
