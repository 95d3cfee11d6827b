//! Written scores.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{self, HeaderValue};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value as Document;
use service::{App, Notation, notations};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Caller, Id};
use crate::problem::{Problem, Refused};

/// A notation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotationRead {
    id: Uuid,
    video_id: Uuid,
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
    #[schema(example = "classic-1")]
    model_version: Option<String>,
    /// Remarks on what was doubtful.
    report: Option<Document>,
    /// Grows with every change.
    #[schema(example = 1)]
    revision: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Notation> for NotationRead {
    fn from(notation: Notation) -> Self {
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
            created_at: notation.created_at,
            updated_at: notation.updated_at,
        }
    }
}

/// Read a notation
#[utoipa::path(get, path = "/notation/{id}", tag = "notation", operation_id = "get_notation", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The notation.")),
    responses((status = 200, description = "The notation.", body = NotationRead)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<NotationRead>, Refused> {
    Ok(Json(notations::get(&app, &actor, id).await?.into()))
}

/// Download a notation
///
/// As MusicXML, MIDI, PDF and more.
#[utoipa::path(get, path = "/notation/{id}/export/{format}", tag = "notation", operation_id = "export_notation",
    security(("login" = [])),
    params(
        ("id" = Uuid, Path, description = "The notation."),
        ("format" = String, Path, description = "Id of a format.", example = "musicxml")),
    responses(
        (status = 200, description = "The file.", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 400, description = "There is no such format; the hint names those there are.", body = Problem)))]
pub(crate) async fn export(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    path: Path<(String, String)>,
) -> Result<Response, Refused> {
    let Path((_, format)) = path;
    let (exported, name) = notations::export(&app, &actor, id, &format).await?;
    let mut response = Response::new(Body::from(exported.bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(exported.media_type));
    headers.insert(header::CONTENT_DISPOSITION, disposition(&name, exported.extension));
    Ok(response)
}

/// The name of a download as RFC 6266 has it: plain letters for old programs, all of UTF-8 for the others.
fn disposition(name: &str, extension: &str) -> HeaderValue {
    let plain: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || " -_.".contains(letter) { letter } else { '_' })
        .collect();
    let full: String = format!("{name}.{extension}")
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let value = format!("attachment; filename=\"{plain}.{extension}\"; filename*=UTF-8''{full}");
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_title_makes_a_header() {
        let value = disposition("Überlauf \"1\"\r\n", "mid");
        assert_eq!(
            value.to_str().unwrap(),
            "attachment; filename=\"_berlauf _1___.mid\"; filename*=UTF-8''%C3%9Cberlauf%20%221%22%0D%0A.mid"
        );
    }
}
