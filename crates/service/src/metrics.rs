//! What this process counts and measures, in the text format that Prometheus reads (version 0.0.4).
//!
//! Conventions: names begin with `backbeat_` and end in their unit, counters in `_total`. Labels come from short lists of
//! ours (job types, routes, error codes), never from what a client sent, so that the number of series stays small.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

use store::queue;

use crate::{App, Result};

/// One thing that is counted or measured.
#[derive(Debug)]
pub struct Metric {
    name: &'static str,
    help: &'static str,
    /// Upper bounds of the buckets of a histogram; empty for a counter.
    buckets: &'static [f64],
}

/// Bounds for what people wait for, seconds.
const REQUEST_S: &[f64] = &[0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];
/// Bounds for what workers do, seconds.
const JOB_S: &[f64] = &[0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0];

/// Requests by method, route and status.
pub const REQUESTS: Metric = Metric { name: "backbeat_http_requests_total", help: "Requests answered.", buckets: &[] };
/// Time to the first byte of an answer, by route.
pub const REQUEST_TIME: Metric =
    Metric { name: "backbeat_http_request_seconds", help: "Time to an answer.", buckets: REQUEST_S };
/// Job attempts by type.
pub(crate) const JOBS_STARTED: Metric =
    Metric { name: "backbeat_jobs_started_total", help: "Attempts at jobs.", buckets: &[] };
/// Ends of attempts by type, outcome and code.
pub(crate) const JOBS_ENDED: Metric =
    Metric { name: "backbeat_jobs_ended_total", help: "Attempts that ended, and how.", buckets: &[] };
/// How long attempts took, by type.
pub(crate) const JOB_TIME: Metric =
    Metric { name: "backbeat_job_seconds", help: "Time an attempt took.", buckets: JOB_S };
/// How long jobs waited for their first start, by type.
pub(crate) const JOB_WAIT: Metric =
    Metric { name: "backbeat_job_wait_seconds", help: "Time a job waited for its first start.", buckets: JOB_S };
/// How long stages took, by stage.
pub(crate) const STAGE_TIME: Metric =
    Metric { name: "backbeat_stage_seconds", help: "Time a stage of a job took.", buckets: JOB_S };
/// Length of the sound listened to.
pub(crate) const HEARD: Metric =
    Metric { name: "backbeat_heard_seconds_total", help: "Length of the sound listened to.", buckets: &[] };
/// Everything measured so far.
#[derive(Debug, Default)]
pub struct Metrics {
    families: Mutex<BTreeMap<&'static str, Family>>,
}

#[derive(Debug)]
struct Family {
    metric: &'static Metric,
    series: BTreeMap<String, Series>,
}

#[derive(Debug, Default)]
struct Series {
    /// Observations up to each bound.
    buckets: Vec<u64>,
    count: u64,
    sum: f64,
}

impl Metrics {
    /// Adds to a counter, or one observation to a histogram.
    pub fn note(&self, metric: &'static Metric, labels: &[(&str, &str)], value: f64) {
        let Ok(mut families) = self.families.lock() else { return };
        let family = families.entry(metric.name).or_insert_with(|| Family { metric, series: BTreeMap::new() });
        let series = family.series.entry(written(labels)).or_default();
        series.buckets.resize(metric.buckets.len(), 0);
        for (bucket, bound) in series.buckets.iter_mut().zip(metric.buckets) {
            *bucket += u64::from(value <= *bound);
        }
        series.count += 1;
        series.sum += value;
    }

    /// All of it as text.
    fn text(&self) -> String {
        let mut text = String::new();
        let Ok(families) = self.families.lock() else { return text };
        for family in families.values() {
            let Metric { name, help, buckets } = family.metric;
            let kind = if buckets.is_empty() { "counter" } else { "histogram" };
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, series) in &family.series {
                if buckets.is_empty() {
                    let _ = writeln!(text, "{name}{} {}", braced(labels, ""), series.sum);
                    continue;
                }
                for (bound, count) in buckets.iter().zip(&series.buckets) {
                    let _ = writeln!(text, "{name}_bucket{} {count}", braced(labels, &format!("le=\"{bound}\"")));
                }
                let _ = writeln!(text, "{name}_bucket{} {}", braced(labels, "le=\"+Inf\""), series.count);
                let _ = writeln!(text, "{name}_sum{} {}", braced(labels, ""), series.sum);
                let _ = writeln!(text, "{name}_count{} {}", braced(labels, ""), series.count);
            }
        }
        text
    }
}

fn written(labels: &[(&str, &str)]) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect::<Vec<_>>().join(",")
}

fn braced(labels: &str, more: &str) -> String {
    match (labels.is_empty(), more.is_empty()) {
        (true, true) => String::new(),
        (false, false) => format!("{{{labels},{more}}}"),
        _ => format!("{{{labels}{more}}}"),
    }
}

/// The figures of this process and of the queue it shares.
pub async fn text(app: &App) -> Result<String> {
    let mut text = app.metrics.text();
    let depths = queue::depths(app.store.rows(), None).await?;
    let mut gauge = |name: &str, help: &str, lines: &[(String, f64)]| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in lines {
            let _ = writeln!(text, "{name}{} {value}", braced(labels, ""));
        }
    };
    let place = |depth: &queue::Depth| written(&[("type", &depth.job_type), ("status", depth.status.as_str())]);
    let jobs: Vec<_> = depths.iter().map(|depth| (place(depth), depth.jobs as f64)).collect();
    gauge("backbeat_queue_jobs", "Jobs in the database.", &jobs);
    let now = store::now();
    let waiting = depths.iter().filter(|depth| depth.status == store::JobStatus::Pending);
    let ages: Vec<_> = waiting
        .filter_map(|depth| {
            let age_s = (now - depth.oldest_at?).num_milliseconds() as f64 / 1000.0;
            Some((written(&[("type", &depth.job_type)]), age_s.max(0.0)))
        })
        .collect();
    gauge("backbeat_queue_oldest_seconds", "Age of the oldest job that waits.", &ages);
    let open = app.config.event_streams_max.saturating_sub(app.followers.available_permits());
    gauge("backbeat_event_streams", "Streams of events that are open.", &[(String::new(), open as f64)]);
    if let Some((cpu_s, memory_bytes)) = process() {
        let help = "Processor time of this process and the programs it ran; heard seconds over this is its speed.";
        gauge("backbeat_process_cpu_seconds", help, &[(String::new(), cpu_s)]);
        gauge("backbeat_process_memory_bytes", "Memory this process occupies.", &[(String::new(), memory_bytes)]);
    }
    let up_s = app.started.elapsed().as_secs_f64();
    gauge("backbeat_up_seconds", "Time since this process started.", &[(String::new(), up_s)]);
    Ok(text)
}

/// Processor time of this process and its ended children, seconds, and its resident memory, bytes; on Linux.
fn process() -> Option<(f64, f64)> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold anything; the fields after it are numbered from 3.
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks: f64 = fields.get(11..15)?.iter().filter_map(|field| field.parse::<f64>().ok()).sum();
    let pages: f64 = fields.get(21)?.parse().ok()?;
    let ticks_per_s = rustix::param::clock_ticks_per_second() as f64;
    Some((ticks / ticks_per_s, pages * rustix::param::page_size() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_time_and_memory() {
        let (cpu_s, memory_bytes) = process().unwrap();
        assert!(cpu_s >= 0.0 && memory_bytes > 1_000_000.0, "{cpu_s} s, {memory_bytes} bytes");
    }

    const WAIT: Metric = Metric { name: "wait_seconds", help: "Wait.", buckets: &[0.1, 1.0] };
    const ASKED: Metric = Metric { name: "asked_total", help: "Asked.", buckets: &[] };

    #[test]
    fn counters_add_up_and_buckets_are_cumulative() {
        let metrics = Metrics::default();
        for seconds in [0.05, 0.5, 5.0] {
            metrics.note(&WAIT, &[("route", "/jobs")], seconds);
        }
        metrics.note(&ASKED, &[], 1.0);
        metrics.note(&ASKED, &[], 2.0);
        let expected = "# HELP asked_total Asked.\n# TYPE asked_total counter\nasked_total 3\n\
            # HELP wait_seconds Wait.\n# TYPE wait_seconds histogram\n\
            wait_seconds_bucket{route=\"/jobs\",le=\"0.1\"} 1\nwait_seconds_bucket{route=\"/jobs\",le=\"1\"} 2\n\
            wait_seconds_bucket{route=\"/jobs\",le=\"+Inf\"} 3\nwait_seconds_sum{route=\"/jobs\"} 5.55\n\
            wait_seconds_count{route=\"/jobs\"} 3\n";
        assert_eq!(metrics.text(), expected);
    }

    #[test]
    fn labels_are_escaped() {
        assert_eq!(braced(&written(&[("a", "x\"\\\n")]), ""), "{a=\"x\\\"\\\\\\n\"}");
    }
}
