//! The demo for everybody: its facts, its clip, its waveform and every format of its score.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use service::{App, Error, demo};

use super::{ASK_FIRST, range, written};
use crate::extract::Query;
use crate::problem::Refused;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/demo", get(facts))
        .route("/demo/video", get(video))
        .route("/demo/waveform", get(waveform))
        .route("/demo/export/{format}", get(export))
}

fn kept(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, ASK_FIRST);
    response
}

async fn facts(State(app): State<Arc<App>>) -> Result<Response, Refused> {
    let demo = demo::demo(&app).await?;
    let remarks = demo.remarks.iter().map(|(kind, text)| json!({ "kind": kind, "text": text }));
    Ok(kept(
        Json(json!({
            "title": demo.title(),
            "duration_s": demo.duration_s(),
            "tempo": demo.tempo_bpm(),
            "time_signature": demo.time_signature(),
            "measures": demo.measures(),
            "model_version": demo.model,
            "remarks": remarks.collect::<Vec<_>>(),
        }))
        .into_response(),
    ))
}

async fn video(request: HeaderMap) -> Response {
    kept(range::answer(&request, demo::CLIP, demo::CLIP_MEDIA_TYPE))
}

async fn waveform(State(app): State<Arc<App>>) -> Result<Response, Refused> {
    let demo = demo::demo(&app).await?;
    let body = json!({ "buckets_per_s": demo::PEAKS_PER_S, "duration_s": demo.duration_s(), "peaks": demo.peaks });
    Ok(kept(Json(body).into_response()))
}

async fn export(
    State(app): State<Arc<App>>,
    Path(format): Path<String>,
    Query(options): Query<Vec<(String, String)>>,
) -> Result<Response, Refused> {
    let demo = demo::demo(&app).await?;
    let name = demo.title().to_lowercase().replace(' ', "-");
    let made = tokio::task::spawn_blocking(move || demo.export(&format, &options)).await;
    let exported = made.map_err(Error::internal)??;
    Ok(kept(written(exported, &name)))
}
