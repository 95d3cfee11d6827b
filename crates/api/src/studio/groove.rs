//! A groove that a link carries: its tab comes as a parameter, every format of it goes back, nothing is kept.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::Response;
use axum::routing::get;
use service::groove::Groove;
use service::{App, Error};

use super::{ASK_FIRST, written};
use crate::extract::Query;
use crate::problem::Refused;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/studio/groove/{format}", get(export))
}

async fn export(
    Path(format): Path<String>,
    Query(mut options): Query<Vec<(String, String)>>,
) -> Result<Response, Refused> {
    let tab: String = options.extract_if(.., |(name, _)| name == "tab").map(|(_, tab)| tab).collect();
    let made = tokio::task::spawn_blocking(move || Groove::read(&tab)?.export(&format, &options)).await;
    let mut response = written(made.map_err(Error::internal)??, "groove");
    response.headers_mut().insert(header::CACHE_CONTROL, ASK_FIRST);
    Ok(response)
}
