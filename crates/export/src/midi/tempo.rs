//! The tempo map: from the score's timeline to changes of tempo.
//!
//! Conventions: a tempo is a whole number of microseconds per quarter, as MIDI has it. Between two anchors of the
//! timeline the tempo is even, so that the place of a note and its time agree to a fraction of a millisecond.

use drums::{Seconds, TICKS_PER_QUARTER, Ticks};
use midly::num::u24;
use score::{Score, Timeline};

/// A tempo and the place it holds from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) at: Ticks,
    pub(super) micros_a_quarter: u24,
}

/// Bars in front of the score that last until its first bar line is heard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lead {
    pub(super) length: Ticks,
    duration: Seconds,
}

impl Lead {
    /// Nothing in front.
    pub(super) const NONE: Self = Self { length: Ticks::ZERO, duration: Seconds::ZERO };

    /// Whole bars of about the first bar's tempo, at least one; none where the score begins with the sound.
    pub(super) fn of(score: &Score) -> Self {
        let start = score.timeline.time_at(Ticks::ZERO);
        let bar = score.measures.first().map_or(Ticks::QUARTER * 4, score::Measure::length);
        let bar_s = (score.timeline.time_at(bar) - start).get();
        if start.get() < 0.001 || bar_s <= 0.0 {
            return Self::NONE;
        }
        let bars = (start.get() / bar_s).round().clamp(1.0, 10_000.0);
        Self { length: bar * bars as i64, duration: start }
    }

    /// The place of a time, from the first bar line of the file.
    pub(super) fn place(self, timeline: &Timeline, time: Seconds) -> Ticks {
        if time < self.duration {
            let share = time.get() / self.duration.get();
            Ticks((share * self.length.get() as f64).round() as i64)
        } else {
            self.length + timeline.ticks_at(time)
        }
    }
}

/// The changes of tempo in order of place, the first at the beginning.
pub(super) fn changes(score: &Score, lead: Lead) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let mut push = |at: Ticks, length: Ticks, duration: Seconds| {
        let micros_a_quarter = micros_a_quarter(length, duration);
        if changes.last().is_none_or(|last| last.micros_a_quarter != micros_a_quarter) {
            changes.push(Change { at, micros_a_quarter });
        }
    };
    if lead.length > Ticks::ZERO {
        push(Ticks::ZERO, lead.length, lead.duration);
    }
    let anchors = score.timeline.anchors();
    for (index, pair) in anchors.windows(2).enumerate() {
        let is_last = index + 2 == anchors.len();
        if pair[1].ticks <= Ticks::ZERO && !is_last {
            continue;
        }
        // The pace of the first segment holds to its left too, and one that begins before the score is cut there.
        let from = if index == 0 { Ticks::ZERO } else { pair[0].ticks.max(Ticks::ZERO) };
        push(lead.length + from, pair[1].ticks - pair[0].ticks, pair[1].time - pair[0].time);
    }
    changes
}

fn micros_a_quarter(length: Ticks, duration: Seconds) -> u24 {
    let exact = duration.get() * 1e6 * TICKS_PER_QUARTER as f64 / length.get().max(1) as f64;
    u24::new(exact.round().clamp(1.0, f64::from(u24::max_value().as_int())) as u32)
}
