//! What a job has at hand while it runs, and why it may not complete.

use std::sync::Arc;
use std::time::{Duration, Instant};

use listen::separate::Separator;
use serde_json::Value as Document;
use store::queue::{self, Fence};
use store::{Signal, Tx};
use tokio::sync::SemaphorePermit;
use transcribe::Transcriber;
use uuid::Uuid;

use super::{StopReason, Watch};
use crate::error::sentence;
use crate::models::{self, Wanted};
use crate::pipeline::PipelineError;
use crate::pipeline::known::Known;
use crate::{App, Error, metrics};

/// What a job has at hand.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) app: Arc<App>,
    /// The recording it is about; none for a notation that was not heard in one.
    pub(crate) of_video: Option<Uuid>,
    pub(crate) payload: Document,
    pub(crate) fence: Fence,
    pub(crate) watch: Arc<Watch>,
}

/// The end of a job that nobody here knows how to do.
pub(crate) fn unknown() -> Stop {
    Stop::Failed { code: "job_unknown", message: "This server cannot do this job.".to_owned() }
}

/// Why a job did not complete.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// Somebody told the watch to stop.
    #[error("stopped")]
    Told,
    /// Trying again would not help.
    #[error("{message}")]
    Failed { code: &'static str, message: String },
    /// Trying again may help; a mistake of ours.
    #[error("{0}")]
    Again(String),
    /// Trying again may help; whose fault it is not to be known.
    #[error("{message}")]
    Later { code: &'static str, message: String },
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        Self::Again(error.to_string())
    }
}

impl From<media::Error> for Stop {
    fn from(error: media::Error) -> Self {
        match error {
            media::Error::Cancelled => Self::Told,
            error @ (media::Error::TimedOut { .. } | media::Error::ToolMissing { .. }) => {
                Self::Later { code: error.code(), message: format!("{} {}", sentence(&error), error.hint()) }
            }
            error if error.is_temporary() => Self::Again(error.to_string()),
            error => Self::Failed { code: error.code(), message: format!("{} {}", sentence(&error), error.hint()) },
        }
    }
}

impl From<PipelineError> for Stop {
    fn from(error: PipelineError) -> Self {
        match error {
            PipelineError::Stopped => Self::Told,
            PipelineError::Media(error) => error.into(),
            error @ PipelineError::NoDrums { .. } => Self::Failed {
                code: "no_drums_found",
                message: format!("{} Is it very quiet, or another instrument?", sentence(&error)),
            },
            PipelineError::Separate(error) => Self::Failed {
                code: "model_failed",
                message: format!("{} Ask again once another model separates, or none but the masks.", sentence(&error)),
            },
            other => Self::Again(other.to_string()),
        }
    }
}

impl Context {
    /// The recording that the job works on.
    pub(crate) fn video_id(&self) -> Result<Uuid, Stop> {
        self.of_video.ok_or_else(unknown)
    }

    /// Whether the caller wants it done anew.
    pub(crate) fn forced(&self) -> bool {
        self.payload.get("force").and_then(Document::as_bool).unwrap_or(false)
    }

    /// How the notation is to be written.
    pub(crate) fn known(&self) -> Known {
        let said = self.payload.get("options").cloned().and_then(|options| serde_json::from_value(options).ok());
        Known { options: said.unwrap_or_default(), ..Known::default() }
    }

    /// The model that is to listen: the one the job was asked for with, otherwise the active one.
    pub(crate) async fn listener(&self) -> Result<Arc<Transcriber>, Stop> {
        let wanted = match self.payload.get("model").and_then(Document::as_str) {
            None => Wanted::Active,
            Some(word) => Uuid::parse_str(word).map_or(Wanted::BuiltIn, Wanted::Registered),
        };
        models::listener(&self.app, wanted).await.map_err(|error| match error {
            Error::Unavailable(refusal) => Stop::Again(refusal.message),
            Error::NotFound(_) => Stop::Failed {
                code: "model_unavailable",
                message: "The model is not registered any more. Ask again, with another model.".to_owned(),
            },
            other => Stop::Again(other.to_string()),
        })
    }

    /// What takes recordings apart: the active network, otherwise the masks.
    pub(crate) async fn separator(&self) -> Result<Separator, Stop> {
        models::separator(&self.app).await.map_err(|error| Stop::Again(error.to_string()))
    }

    /// Runs work that takes a processor on a thread of the pool. A panic there is a mistake of ours, worth another try.
    pub(crate) async fn blocking<T, E>(
        &self,
        stage: &'static str,
        work: impl FnOnce(&App, &Watch) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Stop>
    where
        T: Send + 'static,
        E: Into<Stop> + Send + 'static,
    {
        let (app, watch) = (Arc::clone(&self.app), Arc::clone(&self.watch));
        let span = tracing::info_span!("stage", stage);
        let done = self.app.pool.run(move || {
            let _inside = span.enter();
            let started = Instant::now();
            let done = work(&app, &watch);
            app.metrics.note(&metrics::STAGE_TIME, &[("stage", stage)], started.elapsed().as_secs_f64());
            done
        });
        match done.await {
            Ok(done) => done.map_err(Into::into),
            Err(error) => Err(Stop::Again(error.to_string())),
        }
    }

    /// Waits for leave to listen, which takes memory.
    pub(crate) async fn leave_to_listen(&self) -> SemaphorePermit<'_> {
        self.app.listening.acquire().await.expect("the places are never closed")
    }

    /// Commits what was written on the way, if the job is still this worker's.
    pub(crate) async fn keep(&self, tx: Tx) -> Result<(), Stop> {
        let lease = Duration::from_secs(self.app.config.job_lease_s);
        let held = queue::heartbeat(tx.rows(), &self.fence, lease, self.watch.percent(), self.watch.stage()).await?;
        if held.as_ref().is_none_or(|job| job.cancel_requested) {
            self.watch.stop(if held.is_some() { StopReason::Cancelled } else { StopReason::Lost });
            return Err(Stop::Told);
        }
        Ok(tx.commit().await?)
    }

    /// Completes the job together with what was written, if it is still this worker's and nobody cancelled it.
    pub(crate) async fn complete(&self, tx: Tx, result: Document) -> Result<(), Stop> {
        if !queue::complete(tx.rows(), &self.fence, result).await? {
            drop(tx);
            let current = queue::get(self.app.store.rows(), self.fence.id).await?;
            let cancelled = current.cancel_requested && current.fence() == self.fence;
            self.watch.stop(if cancelled { StopReason::Cancelled } else { StopReason::Lost });
            return Err(Stop::Told);
        }
        tx.commit().await?;
        self.signal();
        Ok(())
    }

    /// Tells followers the hits noted so far.
    pub(crate) async fn tell_hits(&self) -> Result<(), Stop> {
        let hits = self.watch.take_hits();
        if !hits.is_empty() && queue::tell_hits(&self.app.store, &self.fence, hits.into()).await? {
            self.signal();
        }
        Ok(())
    }

    fn signal(&self) {
        let signal = Signal { job_id: self.fence.id, video_id: self.of_video, waits: false };
        self.app.store.signals().send(signal);
    }
}
