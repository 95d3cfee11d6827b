//! Taking a recording in: measure it, store it, make its row.
//!
//! Conventions: the row decides. The file is stored before the row is made; where the row is not made, the file goes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use store::{BlobKey, UploadRow, Video, files, uploads, videos as rows};
use uuid::Uuid;

use super::intake::{Intake, Kind, Taken};
use super::names::{clean_filename, free_name};
use super::quota::{self, Hold};
use super::{limits, removal};
use crate::error::refusal;
use crate::policy::{Action, Privileges};
use crate::{Actor, App, Error, Result};

/// How long the room of an upload is held beyond the longest an upload may take.
const HOLD_LONGER: Duration = Duration::from_secs(600);

/// A recording on its way in by one request. The scratch file goes when this is dropped, the room it holds too.
#[derive(Debug)]
pub struct Upload {
    app: Arc<App>,
    privileges: Privileges,
    filename: String,
    /// Away once it became a recording or was given up.
    held: Option<UploadRow>,
    key: BlobKey,
    intake: Option<Intake>,
}

impl Upload {
    /// Begins to take in a recording sent under this name; `announced_bytes` are held, if known.
    ///
    /// # Errors
    /// `Unsupported` for names that are no recording's; `TooLarge` when there is no room.
    pub async fn begin(app: &Arc<App>, actor: &Actor, filename: &str, announced_bytes: Option<u64>) -> Result<Self> {
        actor.may(Action::UploadVideo)?;
        let filename = clean_filename(filename)?;
        let privileges = Privileges::of(&app.config, &actor.roles);
        let key = BlobKey::recording(Uuid::now_v7());
        let longest = Duration::from_secs(app.config.upload_s_max) + HOLD_LONGER;
        let hold = Hold {
            user_id: actor.user_id,
            filename: filename.clone(),
            bytes: announced_bytes.unwrap_or(0).min(app.config.video_bytes_max()),
            resumable: false,
            process: false,
            storage_path: Some(key.as_str().to_owned()),
            expires_at: store::now() + longest,
        };
        let held = Some(quota::hold(app, &privileges, hold).await?);
        let app = Arc::clone(app);
        let mut upload = Self { app, privileges, filename, held, key, intake: None };
        let recording = Kind { begins_recording: true, with_sha1: false };
        match Intake::begin(&upload.app, recording).await {
            Ok(intake) => upload.intake = Some(intake),
            Err(error) => {
                upload.give_up().await;
                return Err(error);
            }
        }
        Ok(upload)
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// `TooLarge` as soon as a limit or the room is passed; `Unsupported` as soon as the first bytes show that it is no
    /// recording.
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let (Some(intake), Some(held)) = (&mut self.intake, &mut self.held) else {
            return Err(Error::internal("an upload was used after it was given up"));
        };
        intake.write(bytes).await?;
        let needed = intake.size_bytes().saturating_sub(u64::try_from(held.size_bytes).unwrap_or(0));
        if needed > 0 {
            quota::hold_more(&self.app, &self.privileges, held, needed).await?;
        }
        Ok(())
    }

    /// Measures the whole file, stores it and makes its row.
    ///
    /// # Errors
    /// `Unsupported` for what is no recording, `TooLarge` for a recording beyond the limits or the user's storage.
    pub async fn finish(mut self) -> Result<Video> {
        let admitted = self.admit().await;
        if admitted.is_err() {
            self.give_up().await;
        }
        admitted
    }

    async fn admit(&mut self) -> Result<Video> {
        let (Some(intake), Some(held)) = (self.intake.take(), &self.held) else {
            return Err(Error::internal("an upload was used after it was given up"));
        };
        let taken = intake.finish().await?;
        let entry = Entry { held, filename: &self.filename, privileges: &self.privileges, key: &self.key };
        let video = admit(&self.app, entry, taken).await?;
        self.held = None;
        Ok(video)
    }

    /// Gives back the room and drops the bytes.
    pub async fn give_up(mut self) {
        self.intake = None;
        if let Some(held) = self.held.take() {
            release(&self.app, held.id).await;
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Dropped without a word: the client went away. Without a runtime the room is free once it expires.
        if let (Some(held), Ok(runtime)) = (self.held.take(), tokio::runtime::Handle::try_current()) {
            let app = Arc::clone(&self.app);
            runtime.spawn(async move { release(&app, held.id).await });
        }
    }
}

async fn release(app: &App, id: Uuid) {
    if let Err(error) = uploads::remove(app.store.rows(), id).await {
        tracing::warn!(%error, "the room of an upload is held until it expires");
    }
}

/// What becomes a recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    /// The room it holds.
    pub(crate) held: &'a UploadRow,
    pub(crate) filename: &'a str,
    pub(crate) privileges: &'a Privileges,
    /// Where the file goes; nobody else uses this key.
    pub(crate) key: &'a BlobKey,
}

/// Measures a file, stores it and makes its row.
pub(crate) async fn admit(app: &App, entry: Entry<'_>, taken: Taken) -> Result<Video> {
    let limits = media::Limits { duration_s_max: entry.privileges.audio_s_max, ..limits(app) };
    let path = taken.scratch.path().to_owned();
    let probed = tokio::task::spawn_blocking(move || media::probe(&media::Source::file(path)?, &limits));
    let info = probed.await.map_err(Error::internal)??;
    let picture = info.video.as_ref();
    let new = rows::NewVideo {
        id: Uuid::now_v7(),
        user_id: entry.held.user_id,
        filename: entry.filename.to_owned(),
        storage_path: entry.key.as_str().to_owned(),
        duration_seconds: info.duration_s,
        size_bytes: i64::try_from(taken.size_bytes).map_err(Error::internal)?,
        media_type: info.container.media_type().to_owned(),
        width: picture.and_then(|picture| i32::try_from(picture.width_px).ok()),
        height: picture.and_then(|picture| i32::try_from(picture.height_px).ok()),
        frame_rate: picture.and_then(|picture| picture.frame_rate),
        has_audio: info.audio.is_some(),
        sha256: hex::encode(taken.sha256),
    };
    app.blobs.take_file(entry.key, taken.scratch.path()).await?;
    let stored = insert(app, entry, new).await;
    if stored.is_err() {
        // The row decides: a file without one must not stay.
        app.blobs.remove(entry.key).await?;
    }
    stored
}

/// Makes the row in place of the room that was held; the account is locked, so that uploads at the same time add up.
/// Bytes that the user has already are not kept twice.
async fn insert(app: &App, entry: Entry<'_>, mut new: rows::NewVideo) -> Result<Video> {
    let tx = app.store.begin().await?;
    store::users::lock(tx.rows(), new.user_id).await?;
    let pieces = uploads::parts(tx.rows(), entry.held.id).await?;
    let mut condemned: Vec<String> = pieces.into_iter().map(|piece| piece.storage_path).collect();
    uploads::forget_parts(tx.rows(), entry.held.id).await?;
    let ended = if entry.held.resumable {
        uploads::end(tx.rows(), entry.held.id, uploads::FINISHED, Some(new.id)).await?
    } else {
        uploads::remove(tx.rows(), entry.held.id).await?
    };
    if !ended {
        return Err(over());
    }
    let mut more = u64::try_from(new.size_bytes).unwrap_or(0);
    if let Some(same) = same_content(app, tx.rows(), &new).await? {
        condemned.push(std::mem::replace(&mut new.storage_path, same.storage_path));
        more = 0;
    }
    let used = rows::bytes_of_user(tx.rows(), new.user_id).await?;
    quota::check(entry.privileges, used, more)?;
    new.filename = free_name(tx.rows(), new.user_id, &new.filename).await?;
    let video = rows::insert(tx.rows(), new).await?;
    files::condemn(tx.rows(), &condemned).await?;
    tx.commit().await?;
    removal::sweep(app, &condemned).await;
    tracing::info!(video.id = %video.id, video.bytes = video.size_bytes, "recording stored");
    Ok(video)
}

/// A recording of the same user with the same bytes, if its file is really there.
async fn same_content(app: &App, tx: &impl store::Rows, new: &rows::NewVideo) -> Result<Option<Video>> {
    let Some(same) = rows::same_content(tx, new.user_id, &new.sha256, new.size_bytes).await? else {
        return Ok(None);
    };
    let there = app.blobs.size(&BlobKey::stored(&same.storage_path)).await?;
    Ok((there == u64::try_from(new.size_bytes).ok()).then_some(same))
}

/// The refusal of bytes for an upload that is over.
pub(crate) fn over() -> Error {
    let hint = "Begin a new upload.";
    Error::Conflict(refusal("upload_over", "This upload was finished or ended meanwhile.", hint))
}
