//! Writes a notation as a file and keeps it; what was made before in the same way is kept longer instead.

use std::ops::ControlFlow;

use serde_json::{Value as Document, json};
use sha2::{Digest, Sha256};
use store::exports::{self as rows, NewExport};
use store::{BlobKey, Export, Notation, Tx};
use uuid::Uuid;

use super::context::{Context, Stop};
use crate::exports::{Task, expiry};
use crate::notations::exports::{refused, write};
use crate::notations::revisions::in_revision;
use crate::policy::Privileges;
use crate::videos::{quota, removal};
use crate::{Error, pipeline::Exported};

pub(crate) const TYPE: &str = "export";

pub(crate) async fn run(context: &Context) -> Result<(), Stop> {
    let unreadable = |error: serde_json::Error| Stop::Failed {
        code: "job_unknown",
        message: format!("The job's wishes cannot be read: {error}."),
    };
    let wish = context.payload.get("export").cloned().unwrap_or_default();
    let task: Task = serde_json::from_value(wish).map_err(unreadable)?;
    let app = &context.app;
    let before = rows::of_wish(app.store.rows(), task.notation_id, &task.wish).await?;
    if let Some(export) = before.filter(|export| export.expires_at > store::now()) {
        let tx = app.store.begin().await?;
        let export = rows::keep_until(tx.rows(), export, expiry(app)).await?;
        return context.complete(tx, result(&export)).await;
    }
    let notation = match in_revision(app, task.notation_id, task.revision).await {
        Ok(notation) => notation,
        Err(Error::NotFound(_)) => return Err(gone()),
        Err(error) => return Err(Stop::Again(error.to_string())),
    };
    let exported = make(context, &task, &notation).await?;
    keep(context, task, &notation, exported).await
}

fn gone() -> Stop {
    Stop::Failed { code: "notation_gone", message: "The notation was deleted.".to_owned() }
}

/// A row that is missed was removed with the notation.
fn row(error: store::Error) -> Stop {
    if matches!(error, store::Error::NotFound(_)) { gone() } else { error.into() }
}

/// What of it the job shows.
fn result(export: &Export) -> Document {
    json!({
        "export_id": export.id,
        "notation_id": export.notation_id,
        "revision": export.revision,
        "format": export.format,
        "filename": export.filename,
        "size_bytes": export.size_bytes,
        "download": format!("/notation/{}/exports/{}", export.notation_id, export.id),
        "expires_at": export.expires_at,
    })
}

async fn make(context: &Context, task: &Task, notation: &Notation) -> Result<Exported, Stop> {
    let (format, options) = task.read().map_err(|error| stop(&error))?;
    let lines = task.lines().map_err(|error| stop(&error))?;
    let (score, performance) = (notation.notation_json.clone(), notation.performance_json.clone());
    // The same places as for files that are written while somebody waits: they take the same memory.
    let _place = context.app.exporting.acquire().await.expect("the places are never closed");
    context
        .blocking("exporting", move |_, watch| match watch.progress("exporting", 0, 95, 0.0) {
            ControlFlow::Break(()) => Err(Stop::Told),
            ControlFlow::Continue(()) => {
                write(&score, &performance, format, &options, &lines).map_err(|error| stop(&refused(error)))
            }
        })
        .await
}

/// What a person did wrong ends the job; anything else is tried again.
fn stop(error: &Error) -> Stop {
    match error {
        Error::Rule(refusal) | Error::TooLarge(refusal) => {
            Stop::Failed { code: refusal.code, message: format!("{} {}", refusal.message, refusal.hint) }
        }
        Error::Invalid(_) => Stop::Failed {
            code: "validation_failed",
            message: "This server takes other options. Ask for the file again.".to_owned(),
        },
        other => Stop::Again(other.to_string()),
    }
}

/// Stores the file, then its row together with the end of the job.
async fn keep(context: &Context, task: Task, notation: &Notation, exported: Exported) -> Result<(), Stop> {
    let app = &context.app;
    let id = Uuid::now_v7();
    let key = BlobKey::export(id);
    let title = if notation.title.is_empty() { "notation" } else { notation.title.as_str() };
    let new = NewExport {
        id,
        user_id: notation.user_id,
        notation_id: notation.id,
        revision: notation.revision,
        filename: format!("{title}.{}", exported.extension),
        media_type: exported.media_type.to_owned(),
        storage_path: key.as_str().to_owned(),
        size_bytes: i64::try_from(exported.bytes.len()).unwrap_or(i64::MAX),
        sha256: hex::encode(Sha256::digest(&exported.bytes)),
        expires_at: expiry(app),
        format: task.format,
        wish: task.wish,
    };
    app.blobs.put(&key, exported.bytes).await?;
    let stored = store_row(context, new).await;
    if stored.is_err()
        && let Err(error) = app.blobs.remove(&key).await
    {
        // No row names it: it would only wait for the next search for orphans.
        tracing::warn!(%key, %error, "an export without a row could not be removed now");
    }
    removal::sweep(app, &stored?).await;
    Ok(())
}

/// One transaction: an expired file of the same wish condemned, the new one noted, the job completed. Gives the key of the old.
async fn store_row(context: &Context, new: NewExport) -> Result<Vec<String>, Stop> {
    let app = &context.app;
    let tx: Tx = app.store.begin().await?;
    store::users::lock(tx.rows(), new.user_id).await.map_err(row)?;
    let old = rows::of_wish(tx.rows(), new.notation_id, &new.wish).await?;
    let condemned = rows::remove(tx.rows(), old.as_slice()).await?;
    let used = store::videos::bytes_of_user(tx.rows(), new.user_id).await?;
    let privileges = Privileges::of_user(app, tx.rows(), new.user_id).await;
    let privileges = privileges.map_err(|error| Stop::Again(error.to_string()))?;
    quota::check(&privileges, used, u64::try_from(new.size_bytes).unwrap_or(0)).map_err(|error| stop(&error))?;
    let export = rows::insert(tx.rows(), new).await.map_err(row)?;
    context.complete(tx, result(&export)).await?;
    Ok(condemned)
}
