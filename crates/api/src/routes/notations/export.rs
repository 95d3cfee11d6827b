//! Notations as files.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use export::OPTIONS;
use service::notations::{self, Wanted};
use service::{Actor, App, Error, FieldError};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{KnownFormat, RefOr, Required, Schema, SchemaFormat};
use uuid::Uuid;

use super::options::in_query;
use crate::download::Disposition;
use crate::etag::has_already;
use crate::extract::{Caller, Id};
use crate::problem::{Problem, Refused};

/// The query of an export: a revision, a kit, and every option of `export::OPTIONS`.
pub(crate) struct ExportQuery;

/// The query of an export by a link: every option of `export::OPTIONS`.
pub(crate) struct OptionsQuery;

fn parameter(name: &str, description: String, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(RefOr::T(Schema::Object(schema.build()))))
        .build()
}

impl IntoParams for ExportQuery {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let revision = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(1))
            .maximum(Some(i32::MAX));
        let kit =
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
        let mut all = vec![
            parameter("revision", "Which revision; the current one by default.".to_owned(), revision),
            parameter("kit", "A drum kit of your own to lay over the score.".to_owned(), kit),
        ];
        all.extend(OptionsQuery::into_params(place));
        all
    }
}

impl IntoParams for OptionsQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let described = |option: &export::OptionInfo| {
            let description = match option.formats {
                [] => option.description.to_owned(),
                formats => format!("{} For {}.", option.description, formats.join(", ")),
            };
            parameter(option.name, description, in_query(option.values))
        };
        OPTIONS.iter().map(described).collect()
    }
}

/// Download a notation
///
/// As MusicXML, MIDI, PDF and more. The answer has an `ETag`; with `If-None-Match` it is only sent when it changed.
#[utoipa::path(get, path = "/notation/{id}/export/{format}", tag = "notation", operation_id = "export_notation",
    security(("login" = [])),
    params(
        ("id" = Uuid, Path, description = "The notation."),
        ("format" = String, Path, description = "Id of a format.", example = "musicxml"),
        ExportQuery),
    responses(
        (status = 200, description = "The file.", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 304, description = "The file is the one named in `If-None-Match`."),
        (status = 400, description = "There is no such format or page; the hint names those there are.", body = Problem)))]
pub(crate) async fn export(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    path: Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let Path((_, format)) = path;
    let response = file(&app, &actor, id, read_query(format, query(&uri))?, &headers).await?;
    Ok(response)
}

/// Follow a notation in time
///
/// When each measure and each note sounds, and where it stands on the page: the document `backbeat-timemap`. The options
/// are those of the SVG it belongs to.
#[utoipa::path(get, path = "/notation/{id}/timeline", tag = "notation", operation_id = "notation_timeline",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation."), ExportQuery),
    responses(
        (status = 200, description = "The document.", body = serde_json::Value),
        (status = 304, description = "The document is the one named in `If-None-Match`.")))]
pub(crate) async fn timeline(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    document(&app, &actor, id, read_query("timemap".to_owned(), query(&uri))?, &headers).await
}

fn query(uri: &Uri) -> &str {
    uri.query().unwrap_or_default()
}

/// The same as [`file`], to be read rather than saved.
pub(crate) async fn document(
    app: &App,
    actor: &Actor,
    id: Uuid,
    wanted: Wanted,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let mut response = file(app, actor, id, wanted, headers).await?;
    response.headers_mut().remove(header::CONTENT_DISPOSITION);
    Ok(response)
}

/// A notation as a file, or 304 to whoever has it.
pub(crate) async fn file(
    app: &App,
    actor: &Actor,
    id: Uuid,
    wanted: Wanted,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let tag = format!("\"{}\"", notations::tag(app, actor, id, &wanted).await?);
    let tag = HeaderValue::from_str(&tag).map_err(Error::internal)?;
    if has_already(headers, &tag) {
        let kept = (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag), kept]).into_response());
    }
    let (exported, name) = notations::export(app, actor, id, wanted).await?;
    let shown = Disposition::Attachment.header(&format!("{name}.{}", exported.extension));
    let mut response = Response::new(Body::from(exported.bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(exported.media_type));
    headers.insert(header::CONTENT_DISPOSITION, shown);
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// The query of an export; each name at most once.
pub(crate) fn read_query(format: String, query: &str) -> Result<Wanted, Error> {
    let refuse = |name: &str, kind: &'static str, message: &str| {
        let place = vec!["query".to_owned(), name.chars().take(40).collect()];
        Error::Invalid(vec![FieldError { place, kind, message: message.to_owned() }])
    };
    let mut wanted = Wanted { format, revision: None, kit: None, options: BTreeMap::new() };
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name == "revision" {
            let number = value.parse().ok().filter(|number| *number >= 1);
            let range = "revisions are whole numbers from 1 to 2147483647";
            wanted.revision = Some(number.ok_or_else(|| refuse("revision", "int_parsing", range))?);
        } else if name == "kit" {
            let kit = Uuid::parse_str(&value).map_err(|_| refuse("kit", "uuid_parsing", "this is not a UUID"))?;
            wanted.kit = Some(kit);
        } else if wanted.options.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(refuse(&name, "twice", "this is said twice"));
        }
    }
    Ok(wanted)
}

/// The query of an export by a link, which shows the current revision with nothing of its owner's laid over it.
pub(crate) fn read_options(format: String, query: &str) -> Result<Wanted, Error> {
    let wanted = read_query(format, query)?;
    if wanted.revision.is_none() && wanted.kit.is_none() {
        return Ok(wanted);
    }
    let name = if wanted.revision.is_some() { "revision" } else { "kit" };
    let message = "a link shows the notation as it is now".to_owned();
    Err(Error::Invalid(vec![FieldError { place: vec!["query".to_owned(), name.to_owned()], kind: "option", message }]))
}
