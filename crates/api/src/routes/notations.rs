//! Written scores.

pub(crate) mod export;
pub(crate) mod exports;
pub(crate) mod facts;
pub(crate) mod formats;
pub(crate) mod making;
pub(crate) mod options;
pub(crate) mod relisten;
pub(crate) mod revisions;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Document;
use service::notations::{self, View};
use service::{App, NotationEntry, NotationFilter};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::paging::{PageQuery, numbers};
use crate::extract::{Caller, Id, Query};
use crate::problem::Refused;

/// A notation in one of its revisions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotationRead {
    id: Uuid,
    /// The recording; none for a notation of posted events.
    video_id: Option<Uuid>,
    #[schema(example = "drum_performance")]
    title: String,
    /// Beats a minute, as printed.
    #[schema(example = 120.0)]
    tempo: f64,
    #[schema(example = "4/4")]
    time_signature: String,
    /// How many measures.
    #[schema(example = 4)]
    measures: i32,
    /// The score, as a versioned document.
    notation_json: Document,
    /// The model that listened.
    #[schema(example = "tcn 1")]
    model_version: Option<String>,
    /// Remarks on what was doubtful.
    report: Option<Document>,
    /// Which revision this is; 1 is what was heard.
    #[schema(example = 1)]
    revision: i32,
    /// The highest number of a revision.
    #[schema(example = 3)]
    newest_revision: i32,
    /// Whether an undo leads anywhere from here.
    can_undo: bool,
    /// Whether a redo leads anywhere from here.
    can_redo: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<View> for NotationRead {
    fn from(view: View) -> Self {
        let notation = view.notation;
        Self {
            id: notation.id,
            video_id: notation.video_id,
            title: notation.title,
            tempo: notation.tempo,
            time_signature: notation.time_signature,
            measures: notation.measures,
            notation_json: notation.notation_json,
            model_version: notation.model_version,
            report: notation.report,
            revision: notation.revision,
            newest_revision: view.newest,
            can_undo: view.undo_to.is_some(),
            can_redo: view.redo_to.is_some(),
            created_at: notation.created_at,
            updated_at: notation.updated_at,
        }
    }
}

/// A notation in a list, without its score.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotationBrief {
    id: Uuid,
    user_id: Uuid,
    /// The recording; none for a notation of posted events.
    video_id: Option<Uuid>,
    #[schema(example = "drum_performance")]
    title: String,
    /// Beats a minute, as printed.
    #[schema(example = 120.0)]
    tempo: f64,
    #[schema(example = "4/4")]
    time_signature: String,
    /// How many measures.
    #[schema(example = 4)]
    measures: i32,
    /// The model that listened.
    #[schema(example = "tcn 1")]
    model_version: Option<String>,
    #[schema(example = 1)]
    revision: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<NotationEntry> for NotationBrief {
    fn from(entry: NotationEntry) -> Self {
        Self {
            id: entry.id,
            user_id: entry.user_id,
            video_id: entry.video_id,
            title: entry.title,
            tempo: entry.tempo,
            time_signature: entry.time_signature,
            measures: entry.measures,
            model_version: entry.model_version,
            revision: entry.revision,
            created_at: entry.created_at,
            updated_at: entry.updated_at,
        }
    }
}

/// One page of notations, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotationPage {
    notations: Vec<NotationBrief>,
    #[schema(example = 1)]
    total: u64,
    #[schema(example = 1)]
    page: u64,
    #[schema(example = 20)]
    per_page: u64,
    #[schema(example = 1)]
    pages: u64,
}

/// Which revision.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RevisionQuery {
    /// Which revision; the current one where nothing is said.
    #[param(minimum = 1)]
    revision: Option<i32>,
}

/// Which notations to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NotationQuery {
    /// Which page, from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    per_page: Option<u64>,
    /// Only of this recording.
    video_id: Option<Uuid>,
    /// For admins: only this user's.
    user_id: Option<Uuid>,
    /// Only in this meter.
    #[param(example = "4/4")]
    time_signature: Option<String>,
    /// Only from this tempo on, beats a minute.
    tempo_min: Option<f64>,
    /// Only up to this tempo, beats a minute.
    tempo_max: Option<f64>,
    /// Only with this in the title, in whatever case.
    title: Option<String>,
}

/// List notations
///
/// Your own; admins see everybody's.
#[utoipa::path(get, path = "/notation", tag = "notation", operation_id = "list_notations", security(("login" = [])),
    params(NotationQuery), responses((status = 200, description = "One page, newest first.", body = NotationPage)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<NotationQuery>,
) -> Result<Json<NotationPage>, Refused> {
    let paging = PageQuery::paging(query.page, query.per_page)?;
    let filter = NotationFilter {
        user_id: query.user_id,
        video_id: query.video_id,
        time_signature: query.time_signature,
        tempo_min: query.tempo_min,
        tempo_max: query.tempo_max,
        title: query.title,
    };
    let found = notations::list(&app, &actor, filter, paging).await?;
    let (total, page, per_page, pages) = numbers(&found);
    Ok(Json(NotationPage { notations: found.rows.into_iter().map(Into::into).collect(), total, page, per_page, pages }))
}

/// List the notations of a recording
#[utoipa::path(get, path = "/notation/video/{id}", tag = "notation", operation_id = "list_notations_of_video",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The recording."), PageQuery),
    responses((status = 200, description = "One page, newest first.", body = NotationPage)))]
pub(crate) async fn of_video(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<PageQuery>,
) -> Result<Json<NotationPage>, Refused> {
    let paging = PageQuery::paging(query.page, query.per_page)?;
    let video_id = service::videos::get(&app, &actor, id).await?.id;
    let filter = NotationFilter { video_id: Some(video_id), ..NotationFilter::default() };
    let found = notations::list(&app, &actor, filter, paging).await?;
    let (total, page, per_page, pages) = numbers(&found);
    Ok(Json(NotationPage { notations: found.rows.into_iter().map(Into::into).collect(), total, page, per_page, pages }))
}

/// Read a notation
#[utoipa::path(get, path = "/notation/{id}", tag = "notation", operation_id = "get_notation", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The notation."), RevisionQuery),
    responses((status = 200, description = "The notation.", body = NotationRead)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<RevisionQuery>,
) -> Result<Json<NotationRead>, Refused> {
    Ok(Json(notations::view(&app, &actor, id, query.revision).await?.into()))
}

/// Delete a notation
#[utoipa::path(delete, path = "/notation/{id}", tag = "notation", operation_id = "delete_notation",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation.")),
    responses((status = 204, description = "It is deleted.")))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<StatusCode, Refused> {
    notations::delete(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
