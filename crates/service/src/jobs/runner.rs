//! The runner: takes jobs from the queue, keeps their leases, ends them.
//!
//! Conventions: a runner has a fixed number of slots, each runs one job at a time. The work itself is on a thread of the
//! pool; the slot's task meanwhile gives signs of life, passes progress on and listens for a cancel.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::queue::{self, CANCELLED, Claimer, Fence};
use store::{Job, JobStatus, Signal};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

use super::context::{Context, Stop, unknown};
use super::{
    JobType, StopReason, Watch, audio_analysis, audio_extraction, drum_detection, export, notation_generation,
    separation, transcription,
};
use crate::{App, cleanup, metrics, webhooks};

/// Runs jobs until told to stop.
#[derive(Debug)]
pub struct Runner {
    /// Take no more jobs.
    draining: CancellationToken,
    /// Give back those under way.
    shutdown: CancellationToken,
    slots: JoinSet<()>,
    patience: Duration,
}

impl Runner {
    /// Starts the slots the settings ask for, the reaper and the clean-ups; for jobs of every type.
    pub fn start(app: &Arc<App>) -> Self {
        Self::start_for(app, &[])
    }

    /// The same for jobs of some types; of every type where none is named.
    pub fn start_for(app: &Arc<App>, types: &[JobType]) -> Self {
        let (draining, shutdown) = (CancellationToken::new(), CancellationToken::new());
        let mut slots = JoinSet::new();
        for slot in 0..app.config.slots() {
            let claimer = Claimer {
                worker: format!("{}-{slot}", Uuid::now_v7().simple()),
                lease: Duration::from_secs(app.config.job_lease_s),
                types: types.iter().map(|kind| kind.as_str().to_owned()).collect(),
            };
            slots.spawn(run_slot(Arc::clone(app), claimer, draining.clone(), shutdown.clone()));
        }
        slots.spawn(run_reaper(Arc::clone(app), draining.clone()));
        let (called, until) = (Arc::clone(app), draining.clone());
        slots.spawn(async move { webhooks::run(&called, &until).await });
        let (cleaned, until) = (Arc::clone(app), draining.clone());
        slots.spawn(async move { cleanup::run(&cleaned, &until).await });
        Self { draining, shutdown, slots, patience: Duration::from_secs(app.config.shutdown_s_max) }
    }

    /// Takes no more jobs and lets those under way finish; after the patience of the settings they are told to stop and go
    /// back into the queue uncounted. Waits for that.
    pub async fn stop(mut self) {
        self.draining.cancel();
        let finished = async { while self.slots.join_next().await.is_some() {} };
        if tokio::time::timeout(self.patience, finished).await.is_err() {
            self.shutdown.cancel();
            while self.slots.join_next().await.is_some() {}
        }
    }

    /// The same without patience.
    pub async fn stop_now(mut self) {
        self.draining.cancel();
        self.shutdown.cancel();
        while self.slots.join_next().await.is_some() {}
    }
}

/// Makes this process, which works and answers nobody, less urgent than others, as far as the settings and the machine say;
/// true when it is now.
pub fn step_back(app: &App) -> bool {
    crate::pool::step_back(app.config.job_nice)
}

async fn run_slot(app: Arc<App>, claimer: Claimer, draining: CancellationToken, shutdown: CancellationToken) {
    let poll = Duration::from_millis(app.config.job_poll_ms);
    while !draining.is_cancelled() {
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
            () = draining.cancelled() => {}
        }
    }
}

async fn run_reaper(app: Arc<App>, draining: CancellationToken) {
    let lease = Duration::from_secs(app.config.job_lease_s);
    let back_off = Duration::from_secs(app.config.job_back_off_s);
    while !draining.is_cancelled() {
        match queue::reap(app.store.rows(), back_off, lease).await {
            Ok((0, 0)) => {}
            Ok((waiting, failed)) => tracing::warn!(waiting, failed, "jobs of lost workers taken back"),
            Err(error) => tracing::warn!(%error, "lost jobs could not be looked for"),
        }
        tokio::select! {
            () = tokio::time::sleep(lease / 3) => {}
            () = draining.cancelled() => {}
        }
    }
}

/// How long work that was told to stop may take to notice before it is left behind; its writes are fenced anyway.
const NOTICE_MAX: Duration = Duration::from_secs(5);

async fn run_job(app: &Arc<App>, job: Job, shutdown: &CancellationToken) {
    let request = job.request_id.map(tracing::field::display);
    let span = tracing::info_span!(
        "job", job.id = %job.id, job.kind = %job.job_type, job.attempt = job.attempts, request.id = request
    );
    run_attempt(app, job, shutdown).instrument(span).await;
}

async fn run_attempt(app: &Arc<App>, job: Job, shutdown: &CancellationToken) {
    let started = Instant::now();
    let fence = job.fence();
    let watch = Arc::new(Watch::starting_at(job.progress));
    note_start(app, &job);
    let over = CancellationToken::new();
    let mut work = spawn_work(app, &job, &fence, &watch, over.clone());
    keep_alive(app, &job, &fence, &watch, &over, shutdown).await;
    let grace = if watch.stopped().is_some() { NOTICE_MAX } else { Duration::MAX };
    let ended = match tokio::time::timeout(grace, &mut work).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(panicked)) => Err(Stop::Again(panicked.to_string())),
        Err(_) => {
            work.abort();
            Err(Stop::Told)
        }
    };
    let duration = started.elapsed();
    app.metrics.note(&metrics::JOB_TIME, &[("type", &job.job_type)], duration.as_secs_f64());
    let (outcome, code) = match ended {
        Ok(()) => {
            tracing::info!(duration_ms = duration.as_millis() as u64, "job completed");
            (JobStatus::Completed.as_str(), "")
        }
        Err(stop) => end(app, &job, &fence, &watch, stop).await,
    };
    let labels = [("type", job.job_type.as_str()), ("outcome", outcome), ("code", code)];
    app.metrics.note(&metrics::JOBS_ENDED, &labels, 1.0);
}

fn note_start(app: &App, job: &Job) {
    tracing::info!("job started");
    let of_type = [("type", job.job_type.as_str())];
    app.metrics.note(&metrics::JOBS_STARTED, &of_type, 1.0);
    if job.attempts == 1 {
        let waited_s = (store::now() - job.created_at).num_milliseconds() as f64 / 1000.0;
        app.metrics.note(&metrics::JOB_WAIT, &of_type, waited_s.max(0.0));
    }
}

/// Begins the work; `over` is cancelled at its end, however it ends.
fn spawn_work(
    app: &Arc<App>,
    job: &Job,
    fence: &Fence,
    watch: &Arc<Watch>,
    over: CancellationToken,
) -> JoinHandle<Result<(), Stop>> {
    let (app, watch, fence) = (Arc::clone(app), Arc::clone(watch), fence.clone());
    let (kind, of_video, payload) = (JobType::parse(&job.job_type), job.video_id, job.payload.clone());
    let work = async move {
        let _at_the_end = over.drop_guard();
        let context = Context { app, of_video, payload, fence, watch };
        match kind.ok_or_else(unknown)? {
            JobType::AudioExtraction => audio_extraction::run(&context).await,
            JobType::DrumDetection => drum_detection::run(&context).await,
            JobType::NotationGeneration => notation_generation::run(&context).await,
            JobType::Separation => separation::run(&context).await,
            JobType::Transcription => transcription::run(&context).await,
            JobType::AudioAnalysis => audio_analysis::run(&context).await,
            JobType::Export => export::run(&context).await,
        }
    };
    tokio::spawn(work.in_current_span())
}

/// The longest an attempt at the job may run.
fn time_limit(app: &App, job: &Job) -> Duration {
    let config = &app.config;
    Duration::from_secs(match JobType::parse(&job.job_type) {
        Some(JobType::AudioExtraction) => config.job_extraction_s_max,
        Some(JobType::DrumDetection | JobType::AudioAnalysis) => config.job_detection_s_max,
        Some(JobType::NotationGeneration) => config.job_notation_s_max,
        Some(JobType::Separation) => config.job_separation_s_max,
        Some(JobType::Export) => config.job_export_s_max,
        Some(JobType::Transcription) | None => config.job_transcription_s_max,
    })
}

/// Gives signs of life until the work is over or is told to stop.
async fn keep_alive(
    app: &App,
    job: &Job,
    fence: &Fence,
    watch: &Watch,
    over: &CancellationToken,
    shutdown: &CancellationToken,
) {
    let (begun, pause) = (tokio::time::Instant::now(), Duration::from_millis(app.config.job_heartbeat_ms));
    let end = begun + time_limit(app, job);
    // Having claimed the job was the first sign.
    let (mut shown, mut beat) = (None, tokio::time::interval_at(begun + pause, pause));
    while watch.stopped().is_none() {
        tokio::select! {
            _ = beat.tick() => {}
            () = over.cancelled() => return,
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

/// Notes how an attempt ended that did not complete; gives outcome and code for the figures.
async fn end(app: &App, job: &Job, fence: &Fence, watch: &Watch, stop: Stop) -> (&'static str, &'static str) {
    let rows = app.store.rows();
    let failed = JobStatus::Failed.as_str();
    let (wrote, outcome) = match (stop, watch.stopped()) {
        (_, Some(StopReason::Cancelled)) => {
            (queue::fail(rows, fence, CANCELLED, "Cancelled.").await, (failed, CANCELLED))
        }
        (_, Some(StopReason::Lost)) | (Stop::Told, None) => (Ok(true), ("lost", "")),
        (_, Some(StopReason::Shutdown)) => {
            (queue::give_back(rows, fence, Duration::ZERO, None).await, ("given_back", "shutdown"))
        }
        (_, Some(StopReason::TooLong)) => {
            let message = format!("Stopped after {} s, the longest this may run.", time_limit(app, job).as_secs());
            (queue::fail(rows, fence, "job_too_long", &message).await, (failed, "job_too_long"))
        }
        (Stop::Failed { code, message }, None) => (queue::fail(rows, fence, code, &message).await, (failed, code)),
        (Stop::Again(cause), None) => {
            let last = format!("Something broke on our side, {} times. Reference: {}.", fence.attempt, job.id);
            try_again(app, job, fence, "internal", (&cause, &last)).await
        }
        (Stop::Later { code, message }, None) => try_again(app, job, fence, code, (&message, &message)).await,
    };
    app.store.signals().send(Signal { job_id: job.id, video_id: job.video_id, waits: false });
    match wrote {
        Ok(true) => tracing::info!(outcome = outcome.0, code = outcome.1, "job ended"),
        // A cancel came in between: what the job is now is for the queue to say.
        Ok(false) => match queue::fail(rows, fence, CANCELLED, "Cancelled.").await {
            Ok(_) => tracing::info!("job cancelled at its end"),
            Err(error) => tracing::warn!(%error, "the end of a job could not be noted"),
        },
        Err(error) => tracing::warn!(%error, "the end of a job could not be noted"),
    }
    outcome
}

/// Puts a job that broke off back for another attempt, or gives it up after the last; with the cause for the log and what
/// the job says at its end.
async fn try_again(
    app: &App,
    job: &Job,
    fence: &Fence,
    code: &'static str,
    (cause, last): (&str, &str),
) -> (store::Result<bool>, (&'static str, &'static str)) {
    tracing::error!(cause, code, "job broke off");
    let rows = app.store.rows();
    if fence.attempt >= job.max_attempts {
        return (queue::fail(rows, fence, code, last).await, (JobStatus::Failed.as_str(), code));
    }
    let pause = Duration::from_secs(app.config.job_back_off_s).saturating_mul(1 << (fence.attempt - 1).clamp(0, 16));
    let pause = pause.min(queue::PAUSE_MAX);
    let message = format!(
        "Attempt {} of {} broke off on our side; the next begins {} s later.",
        fence.attempt,
        job.max_attempts,
        pause.as_secs()
    );
    (queue::give_back(rows, fence, pause, Some(&message)).await, ("given_back", code))
}
