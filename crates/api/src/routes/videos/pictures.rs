//! What there is to see of a recording without playing it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use service::videos::{self, EDGE_PX_MAX, FRAMES_MAX, FrameOptions, WAVEFORM_BUCKETS_PER_S_MAX, Waveform};
use service::{Actor, App, Error, FieldError};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::download::send_small;
use crate::extract::{Caller, Id, Query};
use crate::problem::{Problem, Refused};

/// See a picture of a recording
///
/// As JPEG, at most 480 pixels wide and high. Made when first asked for.
#[utoipa::path(get, path = "/videos/{id}/thumbnail", tag = "videos", operation_id = "video_thumbnail",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The recording.")), responses(
        (status = 200, description = "The picture.", content_type = "image/jpeg", body = Vec<u8>),
        (status = 304, description = "What you have is the same."),
        (status = 415, description = "The recording cannot be read any more.", body = Problem),
        (status = 429, description = "Too many pictures are being made.", body = Problem)))]
pub(crate) async fn thumbnail(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    send_thumbnail(&app, &actor, id, &headers).await
}

pub(crate) async fn send_thumbnail(
    app: &App,
    actor: &Actor,
    id: Uuid,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let picture = videos::thumbnail(app, actor, id).await?;
    Ok(send_small(headers, &picture.sha256, "image/jpeg", picture.jpeg))
}

/// How fine the outline is to be.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WaveformQuery {
    /// Peaks for each second, 1-200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    buckets_per_s: Option<u32>,
}

impl WaveformQuery {
    pub(crate) fn buckets_per_s(&self) -> Result<u32, Error> {
        let wanted = self.buckets_per_s.unwrap_or(50);
        if (1..=WAVEFORM_BUCKETS_PER_S_MAX).contains(&wanted) {
            return Ok(wanted);
        }
        Err(out_of_range("buckets_per_s", format!("between 1 and {WAVEFORM_BUCKETS_PER_S_MAX}")))
    }
}

fn out_of_range(field: &str, message: String) -> Error {
    let place = vec!["query".to_owned(), field.to_owned()];
    Error::Invalid(vec![FieldError { place, kind: "out_of_range", message }])
}

/// The outline of a recording's sound.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaveformRead {
    /// Peaks for each second.
    #[schema(example = 50)]
    buckets_per_s: u32,
    /// Length of the sound.
    #[schema(example = 8.0)]
    duration_s: f64,
    /// The loudest moment of each bucket, 0-1.
    #[schema(example = json!([0.0, 0.82, 0.31]))]
    peaks: Vec<f32>,
}

impl From<Waveform> for WaveformRead {
    fn from(made: Waveform) -> Self {
        // Three digits say as much as is kept.
        let peaks = made.peaks.into_iter().map(|peak| (peak * 1000.0).round() / 1000.0).collect();
        Self { buckets_per_s: made.buckets_per_s, duration_s: made.duration_s, peaks }
    }
}

/// See the outline of a recording's sound
///
/// The loudest moment of each bucket of time. Made when first asked for.
#[utoipa::path(get, path = "/videos/{id}/waveform", tag = "videos", operation_id = "video_waveform",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The recording."), WaveformQuery), responses(
        (status = 200, description = "The outline.", body = WaveformRead),
        (status = 400, description = "The recording has no sound.", body = Problem),
        (status = 415, description = "The recording cannot be read any more.", body = Problem),
        (status = 429, description = "Too many outlines are being made.", body = Problem)))]
pub(crate) async fn waveform(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<WaveformQuery>,
) -> Result<Json<WaveformRead>, Refused> {
    Ok(Json(videos::waveform(&app, &actor, id, query.buckets_per_s()?).await?.into()))
}

/// Which pictures.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FramesQuery {
    /// The moment the middle one shows, seconds.
    #[param(minimum = 0.0, default = 0.0, example = 1.25)]
    time_s: Option<f64>,
    /// How many, 1-15.
    #[param(minimum = 1, maximum = 15, default = 5)]
    count: Option<usize>,
    /// Longest edge of each, pixels, 16-1280.
    #[param(minimum = 16, maximum = 1280, default = 160)]
    edge_px: Option<u32>,
}

impl FramesQuery {
    fn options(&self) -> Result<FrameOptions, Error> {
        let (count, edge_px) = (self.count.unwrap_or(5), self.edge_px.unwrap_or(160));
        if !(1..=FRAMES_MAX).contains(&count) {
            return Err(out_of_range("count", format!("between 1 and {FRAMES_MAX}")));
        }
        if !(16..=EDGE_PX_MAX).contains(&edge_px) {
            return Err(out_of_range("edge_px", format!("between 16 and {EDGE_PX_MAX}")));
        }
        let time_s = self.time_s.unwrap_or(0.0);
        if !(time_s >= 0.0 && time_s.is_finite()) {
            return Err(out_of_range("time_s", "a time in the recording, in seconds".to_owned()));
        }
        Ok(FrameOptions { time_s, count, edge_px })
    }
}

/// The header with the times of the pictures in a strip.
const FRAME_TIMES: HeaderName = HeaderName::from_static("backbeat-frame-times-s");

/// See the pictures around a hit
///
/// Side by side as one JPEG, the earliest at the left. The header `Backbeat-Frame-Times-S` has the time of each in
/// seconds; at the end of a recording there may be fewer, and their places stay dark.
#[utoipa::path(get, path = "/videos/{id}/frames", tag = "videos", operation_id = "video_frames",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The recording."), FramesQuery), responses(
        (status = 200, description = "The pictures.", content_type = "image/jpeg", body = Vec<u8>),
        (status = 415, description = "The recording cannot be read any more.", body = Problem),
        (status = 429, description = "Too many pictures are being made.", body = Problem)))]
pub(crate) async fn frames(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<FramesQuery>,
) -> Result<Response, Refused> {
    let strip = videos::frames(&app, &actor, id, query.options()?).await?;
    let times: Vec<String> = strip.times_s.iter().map(|time_s| format!("{time_s:.4}")).collect();
    let times = HeaderValue::from_str(&times.join(",")).map_err(Error::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
        (FRAME_TIMES, times),
    ];
    Ok((headers, strip.jpeg).into_response())
}
