//! The server's own figures.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use service::App;
use service::metrics;
use service::policy::Action;

use crate::extract::Caller;
use crate::problem::{Problem, Refused};

/// Read the server's figures
///
/// For Prometheus. Admins may read them, and who sends the token of the setting `metrics_token`.
#[utoipa::path(get, path = "/metrics", tag = "health", operation_id = "metrics", security(("login" = [])), responses(
    (status = 200, description = "In the text format of Prometheus.", body = String, content_type = "text/plain",
        example = "backbeat_queue_jobs{type=\"transcription\",status=\"pending\"} 3\n"),
    (status = 403, description = "For admins only.", body = Problem)))]
pub(crate) async fn read(State(app): State<Arc<App>>, request: Request) -> Result<Response, Refused> {
    let (mut parts, _) = request.into_parts();
    let wanted = app.config.metrics_token.expose();
    let sent = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = sent.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if wanted.is_empty() || !service::same_secret(wanted, sent) {
        let Caller(actor) = Caller::from_request_parts(&mut parts, &app).await?;
        actor.may(Action::ReadMetrics)?;
    }
    let text = metrics::text(&app).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
