//! Written scores: read and export.

use std::sync::Arc;

use store::{Notation, notations as rows};
use uuid::Uuid;

use crate::error::refusal;
use crate::pipeline::{Exported, PipelineError};
use crate::{Actor, App, Error, Result};

/// A notation of one's own.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn get(app: &App, actor: &Actor, id: Uuid) -> Result<Notation> {
    let notation = rows::get(app.store.rows(), id).await?;
    let video = store::videos::get(app.store.rows(), notation.video_id).await;
    let video = video.map_err(|_| Error::NotFound("notation"))?;
    actor.may_see(video.user_id, "notation")?;
    Ok(notation)
}

/// A notation as a file, and a name for it without extension.
///
/// # Errors
/// `NotFound`; `Rule` for an unknown format, naming those there are.
pub async fn export(app: &Arc<App>, actor: &Actor, id: Uuid, format: &str) -> Result<(Exported, String)> {
    let notation = get(app, actor, id).await?;
    let name = notation.title.clone();
    let heard = match store::audio_files::of_video(app.store.rows(), notation.video_id).await? {
        Some(audio) if Some(audio.id) == notation.audio_file_id => audio.analysis,
        _ => None,
    };
    let (app, format) = (Arc::clone(app), format.to_owned());
    let written = tokio::task::spawn_blocking(move || {
        let exported = app.pipeline.export(&notation.notation_json, heard.as_ref(), &format);
        exported.map_err(|error| match error {
            PipelineError::UnknownFormat(_) => Error::Rule(refusal(
                "format_unknown",
                format!("{error}."),
                format!("Formats: {}.", app.pipeline.formats().join(", ")),
            )),
            other => Error::internal(other),
        })
    });
    Ok((written.await.map_err(Error::internal)??, name))
}
