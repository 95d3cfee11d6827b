//! Written scores: read and export.

use store::{Notation, notations as rows};
use uuid::Uuid;

use crate::error::{refusal, sentence};
use crate::pipeline::{self, Exported, PipelineError};
use crate::policy::Action;
use crate::{Actor, App, Error, Result};

/// A notation of one's own.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn get(app: &App, actor: &Actor, id: Uuid) -> Result<Notation> {
    let notation = rows::get(app.store.rows(), id).await?;
    let video = store::videos::get(app.store.rows(), notation.video_id).await;
    let video = video.map_err(|_| Error::NotFound("notation"))?;
    actor.may_on(Action::ReadNotation, video.user_id, "notation")?;
    Ok(notation)
}

/// A notation as a file, and a name for it without extension.
///
/// # Errors
/// `NotFound`; `Rule` for an unknown format, naming those there are.
pub async fn export(app: &App, actor: &Actor, id: Uuid, format: &str) -> Result<(Exported, String)> {
    let notation = get(app, actor, id).await?;
    let name = notation.title.clone();
    let format = format.to_owned();
    let written = tokio::task::spawn_blocking(move || {
        let exported = pipeline::export(&notation.notation_json, &notation.performance_json, &format);
        exported.map_err(|error| match error {
            PipelineError::Export(export::Error::UnknownFormat { .. }) => Error::Rule(refusal(
                "format_unknown",
                sentence(&error),
                format!("Formats: {}.", pipeline::formats().join(", ")),
            )),
            other => Error::internal(other),
        })
    });
    Ok((written.await.map_err(Error::internal)??, name))
}
