//! Recordings taken apart: asked for, looked at, downloaded.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use service::separations::{self, FileFacts, Found, Kind, Options};
use service::{Actor, App, Error, FieldError};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::download::{FileHeaders, FileQuery, send, send_archive};
use crate::extract::{Body, Caller, Id, Name, Query, path_id, path_text};
use crate::problem::{Problem, Refused};
use crate::routes::jobs::accepted;
use crate::routes::videos::work::{JobTicket, WorkQuery};

/// How files of sound are written.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SoundWish {
    /// `flac` or `wav`.
    #[schema(example = "flac", default = "flac")]
    format: Option<String>,
    /// 16, 24, or for wav 32.
    #[schema(example = 24, default = 24)]
    bits: Option<u16>,
}

/// Which stems, and how they are written.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StemsWish {
    /// Of `kick`, `snare`, `toms`, `hihat`, `cymbals`, `percussion`, `rest` and `drums`; where nothing is said all but
    /// the last, which add up to the recording.
    #[schema(example = json!(["kick", "snare", "hihat"]))]
    stems: Option<Vec<String>>,
    /// `flac` or `wav`.
    #[schema(example = "flac", default = "flac")]
    format: Option<String>,
    /// 16, 24, or for wav 32.
    #[schema(example = 24, default = 24)]
    bits: Option<u16>,
}

/// How the mix is to change.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MixWish {
    /// How much louder all drums become, dB; negative softer, -60 is next to nothing.
    #[schema(example = 6.0, minimum = -60.0, maximum = 24.0)]
    drums_db: Option<f64>,
    /// How much louder single stems become beyond that, dB, by name.
    #[schema(example = json!({"kick": 3.0}))]
    stems_db: Option<BTreeMap<String, f64>>,
    /// `flac` or `wav`.
    #[schema(example = "flac", default = "flac")]
    format: Option<String>,
    /// 16, 24, or for wav 32.
    #[schema(example = 24, default = 24)]
    bits: Option<u16>,
}

fn options(kind: Kind, format: Option<String>, bits: Option<u16>) -> Options {
    let usual = Options::default();
    Options { kind, format: format.unwrap_or(usual.format), bits: bits.unwrap_or(usual.bits), ..Options::default() }
}

/// Asks for a job that takes a sound apart.
async fn asked(app: &App, actor: &Actor, id: Uuid, options: Options, query: &WorkQuery) -> Result<Response, Refused> {
    let job = separations::request(app, actor, id, options, query.forced()).await?;
    Ok(accepted(&job, JobTicket::from(&job)))
}

/// Take the drums out of a recording
///
/// Makes two files, `drums` and `rest`, which add up to the recording. Finds the strokes first where nobody has
/// listened. What is there already in the same way is not made again.
#[utoipa::path(post, path = "/audio/{id}/separate-sources", tag = "audio", operation_id = "separate_sources",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The sound track."), WorkQuery),
    request_body = SoundWish, responses(
        (status = 202, description = "A job; its address is in `Location`.", body = JobTicket),
        (status = 409, description = "It is being taken apart in another way.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn separate(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<WorkQuery>,
    Body(wish): Body<SoundWish>,
) -> Result<Response, Refused> {
    let options = options(Kind::Sources, wish.format, wish.bits);
    asked(&app, &actor, id, options, &query).await
}

/// Make a stem per drum
///
/// Makes a file for each drum and one for the rest, which add up to the recording, with figures of how sure they are.
/// Finds the strokes first where nobody has listened. What is there already in the same way is not made again.
#[utoipa::path(post, path = "/audio/{id}/create-stems", tag = "audio", operation_id = "create_stems",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The sound track."), WorkQuery),
    request_body = StemsWish, responses(
        (status = 202, description = "A job; its address is in `Location`.", body = JobTicket),
        (status = 409, description = "It is being taken apart in another way.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn create_stems(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<WorkQuery>,
    Body(wish): Body<StemsWish>,
) -> Result<Response, Refused> {
    let options = Options { stems: wish.stems.unwrap_or_default(), ..options(Kind::Stems, wish.format, wish.bits) };
    asked(&app, &actor, id, options, &query).await
}

/// Make the drums of a recording louder or softer
///
/// Makes one file, `mix`. Where it would clip, the whole is turned down, and the figures say how much.
#[utoipa::path(post, path = "/audio/{id}/enhance-drums", tag = "audio", operation_id = "enhance_drums",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The sound track."), WorkQuery),
    request_body = MixWish, responses(
        (status = 202, description = "A job; its address is in `Location`.", body = JobTicket),
        (status = 409, description = "It is being taken apart in another way.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn enhance(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<WorkQuery>,
    Body(wish): Body<MixWish>,
) -> Result<Response, Refused> {
    let options = Options {
        drums_db: wish.drums_db.unwrap_or(0.0),
        stems_db: wish.stems_db.unwrap_or_default(),
        ..options(Kind::Enhanced, wish.format, wish.bits)
    };
    asked(&app, &actor, id, options, &query).await
}

/// A file of a separation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StemRead {
    /// Its name in `/audio/{id}/separations/{kind}/{name}`.
    #[schema(example = "snare")]
    name: String,
    #[schema(example = 524_288)]
    size_bytes: u64,
    /// Samples cut off because they were too loud for the bits.
    #[schema(example = 0)]
    clipped_samples: u64,
    /// How much the file was turned down so that nothing clips, dB.
    #[schema(example = 0.0)]
    turned_down_db: f64,
    /// Strokes heard that sound in it.
    #[schema(example = 8)]
    hits: Option<usize>,
    /// Part of the energy of all stems that is in it, 0-1.
    #[schema(example = 0.21)]
    energy_share: Option<f64>,
    /// Energy that belongs here over energy that the masks themselves hold to be of others, dB. It is what the
    /// separator believes, not a measurement: 10 and more is usually clean, below 3 much of others is in it.
    #[schema(example = 9.4)]
    certainty_db: Option<f64>,
}

impl From<FileFacts> for StemRead {
    fn from(file: FileFacts) -> Self {
        Self {
            name: file.name,
            size_bytes: file.size_bytes,
            clipped_samples: file.clipped_samples,
            turned_down_db: file.turned_down_db,
            hits: file.hits,
            energy_share: file.energy_share,
            certainty_db: file.certainty_db,
        }
    }
}

/// A recording taken apart.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeparationRead {
    id: Uuid,
    /// `sources`, `stems` or `enhanced`.
    #[schema(example = "stems")]
    kind: &'static str,
    /// Name and version of what separated.
    #[schema(example = "masks 2")]
    separator: String,
    /// Whether it goes by the strokes heard last and by the separator in use; otherwise ask for it again.
    current: bool,
    #[schema(example = "flac")]
    format: String,
    #[schema(example = 24)]
    bits: u16,
    files: Vec<StemRead>,
    created_at: DateTime<Utc>,
}

impl From<Found> for SeparationRead {
    fn from(found: Found) -> Self {
        Self {
            id: found.separation.id,
            kind: found.options.kind.as_str(),
            separator: found.separation.separator,
            current: found.current,
            format: found.options.format,
            bits: found.options.bits,
            files: found.files.into_iter().map(Into::into).collect(),
            created_at: found.separation.created_at,
        }
    }
}

/// What a recording was taken apart into.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeparationList {
    separations: Vec<SeparationRead>,
}

/// List what a recording was taken apart into
#[utoipa::path(get, path = "/audio/{id}/separations", tag = "audio", operation_id = "list_separations",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The sound track.")),
    responses((status = 200, description = "One of each kind at most.", body = SeparationList)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<SeparationList>, Refused> {
    let found = separations::list(&app, &actor, id).await?;
    Ok(Json(SeparationList { separations: found.into_iter().map(Into::into).collect() }))
}

/// A sound and a kind of separation in the path.
#[derive(Debug)]
pub(crate) struct Place {
    id: Uuid,
    kind: Kind,
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let id = path_id(parts, state, "id").await?;
        let kind = Kind::parse(&path_text(parts, state, "kind").await?).ok_or_else(|| {
            let message = format!("one of {}", Kind::ALL.map(Kind::as_str).join(", "));
            Error::Invalid(vec![FieldError {
                place: vec!["path".to_owned(), "kind".to_owned()],
                kind: "enum",
                message,
            }])
        })?;
        Ok(Self { id, kind })
    }
}

/// Read what a recording was taken apart into
#[utoipa::path(get, path = "/audio/{id}/separations/{kind}", tag = "audio", operation_id = "get_separation",
    security(("login" = [])), params(
        ("id" = Uuid, Path, description = "The sound track."),
        ("kind" = String, Path, description = "`sources`, `stems` or `enhanced`.", example = "stems")),
    responses((status = 200, description = "How, and the files with their figures.", body = SeparationRead)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    place: Place,
) -> Result<Json<SeparationRead>, Refused> {
    Ok(Json(separations::get(&app, &actor, place.id, place.kind).await?.into()))
}

/// Remove what a recording was taken apart into
#[utoipa::path(delete, path = "/audio/{id}/separations/{kind}", tag = "audio", operation_id = "delete_separation",
    security(("login" = [])), params(
        ("id" = Uuid, Path, description = "The sound track."),
        ("kind" = String, Path, description = "`sources`, `stems` or `enhanced`.", example = "stems")),
    responses((status = 204, description = "It is gone, with its files.")))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    place: Place,
) -> Result<StatusCode, Refused> {
    separations::remove(&app, &actor, place.id, place.kind).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Download a stem
///
/// Parts of it with `Range`. Where files are in a bucket, the answer is a signed address there.
#[utoipa::path(get, path = "/audio/{id}/separations/{kind}/{name}", tag = "audio", operation_id = "download_stem",
    security(("login" = [])), params(
        ("id" = Uuid, Path, description = "The sound track."),
        ("kind" = String, Path, description = "`sources`, `stems` or `enhanced`.", example = "stems"),
        ("name" = String, Path, description = "The file.", example = "kick"), FileQuery, FileHeaders),
    responses(
        (status = 200, description = "The file.", content((Vec<u8> = "audio/flac"), (Vec<u8> = "audio/wav"))),
        (status = 206, description = "The part asked for.", content((Vec<u8> = "audio/flac"), (Vec<u8> = "audio/wav"))),
        (status = 304, description = "What you have is the same."),
        (status = 307, description = "It is at the address in `Location`."),
        (status = 416, description = "There are no such bytes.", body = Problem)))]
pub(crate) async fn download(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    place: Place,
    Name(name): Name,
    Query(query): Query<FileQuery>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let file = separations::download(&app, &actor, place.id, place.kind, &name).await?;
    send(&app, &headers, &file, query.disposition()).await
}

/// Download all stems as one archive
///
/// A ZIP file of the stems as they are, made while it is sent.
#[utoipa::path(get, path = "/audio/{id}/separations/{kind}/archive", tag = "audio", operation_id = "download_stems",
    security(("login" = [])), params(
        ("id" = Uuid, Path, description = "The sound track."),
        ("kind" = String, Path, description = "`sources`, `stems` or `enhanced`.", example = "stems"),
        ("if-none-match" = Option<String>, Header, description = "An `ETag` you have.")),
    responses(
        (status = 200, description = "The archive.", content_type = "application/zip", body = Vec<u8>),
        (status = 304, description = "What you have is the same."),
        (status = 409, description = "The files are more than an archive can hold.", body = Problem)))]
pub(crate) async fn archive(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    place: Place,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let archive = separations::archive(&app, &actor, place.id, place.kind).await?;
    send_archive(&app, &headers, &archive).await
}
