//! Changing a notation, and going back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Document;
use service::notations::{self, Changes};
use service::{App, Error, RevisionEntry};
use utoipa::ToSchema;

use super::NotationRead;
use crate::extract::{Body, Caller, Id, make_whole};
use crate::problem::{Problem, Refused};

/// Changes to a notation.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct EditsIn {
    /// The revision the edits were made for.
    #[schema(example = 1)]
    base_revision: i32,
    /// Only show what would come of it.
    #[serde(default)]
    preview: bool,
    /// Made in this order, all or none. `op` is one of `add`, `remove`, `move`, `instrument`, `velocity`, `ghost`, `choke`,
    /// `accent`, `sticking`, `graces`, `roll`, `rehearsal`, `half_tempo`, `double_tempo`, `shift_bar_one`, `meter`; the
    /// JSON Schema `backbeat-edits` says the same. Elements are named as in SVG and timeline.
    #[schema(example = json!([{ "op": "double_tempo" }]))]
    edits: Vec<Document>,
}

/// A revision of a notation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevisionRead {
    #[schema(example = 2)]
    revision: i32,
    /// The revision it was made from.
    #[schema(example = 1)]
    parent: Option<i32>,
    /// What was done.
    #[schema(example = "Double the tempo")]
    summary: String,
    /// A name somebody gave it.
    #[schema(example = "For the concert")]
    name: Option<String>,
    /// Whether the notation is in this revision.
    current: bool,
    /// Beats a minute, as printed.
    #[schema(example = 120.0)]
    tempo: f64,
    #[schema(example = "4/4")]
    time_signature: String,
    /// How many measures.
    #[schema(example = 4)]
    measures: i32,
    /// The model that listened.
    model_version: Option<String>,
    created_at: DateTime<Utc>,
}

impl RevisionRead {
    fn of(entry: RevisionEntry, current: i32) -> Self {
        Self {
            current: entry.revision == current,
            revision: entry.revision,
            parent: entry.parent,
            summary: entry.summary,
            name: entry.name,
            tempo: entry.tempo,
            time_signature: entry.time_signature,
            measures: entry.measures,
            model_version: entry.model_version,
            created_at: entry.created_at,
        }
    }
}

/// Edit a notation
///
/// All edits are made, or none. They make a new revision, which an undo takes back exactly.
#[utoipa::path(post, path = "/notation/{id}/edits", tag = "notation", operation_id = "edit_notation",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation.")), request_body = EditsIn,
    responses(
        (status = 200, description = "The new revision, or with `preview` what it would be.", body = NotationRead),
        (status = 400, description = "An edit does not fit the score; nothing was changed.", body = Problem),
        (status = 409, description = "The notation is at another revision.", body = Problem)))]
pub(crate) async fn edit(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(mut body): Body<EditsIn>,
) -> Result<Json<NotationRead>, Refused> {
    body.edits.iter_mut().for_each(make_whole);
    let changes = Changes { base_revision: body.base_revision, preview: body.preview, edits: body.edits };
    Ok(Json(notations::edit(&app, &actor, id, changes).await?.into()))
}

/// Undo
#[utoipa::path(post, path = "/notation/{id}/undo", tag = "notation", operation_id = "undo_notation",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation.")), responses(
        (status = 200, description = "The revision the current one was made from.", body = NotationRead),
        (status = 409, description = "There is nothing to undo.", body = Problem)))]
pub(crate) async fn undo(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<NotationRead>, Refused> {
    Ok(Json(notations::undo(&app, &actor, id).await?.into()))
}

/// Redo
#[utoipa::path(post, path = "/notation/{id}/redo", tag = "notation", operation_id = "redo_notation",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation.")), responses(
        (status = 200, description = "The revision last made from the current one.", body = NotationRead),
        (status = 409, description = "There is nothing to redo.", body = Problem)))]
pub(crate) async fn redo(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<NotationRead>, Refused> {
    Ok(Json(notations::redo(&app, &actor, id).await?.into()))
}

/// Where to go back to.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RevertIn {
    /// The revision; 1 is what was heard.
    #[schema(example = 1, minimum = 1)]
    revision: i32,
}

/// Go back to a revision
///
/// Makes a new revision that is the same as an earlier one; an undo takes that back.
#[utoipa::path(post, path = "/notation/{id}/revert", tag = "notation", operation_id = "revert_notation",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation.")), request_body = RevertIn,
    responses((status = 200, description = "The new revision.", body = NotationRead),
        (status = 409, description = "Somebody changed the notation meanwhile.", body = Problem)))]
pub(crate) async fn revert(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(body): Body<RevertIn>,
) -> Result<Json<NotationRead>, Refused> {
    Ok(Json(notations::revert(&app, &actor, id, body.revision).await?.into()))
}

/// List revisions
///
/// Every state the notation had, oldest first. Revision 1 is what was heard.
#[utoipa::path(get, path = "/notation/{id}/revisions", tag = "notation", operation_id = "list_revisions",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation.")),
    responses((status = 200, description = "The revisions.", body = Vec<RevisionRead>)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<Vec<RevisionRead>>, Refused> {
    let (notation, entries) = notations::revisions(&app, &actor, id).await?;
    Ok(Json(entries.into_iter().map(|entry| RevisionRead::of(entry, notation.revision)).collect()))
}

/// A name for a revision.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RevisionNameIn {
    /// The name; null takes it away.
    #[schema(example = "For the concert", max_length = 200)]
    name: Option<String>,
}

/// Name a revision
#[utoipa::path(put, path = "/notation/{id}/revisions/{revision}", tag = "notation", operation_id = "name_revision",
    security(("login" = [])), params(
        ("id" = Uuid, Path, description = "The notation."),
        ("revision" = i32, Path, description = "The revision.", minimum = 1)),
    request_body = RevisionNameIn, responses((status = 200, description = "The revision.", body = RevisionRead)))]
pub(crate) async fn rename(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    path: Path<(String, String)>,
    Body(body): Body<RevisionNameIn>,
) -> Result<Json<RevisionRead>, Refused> {
    let Path((_, revision)) = path;
    let revision: i32 = revision.parse().map_err(|_| Error::NotFound("revision"))?;
    let entry = notations::rename(&app, &actor, id, revision, body.name).await?;
    let (notation, _) = notations::revisions(&app, &actor, id).await?;
    Ok(Json(RevisionRead::of(entry, notation.revision)))
}
