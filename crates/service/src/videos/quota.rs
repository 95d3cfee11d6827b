//! Whether there is room. An upload holds its room from its first byte on, so that several at the same time cannot
//! share it; the account is locked while anything is counted.

use chrono::{DateTime, Utc};
use store::UploadRow;
use store::{uploads, videos as rows};
use uuid::Uuid;

use crate::error::refusal;
use crate::policy::Privileges;
use crate::{App, Error, Result};

/// Room to be held.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    pub(crate) user_id: Uuid,
    pub(crate) filename: String,
    pub(crate) bytes: u64,
    pub(crate) resumable: bool,
    pub(crate) process: bool,
    /// Where the file will be, where that is known.
    pub(crate) storage_path: Option<String>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Holds room for an upload.
///
/// # Errors
/// `TooLarge` where there is none.
pub(crate) async fn hold(app: &App, privileges: &Privileges, hold: Hold) -> Result<UploadRow> {
    let tx = app.store.begin().await?;
    store::users::lock(tx.rows(), hold.user_id).await?;
    let used = rows::bytes_of_user(tx.rows(), hold.user_id).await?;
    check(privileges, used, hold.bytes)?;
    let new = uploads::NewUpload {
        id: Uuid::now_v7(),
        user_id: hold.user_id,
        filename: hold.filename,
        size_bytes: i64::try_from(hold.bytes).map_err(Error::internal)?,
        resumable: hold.resumable,
        process: hold.process,
        storage_path: hold.storage_path,
        expires_at: hold.expires_at,
    };
    let held = uploads::insert(tx.rows(), new).await?;
    tx.commit().await?;
    Ok(held)
}

/// Room that an upload of unknown length holds beyond what has come, where there is so much.
const HOLD_STEP_BYTES: u64 = 16 * 1024 * 1024;

/// Holds more room for an upload whose length nobody knew: `needed_bytes` at least.
///
/// # Errors
/// `TooLarge` where there is none.
pub(crate) async fn hold_more(
    app: &App,
    privileges: &Privileges,
    held: &mut UploadRow,
    needed_bytes: u64,
) -> Result<()> {
    let tx = app.store.begin().await?;
    store::users::lock(tx.rows(), held.user_id).await?;
    let used = rows::bytes_of_user(tx.rows(), held.user_id).await?;
    let room = privileges.storage_bytes_max.saturating_sub(used);
    let more = HOLD_STEP_BYTES.min(room).max(needed_bytes);
    check(privileges, used, more)?;
    let more = i64::try_from(more).map_err(Error::internal)?;
    uploads::hold(tx.rows(), held.id, held.size_bytes + more).await?;
    tx.commit().await?;
    held.size_bytes += more;
    Ok(())
}

/// Whether so many bytes more fit in.
///
/// # Errors
/// `TooLarge` with the numbers.
pub(crate) fn check(privileges: &Privileges, used: u64, more: u64) -> Result<()> {
    let allowed = privileges.storage_bytes_max;
    if used.saturating_add(more) <= allowed && used < allowed {
        return Ok(());
    }
    let mb = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    Err(Error::TooLarge(refusal(
        "quota_reached",
        format!("{:.1} MB are stored, {:.1} MB more do not fit into {:.0} MB.", mb(used), mb(more), mb(allowed)),
        "Delete recordings for good, with hard_delete=true; soft-deleted ones and uploads under way take room, too.",
    )))
}
