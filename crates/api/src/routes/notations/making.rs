//! New notations, and old ones written anew.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::notations::{self, Made, Order, Patch, PostedEvent};
use service::{Actor, App, Error, FieldError};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{NotationRead, options};
use crate::extract::{Body, Caller, Id};
use crate::problem::{Problem, Refused};
use crate::routes::jobs::accepted;
use crate::routes::videos::work::JobTicket;

/// A stroke.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct EventIn {
    /// When it begins, seconds from the start of the sound.
    #[schema(example = 0.5, minimum = 0, maximum = 1_000_000)]
    time_s: f64,
    /// By id or alias.
    #[schema(example = "snare")]
    instrument: String,
    /// How hard, 0-1.
    #[serde(default = "loud")]
    #[schema(example = 0.8, minimum = 0, maximum = 1, default = 0.8)]
    velocity: f64,
    /// How sure, 0-1.
    #[serde(default = "sure")]
    #[schema(example = 1.0, minimum = 0, maximum = 1, default = 1.0)]
    confidence: f64,
}

const fn loud() -> f64 {
    0.8
}

const fn sure() -> f64 {
    1.0
}

impl From<EventIn> for PostedEvent {
    fn from(event: EventIn) -> Self {
        let EventIn { time_s, instrument, velocity, confidence } = event;
        Self { time_s, instrument, velocity, confidence }
    }
}

/// A notation to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({ "title": "Rock", "tempo": 120, "events": [
    { "time_s": 0.0, "instrument": "kick" }, { "time_s": 0.5, "instrument": "snare" },
    { "time_s": 1.0, "instrument": "kick" }, { "time_s": 1.5, "instrument": "snare" }] }))]
pub(crate) struct NotationIn {
    /// The recording it is of.
    video_id: Option<Uuid>,
    /// The strokes, of whatever detector; what was heard in the recording where nothing is said.
    events: Option<Vec<EventIn>>,
    /// Length of the sound the strokes are from, seconds.
    #[schema(minimum = 0, maximum = 1_000_000)]
    duration_s: Option<f64>,
    /// What is known of the music and wanted of the notation, by the names of the command line.
    #[serde(flatten)]
    #[schema(ignore)]
    options: Map<String, Value>,
}

impl TryFrom<NotationIn> for Order {
    type Error = Error;

    fn try_from(new: NotationIn) -> Result<Self, Error> {
        Ok(Self {
            video_id: new.video_id,
            events: new.events.map(|events| events.into_iter().map(Into::into).collect()),
            duration_s: new.duration_s,
            known: options::of_body(new.options)?,
        })
    }
}

/// Write a notation
///
/// Of strokes you post, whatever found them; or of a recording: at once where it was listened to already, otherwise as a
/// job that listens first.
#[utoipa::path(post, path = "/notation", tag = "notation", operation_id = "create_notation", security(("login" = [])),
    request_body = NotationIn, responses(
        (status = 201, description = "It is written; its address is in `Location`.", body = NotationRead),
        (status = 202, description = "A job; its address is in `Location`.", body = JobTicket),
        (status = 400, description = "Too few strokes, or the recording has no sound.", body = Problem),
        (status = 404, description = "The recording does not exist, was deleted, or is not yours.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Body(body): Body<NotationIn>,
) -> Result<Response, Refused> {
    Ok(match notations::make(&app, &actor, body.try_into()?).await? {
        Made::Job(job) => accepted(&job, JobTicket::from(&*job)),
        Made::Notation(view) => {
            let location = format!("/notation/{}", view.notation.id);
            let mut response = (StatusCode::CREATED, Json(NotationRead::from(*view))).into_response();
            if let Ok(location) = HeaderValue::from_str(&location) {
                response.headers_mut().insert(header::LOCATION, location);
            }
            response
        }
    })
}

/// Most notations written in one request.
const BATCH_MAX: usize = 10;

/// Notations to be written.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct BatchIn {
    /// One to ten.
    #[schema(min_items = 1, max_items = 10)]
    notations: Vec<NotationIn>,
}

/// What became of one of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchEntry {
    /// `created`, `accepted` (a job) or `refused`.
    #[schema(example = "created")]
    status: &'static str,
    notation_id: Option<Uuid>,
    job_id: Option<Uuid>,
    /// Why it was refused.
    detail: Option<String>,
}

/// What became of them, in the order they were sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchRead {
    results: Vec<BatchEntry>,
}

/// Write several notations
///
/// Each is written or refused on its own.
#[utoipa::path(post, path = "/notation/batch", tag = "notation", operation_id = "create_notations",
    security(("login" = [])), request_body = BatchIn,
    responses((status = 200, description = "What became of each.", body = BatchRead)))]
pub(crate) async fn batch(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Body(body): Body<BatchIn>,
) -> Result<Json<BatchRead>, Refused> {
    if body.notations.is_empty() || body.notations.len() > BATCH_MAX {
        let message = format!("{} notations, 1 to {BATCH_MAX} are taken", body.notations.len());
        return Err(Error::Invalid(vec![FieldError::body("notations", "out_of_range", message)]).into());
    }
    let mut results = Vec::with_capacity(body.notations.len());
    for order in body.notations {
        results.push(one(&app, &actor, order).await?);
    }
    Ok(Json(BatchRead { results }))
}

async fn one(app: &App, actor: &Actor, new: NotationIn) -> Result<BatchEntry, Error> {
    let nothing = BatchEntry { status: "refused", notation_id: None, job_id: None, detail: None };
    let made = match Order::try_from(new) {
        Ok(order) => notations::make(app, actor, order).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(Made::Notation(view)) => {
            Ok(BatchEntry { status: "created", notation_id: Some(view.notation.id), ..nothing })
        }
        Ok(Made::Job(job)) => Ok(BatchEntry { status: "accepted", job_id: Some(job.id), ..nothing }),
        Err(error @ (Error::Internal(_) | Error::Unavailable(_) | Error::Forbidden(_))) => Err(error),
        Err(Error::Invalid(fields)) => {
            let fields = fields.into_iter().map(|field| format!("{}: {}", field.place.join("."), field.message));
            Ok(BatchEntry { detail: Some(fields.collect::<Vec<_>>().join("; ")), ..nothing })
        }
        Err(error) => Ok(BatchEntry { detail: Some(error.to_string()), ..nothing }),
    }
}

/// Changes to what a notation is written from.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({ "tempo": 120, "meter": "4/4", "similes": true }))]
pub(crate) struct NotationPatch {
    /// The revision the changes were made for; the current one where nothing is said.
    #[schema(minimum = 1)]
    base_revision: Option<i32>,
    /// Other strokes.
    events: Option<Vec<EventIn>>,
    /// What is known of the music and wanted of the notation, by the names of the command line; null takes an option back.
    #[serde(flatten)]
    #[schema(ignore)]
    options: Map<String, Value>,
}

/// Change a notation
///
/// Title, options or strokes; a new revision. With other options than the titles or other strokes it is written anew from
/// the strokes, with the options of before where nothing else is said: edits by hand stay in the revisions before.
#[utoipa::path(patch, path = "/notation/{id}", tag = "notation", operation_id = "change_notation",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation.")), request_body = NotationPatch,
    responses(
        (status = 200, description = "The new revision.", body = NotationRead),
        (status = 400, description = "Too few strokes for a beat.", body = Problem),
        (status = 409, description = "The notation is at another revision.", body = Problem)))]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(body): Body<NotationPatch>,
) -> Result<Json<NotationRead>, Refused> {
    let patch = Patch {
        base_revision: body.base_revision,
        events: body.events.map(|events| events.into_iter().map(Into::into).collect()),
        known: options::of_body(body.options)?,
    };
    Ok(Json(notations::patch(&app, &actor, id, patch).await?.into()))
}
