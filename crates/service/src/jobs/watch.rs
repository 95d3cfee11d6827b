//! What a job and its runner tell each other while the work goes on.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use serde_json::{Value as Document, json};

use crate::pipeline::Stroke;

/// Why work should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// Its owner cancelled it.
    Cancelled,
    /// The lease went to somebody else.
    Lost,
    /// The process shuts down.
    Shutdown,
    /// It ran too long.
    TooLong,
}

/// Shared between the thread that works and the task that keeps the lease.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    percent: AtomicU32,
    stage: Mutex<&'static str>,
    /// Hits that followers have not been told yet.
    hits: Mutex<Vec<Document>>,
    /// 0, or the reason's place in `REASONS` plus one.
    stop: AtomicU8,
}

const REASONS: [StopReason; 4] = [StopReason::Cancelled, StopReason::Lost, StopReason::Shutdown, StopReason::TooLong];

impl Watch {
    /// For a job that was at this percent before: what is shown never runs back.
    pub(crate) fn starting_at(percent: i32) -> Self {
        Self { percent: AtomicU32::new(u32::try_from(percent).unwrap_or(0)), ..Self::default() }
    }

    /// Notes that the named stage, which takes the percents `from..to` of the job, is at `fraction` (0-1). The number
    /// never falls. `Break` when the work should stop.
    pub(crate) fn progress(&self, stage: &'static str, from: u32, to: u32, fraction: f64) -> ControlFlow<()> {
        let share = f64::from(to.saturating_sub(from)) * fraction.clamp(0.0, 1.0);
        self.percent.fetch_max(from + share as u32, Ordering::Relaxed);
        if let Ok(mut current) = self.stage.lock() {
            *current = stage;
        }
        if self.stopped().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Percent, at most 99: only completing makes it 100.
    pub(crate) fn percent(&self) -> i32 {
        self.percent.load(Ordering::Relaxed).min(99) as i32
    }

    /// The stage the work is in.
    pub(crate) fn stage(&self) -> Option<&'static str> {
        self.stage.lock().ok().map(|stage| *stage).filter(|stage| !stage.is_empty())
    }

    /// Takes note of hits for the followers.
    pub(crate) fn heard(&self, strokes: impl IntoIterator<Item = Stroke>) {
        if let Ok(mut hits) = self.hits.lock() {
            hits.extend(strokes.into_iter().map(
                |stroke| json!({ "time_s": stroke.time_s, "instrument": stroke.instrument, "velocity": stroke.velocity }),
            ));
        }
    }

    /// The hits noted since the last call.
    pub(crate) fn take_hits(&self) -> Vec<Document> {
        self.hits.lock().map(|mut hits| std::mem::take(&mut *hits)).unwrap_or_default()
    }

    /// Tells the work to stop; the first reason stays.
    pub(crate) fn stop(&self, reason: StopReason) {
        let number = REASONS.iter().position(|known| *known == reason).map_or(0, |place| place as u8 + 1);
        let _ = self.stop.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Why the work should stop, if it should.
    pub(crate) fn stopped(&self) -> Option<StopReason> {
        let number = usize::from(self.stop.load(Ordering::Relaxed));
        number.checked_sub(1).and_then(|place| REASONS.get(place).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_falls_and_stays_below_the_end() {
        let watch = Watch::default();
        assert!(watch.progress("listening", 10, 60, 0.5).is_continue());
        assert_eq!((watch.percent(), watch.stage()), (35, Some("listening")));
        assert!(watch.progress("listening", 10, 60, 0.1).is_continue());
        assert_eq!(watch.percent(), 35);
        assert!(watch.progress("writing", 60, 100, 2.0).is_continue());
        assert_eq!(watch.percent(), 99);
    }

    #[test]
    fn the_first_reason_to_stop_stays() {
        let watch = Watch::default();
        watch.stop(StopReason::Cancelled);
        watch.stop(StopReason::Shutdown);
        assert_eq!(watch.stopped(), Some(StopReason::Cancelled));
        assert!(watch.progress("listening", 0, 1, 0.0).is_break());
    }
}
