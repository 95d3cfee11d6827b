//! Clean-ups that run now and then in the background, in whichever process works.
//!
//! Conventions: each removes only what nobody can ask for any more, a bounded number at a time, and may run in several
//! processes at once.

use std::path::Path;
use std::time::Duration;

use store::{now, queue};
use tokio_util::sync::CancellationToken;

use crate::policy::Action;
use crate::{Actor, App, Error, Result, videos};

/// Rows removed with one statement.
const ROWS_AT_ONCE: u64 = 1000;
/// Statements in a row, so that a clean-up comes to an end.
const ROUNDS_MAX: usize = 100;
/// Followers of a job have read what it heard early by then.
const HITS_KEPT: Duration = Duration::from_secs(3600);

/// Cleans up until told to stop, first a while after the start.
pub(crate) async fn run(app: &App, shutdown: &CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(app.config.cleanup_s)) => {}
            () = shutdown.cancelled() => return,
        }
        match once(app).await {
            Ok(0) => {}
            Ok(jobs) => tracing::info!(jobs, "old jobs removed"),
            Err(error) => tracing::warn!(%error, "a clean-up did not work out, it is tried again later"),
        }
    }
}

async fn once(app: &App) -> Result<u64> {
    let folder = app.config.scratch_dir();
    let kept = Duration::from_secs(app.config.upload_s_max.max(app.config.job_transcription_s_max)) * 2;
    let swept = tokio::task::spawn_blocking(move || sweep(&folder, kept)).await.map_err(Error::internal)?;
    match swept {
        Ok(0) => {}
        Ok(files) => tracing::info!(files, "scratch files of lost processes removed"),
        Err(error) => tracing::warn!(%error, "scratch files could not be looked through"),
    }
    let files = videos::upkeep(app).await?;
    if files != videos::Upkeep::default() {
        tracing::info!(?files, "files removed");
    }
    queue::remove_hits(app.store.rows(), now() - HITS_KEPT).await?;
    let doors = doors(app).await?;
    if doors > 0 {
        tracing::info!(rows = doors, "sessions, links and keys that are over removed");
    }
    let before = now() - Duration::from_secs(u64::from(app.config.job_retention_days) * 86_400);
    store::webhooks::remove_old(app.store.rows(), before).await?;
    old_jobs(app, app.config.job_retention_days).await
}

/// How long sessions that are over are kept: who comes with one of their tokens is told that it was used before.
const SESSIONS_KEPT: Duration = Duration::from_secs(86_400);
/// How long failed logins are remembered at most.
const FAILURES_KEPT: Duration = Duration::from_secs(30 * 86_400);

/// Removes sessions with their tokens, setup links, idempotency keys and failed logins whose time is over. Gives how many
/// rows.
async fn doors(app: &App) -> Result<u64> {
    let rows = app.store.rows();
    let mut removed = store::idempotency::remove_over(rows).await? + store::logins::remove_setup_links(rows).await?;
    for _ in 0..ROUNDS_MAX {
        let more = store::sessions::remove_over(rows, now() - SESSIONS_KEPT, ROWS_AT_ONCE).await?;
        removed += more;
        if more < ROWS_AT_ONCE {
            break;
        }
    }
    store::logins::forget_failures(rows, None, now() - FAILURES_KEPT).await?;
    Ok(removed)
}

/// Removes scratch files and folders that nobody wrote to for so long: the processes that made them are gone.
fn sweep(folder: &Path, kept: Duration) -> std::io::Result<usize> {
    let mut removed = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let facts = entry.metadata()?;
        let age = facts.modified()?.elapsed().unwrap_or_default();
        if age <= kept {
            continue;
        }
        let gone =
            if facts.is_dir() { std::fs::remove_dir_all(entry.path()) } else { std::fs::remove_file(entry.path()) };
        removed += usize::from(gone.is_ok());
    }
    Ok(removed)
}

/// Removes jobs that ended so many days ago; what they made stays. Gives how many.
async fn old_jobs(app: &App, days: u32) -> Result<u64> {
    let before = now() - Duration::from_secs(u64::from(days) * 86_400);
    let mut removed = 0;
    for _ in 0..ROUNDS_MAX {
        let more = queue::remove_finished(app.store.rows(), before, ROWS_AT_ONCE).await?;
        removed += more;
        if more < ROWS_AT_ONCE {
            break;
        }
    }
    Ok(removed)
}

/// The same for an admin, with days of their own.
///
/// # Errors
/// `Forbidden`.
pub async fn remove_old_jobs(app: &App, actor: &Actor, days: u32) -> Result<u64> {
    actor.may(Action::ManageJobs)?;
    old_jobs(app, days).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_scratch_files_go_and_new_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("upload");
        std::fs::write(&path, "half a recording").unwrap();
        assert_eq!(sweep(folder.path(), Duration::from_secs(60)).unwrap(), 0);
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(120);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        assert_eq!(sweep(folder.path(), Duration::from_secs(60)).unwrap(), 1);
        assert!(!path.exists());
    }
}
