//! The registry itself, for admins by HTTP and for the operator at the machine.
//!
//! Conventions: the row decides; weights are stored before the row is made, and go where it is not made.

use std::sync::Arc;

use bytes::Bytes;
use listen::separate::{Separator, SeparatorCard};
use listen::{Model, ModelCard, ModelSet};
use store::models as rows;
use store::{BlobKey, Blobs, RegisteredModel, Store, files};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::check::{self, Check};
use super::{StoredWeights, Task};
use crate::error::{refusal, sentence};
use crate::videos::intake::{Intake, Kind};
use crate::{Config, Error, OpenError, Result};

/// Characters of the name in a card.
const NAME_CHARS_MAX: usize = 64;
/// Characters of the version in a card.
const VERSION_CHARS_MAX: usize = 32;
/// Characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 200;

/// What the registry takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest weights, bytes.
    pub weights_bytes_max: u64,
    /// Largest card, bytes.
    pub card_bytes_max: usize,
    /// Most models.
    pub models_max: u64,
}

/// The model in the executable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Name, as its card says.
    pub name: String,
    /// Version, as its card says.
    pub version: String,
    /// SHA-256 of its weights, hexadecimal; nothing where it has none.
    pub sha256: Option<String>,
}

impl BuiltIn {
    /// The one that takes recordings apart.
    fn separator() -> Self {
        let separator = Separator::default();
        let (name, version) = separator.name().split_once(' ').unwrap_or((separator.name(), ""));
        Self { name: name.to_owned(), version: version.to_owned(), sha256: None }
    }
}

/// A model to be registered.
#[derive(Clone, Debug)]
pub struct NewModel {
    /// What it is for.
    pub task: Task,
    /// Its card, TOML.
    pub card: Vec<u8>,
    /// For people.
    pub description: Option<String>,
}

/// The registered models, and what is needed to check them.
#[derive(Debug)]
pub struct Registry {
    store: Store,
    blobs: Blobs,
    built_in: BuiltIn,
    limits: Limits,
    check: Check,
    /// Models checked at the same time by this process.
    checks: Arc<Semaphore>,
}

impl Registry {
    pub(crate) fn new(config: &Config, store: Store, blobs: Blobs, card: &ModelCard) -> Self {
        let limits = Limits {
            weights_bytes_max: config.model_weights_mb_max.saturating_mul(1 << 20),
            card_bytes_max: config.model_card_kb_max.saturating_mul(1 << 10),
            models_max: config.models_max,
        };
        let built_in =
            BuiltIn { name: card.name.clone(), version: card.version.clone(), sha256: Some(card.sha256.clone()) };
        let check = Check::new(config);
        Self { store, blobs, built_in, limits, check, checks: Arc::new(Semaphore::new(1)) }
    }

    /// Opens the registry of the settings, for the operator at the machine; `models` is the set in the executable.
    ///
    /// # Errors
    /// With what could not be opened and why.
    pub async fn open(config: &Config, models: &ModelSet) -> Result<Self, OpenError> {
        let store = crate::open_store(config).await?;
        store.migrate_up(None).await?;
        crate::make_private_folder(&config.scratch_dir())?;
        let transcriber = transcribe::Transcriber::new(models)?;
        Ok(Self::new(config, store, crate::open_blobs(config)?, transcriber.listener().card()))
    }

    /// Closes the database.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn leave(self) -> Result<()> {
        Ok(self.store.close().await?)
    }

    /// The model in the executable.
    pub fn built_in(&self) -> &BuiltIn {
        &self.built_in
    }

    /// What does a task where no registered model of it is active.
    pub fn built_in_of(&self, task: Task) -> Option<BuiltIn> {
        match task {
            Task::OnsetDetection => Some(self.built_in.clone()),
            Task::Classification => None,
            Task::Separation => Some(BuiltIn::separator()),
        }
    }

    /// What the registry takes.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Every model, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(&self) -> Result<Vec<RegisteredModel>> {
        let mut all = Vec::new();
        for page in 1.. {
            let paging = store::Paging { page, per_page: 100 };
            let some = rows::list(self.store.rows(), None, paging).await?;
            all.extend(some.rows);
            if all.len() as u64 >= some.total {
                break;
            }
        }
        Ok(all)
    }

    /// The active model of a task.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn active(&self, task: Task) -> Result<Option<RegisteredModel>> {
        Ok(rows::active(self.store.rows(), task.as_str()).await?)
    }

    /// The card and the weights of a model.
    ///
    /// # Errors
    /// `NotFound` or `Internal` where the weights cannot be read.
    pub async fn files(&self, model: &RegisteredModel) -> Result<Model> {
        let weights = self.blobs.read_all(&BlobKey::stored(&model.storage_path)).await?;
        Ok(Model { card: model.card.clone().into_bytes(), weights: weights.to_vec() })
    }

    /// Takes weights from a file of the machine.
    ///
    /// # Errors
    /// `TooLarge` beyond the limit; `Internal` where it cannot be read.
    pub async fn take_file(&self, config: &Config, path: &std::path::Path) -> Result<StoredWeights> {
        use tokio::io::AsyncReadExt;
        let kind = Kind { begins_recording: false, with_sha1: false };
        let most = self.limits.weights_bytes_max;
        let mut intake = Intake::begin_within(&config.scratch_dir(), kind, most, too_large).await?;
        let mut file = tokio::fs::File::open(path).await.map_err(Error::internal)?;
        let mut block = vec![0; 1 << 18];
        loop {
            match file.read(&mut block).await.map_err(Error::internal)? {
                0 => return Ok(StoredWeights(intake.finish().await?)),
                count => intake.write(Bytes::copy_from_slice(&block[..count])).await?,
            }
        }
    }

    /// Registers a model. It is not checked yet, and does nothing.
    ///
    /// # Errors
    /// `Rule` for a task that is not run here, a card that is none or does not belong to the weights, and beyond the most
    /// models; `TooLarge` for a card beyond the limit; `Conflict` where name and version are taken.
    pub async fn register(&self, new: NewModel, weights: StoredWeights) -> Result<RegisteredModel> {
        let StoredWeights(weights) = weights;
        let card = self.read_card(&new)?;
        let found = hex::encode(weights.sha256);
        if found != card.sha256 {
            return Err(Error::Rule(refusal(
                "model_hash_mismatch",
                format!("The SHA-256 of the weights is {found}, the card says {}.", card.sha256),
                "Send the card that was written for these weights.",
            )));
        }
        if rows::count(self.store.rows()).await? >= self.limits.models_max {
            let message = format!("There are {} models, the most there may be.", self.limits.models_max);
            return Err(Error::Rule(refusal("too_many_models", message, "Delete one that is not used.")));
        }
        let before = rows::of_version(self.store.rows(), &card.name, &card.version).await?;
        let own = |own: &BuiltIn| (&own.name, &own.version) == (&card.name, &card.version);
        if before.is_some() || Task::ALL.into_iter().filter_map(|task| self.built_in_of(task)).any(|is| own(&is)) {
            return Err(taken(&card));
        }
        let id = Uuid::now_v7();
        let key = BlobKey::model(id);
        let row = rows::NewModel {
            id,
            name: card.name.clone(),
            version: card.version.clone(),
            task: new.task.as_str().to_owned(),
            storage_path: key.as_str().to_owned(),
            sha256: found,
            size_bytes: i64::try_from(weights.size_bytes).map_err(Error::internal)?,
            card: String::from_utf8_lossy(&new.card).into_owned(),
            description: new.description,
        };
        self.blobs.take_file(&key, weights.scratch.path()).await?;
        match rows::insert(self.store.rows(), row).await {
            Ok(model) => {
                tracing::info!(model.id = %id, model.name = %model.name, model.version = %model.version, "registered");
                Ok(model)
            }
            Err(error) => {
                self.blobs.remove(&key).await?;
                Err(if matches!(error, store::Error::Conflict(_)) { taken(&card) } else { error.into() })
            }
        }
    }

    fn read_card(&self, new: &NewModel) -> Result<Named> {
        let hint = "models/README.md describes cards; `backbeat models add` says the same at the machine.";
        if !new.task.is_open() {
            return Err(Error::Rule(refusal(
                "model_task_unsupported",
                format!("This version takes no models of the task {}.", new.task.as_str()),
                "Register models of the tasks onset_detection and separation.",
            )));
        }
        if new.card.len() > self.limits.card_bytes_max {
            let message =
                format!("The card has {} bytes, up to {} are taken.", new.card.len(), self.limits.card_bytes_max);
            return Err(Error::TooLarge(refusal("model_too_large", message, hint)));
        }
        if new.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX) {
            let message = format!("a description has at most {DESCRIPTION_CHARS_MAX} characters");
            return Err(Error::Invalid(vec![crate::FieldError::body("description", "too_long", message)]));
        }
        let invalid = |message: String| Error::Rule(refusal("model_card_invalid", message, hint));
        let card = Named::read(new).map_err(|error| invalid(sentence(&error)))?;
        for (what, text, most) in [("name", &card.name, NAME_CHARS_MAX), ("version", &card.version, VERSION_CHARS_MAX)]
        {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
            if text.is_empty() || text.len() > most || !text.chars().all(plain) {
                let message =
                    format!("The {what} in the card has 1 to {most} letters, digits, dots, hyphens or underscores.");
                return Err(invalid(message));
            }
        }
        Ok(card)
    }

    /// Checks a model in a child process and notes what came of it.
    ///
    /// # Errors
    /// `NotFound`; `Busy` while another is being checked.
    pub async fn verify(&self, id: Uuid) -> Result<RegisteredModel> {
        let model = rows::get(self.store.rows(), id).await?;
        let Ok(_place) = Arc::clone(&self.checks).try_acquire_owned() else {
            let message = "A model is being checked.";
            return Err(Error::Busy(refusal("model_check_busy", message, "Try again when that is done.")));
        };
        let key = BlobKey::stored(&model.storage_path);
        let weights = self.blobs.as_file(&key, self.check.scratch()).await?;
        let card = model.card.clone();
        let task = Task::parse(&model.model_type).ok_or_else(|| Error::internal("a model of no task"))?;
        let check = self.check.clone();
        let verdict = tokio::task::spawn_blocking(move || {
            let verdict = check.run(task, card.as_bytes(), weights.path());
            drop(weights);
            verdict
        });
        let verdict = verdict.await.map_err(Error::internal)??;
        let status = if check::passed(&verdict) { "verified" } else { "refused" };
        tracing::info!(model.id = %id, status, "model checked");
        Ok(rows::judged(self.store.rows(), model, status, verdict).await?)
    }

    /// Makes a checked model the active one of its task.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for one that was not checked or did not pass, or where another became active meanwhile.
    pub async fn activate(&self, id: Uuid) -> Result<RegisteredModel> {
        let tx = self.store.begin().await?;
        let model = rows::get(tx.rows(), id).await?;
        if model.status != "verified" {
            let (message, hint) = if model.status == "refused" {
                ("The model did not pass its check.", "Its verdict says why; register one that does.")
            } else {
                ("The model was not checked yet.", "Verify it first.")
            };
            return Err(Error::Conflict(refusal("model_not_verified", message, hint)));
        }
        let model = rows::activate(tx.rows(), model).await?;
        tx.commit().await?;
        tracing::info!(model.id = %id, model.name = %model.name, model.version = %model.version, "active");
        Ok(model)
    }

    /// Makes a model inactive.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn deactivate(&self, id: Uuid) -> Result<RegisteredModel> {
        let model = rows::get(self.store.rows(), id).await?;
        Ok(rows::deactivate(self.store.rows(), model).await?)
    }

    /// Deletes a model that is not active.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` while it is active.
    pub async fn delete(&self, id: Uuid) -> Result<()> {
        let tx = self.store.begin().await?;
        let model = rows::get(tx.rows(), id).await?;
        if !rows::delete(tx.rows(), id).await? {
            let message = "The model is the active one of its task.";
            return Err(Error::Conflict(refusal("model_in_use", message, "Activate another, or deactivate it first.")));
        }
        files::condemn(tx.rows(), std::slice::from_ref(&model.storage_path)).await?;
        tx.commit().await?;
        let key = BlobKey::stored(&model.storage_path);
        match self.blobs.remove(&key).await {
            Ok(()) => files::forget(self.store.rows(), &key).await?,
            Err(error) => tracing::warn!(%error, "the weights of a deleted model are removed later"),
        }
        Ok(())
    }
}

/// The refusal of weights beyond the limit.
pub(super) fn too_large(bytes_max: u64) -> Error {
    Error::TooLarge(refusal(
        "model_too_large",
        format!("The weights are larger than {} MB, the most this server takes.", bytes_max >> 20),
        "Train a smaller model, or raise model_weights_mb_max.",
    ))
}

/// What is read of a card of any task.
struct Named {
    name: String,
    version: String,
    sha256: String,
}

impl Named {
    fn read(new: &NewModel) -> listen::Result<Self> {
        if new.task == Task::Separation {
            let SeparatorCard { name, version, sha256, .. } = SeparatorCard::parse(&new.card)?;
            return Ok(Self { name, version, sha256 });
        }
        let ModelCard { name, version, sha256, .. } = ModelCard::parse(&new.card)?;
        Ok(Self { name, version, sha256 })
    }
}

fn taken(card: &Named) -> Error {
    let message = format!("There is or was a model {} {}.", card.name, card.version);
    Error::Conflict(refusal("model_taken", message, "Give the card another version: it names these weights for ever."))
}
