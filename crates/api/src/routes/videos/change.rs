//! Changing, deleting and restoring recordings.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use service::App;
use service::videos::{self, Revision};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::VideoRead;
use crate::extract::{Body, Caller, Id, Query};
use crate::problem::{Problem, Refused};

/// What to change; what is not named stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VideoPatch {
    /// A new file name; it keeps its ending.
    #[schema(
        example = "take-two.mp4",
        max_length = 255,
        pattern = r"^[^\s./\\\x00-\x1f\x7f-\x9f]([^/\\\x00-\x1f\x7f-\x9f]*[^\s/\\\x00-\x1f\x7f-\x9f])?$"
    )]
    filename: Option<String>,
    /// A name for people; empty takes it away.
    #[schema(example = "Second take", max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    title: Option<String>,
    /// Words, instead of those there are.
    #[schema(example = json!(["rock", "practice"]), max_items = 20)]
    tags: Option<Vec<String>>,
    /// Whether anybody may see it.
    #[schema(example = false)]
    public: Option<bool>,
}

/// Change a recording
///
/// Its file name, title, tags, and whether it is public.
#[utoipa::path(put, path = "/videos/{id}", tag = "videos", operation_id = "update_video", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The recording.")), request_body = VideoPatch, responses(
        (status = 200, description = "The recording as it is now.", body = VideoRead),
        (status = 409, description = "Another recording of yours has the name.", body = Problem)))]
pub(crate) async fn revise(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(patch): Body<VideoPatch>,
) -> Result<Json<VideoRead>, Refused> {
    let revision =
        Revision { filename: patch.filename, title: patch.title.map(Some), tags: patch.tags, is_public: patch.public };
    Ok(Json(videos::revise(&app, &actor, id, revision).await?.into()))
}

/// How to delete.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteQuery {
    /// For good: rows and files, at once.
    #[param(default = false)]
    hard_delete: Option<bool>,
}

/// A recording that is deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedVideo {
    #[schema(example = "Deleted. It can be restored.")]
    message: &'static str,
    video_id: Uuid,
    hard_deleted: bool,
}

/// Delete a recording
///
/// It can be restored until it is purged; its file still counts in your storage. With `hard_delete=true` it is gone for
/// good, with its sound, its notations and all files.
#[utoipa::path(delete, path = "/videos/{id}", tag = "videos", operation_id = "delete_video", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The recording."), DeleteQuery),
    responses((status = 200, description = "It is deleted.", body = DeletedVideo)))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<DeleteQuery>,
) -> Result<Json<DeletedVideo>, Refused> {
    let hard = query.hard_delete.unwrap_or(false);
    videos::delete(&app, &actor, id, hard).await?;
    let message = if hard { "Deleted for good." } else { "Deleted. It can be restored." };
    Ok(Json(DeletedVideo { message, video_id: id, hard_deleted: hard }))
}

/// Restore a deleted recording
#[utoipa::path(post, path = "/videos/{id}/restore", tag = "videos", operation_id = "restore_video",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The recording.")), responses(
        (status = 200, description = "It is back.", body = VideoRead),
        (status = 409, description = "It is not deleted, or another recording has its name.", body = Problem),
        (status = 413, description = "More is stored than you may have by now.", body = Problem)))]
pub(crate) async fn restore(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<VideoRead>, Refused> {
    Ok(Json(videos::restore(&app, &actor, id).await?.into()))
}

/// Which recordings to delete.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkDelete {
    /// At most 50.
    #[schema(min_items = 1, max_items = 50)]
    video_ids: Vec<Uuid>,
    /// For good.
    #[serde(default)]
    hard_delete: bool,
}

/// What became of each of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkDeleted {
    /// How many were deleted.
    #[schema(example = 2)]
    deleted_count: usize,
    deleted: Vec<Uuid>,
    /// Not there, or not yours.
    not_found: Vec<Uuid>,
}

/// Delete several recordings
///
/// Each of them wholly or not at all.
#[utoipa::path(post, path = "/videos/bulk/delete", tag = "videos", operation_id = "delete_videos",
    security(("login" = [])), request_body = BulkDelete,
    responses((status = 200, description = "What became of each.", body = BulkDeleted)))]
pub(crate) async fn delete_several(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Body(which): Body<BulkDelete>,
) -> Result<Json<BulkDeleted>, Refused> {
    let done = videos::delete_several(&app, &actor, &which.video_ids, which.hard_delete).await?;
    Ok(Json(BulkDeleted { deleted_count: done.deleted.len(), deleted: done.deleted, not_found: done.not_found }))
}
