//! A notation heard again by another model.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use service::notations::relisten::{self, Change, ModelWish, Proposal};
use service::{App, Error, FieldError};
use utoipa::ToSchema;
use uuid::Uuid;

use super::NotationRead;
use crate::extract::{Body, Caller, Id};
use crate::problem::{Problem, Refused};
use crate::routes::jobs::accepted;
use crate::routes::videos::work::JobTicket;

/// With which model.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelistenIn {
    /// Id of a registered model, or `built_in`; the active one where nothing is said.
    #[schema(
        example = "built_in",
        pattern = "^(built_in|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
    )]
    model: Option<String>,
}

impl RelistenIn {
    fn wish(self) -> Result<ModelWish, Error> {
        match self.model.as_deref() {
            None => Ok(ModelWish::Active),
            Some("built_in") => Ok(ModelWish::BuiltIn),
            Some(id) => Uuid::parse_str(id).map(ModelWish::Registered).map_err(|_| {
                Error::Invalid(vec![FieldError::body("model", "uuid_parsing", "this is no UUID and not built_in")])
            }),
        }
    }
}

/// One difference.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeRead {
    /// `added`, `removed`, `changed` (to another instrument), `kept` (heard differently where you decided) or `unplaced`
    /// (heard where nothing can be written).
    #[schema(example = "changed")]
    kind: &'static str,
    /// Seconds.
    #[schema(example = 1.5)]
    time_s: f64,
    /// What is heard now; of a stroke that is gone, what it was.
    #[schema(example = "cross_stick")]
    instrument: &'static str,
    /// What stands there, where that is another instrument.
    #[schema(example = "snare")]
    was: Option<&'static str>,
    /// Whether it is about grace notes.
    #[schema(example = false)]
    grace: bool,
    /// How sure the model is, 0-1; none where it hears nothing.
    #[schema(example = 0.9)]
    confidence: Option<f64>,
    /// The note that stands there.
    #[schema(example = "n12")]
    element: Option<String>,
}

impl From<&Change> for ChangeRead {
    fn from(change: &Change) -> Self {
        Self {
            kind: change.kind.code(),
            time_s: change.time.get(),
            instrument: change.instrument.id(),
            was: change.was.map(drums::Instrument::id),
            grace: change.grace,
            confidence: change.confidence.map(|confidence| f64::from(confidence.get())),
            element: change.note.map(|id| format!("n{}", id.0)),
        }
    }
}

/// The differences of one measure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeasureChanges {
    /// Its number as printed.
    #[schema(example = 3)]
    measure: u32,
    /// In order of time.
    changes: Vec<ChangeRead>,
}

/// What would change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalRead {
    notation_id: Uuid,
    /// The revision that would be changed.
    #[schema(example = 2)]
    revision: i32,
    /// The registered model that listened; none for the one in the executable.
    model_id: Option<Uuid>,
    #[schema(example = "tcn 3")]
    model_version: String,
    heard_at: DateTime<Utc>,
    /// How many differences of each kind there are.
    #[schema(example = json!({ "added": 4, "removed": 2, "changed": 1, "kept": 3, "unplaced": 0 }))]
    counts: BTreeMap<&'static str, usize>,
    /// Measures with differences, in order.
    measures: Vec<MeasureChanges>,
}

impl From<Proposal> for ProposalRead {
    fn from(proposal: Proposal) -> Self {
        let mut measures: BTreeMap<u32, Vec<ChangeRead>> = BTreeMap::new();
        for change in &proposal.changes {
            measures.entry(change.measure).or_default().push(change.into());
        }
        Self {
            counts: proposal.counts(),
            notation_id: proposal.heard.notation_id,
            revision: proposal.revision,
            model_id: proposal.heard.model_id,
            model_version: proposal.heard.model_version,
            heard_at: proposal.heard.created_at,
            measures: measures.into_iter().map(|(measure, changes)| MeasureChanges { measure, changes }).collect(),
        }
    }
}

/// Hear a notation's recording again
///
/// A job: another model listens, and what it hears differently waits for your word. Nothing is changed yet.
#[utoipa::path(post, path = "/notation/{id}/relisten", tag = "notation", operation_id = "relisten_notation",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation.")), request_body = RelistenIn,
    responses(
        (status = 202, description = "A job; its address is in `Location`.", body = JobTicket),
        (status = 400, description = "The notation is of no recording.", body = Problem),
        (status = 409, description = "The model did not pass its check.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn ask(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(body): Body<RelistenIn>,
) -> Result<Response, Refused> {
    let job = relisten::ask(&app, &actor, id, body.wish()?).await?;
    Ok(accepted(&job, JobTicket::from(&job)))
}

/// See what hearing again would change
///
/// Measure by measure, for the current revision. What you wrote or changed by hand stays; where the model hears it
/// differently, that is listed as `kept`.
#[utoipa::path(get, path = "/notation/{id}/relisten", tag = "notation", operation_id = "relistening_of_notation",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation.")),
    responses((status = 200, description = "The differences.", body = ProposalRead)))]
pub(crate) async fn proposal(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<ProposalRead>, Refused> {
    Ok(Json(relisten::proposal(&app, &actor, id).await?.into()))
}

/// For which revision the differences were looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptIn {
    /// The revision the differences were shown for.
    #[schema(example = 1, minimum = 1)]
    base_revision: i32,
}

/// Take over what was heard again
///
/// A new revision, which an undo takes back.
#[utoipa::path(post, path = "/notation/{id}/relisten/accept", tag = "notation", operation_id = "accept_relistening",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation.")), request_body = AcceptIn,
    responses(
        (status = 200, description = "The new revision.", body = NotationRead),
        (status = 409, description = "The notation is at another revision.", body = Problem)))]
pub(crate) async fn accept(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(body): Body<AcceptIn>,
) -> Result<Json<NotationRead>, Refused> {
    Ok(Json(relisten::accept(&app, &actor, id, body.base_revision).await?.into()))
}

/// Drop what was heard again
#[utoipa::path(delete, path = "/notation/{id}/relisten", tag = "notation", operation_id = "drop_relistening",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation.")),
    responses((status = 204, description = "It is gone.")))]
pub(crate) async fn discard(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<StatusCode, Refused> {
    relisten::discard(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
