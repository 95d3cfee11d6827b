//! Models made ready to listen or to separate, kept from job to job.
//!
//! Conventions: which model is wanted is asked of the database at every job, so an activated model is used by every
//! worker from its next job on. One that was made ready is known by its id: two may have the same weights under other cards.

use std::sync::{Arc, Mutex, PoisonError};

use listen::separate::Separator;
use listen::{Model, ModelSet};
use store::{RegisteredModel, models as rows};
use transcribe::Transcriber;
use uuid::Uuid;

use super::{Task, version};
use crate::{App, Error, Result};

/// Models of a task kept ready beside the one in the executable.
const KEPT_MAX: usize = 2;

/// Which model is to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The active one.
    Active,
    /// The one in the executable.
    BuiltIn,
    /// A registered one.
    Registered(Uuid),
}

/// The models that are ready.
#[derive(Debug)]
pub(crate) struct Shelf {
    built_in: Arc<Transcriber>,
    listeners: Kept<Arc<Transcriber>>,
    separators: Kept<Separator>,
}

/// Models of a task, by their ids; the last used is last.
#[derive(Debug)]
struct Kept<T>(Mutex<Vec<(Uuid, T)>>);

impl Shelf {
    pub(crate) fn new(built_in: Transcriber) -> Self {
        Self { built_in: Arc::new(built_in), listeners: Kept::default(), separators: Kept::default() }
    }

    /// The model in the executable.
    pub(crate) fn built_in(&self) -> &Arc<Transcriber> {
        &self.built_in
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone + Send + 'static> Kept<T> {
    /// A registered model as `read` makes it of its files, or as it was kept.
    async fn ready<E: std::error::Error + Send + Sync + 'static>(
        &self,
        app: &App,
        model: &RegisteredModel,
        read: impl FnOnce(Model) -> std::result::Result<T, E> + Send + 'static,
    ) -> Result<T> {
        if let Some(ready) = self.find(model.id) {
            return Ok(ready);
        }
        let files = app.registry.files(model).await?;
        let made = app.pool.run(move || read(files)).await.map_err(Error::internal)?.map_err(Error::internal)?;
        self.keep(model.id, made.clone());
        tracing::info!(model = version(model), task = model.model_type, "a registered model is ready");
        Ok(made)
    }

    fn find(&self, id: Uuid) -> Option<T> {
        let mut ready = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = ready.iter().position(|(known, _)| *known == id)?;
        let found = ready.remove(place);
        ready.push(found.clone());
        Some(found.1)
    }

    fn keep(&self, id: Uuid, model: T) {
        let mut ready = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ready.retain(|(known, _)| *known != id);
        if ready.len() >= KEPT_MAX {
            ready.remove(0);
        }
        ready.push((id, model));
    }
}

/// The model a job is to listen with.
///
/// # Errors
/// `NotFound` for one that is gone; `Internal` where its weights are damaged.
pub(crate) async fn listener(app: &App, wanted: Wanted) -> Result<Arc<Transcriber>> {
    let rows = app.store.rows();
    let model = match wanted {
        Wanted::BuiltIn => None,
        Wanted::Active => rows::active(rows, Task::OnsetDetection.as_str()).await?,
        Wanted::Registered(id) => Some(rows::get(rows, id).await?),
    };
    match model {
        None => Ok(Arc::clone(app.shelf.built_in())),
        Some(model) => {
            let read = |files| Transcriber::new(&ModelSet { models: vec![files] }).map(Arc::new);
            app.shelf.listeners.ready(app, &model, read).await
        }
    }
}

/// What takes recordings apart: the active network, otherwise the masks.
///
/// # Errors
/// `Internal` where its weights are damaged.
pub(crate) async fn separator(app: &App) -> Result<Separator> {
    let Some(model) = rows::active(app.store.rows(), Task::Separation.as_str()).await? else {
        return Ok(Separator::default());
    };
    app.shelf.separators.ready(app, &model, |files| Separator::of_model(&files)).await
}

/// Name and version of what takes recordings apart.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn separator_name(app: &App) -> Result<String> {
    let active = rows::active(app.store.rows(), Task::Separation.as_str()).await?;
    Ok(active.map_or_else(|| Separator::default().name().to_owned(), |model| version(&model)))
}
