//! How much is stored, what is taken, and cleaning up.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use service::videos::{self, EXTENSIONS, OwnUsage, TypeUsage};
use service::{App, Paging};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::VideoRead;
use crate::extract::{Caller, Query};
use crate::problem::{Problem, Refused};

/// 1,048,576 bytes each.
fn megabytes(bytes: u64) -> f64 {
    (bytes as f64 / f64::from(1 << 20) * 100.0).round() / 100.0
}

/// What you have stored, and may store.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageRead {
    #[schema(example = 3)]
    total_videos: u64,
    /// Soft-deleted ones; their files still count.
    #[schema(example = 0)]
    deleted_videos: u64,
    /// Of every file: recordings, soft-deleted ones too, and what was made from them.
    #[schema(example = 196_608)]
    total_size_bytes: u64,
    /// Of 1,048,576 bytes.
    #[schema(example = 0.19)]
    total_size_mb: f64,
    #[schema(example = 24.0)]
    total_duration_seconds: f64,
    #[schema(example = 0.4)]
    total_duration_minutes: f64,
    /// Recordings whose sound was extracted.
    #[schema(example = 3)]
    videos_with_audio: u64,
    #[schema(example = 2)]
    videos_with_notation: u64,
    /// Held for uploads under way.
    #[schema(example = 0)]
    uploading_bytes: u64,
    storage_quota_bytes: u64,
    storage_quota_mb: f64,
    /// Percent of the quota, what is held for uploads included.
    #[schema(example = 0.01)]
    storage_used_percentage: f64,
}

impl From<OwnUsage> for UsageRead {
    fn from(own: OwnUsage) -> Self {
        let (usage, quota) = (own.usage, own.quota_bytes);
        let used = (usage.stored_bytes + usage.held_bytes) as f64;
        let percent = if quota == 0 { 100.0 } else { used / quota as f64 * 100.0 };
        Self {
            total_videos: usage.videos,
            deleted_videos: usage.deleted_videos,
            total_size_bytes: usage.stored_bytes,
            total_size_mb: megabytes(usage.stored_bytes),
            total_duration_seconds: usage.duration_s,
            total_duration_minutes: (usage.duration_s / 60.0 * 100.0).round() / 100.0,
            videos_with_audio: usage.with_audio,
            videos_with_notation: usage.with_notation,
            uploading_bytes: usage.held_bytes,
            storage_quota_bytes: quota,
            storage_quota_mb: megabytes(quota),
            storage_used_percentage: (percent * 10_000.0).round() / 10_000.0,
        }
    }
}

/// See what you have stored
#[utoipa::path(get, path = "/videos/stats/my-usage", tag = "videos", security(("login" = [])),
    responses((status = 200, description = "From real bytes.", body = UsageRead)))]
pub(crate) async fn my_usage(State(app): State<Arc<App>>, Caller(actor): Caller) -> Result<Json<UsageRead>, Refused> {
    Ok(Json(videos::my_usage(&app, &actor).await?.into()))
}

/// Recordings of one media type.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TypeRead {
    #[schema(example = "video/mp4")]
    media_type: String,
    #[schema(example = 3)]
    videos: u64,
    #[schema(example = 196_608)]
    size_bytes: u64,
}

impl From<TypeUsage> for TypeRead {
    fn from(found: TypeUsage) -> Self {
        Self { media_type: found.media_type, videos: found.videos, size_bytes: found.bytes }
    }
}

/// Your recordings in figures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkStats {
    #[serde(flatten)]
    usage: UsageRead,
    by_media_type: Vec<TypeRead>,
    /// The newest ones.
    recent: Vec<VideoRead>,
}

/// How many of the newest recordings are shown.
const RECENT: Paging = Paging { page: 1, per_page: 5 };

/// See your recordings in figures
#[utoipa::path(get, path = "/videos/bulk/my-videos/stats", tag = "videos", security(("login" = [])),
    responses((status = 200, description = "Sums, media types, the newest ones.", body = BulkStats)))]
pub(crate) async fn bulk_stats(State(app): State<Arc<App>>, Caller(actor): Caller) -> Result<Json<BulkStats>, Refused> {
    let recent = videos::list_mine(&app, &actor, videos::Listing::default(), RECENT).await?;
    Ok(Json(BulkStats {
        usage: videos::my_usage(&app, &actor).await?.into(),
        by_media_type: videos::by_media_type(&app, &actor).await?.into_iter().map(Into::into).collect(),
        recent: recent.rows.into_iter().map(Into::into).collect(),
    }))
}

/// One user's part of the storage.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnerRead {
    user_id: Uuid,
    #[schema(example = 12)]
    videos: i64,
    #[schema(example = 52_428_800)]
    size_bytes: i64,
}

/// What everybody together has stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StorageRead {
    #[schema(example = 120)]
    total_videos: u64,
    deleted_videos: u64,
    /// Of every file.
    total_size_bytes: u64,
    total_size_mb: f64,
    total_duration_seconds: f64,
    videos_with_audio: u64,
    videos_with_notation: u64,
    /// Held for uploads under way.
    uploading_bytes: u64,
    by_media_type: Vec<TypeRead>,
    /// Who has the most.
    largest_owners: Vec<OwnerRead>,
}

/// See what everybody has stored
///
/// For admins.
#[utoipa::path(get, path = "/videos/stats/storage", tag = "videos", security(("login" = [])), responses(
    (status = 200, description = "From real bytes.", body = StorageRead),
    (status = 403, description = "You are no admin.", body = Problem)))]
pub(crate) async fn storage(State(app): State<Arc<App>>, Caller(actor): Caller) -> Result<Json<StorageRead>, Refused> {
    let all = videos::storage_usage(&app, &actor).await?;
    let owner = |owner: service::videos::Owner| OwnerRead {
        user_id: owner.user_id,
        videos: owner.videos,
        size_bytes: owner.bytes,
    };
    Ok(Json(StorageRead {
        total_videos: all.usage.videos,
        deleted_videos: all.usage.deleted_videos,
        total_size_bytes: all.usage.stored_bytes,
        total_size_mb: megabytes(all.usage.stored_bytes),
        total_duration_seconds: all.usage.duration_s,
        videos_with_audio: all.usage.with_audio,
        videos_with_notation: all.usage.with_notation,
        uploading_bytes: all.usage.held_bytes,
        by_media_type: all.types.into_iter().map(Into::into).collect(),
        largest_owners: all.largest_owners.into_iter().map(owner).collect(),
    }))
}

/// What this server takes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Formats {
    /// Endings of file names; the content is looked at all the same.
    #[schema(example = json!(["mp4", "mov", "wav"]))]
    extensions: Vec<&'static str>,
    /// Largest file.
    #[schema(example = 524_288_000)]
    max_size_bytes: u64,
    #[schema(example = 500.0)]
    max_size_mb: f64,
    /// Longest recording; with the role premium it may be longer.
    #[schema(example = 900.0)]
    max_duration_seconds: f64,
    premium_max_duration_seconds: f64,
}

/// See what is taken
#[utoipa::path(get, path = "/videos/info/supported-formats", tag = "videos",
    responses((status = 200, description = "Formats and limits.", body = Formats)))]
pub(crate) async fn supported_formats(State(app): State<Arc<App>>) -> Json<Formats> {
    let bytes = app.config.video_bytes_max();
    Json(Formats {
        extensions: EXTENSIONS.to_vec(),
        max_size_bytes: bytes,
        max_size_mb: megabytes(bytes),
        max_duration_seconds: app.config.audio_s_max,
        premium_max_duration_seconds: app.config.audio_s_max.max(app.config.premium_audio_s_max),
    })
}

/// How to clean up.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CleanUpQuery {
    /// Only count.
    #[param(default = false)]
    dry_run: Option<bool>,
}

/// What a clean-up did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CleanedUp {
    dry_run: bool,
    /// Files looked at.
    #[schema(example = 240)]
    files: u64,
    /// Files that belonged to nothing, removed unless only counted.
    #[schema(example = 1)]
    orphaned_files: u64,
    #[schema(example = 196_608)]
    orphaned_bytes: u64,
    /// Files that belong to nothing yet, but are so new that their upload may still be under way; never touched.
    #[schema(example = 0)]
    recent_files: u64,
}

/// Remove files that belong to nothing
///
/// For admins. Never touches the file of a recording, soft-deleted ones included, nor of an upload or job under way.
#[utoipa::path(post, path = "/videos/admin/cleanup-orphaned", tag = "videos", security(("login" = [])),
    params(CleanUpQuery), responses(
        (status = 200, description = "What was found.", body = CleanedUp),
        (status = 403, description = "You are no admin.", body = Problem)))]
pub(crate) async fn clean_up(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<CleanUpQuery>,
) -> Result<Json<CleanedUp>, Refused> {
    let dry_run = query.dry_run.unwrap_or(false);
    let done = videos::clean_up(&app, &actor, dry_run).await?;
    Ok(Json(CleanedUp {
        dry_run,
        files: done.files,
        orphaned_files: done.orphans,
        orphaned_bytes: done.orphan_bytes,
        recent_files: done.recent,
    }))
}
