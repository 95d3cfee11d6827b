//! The file of a recording.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use service::App;
use service::videos::{self, Download};

use crate::download::{FileHeaders, FileQuery, send};
use crate::extract::{Caller, Id, Query};
use crate::problem::{Problem, Refused};

/// Download a recording
///
/// The very bytes that were uploaded; parts of them with `Range`. Where files are in a bucket, the answer is a signed
/// address there.
#[utoipa::path(get, path = "/videos/{id}/download", tag = "videos", operation_id = "download_video",
    security(("login" = [])), params(
        ("id" = Uuid, Path, description = "The recording."), FileQuery, FileHeaders),
    responses(
        (status = 200, description = "The file.", content((Vec<u8> = "video/*"), (Vec<u8> = "audio/*"))),
        (status = 206, description = "The part asked for.", content((Vec<u8> = "video/*"), (Vec<u8> = "audio/*"))),
        (status = 304, description = "What you have is the same."),
        (status = 307, description = "It is at the address in `Location`."),
        (status = 416, description = "There are no such bytes.", body = Problem)))]
pub(crate) async fn download(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<FileQuery>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let video = videos::get(&app, &actor, id).await?;
    send(&app, &headers, &Download::of(&video), query.disposition()).await
}
