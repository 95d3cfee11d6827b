//! Deleting and restoring. Soft deletion keeps rows and files; deletion for good removes the rows and condemns the files
//! in one transaction, so that nothing is ever half-done (see `store::files`).

use chrono::TimeDelta;
use store::{BlobKey, JobStatus, Paging, Video, files, queue, videos as rows};
use uuid::Uuid;

use super::{names, quota};
use crate::error::{FieldError, refusal};
use crate::policy::{Action, Privileges};
use crate::{Actor, App, Error, Result};

/// Most recordings deleted at once.
pub const BULK_MAX: usize = 50;

/// Deletes a recording; `hard` for good, also one that is soft-deleted.
///
/// # Errors
/// `NotFound`.
pub async fn delete(app: &App, actor: &Actor, id: Uuid, hard: bool) -> Result<()> {
    let rows = app.store.rows();
    let video = if hard { rows::get_any(rows, id).await? } else { rows::get(rows, id).await? };
    actor.may_on(Action::DeleteVideo, video.user_id, "video")?;
    if hard { remove(app, &video).await } else { soft_delete(app, &video).await }
}

/// What became of each recording.
#[derive(Clone, Debug, Default)]
pub struct Deleted {
    /// Deleted.
    pub deleted: Vec<Uuid>,
    /// Not there, or not the caller's.
    pub not_found: Vec<Uuid>,
}

/// Deletes several recordings, each wholly or not at all.
///
/// # Errors
/// `Invalid` unless there are 1 to [`BULK_MAX`].
pub async fn delete_several(app: &App, actor: &Actor, ids: &[Uuid], hard: bool) -> Result<Deleted> {
    actor.may(Action::DeleteVideo)?;
    if ids.is_empty() || ids.len() > BULK_MAX {
        let message = format!("between 1 and {BULK_MAX} recordings at once");
        return Err(Error::Invalid(vec![FieldError::body("video_ids", "value_error", message)]));
    }
    let mut done = Deleted::default();
    for id in ids {
        match delete(app, actor, *id, hard).await {
            Ok(()) => done.deleted.push(*id),
            Err(Error::NotFound(_)) if done.deleted.contains(id) => {}
            Err(Error::NotFound(_)) => done.not_found.push(*id),
            Err(other) => return Err(other),
        }
    }
    Ok(done)
}

async fn soft_delete(app: &App, video: &Video) -> Result<()> {
    let tx = app.store.begin().await?;
    store::users::lock(tx.rows(), video.user_id).await?;
    let video = rows::get(tx.rows(), video.id).await?;
    stop_work(tx.rows(), video.id).await?;
    rows::set_deleted(tx.rows(), video, true).await?;
    Ok(tx.commit().await?)
}

/// Nobody works on what is deleted.
async fn stop_work(tx: &impl store::Rows, video_id: Uuid) -> Result<()> {
    for status in [JobStatus::Pending, JobStatus::Running] {
        let filter = queue::Filter { video_id: Some(video_id), status: Some(status), ..queue::Filter::default() };
        for job in queue::list(tx, filter, Paging { page: 1, per_page: 100 }).await?.rows {
            queue::cancel(tx, job.id).await?;
        }
    }
    Ok(())
}

/// Removes a recording with all its rows, and condemns its files. Jobs under way lose their row and so their lease.
async fn remove(app: &App, video: &Video) -> Result<()> {
    let tx = app.store.begin().await?;
    lock_owner(tx.rows(), video.user_id).await?;
    let video = rows::get_any(tx.rows(), video.id).await?;
    let keys = files::of_video(tx.rows(), &video).await?;
    files::condemn(tx.rows(), &keys).await?;
    rows::remove(tx.rows(), video.id).await?;
    tx.commit().await?;
    sweep(app, &keys).await;
    tracing::info!(video.id = %video.id, files = keys.len(), "recording removed");
    Ok(())
}

/// The owner's account may be soft-deleted already; then nobody uploads to it either.
async fn lock_owner(tx: &impl store::Rows, user_id: Uuid) -> Result<()> {
    match store::users::lock(tx, user_id).await {
        Ok(_) | Err(store::Error::NotFound(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Removes condemned files. What fails is left for the next time.
pub(crate) async fn sweep(app: &App, keys: &[String]) {
    for key in keys.iter().map(|key| BlobKey::stored(key)) {
        if let Err(error) = sweep_one(app, &key).await {
            tracing::warn!(%key, %error, "a file could not be removed now");
        }
    }
}

pub(super) async fn sweep_one(app: &App, key: &BlobKey) -> Result<()> {
    app.blobs.remove(key).await?;
    Ok(files::forget(app.store.rows(), key).await?)
}

/// Brings a soft-deleted recording back.
///
/// # Errors
/// `NotFound`; `Conflict` where it is not deleted or its name was given to another one; `TooLarge` where the quota has
/// become smaller than what is stored.
pub async fn restore(app: &App, actor: &Actor, id: Uuid) -> Result<Video> {
    let found = rows::get_any(app.store.rows(), id).await?;
    actor.may_on(Action::DeleteVideo, found.user_id, "video")?;
    let tx = app.store.begin().await?;
    store::users::lock(tx.rows(), found.user_id).await?;
    let video = rows::get_any(tx.rows(), id).await?;
    if video.deleted_at.is_none() {
        let hint = "Only soft-deleted recordings can be restored.";
        return Err(Error::Conflict(refusal("not_deleted", "This recording is not deleted.", hint)));
    }
    if rows::name_taken(tx.rows(), video.user_id, &video.filename).await? {
        return Err(names::taken(&video.filename));
    }
    // Its bytes are counted already: soft-deleted files take room.
    let used = rows::bytes_of_user(tx.rows(), video.user_id).await?;
    let privileges = Privileges::of_user(app, tx.rows(), video.user_id).await?;
    quota::check(&privileges, used.saturating_sub(1), 1)?;
    let restored = rows::set_deleted(tx.rows(), video, false).await?;
    tx.commit().await?;
    Ok(restored)
}

/// Recordings purged in one go.
const PURGE_MAX: u64 = 500;

/// Removes recordings for good that were soft-deleted longer ago than the settings keep them; says how many.
///
/// # Errors
/// When database or storage do not answer.
pub async fn purge_deleted(app: &App) -> Result<u64> {
    let days = i64::try_from(app.config.deleted_keep_days).unwrap_or(i64::MAX);
    let Some(before) = TimeDelta::try_days(days).and_then(|kept| store::now().checked_sub_signed(kept)) else {
        return Ok(0);
    };
    let old = rows::deleted_before(app.store.rows(), before, PURGE_MAX).await?;
    for video in &old {
        remove(app, video).await?;
    }
    Ok(old.len() as u64)
}
