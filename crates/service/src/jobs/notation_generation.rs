//! Writes the score; listens first where nobody has listened yet.

use std::ops::ControlFlow;

use serde_json::json;
use store::notations as rows;

use super::drum_detection;
use super::runner::{Context, Stop};
use crate::pipeline::{self, PipelineError};

pub(crate) const TYPE: &str = "notation_generation";

pub(crate) async fn run(context: &Context) -> Result<(), Stop> {
    let audio = drum_detection::ensure(context, 0, 80).await?;
    let video = store::videos::get(context.app.store.rows(), context.video_id).await?;
    let title = video.title.clone().unwrap_or_else(|| {
        video.filename.rsplit_once('.').map_or(video.filename.as_str(), |(stem, _)| stem).to_owned()
    });
    let mut analysis = audio.analysis.unwrap_or_default();
    let mut remarks = analysis["remarks"].as_array().cloned().unwrap_or_default();
    let performance = analysis["performance"].take();
    let (heard, named) = (performance.clone(), title.clone());
    let written = context
        .blocking(move |_, watch| match watch.progress("writing", 80, 99, 0.0) {
            ControlFlow::Break(()) => Err(PipelineError::Stopped),
            ControlFlow::Continue(()) => pipeline::write(&heard, &named),
        })
        .await?;
    remarks.extend(written.remarks);
    let tx = context.app.store.begin().await?;
    let new = rows::NewNotation {
        video_id: video.id,
        audio_file_id: Some(audio.id),
        title,
        tempo: written.tempo_bpm,
        time_signature: written.time_signature,
        measures: i32::try_from(written.measures).unwrap_or(i32::MAX),
        notation_json: written.score,
        performance_json: performance,
        model_version: audio.model_version.clone(),
        report: Some(json!({ "remarks": remarks })),
    };
    let notation = rows::insert(tx.rows(), new).await?;
    let result = json!({
        "notation_id": notation.id,
        "tempo": notation.tempo,
        "time_signature": notation.time_signature,
        "measures": notation.measures,
    });
    context.complete(tx, result).await
}
