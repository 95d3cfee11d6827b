//! Listens to the recording of a notation again, with another model; what it heard waits for its owner's word.

use serde_json::{Value as Document, json};
use store::relistenings::{self, NewRelistening};
use uuid::Uuid;

use super::context::{Context, Stop};
use super::{audio_extraction, drum_detection};

pub(crate) const TYPE: &str = "audio_analysis";

pub(crate) async fn run(context: &Context) -> Result<(), Stop> {
    let id_of =
        |name: &str| context.payload.get(name).and_then(Document::as_str).and_then(|id| Uuid::parse_str(id).ok());
    let notation_id = id_of("notation").ok_or_else(|| Stop::Again("the job names no notation".to_owned()))?;
    let base = context.payload.get("base_revision").and_then(Document::as_i64).unwrap_or(1);
    let audio = audio_extraction::ensure(context, 0, 15).await?;
    let heard = drum_detection::hear(context, &audio, 15, 99).await?;
    let strokes = heard.strokes.len();
    let new = NewRelistening {
        notation_id,
        model_id: id_of("model"),
        model_version: heard.model_version.clone(),
        job_id: context.fence.id,
        base_revision: i32::try_from(base).unwrap_or(1),
        performance_json: heard.performance,
        remarks: heard.remarks,
    };
    let tx = context.app.store.begin().await?;
    relistenings::insert(tx.rows(), new).await?;
    let result = json!({
        "notation_id": notation_id,
        "model_version": heard.model_version,
        "detected_events": strokes,
    });
    context.complete(tx, result).await
}
