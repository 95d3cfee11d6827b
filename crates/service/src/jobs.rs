//! Background jobs: ask for one, look at it, stop it, try it again.
//!
//! One file per type; `runner.rs` takes jobs from the queue and keeps their leases. A job may run twice and a worker may
//! die anywhere: each type does only what is missing and writes its results in the transaction that completes it.

mod audio_analysis;
mod audio_extraction;
mod context;
mod drum_detection;
mod export;
mod notation_generation;
mod overview;
mod runner;
mod separation;
mod transcription;
mod watch;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Document, json};
use store::queue::{self, Cancel, NewJob};

pub use store::queue::Filter;
use store::{AudioFile, Job, JobStatus, Notation, Page, Paging, Tx, Video};
use uuid::Uuid;

use crate::error::refusal;
use crate::notations::{Known, making};
use crate::policy::{Action, Privileges, Reach};
use crate::{Actor, App, Error, FieldError, Result, request, videos};

pub use overview::{Queue, Statistics, TypeStatistics, quantile, queue, statistics};
pub use runner::{Runner, step_back};
pub(crate) use watch::{StopReason, Watch};

/// Where in what its job is told it is said how a recording is to be taken apart.
const HOW: &str = "separation";

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobType {
    /// Takes the sound out of a recording.
    AudioExtraction,
    /// Finds the strokes and the beat.
    DrumDetection,
    /// Writes the score.
    NotationGeneration,
    /// Takes a recording apart.
    Separation,
    /// All of these but the last, as far as they are missing.
    Transcription,
    /// Listens again, for a notation, with another model.
    AudioAnalysis,
    /// Makes a file of a notation.
    Export,
}

impl JobType {
    /// Every type.
    pub const ALL: [Self; 7] = [
        Self::AudioExtraction,
        Self::DrumDetection,
        Self::NotationGeneration,
        Self::Separation,
        Self::Transcription,
        Self::AudioAnalysis,
        Self::Export,
    ];

    /// Those that are asked for with a recording alone; the others have a route of their own.
    pub const ASKED: [Self; 5] =
        [Self::AudioExtraction, Self::DrumDetection, Self::NotationGeneration, Self::Separation, Self::Transcription];

    /// The steps from recording to score, in order.
    pub const STEPS: [Self; 3] = [Self::AudioExtraction, Self::DrumDetection, Self::NotationGeneration];

    /// The word used in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AudioExtraction => audio_extraction::TYPE,
            Self::DrumDetection => drum_detection::TYPE,
            Self::NotationGeneration => notation_generation::TYPE,
            Self::Separation => separation::TYPE,
            Self::Transcription => transcription::TYPE,
            Self::AudioAnalysis => audio_analysis::TYPE,
            Self::Export => export::TYPE,
        }
    }

    /// The type of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Asks for work on a recording. When the same work waits or runs already, that job is given back.
///
/// # Errors
/// `NotFound`; `Rule` when the recording has no sound; `Busy` when the user has too many jobs.
pub async fn request(app: &App, actor: &Actor, video_id: Uuid, kind: JobType, force: bool) -> Result<Job> {
    if !JobType::ASKED.contains(&kind) {
        let place = vec!["body".to_owned(), "job_type".to_owned()];
        let route = if kind == JobType::Export { "export/{format}" } else { "relisten" };
        let message = format!("this is asked for at /notation/{{id}}/{route}");
        return Err(Error::Invalid(vec![FieldError { place, kind: "enum", message }]));
    }
    enqueue(app, actor, video_id, kind, json!({ "force": force })).await
}

/// The same for work that writes a notation, with what is known of the music and wanted of the notation.
///
/// # Errors
/// As [`request()`]; `Invalid` for an option that is none, or that the work has no use for.
pub async fn request_written(
    app: &App,
    actor: &Actor,
    video_id: Uuid,
    kind: JobType,
    force: bool,
    known: Known,
) -> Result<Job> {
    making::read(&known)?;
    if known.options.is_empty() {
        return request(app, actor, video_id, kind, force).await;
    }
    if !matches!(kind, JobType::NotationGeneration | JobType::Transcription) {
        let place = vec!["body".to_owned(), "options".to_owned()];
        let message = format!("{} writes no notation", kind.as_str());
        return Err(Error::Invalid(vec![FieldError { place, kind: "rule", message }]));
    }
    enqueue(app, actor, video_id, kind, json!({ "force": force, "options": known.options })).await
}

/// What tells jobs of one type on one recording apart.
const APART: [&str; 3] = ["options", "notation", "model"];

pub(crate) async fn enqueue(app: &App, actor: &Actor, video_id: Uuid, kind: JobType, payload: Document) -> Result<Job> {
    let video = videos::get(app, actor, video_id).await?;
    actor.may_on(Action::ProcessVideo, video.user_id, "video")?;
    if !video.has_audio {
        return Err(Error::Rule(refusal(
            "media_no_audio",
            "This recording has no sound track.",
            "Notation is written from sound. Check the export settings of your editor.",
        )));
    }
    let tx = app.store.begin().await?;
    // The lock makes two equal requests at the same time see each other.
    store::users::lock(tx.rows(), video.user_id).await?;
    let active = queue::active(tx.rows(), video_id, kind.as_str()).await?;
    let other = |job: &&Job| kind == JobType::Separation && job.payload.get(HOW) != payload.get(HOW);
    if let Some(job) = active.as_ref().filter(other) {
        return Err(Error::Conflict(refusal(
            "separation_under_way",
            "This recording is being taken apart in another way.",
            format!("Wait for job {}, or cancel it.", job.id),
        )));
    }
    if let Some(job) = active.filter(|job| APART.iter().all(|name| job.payload.get(name) == payload.get(name))) {
        return Ok(job);
    }
    line_up(app, tx, Asked { user_id: video.user_id, video_id: Some(video_id), kind, payload }).await
}

/// Asks for a notation to be made into a file. When the same is being made already, that job is given back.
pub(crate) async fn enqueue_export(app: &App, notation: &Notation, payload: Document) -> Result<Job> {
    let (user_id, kind) = (notation.user_id, JobType::Export);
    let tx = app.store.begin().await?;
    store::users::lock(tx.rows(), user_id).await?;
    for status in [JobStatus::Pending, JobStatus::Running] {
        let job_type = Some(kind.as_str().to_owned());
        let same = Filter { user_id: Some(user_id), status: Some(status), job_type, video_id: notation.video_id };
        let under_way = queue::list(tx.rows(), same, Paging { page: 1, per_page: 100 }).await?.rows;
        if let Some(job) = under_way.into_iter().find(|job| job.payload == payload && !job.cancel_requested) {
            return Ok(job);
        }
    }
    line_up(app, tx, Asked { user_id, video_id: notation.video_id, kind, payload }).await
}

/// A job asked for.
struct Asked {
    user_id: Uuid,
    video_id: Option<Uuid>,
    kind: JobType,
    payload: Document,
}

/// Puts a job into the queue where its user may have one more; the account is locked.
async fn line_up(app: &App, tx: Tx, asked: Asked) -> Result<Job> {
    let Asked { user_id, video_id, kind, payload } = asked;
    let privileges = Privileges::of_user(app, tx.rows(), user_id).await?;
    let mut waiting = 0;
    for status in [JobStatus::Pending, JobStatus::Running] {
        let mine = Filter { user_id: Some(user_id), status: Some(status), ..Filter::default() };
        waiting += queue::list(tx.rows(), mine, Paging { page: 1, per_page: 1 }).await?.total;
    }
    if waiting >= privileges.jobs_max {
        return Err(Error::Busy(refusal(
            "too_many_jobs",
            format!("{waiting} jobs wait or run, the most for one user."),
            "Wait for some to finish, or cancel some.",
        )));
    }
    let new = NewJob {
        video_id,
        user_id,
        job_type: kind.as_str().to_owned(),
        payload,
        max_attempts: i32::try_from(app.config.job_attempts_max).unwrap_or(i32::MAX),
        head_start_s: i32::try_from(privileges.head_start_s).unwrap_or(i32::MAX),
        user_slots: i32::try_from(privileges.running_max).unwrap_or(i32::MAX),
        request_id: request::id(),
    };
    let job = queue::enqueue(tx.rows(), new).await?;
    tx.commit().await?;
    app.store.signals().send((&job).into());
    let video_id = video_id.map(tracing::field::display);
    tracing::info!(job.id = %job.id, job.kind = %job.job_type, video.id = video_id, "job enqueued");
    Ok(job)
}

/// A job of one's own.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn get(app: &App, actor: &Actor, id: Uuid) -> Result<Job> {
    let job = queue::get(app.store.rows(), id).await?;
    actor.may_on(Action::ReadJob, job.user_id, "job")?;
    Ok(job)
}

/// One's own jobs, newest first; for an admin everybody's.
pub async fn list(app: &App, actor: &Actor, mut filter: Filter, paging: Paging) -> Result<Page<Job>> {
    actor.may(Action::ReadJob)?;
    if actor.reach(Action::ReadJob) < Reach::All {
        filter.user_id = Some(actor.user_id);
    }
    Ok(queue::list(app.store.rows(), filter, paging).await?)
}

/// The jobs of one recording of one's own, newest first.
///
/// # Errors
/// `NotFound`.
pub async fn list_of_video(
    app: &App,
    actor: &Actor,
    video_id: Uuid,
    mut filter: Filter,
    paging: Paging,
) -> Result<Page<Job>> {
    videos::get(app, actor, video_id).await?;
    filter.video_id = Some(video_id);
    list(app, actor, filter, paging).await
}

/// Stops a job; one that runs is stopped by its worker within seconds.
///
/// # Errors
/// `NotFound`; `Conflict` when it is over.
pub async fn cancel(app: &App, actor: &Actor, id: Uuid) -> Result<Job> {
    let job = get(app, actor, id).await?;
    actor.may_on(Action::ChangeJob, job.user_id, "job")?;
    match queue::cancel(app.store.rows(), id).await? {
        Cancel::Done | Cancel::Requested => {
            let job = get(app, actor, id).await?;
            app.store.signals().send((&job).into());
            Ok(job)
        }
        Cancel::TooLate => Err(Error::Conflict(refusal(
            "job_finished",
            "The job is over already.",
            "Only waiting and running jobs can be cancelled.",
        ))),
    }
}

/// Puts a failed job back into the queue, under the same id.
///
/// # Errors
/// `NotFound`; `Conflict` unless it failed.
pub async fn retry(app: &App, actor: &Actor, id: Uuid) -> Result<Job> {
    let job = get(app, actor, id).await?;
    actor.may_on(Action::ChangeJob, job.user_id, "job")?;
    if !queue::retry(app.store.rows(), id).await? {
        return Err(Error::Conflict(refusal(
            "job_not_failed",
            "The job has not failed.",
            "Only failed and cancelled jobs can be tried again.",
        )));
    }
    let job = get(app, actor, id).await?;
    app.store.signals().send((&job).into());
    Ok(job)
}

/// Waits until a job is over, but no longer than `patience`.
pub async fn wait(app: &App, actor: &Actor, id: Uuid, patience: Duration) -> Result<Job> {
    let end = tokio::time::Instant::now() + patience;
    loop {
        let job = get(app, actor, id).await?;
        let over = matches!(job.status, JobStatus::Completed | JobStatus::Failed);
        if over || tokio::time::Instant::now() >= end {
            return Ok(job);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// How far the work on a recording is.
#[derive(Clone, Debug)]
pub struct Status {
    /// The recording.
    pub video: Video,
    /// Its sound track, if extracted.
    pub audio: Option<AudioFile>,
    /// Its newest notation, if written.
    pub notation: Option<Notation>,
    /// The newest job of each type.
    pub jobs: Vec<Job>,
}

impl Status {
    /// The newest job of a type.
    pub fn job(&self, kind: JobType) -> Option<&Job> {
        self.jobs.iter().find(|job| job.job_type == kind.as_str())
    }

    /// Whether what a type of job makes is there.
    pub fn done(&self, kind: JobType) -> bool {
        match kind {
            JobType::AudioExtraction => self.audio.is_some(),
            JobType::DrumDetection => self.audio.as_ref().is_some_and(|audio| audio.analysis.is_some()),
            JobType::Separation => self.job(kind).is_some_and(|job| job.status == JobStatus::Completed),
            JobType::NotationGeneration | JobType::Transcription => self.notation.is_some(),
            JobType::AudioAnalysis | JobType::Export => false,
        }
    }

    /// The notation, if it was written after the sound was last listened to.
    pub fn current_notation(&self) -> Option<&Notation> {
        let heard_at = self.audio.as_ref()?.analyzed_at?;
        self.notation.as_ref().filter(|notation| notation.created_at >= heard_at)
    }
}

/// How far the work on a recording of one's own is.
///
/// # Errors
/// `NotFound`.
pub async fn status(app: &App, actor: &Actor, video_id: Uuid) -> Result<Status> {
    let video = videos::get(app, actor, video_id).await?;
    let rows = app.store.rows();
    Ok(Status {
        audio: store::audio_files::of_video(rows, video_id).await?,
        notation: store::notations::newest_of_video(rows, video_id).await?,
        jobs: queue::newest_by_type(rows, video_id).await?,
        video,
    })
}
