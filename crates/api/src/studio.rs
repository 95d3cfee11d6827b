//! The studio: the page for drummers, every byte from this executable.
//!
//! Its files lie in `crates/api/studio/`. They are served below `/studio/<version>/`, where the version is a hash of all
//! of them: a browser may keep them for ever, and a new executable has new addresses. The page itself and the service
//! worker are asked for anew each time and name that version. Scripts and styles come from files only, so the policy
//! allows nothing that stands in the page.

mod demo;
mod groove;
mod packed;
mod range;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use rust_embed::RustEmbed;
use serde_json::{Value as Document, json};
use service::{App, Error, Exported, demo as service_demo};

use crate::etag::has_already;
use crate::problem::{self, Refused};

#[derive(RustEmbed)]
#[folder = "studio/"]
struct Files;

/// Letters of the page's headings; the engraver prints titles with the same.
const FONT: &[u8] = include_bytes!("../../engrave/fonts/BackbeatText-Regular.ttf");
const FONT_NAME: &str = "fonts/BackbeatText-Regular.ttf";

/// What the page may load and run: its own files, pictures and sound it made itself, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; \
                      img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// Every address of the studio but `/`, which programs use as well.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/s/{token}", get(shared))
        .route("/sw.js", get(service_worker))
        .route("/manifest.webmanifest", get(manifest))
        .route("/favicon.ico", get(favicon))
        .route("/studio/facts.json", get(facts))
        .route("/studio/{version}/kit.wav", get(kit))
        .route("/studio/{version}/{*path}", get(file))
        .merge(demo::routes())
        .merge(groove::routes())
}

/// The first letters of a hash over every file.
fn version() -> String {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for name in names {
        let of_file = Files::get(&name).map(|file| file.metadata.sha256_hash()).unwrap_or_default();
        // FNV-1a: the parts are hashes already, this only joins them.
        for byte in name.bytes().chain(of_file) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

/// The page.
pub(crate) fn page(request: &HeaderMap) -> Response {
    let mut response = text(request, "index.html", "text/html; charset=utf-8");
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// The page for those who got a link; the script reads the token from the address.
async fn shared(request: HeaderMap) -> Response {
    page(&request)
}

async fn service_worker(request: HeaderMap) -> Response {
    text(&request, "sw.js", "text/javascript; charset=utf-8")
}

async fn manifest(request: HeaderMap) -> Response {
    text(&request, "manifest.webmanifest", "application/manifest+json")
}

async fn favicon(request: HeaderMap) -> Response {
    asset(&request, "icons/icon-192.png", FOR_EVER).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// A text with the version and the list of files filled in, asked for anew each time.
fn text(request: &HeaderMap, name: &str, media_type: &'static str) -> Response {
    let Some(found) = Files::get(name) else { return StatusCode::NOT_FOUND.into_response() };
    let version = version();
    let etag = format!("\"{version}\"");
    let mut response = if HeaderValue::from_str(&etag).is_ok_and(|etag| has_already(request, &etag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let filled = String::from_utf8_lossy(&found.data).replace("{{version}}", &version);
        filled.replace("{{files}}", &file_list(&version)).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, ASK_FIRST);
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// The addresses of everything the page needs without a network, as a JSON list.
fn file_list(version: &str) -> String {
    let mut list = String::from("[");
    let own = Files::iter().filter(|name| !matches!(name.as_ref(), "index.html" | "sw.js" | "manifest.webmanifest"));
    for name in own.map(|name| name.to_string()).chain([FONT_NAME.to_owned()]) {
        let comma = if list.len() > 1 { ", " } else { "" };
        let _ = write!(list, "{comma}\"/studio/{version}/{name}\"");
    }
    list.push(']');
    list
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ttf") => "font/ttf",
        _ => "application/octet-stream",
    }
}

fn asset(request: &HeaderMap, name: &str, cache: HeaderValue) -> Option<Response> {
    let bytes = if name == FONT_NAME { Cow::Borrowed(FONT) } else { Files::get(name)?.data };
    let mut response = packed::answer(request, name, bytes);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    headers.insert(header::CACHE_CONTROL, cache);
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Some(response)
}

/// A file of a score that needs no account, named without its ending.
fn written(exported: Exported, name: &str) -> Response {
    let mut response = exported.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(exported.media_type));
    if let Ok(value) = HeaderValue::from_str(&format!("inline; filename=\"{name}.{}\"", exported.extension)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// How long an answer at a versioned address may be kept: for ever, unless the page that asks is an old one.
fn cache_of(asked: &str) -> HeaderValue {
    if asked == version() { FOR_EVER } else { ASK_FIRST }
}

async fn file(Path((asked, name)): Path<(String, String)>, request: HeaderMap, uri: Uri) -> Response {
    match asset(&request, &name, cache_of(&asked)) {
        Some(response) => response,
        None => problem::no_such_route(uri).await,
    }
}

/// One stroke of every instrument, which the page plays scores with.
async fn kit(Path(asked): Path<String>, request: HeaderMap) -> Result<Response, Refused> {
    static KIT: LazyLock<Result<Vec<u8>, String>> =
        LazyLock::new(|| service_demo::kit().map_err(|error| error.to_string()));
    let kit = tokio::task::spawn_blocking(|| KIT.as_deref()).await.map_err(Error::internal)?;
    let bytes = kit.map_err(|error| Error::internal(error.clone()))?;
    let mut response = range::answer(&request, bytes, "audio/wav");
    response.headers_mut().insert(header::CACHE_CONTROL, cache_of(&asked));
    Ok(response)
}

/// What the page must know of this server before anybody logs in.
async fn facts(State(app): State<Arc<App>>) -> Response {
    let config = &app.config;
    let mut response = Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "registration_open": config.registration_open,
        "max_video_size_mb": config.max_video_size_mb,
        "audio_s_max": config.audio_s_max,
        "extensions": service::videos::EXTENSIONS,
        "kit_step_s": service_demo::KIT_STEP_S,
        "groove_bars_max": service::groove::BARS_MAX,
        "groove_bytes_max": service::groove::TAB_BYTES_MAX,
        "instruments": drums::instruments().iter().map(instrument).collect::<Vec<_>>(),
        "formats": export::FORMATS.iter().map(format).collect::<Vec<_>>(),
    }))
    .into_response();
    response.headers_mut().insert(HeaderName::from_static("cache-control"), ASK_FIRST);
    response
}

fn instrument(row: &drums::Row) -> Document {
    json!({
        "id": row.id,
        "name": row.name,
        "piece": format!("{:?}", row.piece).to_ascii_lowercase(),
        "feet": row.voice == drums::VoiceRole::Feet,
    })
}

fn format(info: &export::FormatInfo) -> Document {
    json!({
        "id": info.id,
        "name": info.name,
        "extension": info.extension,
        "description": info.description,
        "options": export::OPTIONS.iter().filter(|one| one.formats.contains(&info.id)).map(|one| one.name).collect::<Vec<_>>(),
    })
}
