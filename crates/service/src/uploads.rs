//! Resumable uploads: a recording comes in pieces, over several requests, and survives restarts of either side.
//!
//! Conventions: a piece is safe once it is a blob and its row is written; the offset counts safe bytes only, and each
//! step is fenced by the offset it begins at. The room of the whole file is held from the start. When all pieces are
//! there they are put together, looked at and admitted like any other upload.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, TryStreamExt};
use store::uploads::{self as rows, OPEN};
use store::{BlobKey, UploadRow, files};
use uuid::Uuid;

use crate::error::{FieldError, refusal};
use crate::jobs::{self, JobType};
use crate::policy::{Action, Privileges};
use crate::videos::intake::{Intake, Kind, Taken, too_large};
use crate::videos::quota::{self, Hold};
use crate::videos::upload::{Entry, admit, over};
use crate::videos::{clean_filename, removal};
use crate::{Actor, App, Error, Result};

/// What a client announces.
#[derive(Clone, Debug)]
pub struct Announced {
    /// Bytes of the whole file.
    pub size_bytes: u64,
    /// Its name.
    pub filename: String,
    /// Whether the whole pipeline starts when it is there.
    pub process: bool,
}

/// Where an upload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The upload.
    pub id: Uuid,
    /// Bytes of the whole file.
    pub size_bytes: u64,
    /// Bytes that are safe.
    pub offset_bytes: u64,
    /// When it is given up unless more comes.
    pub expires_at: DateTime<Utc>,
    /// The recording it became.
    pub video_id: Option<Uuid>,
}

impl From<UploadRow> for Progress {
    fn from(row: UploadRow) -> Self {
        let bytes = |value: i64| u64::try_from(value).unwrap_or(0);
        Self {
            id: row.id,
            size_bytes: bytes(row.size_bytes),
            offset_bytes: bytes(row.offset_bytes),
            expires_at: row.expires_at,
            video_id: row.video_id,
        }
    }
}

/// A sum that a client computed over one request's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-1.
    Sha1(Vec<u8>),
    /// SHA-256.
    Sha256(Vec<u8>),
}

impl Checksum {
    fn fits(&self, taken: &Taken) -> bool {
        match self {
            Self::Sha1(sum) => taken.sha1.is_some_and(|ours| sum == &ours),
            Self::Sha256(sum) => sum == &taken.sha256,
        }
    }
}

/// Base64 as clients send it, read.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Bytes that become safe at a time; what is lost at most when the server dies in a request.
const PIECE_BYTES: u64 = 16 * 1024 * 1024;

fn expiry(app: &App) -> DateTime<Utc> {
    store::now() + Duration::from_secs(app.config.upload_keep_h.saturating_mul(3600))
}

/// Begins an upload and holds its room.
///
/// # Errors
/// `Unsupported` for names that are no recording's; `TooLarge` beyond the limit or the user's storage.
pub async fn begin(app: &App, actor: &Actor, announced: Announced) -> Result<Progress> {
    actor.may(Action::UploadVideo)?;
    let filename = clean_filename(&announced.filename)?;
    if announced.size_bytes > app.config.video_bytes_max() {
        return Err(too_large(app.config.video_bytes_max()));
    }
    if announced.size_bytes == 0 {
        let message = "an empty file is no recording".to_owned();
        return Err(Error::Invalid(vec![FieldError {
            place: vec!["header".to_owned(), "Upload-Length".to_owned()],
            kind: "value_error",
            message,
        }]));
    }
    let hold = Hold {
        user_id: actor.user_id,
        filename,
        bytes: announced.size_bytes,
        resumable: true,
        process: announced.process,
        storage_path: None,
        expires_at: expiry(app),
    };
    Ok(quota::hold(app, &Privileges::of(&app.config, &actor.roles), hold).await?.into())
}

async fn own(app: &App, actor: &Actor, id: Uuid) -> Result<UploadRow> {
    let row = rows::get(app.store.rows(), id).await?;
    let mine = row.resumable && row.user_id == actor.user_id;
    if mine && row.status != rows::REFUSED { Ok(row) } else { Err(Error::NotFound("upload")) }
}

/// Where an upload of one's own is. One that has all its bytes but died before it was put together is put together now.
///
/// # Errors
/// `NotFound`, also once it expired or was refused.
pub async fn progress(app: &Arc<App>, actor: &Actor, id: Uuid) -> Result<Progress> {
    let row = own(app, actor, id).await?;
    if row.status == OPEN && row.offset_bytes == row.size_bytes {
        return finish(app, actor, row).await;
    }
    Ok(row.into())
}

/// Ends an upload of one's own and drops its bytes; the recording it became, if any, stays.
///
/// # Errors
/// `NotFound`.
pub async fn terminate(app: &App, actor: &Actor, id: Uuid) -> Result<()> {
    let row = own(app, actor, id).await?;
    remove(app, row.id).await
}

async fn remove(app: &App, id: Uuid) -> Result<()> {
    let tx = app.store.begin().await?;
    let pieces = rows::parts(tx.rows(), id).await?;
    let keys: Vec<String> = pieces.into_iter().map(|piece| piece.storage_path).collect();
    files::condemn(tx.rows(), &keys).await?;
    rows::remove(tx.rows(), id).await?;
    tx.commit().await?;
    removal::sweep(app, &keys).await;
    Ok(())
}

/// Takes more bytes, which begin at `offset_bytes`. Where they break off, what came is kept, unless a checksum could not
/// be compared. With the last byte the upload becomes a recording.
///
/// # Errors
/// `NotFound`; `Conflict` where they begin elsewhere; `Rule` where their sum differs or they broke off; what a recording
/// is refused for.
pub async fn append<E>(
    app: &Arc<App>,
    actor: &Actor,
    id: Uuid,
    offset_bytes: u64,
    checksum: Option<Checksum>,
    body: impl Stream<Item = Result<Bytes, E>> + Unpin + Send,
) -> Result<Progress> {
    let mut row = own(app, actor, id).await?;
    if row.status != OPEN || u64::try_from(row.offset_bytes).ok() != Some(offset_bytes) {
        return Err(offset_mismatch(row.offset_bytes));
    }
    let whole = match checksum {
        Some(checksum) => append_checked(app, &mut row, &checksum, body).await?,
        None => append_pieces(app, &mut row, body).await?,
    };
    if row.offset_bytes == row.size_bytes {
        return finish(app, actor, row).await;
    }
    if whole { Ok(row.into()) } else { Err(broken_off()) }
}

/// Takes bytes piece by piece; says whether they came to their end.
async fn append_pieces<E>(
    app: &App,
    row: &mut UploadRow,
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<bool> {
    let mut piece = None;
    let mut whole = true;
    while let Some(bytes) = body.next().await {
        let Ok(bytes) = bytes else {
            whole = false;
            break;
        };
        let intake = match &mut piece {
            Some(intake) => intake,
            none => none.insert(begin_piece(app, row, false).await?),
        };
        check_room(row, intake, &bytes)?;
        write(app, row, intake, bytes).await?;
        if intake.size_bytes() >= PIECE_BYTES
            && let Some(full) = piece.take()
        {
            keep(app, row, full.finish_piece().await?).await?;
        }
    }
    if let Some(rest) = piece.filter(|rest| rest.size_bytes() > 0) {
        keep(app, row, rest.finish_piece().await?).await?;
    }
    Ok(whole)
}

/// Takes bytes that are worth nothing until their sum was compared.
async fn append_checked<E>(
    app: &App,
    row: &mut UploadRow,
    checksum: &Checksum,
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<bool> {
    let mut intake = begin_piece(app, row, matches!(checksum, Checksum::Sha1(_))).await?;
    while let Some(bytes) = body.next().await {
        let Ok(bytes) = bytes else { return Ok(false) };
        check_room(row, &intake, &bytes)?;
        write(app, row, &mut intake, bytes).await?;
    }
    let taken = intake.finish_piece().await?;
    if !checksum.fits(&taken) {
        let message = "The bytes have another checksum than the one sent with them; they were dropped.";
        return Err(Error::Rule(refusal("upload_checksum_mismatch", message, "Send them again from the same offset.")));
    }
    if taken.size_bytes > 0 {
        keep(app, row, taken).await?;
    }
    Ok(true)
}

async fn begin_piece(app: &App, row: &UploadRow, with_sha1: bool) -> Result<Intake> {
    Intake::begin(app, Kind { begins_recording: row.offset_bytes == 0, with_sha1 }).await
}

/// No more than was announced.
fn check_room(row: &UploadRow, intake: &Intake, bytes: &Bytes) -> Result<()> {
    let room = u64::try_from(row.size_bytes - row.offset_bytes).unwrap_or(0);
    if intake.size_bytes() + bytes.len() as u64 <= room {
        return Ok(());
    }
    let message = format!("More bytes came than the {} that were announced.", row.size_bytes);
    Err(Error::TooLarge(refusal("upload_longer_than_announced", message, "Begin a new upload with the right length.")))
}

/// Writes bytes; where the first of them show that this is no recording, the upload is over.
async fn write(app: &App, row: &UploadRow, intake: &mut Intake, bytes: Bytes) -> Result<()> {
    let written = intake.write(bytes).await;
    if let Err(Error::Unsupported(_)) = written {
        refuse(app, row.id).await?;
    }
    written
}

/// Makes a piece safe.
async fn keep(app: &App, row: &mut UploadRow, taken: Taken) -> Result<()> {
    let id = Uuid::now_v7();
    let key = BlobKey::upload_part(id);
    let size_bytes = i64::try_from(taken.size_bytes).map_err(Error::internal)?;
    app.blobs.take_file(&key, taken.scratch.path()).await?;
    let kept = note(app, row, id, size_bytes, &key).await;
    if kept.is_err() {
        app.blobs.remove(&key).await?;
    }
    kept
}

async fn note(app: &App, row: &mut UploadRow, id: Uuid, size_bytes: i64, key: &BlobKey) -> Result<()> {
    let tx = app.store.begin().await?;
    let expires_at = expiry(app);
    let part = rows::part(id, row.id, row.offset_bytes, size_bytes, key.as_str());
    if !rows::advance(tx.rows(), part, expires_at).await? {
        return Err(offset_mismatch(row.offset_bytes));
    }
    tx.commit().await?;
    row.offset_bytes += size_bytes;
    row.expires_at = expires_at;
    Ok(())
}

/// Puts the pieces together and admits the recording; what is no recording is refused and its bytes go.
async fn finish(app: &Arc<App>, actor: &Actor, row: UploadRow) -> Result<Progress> {
    let privileges = Privileges::of(&app.config, &actor.roles);
    let admitted = assemble(app, &row, &privileges).await;
    let video = match admitted {
        Ok(video) => video,
        Err(error @ (Error::Unsupported(_) | Error::TooLarge(_))) => {
            refuse(app, row.id).await?;
            return Err(error);
        }
        // Somebody else finished it a moment ago.
        Err(Error::Conflict(_)) => return Ok(own(app, actor, row.id).await?.into()),
        Err(other) => return Err(other),
    };
    if row.process && video.has_audio {
        jobs::request(app, actor, video.id, JobType::NotationGeneration, false).await?;
    }
    let mut progress = Progress::from(row);
    progress.video_id = Some(video.id);
    Ok(progress)
}

async fn assemble(app: &App, row: &UploadRow, privileges: &Privileges) -> Result<store::Video> {
    let mut intake = Intake::begin(app, Kind { begins_recording: true, with_sha1: false }).await?;
    let pieces = rows::parts(app.store.rows(), row.id).await?;
    if pieces.is_empty() {
        return Err(over());
    }
    for piece in pieces {
        let key = BlobKey::stored(&piece.storage_path);
        let mut bytes = match app.blobs.read(&key, 0..u64::try_from(piece.size_bytes).unwrap_or(0)).await {
            // Put together and swept by somebody else meanwhile.
            Err(store::Error::NotFound(_)) => return Err(over()),
            other => other?,
        };
        while let Some(bytes) = bytes.try_next().await? {
            intake.write(bytes).await?;
        }
    }
    let taken = intake.finish().await?;
    if i64::try_from(taken.size_bytes) != Ok(row.size_bytes) {
        return Err(Error::internal(format!("upload {} has {} bytes in its pieces", row.id, taken.size_bytes)));
    }
    // A key of its own for each attempt, so that of two at the same time neither harms the other's file.
    let key = BlobKey::recording(Uuid::now_v7());
    admit(app, Entry { held: row, filename: &row.filename, privileges, key: &key }, taken).await
}

/// Ends an upload whose content is not taken, and drops its bytes.
async fn refuse(app: &App, id: Uuid) -> Result<()> {
    let tx = app.store.begin().await?;
    let pieces = rows::parts(tx.rows(), id).await?;
    let keys: Vec<String> = pieces.into_iter().map(|piece| piece.storage_path).collect();
    files::condemn(tx.rows(), &keys).await?;
    rows::forget_parts(tx.rows(), id).await?;
    rows::end(tx.rows(), id, rows::REFUSED, None).await?;
    tx.commit().await?;
    removal::sweep(app, &keys).await;
    Ok(())
}

/// Uploads given up in one go.
const EXPIRED_MAX: u64 = 500;

/// Gives up uploads nobody went on with, and with them their pieces and their room; says how many.
///
/// # Errors
/// When database or storage do not answer.
pub async fn purge_expired(app: &App) -> Result<u64> {
    let old = rows::expired(app.store.rows(), EXPIRED_MAX).await?;
    for upload in &old {
        remove(app, upload.id).await?;
    }
    Ok(old.len() as u64)
}

fn offset_mismatch(offset_bytes: i64) -> Error {
    let message = format!("The upload has {offset_bytes} bytes; what was sent begins elsewhere.");
    Error::Conflict(refusal("upload_offset_mismatch", message, "Ask for the offset with HEAD, then go on from there."))
}

fn broken_off() -> Error {
    let message = "The connection ended before the bytes did; those that came are kept.";
    Error::Rule(refusal("upload_broken_off", message, "Ask for the offset with HEAD, then go on from there."))
}
