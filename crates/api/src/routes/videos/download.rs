//! The file of a recording.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use service::App;
use service::videos::{self, Download};
use utoipa::IntoParams;

use crate::download::{Disposition, send};
use crate::extract::{Caller, Id, Query};
use crate::problem::{Problem, Refused};

/// How to send it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DownloadQuery {
    /// To be shown in the page rather than saved.
    #[param(default = false)]
    inline: Option<bool>,
}

/// Download a recording
///
/// The very bytes that were uploaded; parts of them with `Range`. Where files are in a bucket, the answer is a signed
/// address there.
#[utoipa::path(get, path = "/videos/{id}/download", tag = "videos", operation_id = "download_video",
    security(("login" = [])), params(
        ("id" = Uuid, Path, description = "The recording."), DownloadQuery,
        ("range" = Option<String>, Header, description = "Which bytes.", example = "bytes=0-1023"),
        ("if-none-match" = Option<String>, Header, description = "An `ETag` you have.")),
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
    Query(query): Query<DownloadQuery>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let video = videos::get(&app, &actor, id).await?;
    let disposition = if query.inline.unwrap_or(false) { Disposition::Inline } else { Disposition::Attachment };
    send(&app, &headers, &Download::of(&video), disposition).await
}
