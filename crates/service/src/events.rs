//! Following jobs: what happens to one job, or to all jobs of a recording, as it happens.
//!
//! Conventions: the rows are the news and signals only say when to look; so it does not matter which process works, a
//! follower may fall behind, and nothing queues up for one that does not read. Hits are numbered rows: whoever comes back
//! names the last one it has.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Document;
use store::{Job, JobStatus, Signal, queue};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::Instant;
use uuid::Uuid;

use crate::error::refusal;
use crate::{Actor, App, Error, Result, jobs, videos};

/// News of a job.
#[derive(Clone, Debug)]
pub enum Event {
    /// It changed: status, stage or percent.
    Progress(Box<Job>),
    /// Hits it heard since the last time; provisional until it has completed.
    Hits {
        /// The job.
        job_id: Uuid,
        /// The attempt that heard them; those of earlier attempts are void.
        attempt: i32,
        /// A list of `{time_s, instrument, velocity}`.
        hits: Document,
    },
    /// Nothing more will happen. The job, or the newest of the recording, if there is any.
    End(Option<Box<Job>>),
}

#[derive(Clone, Copy, Debug)]
enum Subject {
    Job(Uuid),
    Video(Uuid),
}

/// Rows of hits read at a time: what a slow follower makes this process hold.
const HITS_AT_ONCE: u64 = 20;
/// Jobs of a recording that are looked at.
const JOBS_MAX: u64 = 50;

/// Somebody who follows; ask for the [`next`](Self::next) event.
#[derive(Debug)]
pub struct Follower {
    app: Arc<App>,
    subject: Subject,
    signals: Receiver<Signal>,
    /// What was last told of each job.
    told: HashMap<Uuid, (JobStatus, i32, Option<String>, i32)>,
    /// The last row of hits that was told.
    seen: i64,
    waiting: VecDeque<(i64, Event)>,
    ended: bool,
    looked: bool,
    leave_at: Instant,
    _place: OwnedSemaphorePermit,
}

/// Follows a job of one's own. `seen` is the number of the last event the follower has, 0 for none.
///
/// # Errors
/// `NotFound`; `Busy` when too many follow already.
pub async fn follow_job(app: &Arc<App>, actor: &Actor, id: Uuid, seen: i64) -> Result<Follower> {
    jobs::get(app, actor, id).await?;
    Follower::new(app, Subject::Job(id), seen)
}

/// Follows all jobs of a recording of one's own, until none waits or runs.
///
/// # Errors
/// `NotFound`; `Busy` when too many follow already.
pub async fn follow_video(app: &Arc<App>, actor: &Actor, id: Uuid, seen: i64) -> Result<Follower> {
    videos::get(app, actor, id).await?;
    Follower::new(app, Subject::Video(id), seen)
}

impl Follower {
    fn new(app: &Arc<App>, subject: Subject, seen: i64) -> Result<Self> {
        let place = Arc::clone(&app.followers).try_acquire_owned().map_err(|_| {
            Error::Busy(refusal(
                "too_many_streams",
                format!("{} streams of events are open, the most for this server.", app.config.event_streams_max),
                "Ask for the job now and then instead.",
            ))
        })?;
        Ok(Self {
            app: Arc::clone(app),
            subject,
            signals: app.store.signals().subscribe(),
            told: HashMap::new(),
            seen,
            waiting: VecDeque::new(),
            ended: false,
            looked: false,
            leave_at: Instant::now() + Duration::from_secs(app.config.event_stream_s_max),
            _place: place,
        })
    }

    /// The next event with its number, or `None` when there are no more, the stream has been open too long, or the process
    /// stops: then whoever follows comes back.
    pub async fn next(&mut self) -> Option<(i64, Event)> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.ended || (self.looked && !self.wait().await) {
                return None;
            }
            self.looked = true;
            match self.look().await {
                Ok(()) => {}
                Err(store::Error::NotFound(_)) => self.ended = true,
                Err(error) => tracing::warn!(%error, "the jobs somebody follows could not be read; looking again soon"),
            }
        }
    }

    /// Waits for a reason to look; false when it is time to leave.
    async fn wait(&mut self) -> bool {
        let look_at = Instant::now() + Duration::from_millis(self.app.config.job_poll_ms);
        loop {
            tokio::select! {
                signal = self.signals.recv() => match signal {
                    Ok(signal) if self.is_about(&signal) => return true,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return true,
                    Err(RecvError::Closed) => return false,
                },
                () = tokio::time::sleep_until(look_at) => return true,
                () = tokio::time::sleep_until(self.leave_at) => return false,
                () = self.app.stopping.cancelled() => return false,
            }
        }
    }

    fn is_about(&self, signal: &Signal) -> bool {
        match self.subject {
            Subject::Job(id) => signal.job_id == id,
            Subject::Video(id) => signal.video_id == Some(id),
        }
    }

    async fn look(&mut self) -> store::Result<()> {
        let rows = self.app.store.rows();
        let mut jobs = match self.subject {
            Subject::Job(id) => vec![queue::get(rows, id).await?],
            Subject::Video(id) => queue::newest_of_video(rows, id, JOBS_MAX).await?,
        };
        jobs.reverse();
        let mut all_told = true;
        for job in &jobs {
            if is_active(job) || self.told.contains_key(&job.id) || matches!(self.subject, Subject::Job(_)) {
                all_told &= self.tell(job).await?;
            }
        }
        // Where there is more to read, there is nothing to wait for.
        self.looked = all_told;
        if all_told && !jobs.iter().any(is_active) {
            self.ended = true;
            self.waiting.push_back((self.seen, Event::End(jobs.pop().map(Box::new))));
        }
        Ok(())
    }

    /// Lines up what is new about a job; false when there is more to read.
    async fn tell(&mut self, job: &Job) -> store::Result<bool> {
        let face = (job.status, job.progress, job.stage.clone(), job.hits_told);
        let told = self.told.get(&job.id);
        if told == Some(&face) {
            return Ok(true);
        }
        let changed = told.is_none_or(|told| (told.0, told.1, &told.2) != (face.0, face.1, &face.2));
        let hits = queue::hits_after(self.app.store.rows(), job, self.seen, HITS_AT_ONCE).await?;
        let complete = (hits.len() as u64) < HITS_AT_ONCE;
        // The end of the one job that is followed is told by the last event.
        if changed && (is_active(job) || matches!(self.subject, Subject::Video(_))) {
            self.waiting.push_back((self.seen, Event::Progress(Box::new(job.clone()))));
        }
        for row in hits {
            self.seen = row.id;
            let event = Event::Hits { job_id: row.job_id, attempt: row.attempt, hits: row.hits };
            self.waiting.push_back((row.id, event));
        }
        if complete {
            self.told.insert(job.id, face);
        }
        Ok(complete)
    }
}

fn is_active(job: &Job) -> bool {
    matches!(job.status, JobStatus::Pending | JobStatus::Running)
}
