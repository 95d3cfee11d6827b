//! What files there are, with their options, and what our documents hold.

use axum::Json;
use axum::extract::Path;
use export::{FORMATS, OPTIONS, Values, json};
use serde::Serialize;
use serde_json::{Value as Document, json};
use service::Error;
use utoipa::ToSchema;

use crate::problem::Refused;

/// An option of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OptionRead {
    #[schema(example = "dpi")]
    name: &'static str,
    #[schema(example = "Resolution of the picture; 150 where nothing is said.")]
    description: &'static str,
    /// What it takes: the smallest and largest number and the unit, or the words.
    #[schema(example = json!({ "min": 20, "max": 600, "unit": "dots per inch" }))]
    values: Document,
}

/// A kind of file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormatRead {
    /// As in `/notation/{id}/export/{format}`.
    #[schema(example = "musicxml")]
    id: &'static str,
    #[schema(example = "MusicXML")]
    name: &'static str,
    #[schema(example = "For notation programs such as MuseScore.")]
    description: &'static str,
    #[schema(example = "musicxml")]
    extension: &'static str,
    #[schema(example = "application/vnd.recordare.musicxml+xml")]
    media_type: &'static str,
    options: Vec<OptionRead>,
}

/// List kinds of files
///
/// Every format a notation can be downloaded in, with its options.
#[utoipa::path(get, path = "/notation/formats", tag = "notation", operation_id = "list_formats",
    responses((status = 200, description = "The formats.", body = Vec<FormatRead>)))]
pub(crate) async fn formats() -> Json<Vec<FormatRead>> {
    let options = |id: &str| {
        let own = OPTIONS.iter().filter(|option| option.formats.is_empty() || option.formats.contains(&id));
        own.map(|option| OptionRead {
            name: option.name,
            description: option.description,
            values: match option.values {
                Values::Number { min, max, whole, unit } => {
                    json!({ "min": min, "max": max, "whole": whole, "unit": unit })
                }
                Values::Words(words) => json!({ "words": words }),
                Values::Text(_) | Values::Meter | Values::Times(_) => json!({ "text": option.values.allowed() }),
            },
        })
        .collect()
    };
    let formats = FORMATS.iter().map(|format| FormatRead {
        id: format.id,
        name: format.name,
        description: format.description,
        extension: format.extension,
        media_type: format.media_type,
        options: options(format.id),
    });
    Json(formats.collect())
}

/// Read what a document holds
///
/// The JSON Schema (draft 2020-12) of one of our documents: `backbeat-score` (which `notation_json` is),
/// `backbeat-performance`, `backbeat-timemap`, `backbeat-edits`.
#[utoipa::path(get, path = "/notation/schemas/{name}", tag = "notation", operation_id = "read_schema",
    params(("name" = String, Path, description = "`format` of the document.", example = "backbeat-score")),
    responses((status = 200, description = "The schema.", body = Document)))]
pub(crate) async fn schema(Path(name): Path<String>) -> Result<Json<Document>, Refused> {
    let found = json::SCHEMAS.iter().find(|(format, _)| *format == name);
    let (_, schema) = found.ok_or(Error::NotFound("schema"))?;
    Ok(Json(serde_json::from_str(schema).map_err(Error::internal)?))
}
