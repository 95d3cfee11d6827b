//! Models that listen or take recordings apart: what there is, and for admins bringing new ones in.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Document;
use service::error::refusal;
use service::models::{self, BuiltIn, Entry, InUse, NewMetrics, NewModel, StoredWeights, Task, Weights};
use service::{Actor, App, Error, FieldError, RegisteredModel};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::paging::{PageQuery, numbers};
use super::videos::upload::paced;
use crate::extract::{Body, Caller, Id, Query, announced_bytes, zero_character};
use crate::problem::{Problem, Refused};

/// A registered model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelRead {
    id: Uuid,
    #[schema(example = "tcn")]
    name: String,
    #[schema(example = "3")]
    version: String,
    /// `onset_detection`, `classification` or `separation`.
    #[schema(example = "onset_detection")]
    task: String,
    /// Of its weights.
    #[schema(example = "c5bdfea5d72275753ee23c0c19cbdd2e0f9c109a28223e18c725b0a6f020a1f7")]
    sha256: String,
    /// Of its weights.
    #[schema(example = 4_200_000)]
    size_bytes: i64,
    description: Option<String>,
    /// `registered` (not checked yet), `verified` or `refused`.
    #[schema(example = "verified")]
    status: String,
    /// Whether its task uses it.
    #[schema(example = false)]
    is_active: bool,
    /// What its check found: `ok`, and `facts` or a `reason`.
    verdict: Option<Document>,
    /// Figures by the name of what they were measured on.
    metrics: Option<Document>,
    verified_at: Option<DateTime<Utc>>,
    activated_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<RegisteredModel> for ModelRead {
    fn from(model: RegisteredModel) -> Self {
        Self {
            id: model.id,
            name: model.name,
            version: model.version,
            task: model.model_type,
            sha256: model.sha256,
            size_bytes: model.size_bytes,
            description: model.description,
            status: model.status,
            is_active: model.is_active,
            verdict: model.verdict,
            metrics: model.metrics,
            verified_at: model.verified_at,
            activated_at: model.activated_at,
            created_at: model.created_at,
            updated_at: model.updated_at,
        }
    }
}

/// One page of models, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelPage {
    models: Vec<ModelRead>,
    #[schema(example = 1)]
    total: u64,
    #[schema(example = 1)]
    page: u64,
    #[schema(example = 20)]
    per_page: u64,
    #[schema(example = 1)]
    pages: u64,
}

/// Which models to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ModelQuery {
    /// Which page, from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    per_page: Option<u64>,
    /// Only of this task.
    #[param(example = "onset_detection")]
    task: Option<String>,
}

/// A registered model whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelDetails {
    #[serde(flatten)]
    model: ModelRead,
    /// Its card, TOML.
    #[schema(example = "name = \"tcn\"\nversion = \"3\"")]
    card: String,
    /// Recordings last heard with it.
    #[schema(example = 12)]
    recordings: u64,
    /// Notations last written with it.
    #[schema(example = 9)]
    notations: u64,
    /// Separations made with it.
    #[schema(example = 0)]
    separations: u64,
}

impl From<Entry> for ModelDetails {
    fn from(entry: Entry) -> Self {
        let card = entry.model.card.clone();
        let Entry { recordings, notations, separations, .. } = entry;
        Self { model: entry.model.into(), card, recordings, notations, separations }
    }
}

/// The model in the executable.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BuiltInRead {
    #[schema(example = "tcn")]
    name: String,
    #[schema(example = "2")]
    version: String,
    /// Of its weights; null where it has none, as the masks that take recordings apart.
    #[schema(example = "c5bdfea5d72275753ee23c0c19cbdd2e0f9c109a28223e18c725b0a6f020a1f7")]
    sha256: Option<String>,
}

impl From<BuiltIn> for BuiltInRead {
    fn from(model: BuiltIn) -> Self {
        Self { name: model.name, version: model.version, sha256: model.sha256 }
    }
}

/// Which model a task uses.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskRead {
    #[schema(example = "onset_detection")]
    task: &'static str,
    /// Whether this version does the task.
    #[schema(example = true)]
    is_run: bool,
    /// Whether models of the task can be registered.
    #[schema(example = true)]
    is_open: bool,
    /// The active registered model; where there is none, the one in the executable is used.
    active: Option<ModelRead>,
    built_in: Option<BuiltInRead>,
}

impl From<InUse> for TaskRead {
    fn from(used: InUse) -> Self {
        Self {
            task: used.task.as_str(),
            is_run: used.task.is_run(),
            is_open: used.task.is_open(),
            active: used.active.map(Into::into),
            built_in: used.built_in.map(Into::into),
        }
    }
}

fn task_of(part: &str, word: &str) -> Result<Task, Error> {
    Task::parse(word).ok_or_else(|| {
        let words: Vec<&str> = Task::ALL.iter().map(|task| task.as_str()).collect();
        let place = vec![part.to_owned(), "task".to_owned()];
        Error::Invalid(vec![FieldError { place, kind: "enum", message: format!("one of {}", words.join(", ")) }])
    })
}

/// List models
///
/// The registered ones; the one in the executable is among the tasks.
#[utoipa::path(get, path = "/models", tag = "models", operation_id = "list_models", security(("login" = [])),
    params(ModelQuery), responses((status = 200, description = "One page, newest first.", body = ModelPage)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<ModelQuery>,
) -> Result<Json<ModelPage>, Refused> {
    let paging = PageQuery::paging(query.page, query.per_page)?;
    let task = query.task.as_deref().map(|word| task_of("query", word)).transpose()?;
    let found = models::list(&app, &actor, task, paging).await?;
    let (total, page, per_page, pages) = numbers(&found);
    let models = found.rows.into_iter().map(Into::into).collect();
    Ok(Json(ModelPage { models, total, page, per_page, pages }))
}

/// See which model each task uses
#[utoipa::path(get, path = "/models/tasks", tag = "models", operation_id = "model_tasks", security(("login" = [])),
    responses((status = 200, description = "Every task.", body = Vec<TaskRead>)))]
pub(crate) async fn tasks(State(app): State<Arc<App>>, Caller(actor): Caller) -> Result<Json<Vec<TaskRead>>, Refused> {
    Ok(Json(models::tasks(&app, &actor).await?.into_iter().map(Into::into).collect()))
}

/// Read a model
///
/// With its card, and with how much it made: `model_version` of recordings, strokes and notations is its name and version,
/// and so is `separator` of what recordings were taken apart into.
#[utoipa::path(get, path = "/models/{id}", tag = "models", operation_id = "get_model", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The model.")),
    responses((status = 200, description = "The model.", body = ModelDetails)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<ModelDetails>, Refused> {
    Ok(Json(models::get(&app, &actor, id).await?.into()))
}

/// A model to register.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form; the handler reads it part by part")]
pub(crate) struct ModelForm {
    /// Its card, `model.toml`.
    card: String,
    /// Its weights, `model.onnx` or `weights.bin`.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    weights: Vec<u8>,
    /// `onset_detection` or `separation`; the first where nothing is said.
    #[schema(nullable = false)]
    task: Option<String>,
    #[schema(nullable = false, max_length = 200)]
    description: Option<String>,
}

/// What came of a form.
#[derive(Default)]
struct Parts {
    card: Option<Vec<u8>>,
    weights: Option<StoredWeights>,
    task: Option<String>,
    description: Option<String>,
}

/// What a form may take beyond its files.
const FORM_BYTES_MAX: u64 = 64 * 1024;

/// Register a model
///
/// As a form with the parts `card` and `weights`. It is stored and does nothing until it is verified and activated.
#[utoipa::path(post, path = "/models", tag = "models", operation_id = "register_model", security(("login" = [])),
    request_body(content = ModelForm, content_type = "multipart/form-data"), responses(
        (status = 201, description = "It is registered; its address is in `Location`.", body = ModelRead),
        (status = 400, description = "The card is none, or not that of the weights.", body = Problem),
        (status = 409, description = "There is or was a model of this name and version.", body = Problem),
        (status = 413, description = "Card or weights are too large.", body = Problem)))]
pub(crate) async fn register(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    request: Request,
) -> Result<Response, Refused> {
    let limits = app.registry_limits();
    let bytes_max =
        limits.weights_bytes_max.saturating_add(limits.card_bytes_max as u64).saturating_add(FORM_BYTES_MAX);
    if announced_bytes(request.headers()).is_some_and(|bytes| bytes > bytes_max) {
        let message = format!("A model has at most {} MB.", limits.weights_bytes_max >> 20);
        return Err(Error::TooLarge(refusal("model_too_large", message, "Train a smaller model.")).into());
    }
    let parts = read_form(&app, &actor, request).await?;
    let missing = |part: &str| Error::Invalid(vec![FieldError::body(part, "missing", "this part is required")]);
    let new = NewModel {
        task: parts.task.as_deref().map_or(Ok(Task::OnsetDetection), |word| task_of("body", word))?,
        card: parts.card.ok_or_else(|| missing("card"))?,
        description: parts.description,
    };
    let weights = parts.weights.ok_or_else(|| missing("weights"))?;
    let model = models::register(&app, &actor, new, weights).await?;
    let location = HeaderValue::from_str(&format!("/models/{}", model.id)).map_err(Error::internal)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(ModelRead::from(model))).into_response())
}

async fn read_form(app: &Arc<App>, actor: &Actor, request: Request) -> Result<Parts, Error> {
    // Strangers are refused before anything of theirs is read.
    let mut weights = Weights::begin(app, actor).await?;
    let no_form = || {
        let message = "send a multipart form with the parts card and weights";
        Error::Invalid(vec![FieldError::body("card", "missing", message)])
    };
    let broken_off =
        || Error::Rule(refusal("upload_broken_off", "The upload ended before the file did.", "Send the file again."));
    let mut form = Multipart::from_request(paced(request).await, app).await.map_err(|_| no_form())?;
    let mut parts = Parts::default();
    let mut whole = false;
    while let Some(mut part) = form.next_field().await.map_err(|_| broken_off())? {
        match part.name() {
            Some("weights") if !whole => {
                while let Some(bytes) = part.chunk().await.map_err(|_| broken_off())? {
                    weights.write(bytes).await?;
                }
                whole = true;
            }
            Some("card") => parts.card = Some(short(&mut part, app.registry_limits().card_bytes_max).await?),
            Some("task") => parts.task = Some(word(&mut part).await?),
            Some("description") => parts.description = Some(word(&mut part).await?),
            _ => {}
        }
    }
    if whole {
        parts.weights = Some(weights.finish().await?);
    }
    Ok(parts)
}

/// Longest text part of the form, bytes.
const WORD_BYTES_MAX: usize = 4096;

async fn word(part: &mut Field<'_>) -> Result<String, Error> {
    let word = String::from_utf8_lossy(&short(part, WORD_BYTES_MAX).await?).into_owned();
    if word.contains('\0') { Err(zero_character(&["body", part.name().unwrap_or_default()])) } else { Ok(word) }
}

/// A part that is read whole.
async fn short(part: &mut Field<'_>, bytes_max: usize) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    let broken_off =
        || Error::Rule(refusal("upload_broken_off", "The upload ended before the file did.", "Send the file again."));
    while let Some(bytes) = part.chunk().await.map_err(|_| broken_off())? {
        all.extend_from_slice(&bytes);
        if all.len() > bytes_max {
            let message = format!("This part of the form has at most {bytes_max} bytes.");
            return Err(Error::TooLarge(refusal("model_too_large", message, "Shorten it.")));
        }
    }
    Ok(all)
}

/// Verify a model
///
/// In a child process under limits of time and memory: hash, shapes against the card, operators, work, and a groove that it
/// has to hear, or to find drums in where it separates. The answer comes when that is done.
#[utoipa::path(post, path = "/models/{id}/verify", tag = "models", operation_id = "verify_model",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The model.")), responses(
        (status = 200, description = "The model with its verdict.", body = ModelRead),
        (status = 429, description = "Another model is being checked.", body = Problem)))]
pub(crate) async fn verify(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<ModelRead>, Refused> {
    Ok(Json(models::verify(&app, &actor, id).await?.into()))
}

/// Activate a model
///
/// Every worker uses it from its next job on. Recordings that were taken apart by another are not `current` then.
#[utoipa::path(post, path = "/models/{id}/activate", tag = "models", operation_id = "activate_model",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The model.")), responses(
        (status = 200, description = "The model.", body = ModelRead),
        (status = 409, description = "It was not verified, or did not pass.", body = Problem)))]
pub(crate) async fn activate(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<ModelRead>, Refused> {
    Ok(Json(models::activate(&app, &actor, id).await?.into()))
}

/// Deactivate a model
///
/// The one in the executable takes its place.
#[utoipa::path(post, path = "/models/{id}/deactivate", tag = "models", operation_id = "deactivate_model",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The model.")),
    responses((status = 200, description = "The model.", body = ModelRead)))]
pub(crate) async fn deactivate(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<ModelRead>, Refused> {
    Ok(Json(models::deactivate(&app, &actor, id).await?.into()))
}

/// Delete a model
///
/// What it made keeps its name, and the name with this version stays taken.
#[utoipa::path(delete, path = "/models/{id}", tag = "models", operation_id = "delete_model", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The model.")), responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "It is the active one.", body = Problem)))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<StatusCode, Refused> {
    models::delete(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How well a model did on something.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "data": "real_dev", "values": { "f_five": 0.847 }, "note": "onset F, 50 ms" }))]
pub(crate) struct MetricsIn {
    /// What it was measured on.
    #[schema(min_length = 1, max_length = 64, pattern = r"\S")]
    data: String,
    /// Figures by name, 1 to 100.
    values: BTreeMap<String, f64>,
    /// How they were measured.
    #[schema(max_length = 1000)]
    note: Option<String>,
}

/// Read a model's figures
#[utoipa::path(get, path = "/models/{id}/metrics", tag = "models", operation_id = "model_metrics",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The model.")),
    responses((status = 200, description = "Figures by what they were measured on.", body = Document)))]
pub(crate) async fn metrics(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<Document>, Refused> {
    let entry = models::get(&app, &actor, id).await?;
    Ok(Json(entry.model.metrics.unwrap_or_else(|| serde_json::json!({}))))
}

/// Note a model's figures
///
/// They take the place of earlier ones of the same data.
#[utoipa::path(post, path = "/models/{id}/metrics", tag = "models", operation_id = "add_model_metrics",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The model.")), request_body = MetricsIn,
    responses((status = 200, description = "The model.", body = ModelRead)))]
pub(crate) async fn add_metrics(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(body): Body<MetricsIn>,
) -> Result<Json<ModelRead>, Refused> {
    let new = NewMetrics { data: body.data, values: body.values, note: body.note };
    Ok(Json(models::add_metrics(&app, &actor, id, new).await?.into()))
}
