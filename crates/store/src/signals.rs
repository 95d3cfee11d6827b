//! Signals that a job changed, to whoever waits for one: idle workers and people who follow a job.
//!
//! Conventions: a signal is a hint to look at the rows, never the news itself; one may be lost, so who waits looks now and
//! then anyway. On PostgreSQL the database sends them (see the migration `m0008_job_events`), to every process; on SQLite
//! [`Signals::send`] reaches the own process.

use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{Job, JobStatus, Result};

/// A job came in or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The job.
    pub job_id: Uuid,
    /// The recording it works on.
    pub video_id: Option<Uuid>,
    /// Whether it waits for a worker.
    pub waits: bool,
}

impl From<&Job> for Signal {
    fn from(job: &Job) -> Self {
        Self { job_id: job.id, video_id: job.video_id, waits: job.status == JobStatus::Pending }
    }
}

/// Signals kept for a receiver that is slow; older ones are lost to it, and it is told so.
const KEPT: usize = 256;
/// The channel the triggers notify.
const CHANNEL: &str = "backbeat_jobs";
/// Pause before the database is called again after it hung up.
const RECONNECT: Duration = Duration::from_secs(1);

/// The signals of one store.
#[derive(Clone, Debug)]
pub struct Signals {
    sender: broadcast::Sender<Signal>,
    /// The address of the database that sends them, if it does.
    postgres: Option<String>,
}

impl Signals {
    pub(crate) fn new(postgres: Option<String>) -> Self {
        Self { sender: broadcast::Sender::new(KEPT), postgres }
    }

    /// The address of the PostgreSQL server, if it is one.
    pub(crate) fn postgres(&self) -> Option<&str> {
        self.postgres.as_deref()
    }

    /// Receives every signal from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Signal> {
        self.sender.subscribe()
    }

    /// Says that a job changed; to be called once the change is committed. Does nothing where the database does it.
    pub fn send(&self, signal: Signal) {
        if self.postgres.is_none() {
            // Nobody may be waiting; that is no error.
            let _ = self.sender.send(signal);
        }
    }

    /// Passes the database's notifications on for as long as this is polled; connects anew when it hangs up.
    pub async fn relay(&self) {
        let Some(address) = &self.postgres else { return std::future::pending().await };
        loop {
            if let Err(error) = self.relay_once(address).await {
                tracing::warn!(%error, "no notifications from the database, looking now and then instead");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn relay_once(&self, address: &str) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect(address).await?;
        listener.listen(CHANNEL).await?;
        loop {
            // None: the connection broke and stands again; what came in between is lost, as signals may be.
            if let Some(notification) = listener.try_recv().await?
                && let Some(signal) = read(notification.payload())
            {
                let _ = self.sender.send(signal);
            }
        }
    }
}

/// Reads `status job video`.
fn read(payload: &str) -> Option<Signal> {
    let mut words = payload.split(' ');
    let status = words.next()?;
    let job_id = words.next()?.parse().ok()?;
    let video_id = words.next().and_then(|word| word.parse().ok());
    Some(Signal { job_id, video_id, waits: status == JobStatus::Pending.as_str() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_are_read_with_and_without_a_recording() {
        let (job_id, video_id) = (Uuid::now_v7(), Uuid::now_v7());
        let signal = read(&format!("pending {job_id} {video_id}")).unwrap();
        assert_eq!(signal, Signal { job_id, video_id: Some(video_id), waits: true });
        assert_eq!(read(&format!("failed {job_id} ")).unwrap(), Signal { job_id, video_id: None, waits: false });
        assert_eq!(read("nonsense"), None);
    }
}
