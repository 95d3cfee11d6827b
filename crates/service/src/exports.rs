//! Notations as files that are made in the background and kept for a while: for what takes long or is large.
//!
//! Conventions: the same wish (revision, format, kit and options) is made once; asked for again, the file that is there is
//! kept longer. Files count in the storage of whose notation it is, go with the notation, and are removed when their time
//! is over.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Export, Job, exports as rows};
use uuid::Uuid;

use crate::drum_kits::Piece;
use crate::notations::exports::{read, tag};
use crate::notations::{Wanted, owned, view};
use crate::pipeline::kits;
use crate::policy::Action;
use crate::videos::{Download, removal};
use crate::{Actor, App, Error, Result, drum_kits, jobs};

/// What a job that makes a file is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) notation_id: Uuid,
    pub(crate) revision: i32,
    pub(crate) format: String,
    /// Values of options by name.
    pub(crate) options: BTreeMap<String, String>,
    /// The kit to lay over the score, as it was when it was asked for.
    pub(crate) kit: Vec<Piece>,
    /// Another one where another file would come out.
    pub(crate) wish: String,
}

impl Task {
    /// The format and its options.
    pub(crate) fn read(&self) -> Result<(export::Format, export::Options)> {
        read(&self.format, &self.options)
    }

    /// The lines of the kit.
    pub(crate) fn lines(&self) -> Result<Vec<kits::Line>> {
        kits::read(&self.kit).map_err(|(_, _, _, message)| Error::internal(message))
    }
}

/// When a file that is made or asked for now is removed.
pub(crate) fn expiry(app: &App) -> DateTime<Utc> {
    store::now() + Duration::from_secs(app.config.export_keep_h.saturating_mul(3600))
}

/// Asks for a notation as a file. When the same is being made already, that job is given back.
///
/// # Errors
/// `NotFound`; `Rule` for an unknown format; `Invalid` for options that cannot be; `Busy` when the user has too many jobs.
pub async fn request(app: &App, actor: &Actor, notation_id: Uuid, mut wanted: Wanted) -> Result<Job> {
    let notation = view(app, actor, notation_id, wanted.revision).await?.notation;
    // Whatever is changed meanwhile: the file is of what is there now.
    wanted.revision = Some(notation.revision);
    let (format, _) = read(&wanted.format, &wanted.options)?;
    format.id.clone_into(&mut wanted.format);
    let kit = match wanted.kit {
        Some(kit) => drum_kits::get(app, actor, kit).await?.pieces,
        None => Vec::new(),
    };
    let wish = tag(app, actor, notation_id, &wanted).await?;
    let Wanted { format, options, .. } = wanted;
    let task = Task { notation_id, revision: notation.revision, format, options, kit, wish };
    jobs::enqueue_export(app, &notation, json!({ "export": task })).await
}

/// The files of a notation of one's own that were made in the background, newest first.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn list(app: &App, actor: &Actor, notation_id: Uuid) -> Result<Vec<Export>> {
    owned(app, actor, Action::ReadNotation, notation_id).await?;
    Ok(rows::of_notation(app.store.rows(), notation_id).await?)
}

/// Such a file, to be sent.
///
/// # Errors
/// `NotFound`, also once it expired.
pub async fn download(app: &App, actor: &Actor, notation_id: Uuid, id: Uuid) -> Result<Download> {
    owned(app, actor, Action::ReadNotation, notation_id).await?;
    Ok(Download::of_export(&rows::get(app.store.rows(), notation_id, id).await?))
}

/// Removes such a file.
///
/// # Errors
/// `NotFound`.
pub async fn remove(app: &App, actor: &Actor, notation_id: Uuid, id: Uuid) -> Result<()> {
    owned(app, actor, Action::ReadNotation, notation_id).await?;
    let export = rows::get(app.store.rows(), notation_id, id).await?;
    discard(app, &[export]).await
}

/// Removes files and what is noted of them.
async fn discard(app: &App, exports: &[Export]) -> Result<()> {
    let tx = app.store.begin().await?;
    let keys = rows::remove(tx.rows(), exports).await?;
    tx.commit().await?;
    removal::sweep(app, &keys).await;
    Ok(())
}

/// Files removed at a time.
const EXPIRED_MAX: u64 = 500;

/// Removes files whose time is over; gives how many.
pub(crate) async fn remove_expired(app: &App) -> Result<u64> {
    let over = rows::expired(app.store.rows(), EXPIRED_MAX).await?;
    if over.is_empty() {
        return Ok(0);
    }
    discard(app, &over).await?;
    Ok(over.len() as u64)
}
