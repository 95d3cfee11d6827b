//! Writes the score; listens first where nobody has listened yet.

use serde_json::json;
use store::notations as rows;

use super::drum_detection;
use super::runner::{Context, Stop};

pub(crate) const TYPE: &str = "notation_generation";

pub(crate) async fn run(context: &Context) -> Result<(), Stop> {
    let audio = drum_detection::ensure(context, 0, 80).await?;
    let video = store::videos::get(context.app.store.rows(), context.video_id).await?;
    let title = video.title.clone().unwrap_or_else(|| {
        video.filename.rsplit_once('.').map_or(video.filename.as_str(), |(stem, _)| stem).to_owned()
    });
    let heard = audio.analysis.clone().unwrap_or_default();
    let named = title.clone();
    let written = context.blocking(move |app, watch| app.pipeline.write(&heard, &named, watch, (80, 99))).await?;
    let tx = context.app.store.begin().await?;
    let new = rows::NewNotation {
        video_id: video.id,
        audio_file_id: Some(audio.id),
        title,
        tempo: written.tempo_bpm,
        time_signature: written.time_signature,
        measures: i32::try_from(written.measures).unwrap_or(i32::MAX),
        notation_json: written.document,
        model_version: audio.model_version.clone(),
        report: Some(written.report),
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
