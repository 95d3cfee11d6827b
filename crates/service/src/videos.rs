//! Recordings: take in, list, read, change, delete.
//!
//! One file per concern: `upload.rs` and `intake.rs` take a file in, `quota.rs` says whether there is room,
//! `removal.rs` deletes and restores, `derived.rs` makes thumbnails and outlines, `cleanup.rs` sweeps what is left
//! behind.

mod cleanup;
mod derived;
pub(crate) mod intake;
mod names;
pub(crate) mod quota;
pub(crate) mod removal;
pub(crate) mod upload;
mod usage;

use chrono::{DateTime, Utc};
use store::{AudioFile, BlobKey, DerivedFile, Export, Page, Paging, Video, videos as rows};
use uuid::Uuid;

use crate::policy::{Action, Reach};
use crate::{Actor, App, Error, Result};

pub use cleanup::{CleanUp, Upkeep, clean_up, upkeep};
pub use derived::{Picture, WAVEFORM_BUCKETS_PER_S_MAX, Waveform, frames, thumbnail, waveform};
pub use media::{EDGE_PX_MAX, FRAMES_MAX, FrameOptions, FrameStrip};
pub(crate) use names::clean_filename;
pub use names::{EXTENSIONS, TAG_CHARS_MAX, TAGS_MAX, TITLE_CHARS_MAX};
pub use removal::{BULK_MAX, Deleted, delete, delete_several, purge_deleted, restore};
pub use store::videos::{Listing, Owner, Revision, Sort, Usage};
pub use upload::Upload;
pub use usage::{OwnUsage, StorageUsage, TypeUsage, by_media_type, my_usage, storage_usage, usage_of};

/// The limits that stored recordings are read under. They were taken in when their owner had the role for it, so the
/// length is limited to what anybody may have.
pub(crate) fn limits(app: &App) -> media::Limits {
    media::Limits {
        size_bytes_max: app.config.video_bytes_max(),
        duration_s_max: app.config.audio_s_max.max(app.config.premium_audio_s_max),
        probe_timeout_s: app.config.probe_s_max as f64,
        ..media::Limits::default()
    }
}

/// A recording of one's own.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn get(app: &App, actor: &Actor, id: Uuid) -> Result<Video> {
    let video = rows::get(app.store.rows(), id).await?;
    actor.may_on(Action::ReadVideo, video.user_id, "video")?;
    Ok(video)
}

/// A recording that its owner made public, for whoever asks.
///
/// # Errors
/// `NotFound`, also for those that are not public.
pub async fn get_public(app: &App, id: Uuid) -> Result<Video> {
    let video = rows::get(app.store.rows(), id).await?;
    if video.is_public { Ok(video) } else { Err(Error::NotFound("video")) }
}

/// One's own recordings.
pub async fn list_mine(app: &App, actor: &Actor, mut listing: Listing, paging: Paging) -> Result<Page<Video>> {
    actor.may(Action::ReadVideo)?;
    listing.user_id = Some(actor.user_id);
    Ok(rows::list(app.store.rows(), &listing, paging).await?)
}

/// One's own recordings; for an admin everybody's, or those of the user the listing names.
pub async fn list(app: &App, actor: &Actor, mut listing: Listing, paging: Paging) -> Result<Page<Video>> {
    actor.may(Action::ReadVideo)?;
    if actor.reach(Action::ReadVideo) != Reach::All {
        listing.user_id = Some(actor.user_id);
    }
    Ok(rows::list(app.store.rows(), &listing, paging).await?)
}

/// Renames, titles, tags, shows or hides a recording. A new file name keeps its ending.
///
/// # Errors
/// `NotFound`; `Invalid` for names and words that cannot be; `Conflict` where another recording has the name.
pub async fn revise(app: &App, actor: &Actor, id: Uuid, mut revision: Revision) -> Result<Video> {
    let found = rows::get(app.store.rows(), id).await?;
    actor.may_on(Action::ChangeVideo, found.user_id, "video")?;
    names::check(&found.filename, &mut revision)?;
    let tx = app.store.begin().await?;
    store::users::lock(tx.rows(), found.user_id).await?;
    // Read again under the lock: it may have been deleted or renamed meanwhile.
    let video = rows::get(tx.rows(), id).await?;
    if let Some(filename) = revision.filename.as_ref().filter(|name| **name != video.filename)
        && rows::name_taken(tx.rows(), video.user_id, filename).await?
    {
        return Err(names::taken(filename));
    }
    let revised = rows::revise(tx.rows(), video, revision).await?;
    tx.commit().await?;
    Ok(revised)
}

/// A file to be sent: its size, type and name, and how to read it.
#[derive(Clone, Debug)]
pub struct Download {
    key: BlobKey,
    /// Bytes.
    pub size_bytes: u64,
    /// Media type.
    pub media_type: String,
    /// Name for whoever saves it.
    pub filename: String,
    /// Another one when the bytes change: the SHA-256 where it is known.
    pub version: String,
    /// When it was stored.
    pub stored_at: DateTime<Utc>,
}

impl Download {
    /// The file of a recording.
    pub fn of(video: &Video) -> Self {
        Self {
            key: BlobKey::stored(&video.storage_path),
            size_bytes: u64::try_from(video.size_bytes).unwrap_or(0),
            media_type: video.media_type.clone(),
            filename: video.filename.clone(),
            version: video.sha256.clone(),
            stored_at: video.created_at,
        }
    }

    /// The sound that was taken out of a recording. Its row is never given another file, so the id stands for the
    /// bytes.
    pub fn of_sound(audio: &AudioFile, video: &Video) -> Self {
        let title = video.filename.rsplit_once('.').map_or(video.filename.as_str(), |(stem, _)| stem);
        Self {
            key: BlobKey::stored(&audio.storage_path),
            size_bytes: u64::try_from(audio.size_bytes).unwrap_or(0),
            media_type: format!("audio/{}", audio.file_format),
            filename: format!("{title}.{}", audio.file_format),
            version: audio.id.simple().to_string(),
            stored_at: audio.created_at,
        }
    }

    /// A file made of a notation.
    pub fn of_export(export: &Export) -> Self {
        Self {
            key: BlobKey::stored(&export.storage_path),
            size_bytes: u64::try_from(export.size_bytes).unwrap_or(0),
            media_type: export.media_type.clone(),
            filename: export.filename.clone(),
            version: export.sha256.clone(),
            stored_at: export.created_at,
        }
    }

    /// A file made from a recording, under a name.
    pub fn of_derived(file: &DerivedFile, filename: String) -> Self {
        Self {
            key: BlobKey::stored(&file.storage_path),
            size_bytes: u64::try_from(file.size_bytes).unwrap_or(0),
            media_type: file.media_type.clone(),
            filename,
            version: file.sha256.clone(),
            stored_at: file.created_at,
        }
    }

    /// Some of its bytes.
    ///
    /// # Errors
    /// `NotFound` where the file is gone.
    pub async fn read(&self, app: &App, range: std::ops::Range<u64>) -> Result<store::BlobStream> {
        Ok(app.blobs.read(&self.key, range).await?)
    }

    /// An address at which the storage itself sends it, where it can.
    pub async fn signed_address(&self, app: &App, disposition: &str) -> Result<Option<String>> {
        if app.config.signed_address_s == 0 {
            return Ok(None);
        }
        let valid = std::time::Duration::from_secs(app.config.signed_address_s);
        Ok(app.blobs.signed_address(&self.key, valid, &self.media_type, disposition).await?)
    }
}
