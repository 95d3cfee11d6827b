//! Links by which anybody may look at a recording and its notation.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawPathParams, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use service::shares::{self, Shared};
use service::videos::Download;
use service::{App, Error, Notation, videos};
use utoipa::ToSchema;
use uuid::Uuid;

use super::notations::export::{OptionsQuery, document, file, read_options};
use super::videos::PublicVideo;
use super::videos::pictures::{WaveformQuery, WaveformRead, send_thumbnail};
use crate::download::{Disposition, send};
use crate::extract::{Body, Caller, Id, Query};
use crate::problem::{Problem, Refused};

/// How long a link is to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareRequest {
    /// Until when; for ever where nothing is said.
    #[schema(example = "2999-12-31T23:59:59Z")]
    expires_at: Option<DateTime<Utc>>,
}

/// A link that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShareMade {
    id: Uuid,
    /// Opens the link; shown this once.
    token: String,
    /// Where it leads, on this server.
    #[schema(example = "/s/0x3q...")]
    url: String,
    expires_at: Option<DateTime<Utc>>,
}

/// Share a recording
///
/// Makes a link by which anybody may look at it and its notation. It is shown this once.
#[utoipa::path(post, path = "/videos/{id}/shares", tag = "shares", operation_id = "create_share",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The recording.")),
    request_body = ShareRequest,
    responses((status = 201, description = "The link.", body = ShareMade)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(wanted): Body<ShareRequest>,
) -> Result<(StatusCode, Json<ShareMade>), Refused> {
    let made = shares::create(&app, &actor, id, wanted.expires_at).await?;
    let url = format!("/s/{}", made.token);
    let read = ShareMade { id: made.share.id, token: made.token, url, expires_at: made.share.expires_at };
    Ok((StatusCode::CREATED, Json(read)))
}

/// A link.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShareRead {
    id: Uuid,
    expires_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

/// List the links to a recording
///
/// Without what opens them.
#[utoipa::path(get, path = "/videos/{id}/shares", tag = "shares", operation_id = "list_shares",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The recording.")),
    responses((status = 200, description = "Newest first.", body = Vec<ShareRead>)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<Vec<ShareRead>>, Refused> {
    let all = shares::list(&app, &actor, id).await?.into_iter();
    let read =
        |share: service::Share| ShareRead { id: share.id, expires_at: share.expires_at, created_at: share.created_at };
    Ok(Json(all.map(read).collect()))
}

/// Take a link back
#[utoipa::path(delete, path = "/videos/{id}/shares/{share_id}", tag = "shares", operation_id = "delete_share",
    security(("login" = [])),
    params(("id" = Uuid, Path, description = "The recording."), ("share_id" = Uuid, Path, description = "The link.")),
    responses((status = 204, description = "It opens nothing any more.")))]
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    path: RawPathParams,
) -> Result<StatusCode, Refused> {
    let share = part(&path, "share_id").parse().map_err(|_| Error::NotFound("share"))?;
    shares::revoke(&app, &actor, id, share).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A part of the path, as it was sent.
fn part<'a>(path: &'a RawPathParams, name: &str) -> &'a str {
    path.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}

async fn open(app: &App, path: &RawPathParams) -> Result<Shared, Error> {
    shares::open(app, part(path, "token")).await
}

/// Its notation, where one was written.
fn written(shared: &Shared) -> Result<&Notation, Error> {
    shared.notation.as_ref().ok_or(Error::NotFound("notation"))
}

/// A notation in figures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SharedNotation {
    #[schema(example = "drum_performance")]
    title: String,
    /// Beats a minute, as printed.
    #[schema(example = 120.0)]
    tempo: f64,
    #[schema(example = "4/4")]
    time_signature: String,
    #[schema(example = 4)]
    measures: i32,
    #[schema(example = 1)]
    revision: i32,
    updated_at: DateTime<Utc>,
}

/// What a link opens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SharedRead {
    video: PublicVideo,
    /// The newest one, where one was written.
    notation: Option<SharedNotation>,
    /// When the link ends.
    expires_at: Option<DateTime<Utc>>,
}

/// Open a link
#[utoipa::path(get, path = "/shared/{token}", tag = "shares", operation_id = "open_share",
    params(("token" = String, Path, description = "What opens it.")),
    responses((status = 200, description = "The recording and its notation.", body = SharedRead)))]
pub(crate) async fn opened(State(app): State<Arc<App>>, path: RawPathParams) -> Result<Json<SharedRead>, Refused> {
    let shared = open(&app, &path).await?;
    let notation = shared.notation.map(|notation| SharedNotation {
        title: notation.title,
        tempo: notation.tempo,
        time_signature: notation.time_signature,
        measures: notation.measures,
        revision: notation.revision,
        updated_at: notation.updated_at,
    });
    Ok(Json(SharedRead { video: shared.video.into(), notation, expires_at: shared.expires_at }))
}

/// Watch a shared recording
///
/// Its file, also in parts.
#[utoipa::path(get, path = "/shared/{token}/video", tag = "shares", operation_id = "shared_video",
    params(("token" = String, Path, description = "What opens the link.")), responses(
        (status = 200, description = "The file.", content((Vec<u8> = "video/*"), (Vec<u8> = "audio/*"))),
        (status = 206, description = "The part asked for.", content((Vec<u8> = "video/*"), (Vec<u8> = "audio/*"))),
        (status = 304, description = "What you have is the same."),
        (status = 307, description = "It is at the address in `Location`."),
        (status = 416, description = "There are no such bytes.", body = Problem)))]
pub(crate) async fn video(
    State(app): State<Arc<App>>,
    path: RawPathParams,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let shared = open(&app, &path).await?;
    send(&app, &headers, &Download::of(&shared.video), Disposition::Inline).await
}

/// See a picture of a shared recording
#[utoipa::path(get, path = "/shared/{token}/thumbnail", tag = "shares", operation_id = "shared_thumbnail",
    params(("token" = String, Path, description = "What opens the link.")), responses(
        (status = 200, description = "The picture.", content_type = "image/jpeg", body = Vec<u8>),
        (status = 304, description = "What you have is the same."),
        (status = 415, description = "The recording cannot be read any more.", body = Problem),
        (status = 429, description = "Too many pictures are being made.", body = Problem)))]
pub(crate) async fn thumbnail(
    State(app): State<Arc<App>>,
    path: RawPathParams,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let shared = open(&app, &path).await?;
    send_thumbnail(&app, &shared.owner, shared.video.id, &headers).await
}

/// See the outline of a shared recording's sound
#[utoipa::path(get, path = "/shared/{token}/waveform", tag = "shares", operation_id = "shared_waveform",
    params(("token" = String, Path, description = "What opens the link."), WaveformQuery), responses(
        (status = 200, description = "The outline.", body = WaveformRead),
        (status = 400, description = "The recording has no sound.", body = Problem),
        (status = 415, description = "The recording cannot be read any more.", body = Problem),
        (status = 429, description = "Too many outlines are being made.", body = Problem)))]
pub(crate) async fn waveform(
    State(app): State<Arc<App>>,
    path: RawPathParams,
    Query(query): Query<WaveformQuery>,
) -> Result<Json<WaveformRead>, Refused> {
    let wanted = query.buckets_per_s()?;
    let shared = open(&app, &path).await?;
    Ok(Json(videos::waveform(&app, &shared.owner, shared.video.id, wanted).await?.into()))
}

/// See when which note of a shared notation sounds
#[utoipa::path(get, path = "/shared/{token}/timeline", tag = "shares", operation_id = "shared_timeline",
    params(("token" = String, Path, description = "What opens the link."), OptionsQuery),
    responses(
        (status = 200, description = "The timemap document.", content_type = "application/json", body = serde_json::Value),
        (status = 304, description = "The document is the one named in `If-None-Match`.")))]
pub(crate) async fn timeline(
    State(app): State<Arc<App>>,
    path: RawPathParams,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let shared = open(&app, &path).await?;
    let wanted = read_options("timemap".to_owned(), &query.unwrap_or_default())?;
    document(&app, &shared.owner, written(&shared)?.id, wanted, &headers).await
}

/// Download a shared notation
#[utoipa::path(get, path = "/shared/{token}/export/{format}", tag = "shares", operation_id = "shared_export",
    params(
        ("token" = String, Path, description = "What opens the link."),
        ("format" = String, Path, description = "Id of a format.", example = "musicxml"),
        OptionsQuery),
    responses(
        (status = 200, description = "The file.", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 304, description = "The file is the one named in `If-None-Match`."),
        (status = 400, description = "There is no such format or page; the hint names those there are.", body = Problem)))]
pub(crate) async fn export(
    State(app): State<Arc<App>>,
    path: RawPathParams,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let shared = open(&app, &path).await?;
    let wanted = read_options(part(&path, "format").to_owned(), &query.unwrap_or_default())?;
    Ok(file(&app, &shared.owner, written(&shared)?.id, wanted, &headers).await?)
}
