//! Recordings: take in, list, read.

use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use store::{BlobKey, Page, Paging, Video, videos as rows};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::error::{FieldError, refusal};
use crate::policy::{Action, Privileges, Reach};
use crate::{Actor, App, Error, Result};

/// Endings of file names that are taken; the content is looked at all the same.
pub const EXTENSIONS: [&str; 14] =
    ["mp4", "m4v", "mov", "avi", "mkv", "webm", "wav", "mp3", "flac", "ogg", "oga", "opus", "m4a", "aac"];

/// Longest file name, bytes.
const FILENAME_BYTES_MAX: usize = 255;

/// The limits that stored recordings are read under. They were taken in when their owner had the role for it, so the
/// length is limited to what anybody may have.
pub(crate) fn limits(app: &App) -> media::Limits {
    media::Limits {
        size_bytes_max: app.config.video_bytes_max(),
        duration_s_max: app.config.audio_s_max.max(app.config.premium_audio_s_max),
        ..media::Limits::default()
    }
}

/// A recording on its way in: written to a scratch file, hashed and measured while it arrives. The scratch file goes
/// when this is dropped.
#[derive(Debug)]
pub struct Upload {
    app: Arc<App>,
    user_id: Uuid,
    privileges: Privileges,
    filename: String,
    path: PathBuf,
    file: tokio::fs::File,
    hash: Sha256,
    size_bytes: u64,
    /// The first bytes, until they have been looked at.
    head: Option<Vec<u8>>,
}

impl Drop for Upload {
    fn drop(&mut self) {
        // The file is gone already when the upload was finished.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The last part of a name, without anything that could mean a folder or not be printed.
///
/// # Errors
/// `Unsupported` when nothing is left or the ending is not one of a recording.
fn clean_filename(sent: &str) -> Result<String> {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|letter| !letter.is_control()).collect();
    let name = name.trim().trim_start_matches('.');
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if name.len() > FILENAME_BYTES_MAX {
        let message = format!("a file name has at most {FILENAME_BYTES_MAX} bytes");
        return Err(Error::Invalid(vec![FieldError::body("file", "too_long", message)]));
    }
    if !EXTENSIONS.contains(&ending.as_str()) {
        return Err(Error::Unsupported(refusal(
            "media_type_unsupported",
            format!("Files ending in {ending:?} are not taken."),
            format!("Send one of: {}.", EXTENSIONS.join(", ")),
        )));
    }
    Ok(name.to_owned())
}

impl Upload {
    /// Begins to take in a recording sent under this name.
    ///
    /// # Errors
    /// `Unsupported` for names that are no recording's; `TooLarge` when the storage is full already.
    pub async fn begin(app: &Arc<App>, actor: &Actor, filename: &str) -> Result<Self> {
        actor.may(Action::UploadVideo)?;
        let filename = clean_filename(filename)?;
        let privileges = Privileges::of(&app.config, &actor.roles);
        let used = rows::bytes_of_user(app.store.rows(), actor.user_id).await?;
        check_quota(&privileges, used, 0)?;
        let path = app.config.scratch_dir().join(Uuid::now_v7().to_string());
        let file = tokio::fs::File::create_new(&path).await.map_err(Error::internal)?;
        Ok(Self {
            app: Arc::clone(app),
            user_id: actor.user_id,
            privileges,
            filename,
            path,
            file,
            hash: Sha256::new(),
            size_bytes: 0,
            head: Some(Vec::new()),
        })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// `TooLarge` as soon as the limit is passed; `Unsupported` as soon as the first bytes show that it is no recording.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size_bytes += bytes.len() as u64;
        if self.size_bytes > self.app.config.video_bytes_max() {
            return Err(Error::TooLarge(refusal(
                "upload_too_large",
                format!(
                    "The file is larger than {} MB, the most this server takes.",
                    self.app.config.max_video_size_mb
                ),
                "Cut it, or export it with a lower picture quality: only the sound is needed.",
            )));
        }
        self.hash.update(bytes);
        if let Some(mut head) = self.head.take() {
            head.extend_from_slice(&bytes[..bytes.len().min(media::SNIFF_BYTES)]);
            if head.len() >= media::SNIFF_BYTES {
                media::sniff(&head)?;
            } else {
                self.head = Some(head);
            }
        }
        self.file.write_all(bytes).await.map_err(Error::internal)
    }

    /// Measures the whole file, stores it and makes its row.
    ///
    /// # Errors
    /// `Unsupported` for what is no recording, `TooLarge` for a recording beyond the limits or the user's storage.
    pub async fn finish(mut self) -> Result<Video> {
        self.file.flush().await.map_err(Error::internal)?;
        self.file.sync_all().await.map_err(Error::internal)?;
        if let Some(head) = self.head.take() {
            media::sniff(&head)?;
        }
        let limits = media::Limits { duration_s_max: self.privileges.audio_s_max, ..limits(&self.app) };
        let path = self.path.clone();
        let probed = tokio::task::spawn_blocking(move || media::probe(&media::Source::file(path)?, &limits));
        let info = probed.await.map_err(Error::internal)??;
        let id = Uuid::now_v7();
        let key = BlobKey::recording(id);
        let picture = info.video.as_ref();
        let new = rows::NewVideo {
            id,
            user_id: self.user_id,
            filename: self.filename.clone(),
            storage_path: key.as_str().to_owned(),
            duration_seconds: info.duration_s,
            size_bytes: i64::try_from(self.size_bytes).map_err(Error::internal)?,
            media_type: info.container.media_type().to_owned(),
            width: picture.and_then(|picture| i32::try_from(picture.width_px).ok()),
            height: picture.and_then(|picture| i32::try_from(picture.height_px).ok()),
            frame_rate: picture.and_then(|picture| picture.frame_rate),
            has_audio: info.audio.is_some(),
            sha256: hex::encode(self.hash.clone().finalize()),
        };
        self.app.blobs.take_file(&key, &self.path).await?;
        let stored = insert_within_quota(&self.app, &self.privileges, new).await;
        if stored.is_err() {
            // The row decides: a file without one must not stay.
            self.app.blobs.remove(&key).await?;
        }
        stored
    }
}

/// Makes the row if the user's storage has room; the account is locked, so that uploads at the same time add up.
async fn insert_within_quota(app: &App, privileges: &Privileges, new: rows::NewVideo) -> Result<Video> {
    let tx = app.store.begin().await?;
    store::users::lock(tx.rows(), new.user_id).await?;
    let used = rows::bytes_of_user(tx.rows(), new.user_id).await?;
    check_quota(privileges, used, u64::try_from(new.size_bytes).unwrap_or(0))?;
    let video = rows::insert(tx.rows(), new).await?;
    tx.commit().await?;
    tracing::info!(video.id = %video.id, video.bytes = video.size_bytes, "recording stored");
    Ok(video)
}

fn check_quota(privileges: &Privileges, used: u64, more: u64) -> Result<()> {
    let allowed = privileges.storage_bytes_max;
    if used.saturating_add(more) <= allowed && used < allowed {
        return Ok(());
    }
    let mb = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    Err(Error::TooLarge(refusal(
        "quota_reached",
        format!("{:.1} MB are stored, {:.1} MB more do not fit into {:.0} MB.", mb(used), mb(more), mb(allowed)),
        "Delete recordings for good, with hard_delete=true; soft-deleted ones still take room.",
    )))
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

/// One's own recordings, newest first.
pub async fn list_mine(app: &App, actor: &Actor, paging: Paging) -> Result<Page<Video>> {
    actor.may(Action::ReadVideo)?;
    Ok(rows::list(app.store.rows(), Some(actor.user_id), paging).await?)
}

/// One's own recordings; for an admin everybody's, or one user's.
pub async fn list(app: &App, actor: &Actor, user_id: Option<Uuid>, paging: Paging) -> Result<Page<Video>> {
    actor.may(Action::ReadVideo)?;
    let whose = if actor.reach(Action::ReadVideo) == Reach::All { user_id } else { Some(actor.user_id) };
    Ok(rows::list(app.store.rows(), whose, paging).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lose_their_folders_and_keep_their_ending() {
        assert_eq!(clean_filename("../../../tmp/evil.mp4").unwrap(), "evil.mp4");
        assert_eq!(clean_filename("C:\\clips\\Take 2.MOV").unwrap(), "Take 2.MOV");
        assert_eq!(clean_filename("..\u{0}.hidden.webm").unwrap(), "hidden.webm");
        for name in ["notes.txt", "mp4", ".mp4", "", "clip.mp4/"] {
            assert!(clean_filename(name).is_err(), "{name}");
        }
    }
}
