//! The queue seen from above: how much waits and runs, how it went lately.

use std::collections::BTreeMap;
use std::time::Duration;

use store::queue::{self, Depth, Finished};
use store::{JobStatus, now};

use crate::policy::Action;
use crate::{Actor, App, Result};

/// The queue at this moment.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Everybody's jobs by type and status.
    pub all: Vec<Depth>,
    /// The caller's own.
    pub own: Vec<Depth>,
    /// Running jobs whose worker is lost; another takes them soon.
    pub stranded: u64,
}

impl Queue {
    /// How many of everybody's jobs are in a status.
    pub fn count(&self, status: JobStatus) -> i64 {
        count(&self.all, status)
    }

    /// How many of the caller's jobs are in a status.
    pub fn count_own(&self, status: JobStatus) -> i64 {
        count(&self.own, status)
    }

    /// How long the oldest waiting job waits, seconds.
    pub fn oldest_waiting_s(&self) -> Option<f64> {
        let waiting = self.all.iter().filter(|depth| depth.status == JobStatus::Pending);
        let oldest = waiting.filter_map(|depth| depth.oldest_at).min()?;
        Some(((now() - oldest).num_milliseconds() as f64 / 1000.0).max(0.0))
    }
}

fn count(depths: &[Depth], status: JobStatus) -> i64 {
    depths.iter().filter(|depth| depth.status == status).map(|depth| depth.jobs).sum()
}

/// The queue as anybody with jobs may see it: numbers only.
///
/// # Errors
/// `Forbidden`.
pub async fn queue(app: &App, actor: &Actor) -> Result<Queue> {
    actor.may(Action::ReadJob)?;
    let rows = app.store.rows();
    Ok(Queue {
        all: queue::depths(rows, None).await?,
        own: queue::depths(rows, Some(actor.user_id)).await?,
        stranded: queue::stranded(rows).await?,
    })
}

/// How jobs of one type went.
#[derive(Clone, Debug, Default)]
pub struct TypeStatistics {
    /// How many completed.
    pub completed: u64,
    /// How many failed, by code.
    pub failed: BTreeMap<String, u64>,
    /// Starts beyond the first.
    pub retries: u64,
    /// Seconds from the first start to the end, of those that completed, sorted.
    pub durations_s: Vec<f64>,
    /// Seconds from being asked for to the first start, sorted.
    pub waits_s: Vec<f64>,
}

/// How the jobs went that ended lately.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// By type.
    pub types: BTreeMap<String, TypeStatistics>,
    /// Whether there were more than are counted here.
    pub cut: bool,
}

/// Jobs looked at, at most.
const LOOKED_AT_MAX: u64 = 20_000;

/// Statistics of the last hours, for admins.
///
/// # Errors
/// `Forbidden`.
pub async fn statistics(app: &App, actor: &Actor, hours: u32) -> Result<Statistics> {
    actor.may(Action::ManageJobs)?;
    let since = now() - Duration::from_secs(u64::from(hours) * 3600);
    let ended = queue::finished_since(app.store.rows(), since, LOOKED_AT_MAX).await?;
    let mut statistics = Statistics { cut: ended.len() as u64 == LOOKED_AT_MAX, ..Statistics::default() };
    for job in ended {
        add(statistics.types.entry(job.job_type.clone()).or_default(), &job);
    }
    for of_type in statistics.types.values_mut() {
        of_type.durations_s.sort_by(f64::total_cmp);
        of_type.waits_s.sort_by(f64::total_cmp);
    }
    Ok(statistics)
}

fn add(of_type: &mut TypeStatistics, job: &Finished) {
    of_type.retries += u64::try_from(job.attempts - 1).unwrap_or(0);
    if let Some(started_at) = job.started_at {
        of_type.waits_s.push((started_at - job.created_at).num_milliseconds() as f64 / 1000.0);
    }
    if job.status != JobStatus::Completed {
        let code = job.error_code.clone().unwrap_or_else(|| "unknown".to_owned());
        *of_type.failed.entry(code).or_default() += 1;
        return;
    }
    of_type.completed += 1;
    if let (Some(started_at), Some(finished_at)) = (job.started_at, job.finished_at) {
        of_type.durations_s.push((finished_at - started_at).num_milliseconds() as f64 / 1000.0);
    }
}

/// The value below which the share `part` (0-1) of a sorted list lies.
pub fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * part).round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles_of_short_lists() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3.0], 0.95), Some(3.0));
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.5), Some(3.0));
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95), Some(5.0));
    }
}
