//! Sweeping up: files without rows, uploads nobody goes on with, recordings deleted long ago.

use std::time::Duration;

use futures::TryStreamExt;
use store::files::{self, Family};
use store::{BlobKey, Found};

use super::removal;
use crate::policy::Action;
use crate::{Actor, App, Result, exports, uploads};

/// What a search for files without rows came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CleanUp {
    /// Files looked at.
    pub files: u64,
    /// Files without a row, removed (or only counted).
    pub orphans: u64,
    /// Their bytes.
    pub orphan_bytes: u64,
    /// Files without a row that are so new that work under way may still make one.
    pub recent: u64,
}

/// Keys asked about with one statement.
const KEYS_PER_QUERY: usize = 500;

/// Removes files that belong to no row, for admins; `dry_run` only counts them. A file younger than the settings say is
/// never touched, whether or not it has a row: its row may be on its way.
///
/// # Errors
/// `Forbidden`; when database or storage do not answer.
pub async fn clean_up(app: &App, actor: &Actor, dry_run: bool) -> Result<CleanUp> {
    actor.may(Action::ManageStorage)?;
    remove_orphans(app, dry_run).await
}

async fn remove_orphans(app: &App, dry_run: bool) -> Result<CleanUp> {
    let mut done = CleanUp::default();
    let newest = store::now() - Duration::from_secs(app.config.orphan_grace_s);
    for family in Family::ALL {
        let mut found = app.blobs.list(family.folder());
        let mut batch: Vec<Found> = Vec::new();
        while let Some(file) = found.try_next().await? {
            done.files += 1;
            batch.push(file);
            if batch.len() == KEYS_PER_QUERY {
                judge(app, family, std::mem::take(&mut batch), newest, dry_run, &mut done).await?;
            }
        }
        judge(app, family, batch, newest, dry_run, &mut done).await?;
    }
    if done.orphans > 0 {
        tracing::warn!(orphans = done.orphans, bytes = done.orphan_bytes, dry_run, "files without rows");
    }
    Ok(done)
}

async fn judge(
    app: &App,
    family: Family,
    batch: Vec<Found>,
    newest: chrono::DateTime<chrono::Utc>,
    dry_run: bool,
    done: &mut CleanUp,
) -> Result<()> {
    let keys: Vec<String> = batch.iter().map(|file| file.key.as_str().to_owned()).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let known = files::known(app.store.rows(), family, &keys).await?;
    for file in batch.into_iter().filter(|file| !known.iter().any(|key| key == file.key.as_str())) {
        if file.modified_at > newest {
            done.recent += 1;
            continue;
        }
        done.orphans += 1;
        done.orphan_bytes += file.size_bytes;
        if !dry_run {
            app.blobs.remove(&file.key).await?;
        }
    }
    Ok(())
}

/// What the regular clean-up did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// Recordings deleted long ago, now gone for good.
    pub purged_videos: u64,
    /// Uploads nobody went on with.
    pub expired_uploads: u64,
    /// Files made of notations whose time was over.
    pub expired_exports: u64,
    /// Condemned files removed.
    pub swept_files: u64,
    /// Files without a row removed.
    pub orphans: u64,
}

/// Condemned files removed in one go.
const SWEEP_MAX: u64 = 1000;

/// The regular clean-up of files, for whoever keeps the clock; safe to run at any time and in several processes.
///
/// # Errors
/// When database or storage do not answer; what was done by then stays done.
pub async fn upkeep(app: &App) -> Result<Upkeep> {
    let mut done = Upkeep {
        purged_videos: removal::purge_deleted(app).await?,
        expired_uploads: uploads::purge_expired(app).await?,
        expired_exports: exports::remove_expired(app).await?,
        ..Upkeep::default()
    };
    let condemned: Vec<BlobKey> = files::condemned(app.store.rows(), SWEEP_MAX).await?;
    for key in condemned {
        removal::sweep_one(app, &key).await?;
        done.swept_files += 1;
    }
    done.orphans = remove_orphans(app, false).await?.orphans;
    Ok(done)
}
