//! Sound seen from above, and what suits a recording.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value as Document;
use service::audio::{self, Advice};
use service::{App, Error, FieldError, SoundUsage, separations};
use utoipa::{IntoParams, ToSchema};

use crate::download::{FileHeaders, FileQuery, send};
use crate::extract::{Caller, Id, Query};
use crate::problem::{Problem, Refused};

/// Download a sound track
///
/// The sound that was taken out of the recording, as FLAC; parts of it with `Range`. Where files are in a bucket, the
/// answer is a signed address there.
#[utoipa::path(get, path = "/audio/{id}/download", tag = "audio", operation_id = "download_audio",
    security(("login" = [])), params(
        ("id" = Uuid, Path, description = "The sound track."), FileQuery, FileHeaders),
    responses(
        (status = 200, description = "The file.", content_type = "audio/flac", body = Vec<u8>),
        (status = 206, description = "The part asked for.", content_type = "audio/flac", body = Vec<u8>),
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
    send(&app, &headers, &audio::download(&app, &actor, id).await?, query.disposition()).await
}

/// A setting that suits a recording.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdviceRead {
    /// What it is for, and its name there.
    #[schema(example = "stems.bits")]
    setting: &'static str,
    #[schema(example = 24)]
    value: Document,
    #[schema(example = "The loudest sample is at -31 dB: 24 bits keep soft strokes.")]
    why: String,
}

impl From<Advice> for AdviceRead {
    fn from(advice: Advice) -> Self {
        Self { setting: advice.setting, value: advice.value, why: advice.why }
    }
}

/// Settings that suit a recording.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecommendedRead {
    settings: Vec<AdviceRead>,
}

/// Read which settings suit a recording
///
/// From what was measured while it was listened to.
#[utoipa::path(get, path = "/audio/{id}/recommended-settings", tag = "audio", operation_id = "recommended_settings",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The sound track.")), responses(
        (status = 200, description = "Settings, each with its reason.", body = RecommendedRead),
        (status = 409, description = "Nobody has listened yet.", body = Problem)))]
pub(crate) async fn recommended(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<RecommendedRead>, Refused> {
    let settings = audio::recommended(&app, &actor, id).await?;
    Ok(Json(RecommendedRead { settings: settings.into_iter().map(Into::into).collect() }))
}

/// Sound of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SoundUsageRead {
    /// `extracted`, `sources`, `stems` or `enhanced`.
    #[schema(example = "stems")]
    kind: String,
    /// How many recordings have it.
    #[schema(example = 12)]
    recordings: u64,
    #[schema(example = 84)]
    files: u64,
    #[schema(example = 524_288_000)]
    bytes: u64,
}

impl From<SoundUsage> for SoundUsageRead {
    fn from(usage: SoundUsage) -> Self {
        Self { kind: usage.kind, recordings: usage.recordings, files: usage.files, bytes: usage.bytes }
    }
}

/// Everybody's sound.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SoundStatistics {
    /// By what it is.
    kinds: Vec<SoundUsageRead>,
    /// Bytes of all.
    #[schema(example = 524_288_000)]
    total_bytes: u64,
}

/// Count everybody's sound
#[utoipa::path(get, path = "/audio/admin/statistics", tag = "audio", operation_id = "audio_statistics",
    security(("login" = [])), responses((status = 200, description = "From real bytes.", body = SoundStatistics)))]
pub(crate) async fn statistics(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
) -> Result<Json<SoundStatistics>, Refused> {
    let kinds = separations::statistics(&app, &actor).await?;
    let total_bytes = kinds.iter().map(|kind| kind.bytes).sum();
    Ok(Json(SoundStatistics { kinds: kinds.into_iter().map(Into::into).collect(), total_bytes }))
}

/// What to clean up.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CleanUpQuery {
    /// Stems and mixes made more than so many days ago.
    #[param(minimum = 1, maximum = 3650, default = 90)]
    older_than_days: Option<u32>,
    /// Only count them.
    #[param(default = true)]
    dry_run: Option<bool>,
}

/// What was cleaned up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CleanUpRead {
    /// Whether it was only counted.
    dry_run: bool,
    /// Recordings taken apart that were removed; at most 500 at a time.
    #[schema(example = 3)]
    separations: u64,
    #[schema(example = 15_728_640)]
    bytes: u64,
}

/// Remove old stems and mixes
///
/// Of everybody; they can be made again. Extracted sound stays, as notations belong to it. At most 500 at a time.
#[utoipa::path(post, path = "/audio/admin/cleanup", tag = "audio", operation_id = "clean_up_audio",
    security(("login" = [])), params(CleanUpQuery),
    responses((status = 200, description = "What is gone, or would be.", body = CleanUpRead)))]
pub(crate) async fn clean_up(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<CleanUpQuery>,
) -> Result<Json<CleanUpRead>, Refused> {
    let days = query.older_than_days.unwrap_or(90);
    if !(1..=3650).contains(&days) {
        let place = vec!["query".to_owned(), "older_than_days".to_owned()];
        let message = "between 1 and 3650".to_owned();
        return Err(Error::Invalid(vec![FieldError { place, kind: "value_error", message }]).into());
    }
    let dry_run = query.dry_run.unwrap_or(true);
    let done = separations::clean_up(&app, &actor, days, dry_run).await?;
    Ok(Json(CleanUpRead { dry_run, separations: done.separations, bytes: done.bytes }))
}
