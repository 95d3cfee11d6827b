//! Models that admins bring along, to listen or to take recordings apart: registered, checked, made the active one, told
//! apart by what they made.
//!
//! Conventions: a model is a card (TOML) and weights (ONNX, or those of a classic model). A name with a version means the
//! same weights for ever, so "tcn 2" beside a notation says which. Where no registered model of a task is active, the one
//! in the executable is.
//!
//! Start reading at `registry.rs`; `check.rs` is the check in a child process, `shelf.rs` keeps models ready.

mod check;
mod metrics;
mod registry;
mod shelf;

use std::sync::Arc;

use bytes::Bytes;
use store::models as rows;
use store::{Page, Paging, RegisteredModel};
use uuid::Uuid;

use crate::policy::Action;
use crate::videos::intake::{Intake, Kind, Taken};
use crate::{Actor, App, Result};

pub use check::{CHECK_COMMAND, examine};
pub use metrics::{FIGURE_CHARS_MAX, FIGURES_MAX, NewMetrics};
pub use registry::{BuiltIn, Limits, NewModel, Registry};
pub(crate) use shelf::{Shelf, Wanted, listener, separator, separator_name};

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Finds the strokes and says what was struck.
    OnsetDetection,
    /// Says what was struck, where strokes are known.
    Classification,
    /// Takes the drums out of a mix.
    Separation,
}

impl Task {
    /// Every task.
    pub const ALL: [Self; 3] = [Self::OnsetDetection, Self::Classification, Self::Separation];

    /// The word used in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnsetDetection => "onset_detection",
            Self::Classification => "classification",
            Self::Separation => "separation",
        }
    }

    /// The task of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.as_str() == word)
    }

    /// Whether this version does the task.
    pub fn is_run(self) -> bool {
        self != Self::Classification
    }

    /// Whether models of the task can be registered; others would be registered for nothing.
    pub fn is_open(self) -> bool {
        self.is_run()
    }
}

/// Name and version of a model, as they stand beside what it made.
fn version(model: &RegisteredModel) -> String {
    format!("{} {}", model.name, model.version)
}

/// A model and what it made.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The model.
    pub model: RegisteredModel,
    /// Recordings last heard with it.
    pub recordings: u64,
    /// Notations last written with it.
    pub notations: u64,
    /// Separations made with it.
    pub separations: u64,
}

/// Which model a task uses.
#[derive(Clone, Debug)]
pub struct InUse {
    /// The task.
    pub task: Task,
    /// The active registered model.
    pub active: Option<RegisteredModel>,
    /// The one in the executable, where there is one for this task.
    pub built_in: Option<BuiltIn>,
}

/// The registered models, newest first; of one task where that is said.
///
/// # Errors
/// `Forbidden` for roles that may not.
pub async fn list(app: &App, actor: &Actor, task: Option<Task>, paging: Paging) -> Result<Page<RegisteredModel>> {
    actor.may(Action::ListModels)?;
    Ok(rows::list(app.store.rows(), task.map(Task::as_str), paging).await?)
}

/// A registered model, with what it made.
///
/// # Errors
/// `NotFound`.
pub async fn get(app: &App, actor: &Actor, id: Uuid) -> Result<Entry> {
    actor.may(Action::ListModels)?;
    let model = rows::get(app.store.rows(), id).await?;
    let rows::Made { recordings, notations, separations } = rows::made(app.store.rows(), &version(&model)).await?;
    Ok(Entry { model, recordings, notations, separations })
}

/// Which model each task uses.
///
/// # Errors
/// `Forbidden` for roles that may not.
pub async fn tasks(app: &App, actor: &Actor) -> Result<Vec<InUse>> {
    actor.may(Action::ListModels)?;
    let mut all = Vec::new();
    for task in Task::ALL {
        let active = rows::active(app.store.rows(), task.as_str()).await?;
        all.push(InUse { task, active, built_in: app.registry.built_in_of(task) });
    }
    Ok(all)
}

/// Weights on their way in.
#[derive(Debug)]
pub struct Weights {
    intake: Intake,
}

/// Weights that came whole.
#[derive(Debug)]
pub struct StoredWeights(pub(crate) Taken);

impl Weights {
    /// Begins to take weights in.
    ///
    /// # Errors
    /// `Forbidden` for all but admins.
    pub async fn begin(app: &Arc<App>, actor: &Actor) -> Result<Self> {
        actor.may(Action::ManageModels)?;
        let kind = Kind { begins_recording: false, with_sha1: false };
        let most = app.registry.limits().weights_bytes_max;
        let intake = Intake::begin_within(&app.config.scratch_dir(), kind, most, registry::too_large).await?;
        Ok(Self { intake })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// `TooLarge` as soon as the limit is passed.
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.intake.write(bytes).await
    }

    /// All bytes are there.
    ///
    /// # Errors
    /// `Internal` where they cannot be written.
    pub async fn finish(self) -> Result<StoredWeights> {
        Ok(StoredWeights(self.intake.finish().await?))
    }
}

/// Registers a model. It is not checked yet, and does nothing.
///
/// # Errors
/// Those of [`Registry::register`]; `Forbidden` for all but admins.
pub async fn register(app: &App, actor: &Actor, new: NewModel, weights: StoredWeights) -> Result<RegisteredModel> {
    actor.may(Action::ManageModels)?;
    app.registry.register(new, weights).await
}

/// Checks a model in a child process.
///
/// # Errors
/// `NotFound`; `Busy` while others are being checked; `Forbidden` for all but admins.
pub async fn verify(app: &App, actor: &Actor, id: Uuid) -> Result<RegisteredModel> {
    actor.may(Action::ManageModels)?;
    app.registry.verify(id).await
}

/// Makes a checked model the active one of its task; every worker uses it from its next job on.
///
/// # Errors
/// `NotFound`; `Conflict` for a model that was not checked or did not pass; `Forbidden` for all but admins.
pub async fn activate(app: &App, actor: &Actor, id: Uuid) -> Result<RegisteredModel> {
    actor.may(Action::ManageModels)?;
    app.registry.activate(id).await
}

/// Makes a model inactive; the one in the executable takes its place.
///
/// # Errors
/// `NotFound`; `Forbidden` for all but admins.
pub async fn deactivate(app: &App, actor: &Actor, id: Uuid) -> Result<RegisteredModel> {
    actor.may(Action::ManageModels)?;
    app.registry.deactivate(id).await
}

/// Deletes a model that is not active. What it made keeps its name; the name with this version stays taken.
///
/// # Errors
/// `NotFound`; `Conflict` while it is active; `Forbidden` for all but admins.
pub async fn delete(app: &App, actor: &Actor, id: Uuid) -> Result<()> {
    actor.may(Action::ManageModels)?;
    app.registry.delete(id).await
}

/// Notes how well a model did on a set of recordings.
///
/// # Errors
/// `NotFound`; `Invalid` beyond the limits; `Forbidden` for all but admins.
pub async fn add_metrics(app: &App, actor: &Actor, id: Uuid, new: NewMetrics) -> Result<RegisteredModel> {
    actor.may(Action::ManageModels)?;
    let tx = app.store.begin().await?;
    let model = rows::get(tx.rows(), id).await?;
    let all = metrics::with(model.metrics.as_ref(), new)?;
    let model = rows::set_metrics(tx.rows(), model, all).await?;
    tx.commit().await?;
    Ok(model)
}
