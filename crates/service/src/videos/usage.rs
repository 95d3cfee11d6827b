//! How much is stored, from real bytes.

use store::videos::{self as rows, Owner, Usage};
use uuid::Uuid;

use crate::policy::{Action, Privileges};
use crate::{Actor, App, Result, users};

/// What the caller has, and may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnUsage {
    /// What is there.
    pub usage: Usage,
    /// Bytes they may have.
    pub quota_bytes: u64,
}

/// What the caller has.
///
/// # Errors
/// `Forbidden` without a role that has recordings.
pub async fn my_usage(app: &App, actor: &Actor) -> Result<OwnUsage> {
    actor.may(Action::ReadVideo)?;
    let usage = rows::usage(app.store.rows(), Some(actor.user_id)).await?;
    Ok(OwnUsage { usage, quota_bytes: Privileges::of(&app.config, &actor.roles).storage_bytes_max })
}

/// What an account has: one's own, for an admin anybody's.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn usage_of(app: &App, actor: &Actor, user_id: Uuid) -> Result<OwnUsage> {
    let account = users::get(app, actor, user_id).await?;
    let roles: Vec<String> = account.roles.into_iter().map(|role| role.name).collect();
    let usage = rows::usage(app.store.rows(), Some(user_id)).await?;
    Ok(OwnUsage { usage, quota_bytes: Privileges::of(&app.config, &roles).storage_bytes_max })
}

/// Live recordings of one media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeUsage {
    /// Such as `video/mp4`.
    pub media_type: String,
    /// How many.
    pub videos: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The caller's live recordings by media type.
///
/// # Errors
/// As [`my_usage`].
pub async fn by_media_type(app: &App, actor: &Actor) -> Result<Vec<TypeUsage>> {
    actor.may(Action::ReadVideo)?;
    of_types(app, Some(actor.user_id)).await
}

async fn of_types(app: &App, user_id: Option<Uuid>) -> Result<Vec<TypeUsage>> {
    let number = |value: i64| u64::try_from(value).unwrap_or(0);
    let found = rows::by_media_type(app.store.rows(), user_id).await?.into_iter();
    let types =
        found.map(|(media_type, videos, bytes)| TypeUsage { media_type, videos: number(videos), bytes: number(bytes) });
    Ok(types.collect())
}

/// What everybody together has.
#[derive(Clone, Debug)]
pub struct StorageUsage {
    /// The sum.
    pub usage: Usage,
    /// By media type.
    pub types: Vec<TypeUsage>,
    /// Who has the most.
    pub largest_owners: Vec<Owner>,
}

/// How many of the largest owners are listed.
const OWNERS_MAX: u64 = 20;

/// What everybody together has, for admins.
///
/// # Errors
/// `Forbidden`.
pub async fn storage_usage(app: &App, actor: &Actor) -> Result<StorageUsage> {
    actor.may(Action::ManageStorage)?;
    Ok(StorageUsage {
        usage: rows::usage(app.store.rows(), None).await?,
        types: of_types(app, None).await?,
        largest_owners: rows::largest_owners(app.store.rows(), OWNERS_MAX).await?,
    })
}
