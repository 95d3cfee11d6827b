//! Models made ready to listen, kept from job to job.
//!
//! Conventions: which model is wanted is asked of the database at every job, so an activated model is used by every
//! worker from its next job on. One that was made ready is known by the SHA-256 of its weights.

use std::sync::{Arc, Mutex, PoisonError};

use listen::ModelSet;
use store::{BlobKey, RegisteredModel, models as rows};
use transcribe::Transcriber;
use uuid::Uuid;

use super::Task;
use crate::{App, Error, Result};

/// Models kept ready beside the one in the executable.
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
    /// The last used is last.
    ready: Mutex<Vec<(String, Arc<Transcriber>)>>,
}

impl Shelf {
    pub(crate) fn new(built_in: Transcriber) -> Self {
        Self { built_in: Arc::new(built_in), ready: Mutex::default() }
    }

    /// The model in the executable.
    pub(crate) fn built_in(&self) -> &Arc<Transcriber> {
        &self.built_in
    }

    fn find(&self, sha256: &str) -> Option<Arc<Transcriber>> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let place = ready.iter().position(|(known, _)| known == sha256)?;
        let found = ready.remove(place);
        ready.push(found.clone());
        Some(found.1)
    }

    fn keep(&self, sha256: String, transcriber: Arc<Transcriber>) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.retain(|(known, _)| *known != sha256);
        if ready.len() >= KEPT_MAX {
            ready.remove(0);
        }
        ready.push((sha256, transcriber));
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
        Some(model) => made_ready(app, model).await,
    }
}

async fn made_ready(app: &App, model: RegisteredModel) -> Result<Arc<Transcriber>> {
    if let Some(ready) = app.shelf.find(&model.sha256) {
        return Ok(ready);
    }
    let weights = app.blobs.read_all(&BlobKey::stored(&model.storage_path)).await?;
    let read = app.pool.run(move || Transcriber::new(&ModelSet::single(model.card.as_bytes(), &weights)));
    let transcriber = Arc::new(read.await.map_err(Error::internal)?.map_err(Error::internal)?);
    app.shelf.keep(model.sha256, Arc::clone(&transcriber));
    tracing::info!(model = %transcriber.model(), "a registered model is ready");
    Ok(transcriber)
}
