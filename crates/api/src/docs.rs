//! The pages that describe the API: Swagger UI and ReDoc, every byte from this executable.

use std::sync::{Arc, LazyLock};

use axum::extract::Path;
use axum::http::header::{self, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::{openapi, problem};

#[derive(RustEmbed)]
#[folder = "assets/docs/"]
struct Pages;

#[derive(RustEmbed)]
#[folder = "assets/redoc/"]
struct Redoc;

/// Scripts from this server only; styles are also written into the page by both programs.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; worker-src blob:; style-src 'self' 'unsafe-inline'; \
                           img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                           form-action 'self'; frame-ancestors 'none'";

fn file(bytes: impl Into<axum::body::Body>, media_type: &str) -> Response {
    let mut response = Response::new(bytes.into());
    let media_type = HeaderValue::from_str(media_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn page(name: &str, media_type: &str) -> Response {
    match Pages::get(name) {
        Some(page) => file(page.data.into_owned(), media_type),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The document itself.
pub(crate) async fn openapi_json() -> Response {
    static JSON: LazyLock<String> = LazyLock::new(openapi::json);
    file(JSON.as_str(), "application/json")
}

/// Swagger UI.
pub(crate) async fn swagger() -> Response {
    page("swagger.html", "text/html; charset=utf-8")
}

/// A file of Swagger UI.
pub(crate) async fn swagger_file(Path(name): Path<String>, uri: Uri) -> Response {
    if name == "start.js" {
        return page("swagger.js", "text/javascript; charset=utf-8");
    }
    let config = Arc::new(utoipa_swagger_ui::Config::from("/openapi.json"));
    let Ok(Some(found)) = utoipa_swagger_ui::serve(&name, config) else { return problem::no_such_route(uri).await };
    let mut response = file(found.bytes.into_owned(), &found.content_type);
    if found.gzpipped {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// ReDoc.
pub(crate) async fn redoc() -> Response {
    page("redoc.html", "text/html; charset=utf-8")
}

/// A file of ReDoc.
pub(crate) async fn redoc_file(Path(name): Path<String>, uri: Uri) -> Response {
    if name == "start.js" {
        return page("redoc.js", "text/javascript; charset=utf-8");
    }
    let media_type =
        if name.ends_with(".txt") { "text/plain; charset=utf-8" } else { "text/javascript; charset=utf-8" };
    match Redoc::get(&name) {
        Some(found) => file(found.data.into_owned(), media_type),
        None => problem::no_such_route(uri).await,
    }
}
