//! What happens to jobs, as it happens: server-sent events.
//!
//! Conventions: nothing is pushed. A client that reads slowly is told the present state when it reads on, and every hit.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::Serialize;
use serde_json::Value as Document;
use service::App;
use service::events::{self, Event, Follower};
use utoipa::ToSchema;
use uuid::Uuid;

use super::jobs::JobRead;
use crate::extract::{Caller, Id};
use crate::problem::{Problem, Refused};

/// Data of the event `hits`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EarlyHits {
    /// The job that heard them.
    job_id: Uuid,
    /// Its attempt; hits of earlier attempts are void.
    #[schema(example = 1)]
    attempt: i32,
    /// Heard since the last time, in order of time; the finished job may decide otherwise.
    #[schema(value_type = Vec<EarlyHit>)]
    hits: Document,
}

/// A hit heard early.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EarlyHit {
    /// Seconds from the start of the recording.
    #[schema(example = 1.52)]
    time_s: f64,
    #[schema(example = "snare")]
    instrument: String,
    #[schema(example = 96, minimum = 1, maximum = 127)]
    velocity: u8,
}

/// Follow a job
///
/// Server-sent events: `progress` with the job, `hits` with what was heard since the last one, and `end` with the job, after
/// which the stream closes. Every event has a number; who comes back sends the last one in `Last-Event-ID` and gets no hit
/// twice. A comment shows now and then that the stream lives.
#[utoipa::path(get, path = "/jobs/{id}/events", tag = "jobs", operation_id = "follow_job", security(("login" = [])),
    params(
        ("id" = Uuid, Path, description = "The job."),
        ("last-event-id" = Option<String>, Header, description = "The last event you have.", example = "17")),
    responses(
        (status = 200, description = "The stream.", body = String, content_type = "text/event-stream",
            example = "event: progress\nid: 0\ndata: {\"status\": \"running\", \"progress\": 40}\n\n"),
        (status = 429, description = "Too many streams are open.", body = Problem)))]
pub(crate) async fn of_job(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let follower = events::follow_job(&app, &actor, id, last_seen(&headers)).await?;
    Ok(stream_of(&app, follower))
}

/// Follow all work on a recording
///
/// The same for every job of the recording, those asked for meanwhile included, until none waits or runs.
#[utoipa::path(get, path = "/videos/{id}/events", tag = "videos", operation_id = "follow_video", security(("login" = [])),
    params(
        ("id" = Uuid, Path, description = "The recording."),
        ("last-event-id" = Option<String>, Header, description = "The last event you have.", example = "17")),
    responses(
        (status = 200, description = "The stream.", body = String, content_type = "text/event-stream",
            example = "event: end\nid: 17\ndata: {\"status\": \"completed\", \"progress\": 100}\n\n"),
        (status = 429, description = "Too many streams are open.", body = Problem)))]
pub(crate) async fn of_video(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let follower = events::follow_video(&app, &actor, id, last_seen(&headers)).await?;
    Ok(stream_of(&app, follower))
}

/// The number of the last event a client has; 0 for one that is new or says something else.
fn last_seen(headers: &HeaderMap) -> i64 {
    headers.get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok()).unwrap_or(0)
}

fn stream_of(app: &App, follower: Follower) -> Response {
    let messages = stream::unfold(follower, |mut follower| async {
        let (number, event) = follower.next().await?;
        Some((message(event).map(|message| message.id(number.to_string())), follower))
    });
    let alive = KeepAlive::new().interval(Duration::from_secs(app.config.event_heartbeat_s)).text("still here");
    let mut response = Sse::new(messages).keep_alive(alive).into_response();
    // A proxy must not keep the events until it has a page full of them.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

fn message(event: Event) -> Result<Message, axum::Error> {
    match event {
        Event::Progress(job) => Message::default().event("progress").json_data(JobRead::from(*job)),
        Event::Hits { job_id, attempt, hits } => {
            Message::default().event("hits").json_data(EarlyHits { job_id, attempt, hits })
        }
        Event::End(job) => Message::default().event("end").json_data(job.map(|job| JobRead::from(*job))),
    }
}
