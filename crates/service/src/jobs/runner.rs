//! The runner: takes jobs from the queue, keeps their leases, ends them.
//!
//! Conventions: a runner has a fixed number of slots, each runs one job at a time. The work itself is on a blocking
//! thread; the slot's task meanwhile gives signs of life, passes progress on and listens for a cancel.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value as Document;
use store::queue::{self, CANCELLED, Claimer, Fence};
use store::{Job, Signal, Tx};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{JobType, StopReason, Watch, audio_extraction, drum_detection, notation_generation};
use crate::App;
use crate::error::sentence;
use crate::pipeline::PipelineError;

/// What a job has at hand.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) app: Arc<App>,
    pub(crate) video_id: Uuid,
    pub(crate) payload: Document,
    pub(crate) fence: Fence,
    pub(crate) watch: Arc<Watch>,
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
    /// Trying again may help.
    #[error("{0}")]
    Again(String),
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
            other => Self::Again(other.to_string()),
        }
    }
}

impl Context {
    /// Runs work that takes a processor on a blocking thread. A panic there is a mistake of ours, worth another try.
    pub(crate) async fn blocking<T, E>(
        &self,
        work: impl FnOnce(&App, &Watch) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Stop>
    where
        T: Send + 'static,
        E: Into<Stop> + Send + 'static,
    {
        let (app, watch) = (Arc::clone(&self.app), Arc::clone(&self.watch));
        match tokio::task::spawn_blocking(move || work(&app, &watch)).await {
            Ok(done) => done.map_err(Into::into),
            Err(error) => Err(Stop::Again(error.to_string())),
        }
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
        let signal = Signal { job_id: self.fence.id, video_id: Some(self.video_id), waits: false };
        self.app.store.signals().send(signal);
    }
}

/// Runs jobs until told to stop.
#[derive(Debug)]
pub struct Runner {
    shutdown: CancellationToken,
    slots: JoinSet<()>,
}

impl Runner {
    /// Starts the slots the settings ask for, and the reaper.
    pub fn start(app: &Arc<App>) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let slots_wanted = match app.config.job_slots {
            0 => (processors / 2).max(1),
            wanted => wanted,
        };
        let shutdown = CancellationToken::new();
        let mut slots = JoinSet::new();
        for slot in 0..slots_wanted {
            let worker = format!("{}-{slot}", Uuid::now_v7().simple());
            slots.spawn(run_slot(Arc::clone(app), worker, shutdown.clone()));
        }
        slots.spawn(run_reaper(Arc::clone(app), shutdown.clone()));
        Self { shutdown, slots }
    }

    /// Tells every job to stop, puts them back into the queue uncounted, and waits for that.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        while self.slots.join_next().await.is_some() {}
    }
}

async fn run_slot(app: Arc<App>, worker: String, shutdown: CancellationToken) {
    let poll = Duration::from_millis(app.config.job_poll_ms);
    let lease = Duration::from_secs(app.config.job_lease_s);
    let claimer = Claimer { worker, lease, types: Vec::new() };
    while !shutdown.is_cancelled() {
        match queue::claim(app.store.rows(), &claimer).await {
            Ok(Some(job)) => {
                // There may be more: let another idle slot look as well.
                app.nudge.notify_one();
                app.store.signals().send((&job).into());
                run_job(&app, job, &shutdown).await;
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "no job could be claimed"),
        }
        tokio::select! {
            () = app.nudge.notified() => {}
            () = tokio::time::sleep(poll) => {}
            () = shutdown.cancelled() => {}
        }
    }
}

async fn run_reaper(app: Arc<App>, shutdown: CancellationToken) {
    let pause = Duration::from_secs(app.config.job_lease_s) / 3;
    while !shutdown.is_cancelled() {
        match queue::reap(app.store.rows()).await {
            Ok((0, 0)) => {}
            Ok((waiting, failed)) => tracing::warn!(waiting, failed, "jobs of lost workers taken back"),
            Err(error) => tracing::warn!(%error, "lost jobs could not be looked for"),
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.cancelled() => {}
        }
    }
}

/// How long work that was told to stop may take to notice before it is left behind; its writes are fenced anyway.
const NOTICE_MAX: Duration = Duration::from_secs(5);

async fn run_job(app: &Arc<App>, job: Job, shutdown: &CancellationToken) {
    let started = Instant::now();
    let fence = job.fence();
    let watch = Arc::new(Watch::starting_at(job.progress));
    tracing::info!(job.id = %job.id, job.kind = %job.job_type, job.attempt = fence.attempt, "job started");
    let mut work = spawn_work(app, &job, &fence, &watch);
    keep_alive(app, &fence, &watch, &mut work, shutdown).await;
    let grace = if watch.stopped().is_some() { NOTICE_MAX } else { Duration::MAX };
    let ended = match tokio::time::timeout(grace, &mut work).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(panicked)) => Err(Stop::Again(panicked.to_string())),
        Err(_) => {
            work.abort();
            Err(Stop::Told)
        }
    };
    let duration_ms = started.elapsed().as_millis() as u64;
    match ended {
        Ok(()) => tracing::info!(job.id = %job.id, job.kind = %job.job_type, duration_ms, "job completed"),
        Err(stop) => end(app, &job, &fence, &watch, stop).await,
    }
}

fn spawn_work(app: &Arc<App>, job: &Job, fence: &Fence, watch: &Arc<Watch>) -> JoinHandle<Result<(), Stop>> {
    let (app, watch, fence) = (Arc::clone(app), Arc::clone(watch), fence.clone());
    let (kind, video_id, payload) = (JobType::parse(&job.job_type), job.video_id, job.payload.clone());
    tokio::spawn(async move {
        let unknown = || Stop::Failed { code: "job_unknown", message: "This server cannot do this job.".to_owned() };
        let video_id = video_id.ok_or_else(unknown)?;
        let context = Context { app, video_id, payload, fence, watch };
        match kind.ok_or_else(unknown)? {
            JobType::AudioExtraction => audio_extraction::run(&context).await,
            JobType::DrumDetection => drum_detection::run(&context).await,
            JobType::NotationGeneration => notation_generation::run(&context).await,
        }
    })
}

/// Gives signs of life until the work ends or is told to stop.
async fn keep_alive(
    app: &App,
    fence: &Fence,
    watch: &Watch,
    work: &mut JoinHandle<Result<(), Stop>>,
    shutdown: &CancellationToken,
) {
    let end = tokio::time::Instant::now() + Duration::from_secs(app.config.job_s_max);
    let (mut shown, mut beat) = (None, tokio::time::interval(Duration::from_millis(app.config.job_heartbeat_ms)));
    while !work.is_finished() && watch.stopped().is_none() {
        tokio::select! {
            _ = beat.tick() => {}
            () = finished(work) => return,
            () = shutdown.cancelled() => return watch.stop(StopReason::Shutdown),
        }
        if tokio::time::Instant::now() >= end {
            return watch.stop(StopReason::TooLong);
        }
        match sign_of_life(app, fence, watch).await {
            Ok(Some(job)) if job.cancel_requested => watch.stop(StopReason::Cancelled),
            Ok(Some(job)) => {
                let face = Some((job.progress, job.stage.clone(), job.hits_told));
                if shown != face {
                    shown = face;
                    app.store.signals().send((&job).into());
                }
            }
            // Also the case when the work completed a moment ago: then there is nothing left to stop.
            Ok(None) => watch.stop(StopReason::Lost),
            Err(error) => tracing::warn!(job.id = %fence.id, %error, "a sign of life could not be given"),
        }
    }
}

async fn sign_of_life(app: &App, fence: &Fence, watch: &Watch) -> store::Result<Option<Job>> {
    let lease = Duration::from_secs(app.config.job_lease_s);
    let hits = watch.take_hits();
    if !hits.is_empty() {
        queue::tell_hits(&app.store, fence, hits.into()).await?;
    }
    queue::heartbeat(app.store.rows(), fence, lease, watch.percent(), watch.stage()).await
}

/// Waits for the end without taking the result.
async fn finished(work: &JoinHandle<Result<(), Stop>>) {
    while !work.is_finished() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Longest pause before another attempt.
const BACK_OFF_MAX: Duration = Duration::from_secs(300);

async fn end(app: &App, job: &Job, fence: &Fence, watch: &Watch, stop: Stop) {
    let rows = app.store.rows();
    let wrote = match (stop, watch.stopped()) {
        (_, Some(StopReason::Cancelled)) => queue::fail(rows, fence, CANCELLED, "Cancelled.").await,
        (_, Some(StopReason::Lost)) => Ok(true),
        (_, Some(StopReason::Shutdown)) => queue::give_back(rows, fence, Duration::ZERO, false).await,
        (_, Some(StopReason::TooLong)) => {
            let message = format!("Stopped after {} s, the longest a job may run.", app.config.job_s_max);
            queue::fail(rows, fence, "job_too_long", &message).await
        }
        (Stop::Failed { code, message }, None) => queue::fail(rows, fence, code, &message).await,
        (Stop::Again(cause), None) => {
            tracing::error!(job.id = %job.id, job.attempt = fence.attempt, %cause, "job broke off");
            if fence.attempt < job.max_attempts {
                let seconds = 1_u64 << fence.attempt.clamp(0, 16);
                queue::give_back(rows, fence, Duration::from_secs(seconds).min(BACK_OFF_MAX), true).await
            } else {
                let message = format!("Something broke on our side, {} times. Reference: {}.", fence.attempt, job.id);
                queue::fail(rows, fence, "internal", &message).await
            }
        }
        (Stop::Told, None) => Ok(true),
    };
    app.store.signals().send(Signal { job_id: job.id, video_id: job.video_id, waits: false });
    match wrote {
        Ok(true) => tracing::info!(job.id = %job.id, job.kind = %job.job_type, why = ?watch.stopped(), "job ended"),
        // A cancel came in between: what the job is now is for the queue to say.
        Ok(false) => match queue::fail(rows, fence, CANCELLED, "Cancelled.").await {
            Ok(_) => tracing::info!(job.id = %job.id, "job cancelled at its end"),
            Err(error) => tracing::warn!(job.id = %job.id, %error, "the end of a job could not be noted"),
        },
        Err(error) => tracing::warn!(job.id = %job.id, %error, "the end of a job could not be noted"),
    }
}
