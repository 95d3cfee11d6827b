//! Notations as files that are made in the background and kept for a while.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Serialize;
use service::{App, exports};
use utoipa::ToSchema;
use uuid::Uuid;

use super::export::{ExportQuery, read_query};
use crate::download::{FileHeaders, FileQuery, send};
use crate::extract::{Caller, ExportId, Id, Query};
use crate::problem::{Problem, Refused};
use crate::routes::jobs::accepted;
use crate::routes::videos::work::JobTicket;

/// Have a notation made into a file
///
/// For what is large or takes long: sound, archives, pages of long scores. The job's `result` has the id of the file and its
/// address; it is kept for the hours of the setting `export_keep_h`. The same file asked for again is kept longer and not
/// made again.
#[utoipa::path(post, path = "/notation/{id}/export/{format}", tag = "notation", operation_id = "request_export",
    security(("login" = [])),
    params(
        ("id" = Uuid, Path, description = "The notation."),
        ("format" = String, Path, description = "Id of a format.", example = "wav"),
        ExportQuery),
    responses(
        (status = 202, description = "A job; its address is in `Location`.", body = JobTicket),
        (status = 400, description = "There is no such format; the hint names those there are.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn request(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    path: Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let Path((_, format)) = path;
    let wanted = read_query(format, &query.unwrap_or_default())?;
    let job = exports::request(&app, &actor, id, wanted).await?;
    Ok(accepted(&job, JobTicket::from(&job)))
}

/// A file made of a notation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportRead {
    id: Uuid,
    notation_id: Uuid,
    /// The revision it shows.
    #[schema(example = 1)]
    revision: i32,
    #[schema(example = "wav")]
    format: String,
    #[schema(example = "Rock.wav")]
    filename: String,
    #[schema(example = "audio/wav")]
    media_type: String,
    #[schema(example = 1_411_244)]
    size_bytes: i64,
    #[schema(example = "c5bdfea5d72275753ee23c0c19cbdd2e0f9c109a28223e18c725b0a6f020a1f7")]
    sha256: String,
    /// When it is removed.
    expires_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
}

impl From<service::Export> for ExportRead {
    fn from(export: service::Export) -> Self {
        Self {
            id: export.id,
            notation_id: export.notation_id,
            revision: export.revision,
            format: export.format,
            filename: export.filename,
            media_type: export.media_type,
            size_bytes: export.size_bytes,
            sha256: export.sha256,
            expires_at: export.expires_at,
            created_at: export.created_at,
        }
    }
}

/// List the files made of a notation
///
/// Those made in the background whose time is not over.
#[utoipa::path(get, path = "/notation/{id}/exports", tag = "notation", operation_id = "list_exports",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation.")),
    responses((status = 200, description = "Newest first.", body = Vec<ExportRead>)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<Vec<ExportRead>>, Refused> {
    Ok(Json(exports::list(&app, &actor, id).await?.into_iter().map(Into::into).collect()))
}

/// Download a file made of a notation
///
/// Parts of it with `Range`. Where files are in a bucket, the answer is a signed address there.
#[utoipa::path(get, path = "/notation/{id}/exports/{export_id}", tag = "notation", operation_id = "download_export",
    security(("login" = [])), params(
        ("id" = Uuid, Path, description = "The notation."),
        ("export_id" = Uuid, Path, description = "The file."), FileQuery, FileHeaders),
    responses(
        (status = 200, description = "The file.", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, description = "The part asked for.", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 304, description = "What you have is the same."),
        (status = 307, description = "It is at the address in `Location`."),
        (status = 416, description = "There are no such bytes.", body = Problem)))]
pub(crate) async fn download(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    ExportId(export_id): ExportId,
    Query(query): Query<FileQuery>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let file = exports::download(&app, &actor, id, export_id).await?;
    send(&app, &headers, &file, query.disposition()).await
}

/// Remove a file made of a notation
#[utoipa::path(delete, path = "/notation/{id}/exports/{export_id}", tag = "notation", operation_id = "delete_export",
    security(("login" = [])), params(
        ("id" = Uuid, Path, description = "The notation."),
        ("export_id" = Uuid, Path, description = "The file.")),
    responses((status = 204, description = "It is gone.")))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    ExportId(export_id): ExportId,
) -> Result<StatusCode, Refused> {
    exports::remove(&app, &actor, id, export_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
