//! The one place where musical time meets seconds.
//!
//! Conventions: between two anchors time runs evenly; before the first and after the last the nearest pace goes on.

use drums::{Seconds, Ticks};

/// A place in the score whose time is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anchor {
    /// Place from the start of the score.
    pub ticks: Ticks,
    /// Time in the sound.
    pub time: Seconds,
}

/// Maps ticks to seconds and back. The default has a steady 120 quarters a minute from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    anchors: Vec<Anchor>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            anchors: vec![
                Anchor { ticks: Ticks::ZERO, time: Seconds::ZERO },
                Anchor { ticks: Ticks::QUARTER, time: Seconds::clamped(0.5) },
            ],
        }
    }
}

impl Timeline {
    /// A timeline through anchors. Anchors that do not move forward in both senses are left out; with fewer than two
    /// left, the default pace runs through what there is.
    #[must_use]
    pub fn new(anchors: impl IntoIterator<Item = Anchor>) -> Self {
        let mut kept: Vec<Anchor> = Vec::new();
        for anchor in anchors {
            if kept.last().is_none_or(|last| anchor.ticks > last.ticks && anchor.time > last.time) {
                kept.push(anchor);
            }
        }
        match kept.as_slice() {
            [] => return Self::default(),
            [only] => kept.push(Anchor { ticks: only.ticks + Ticks::QUARTER, time: only.time + Seconds::clamped(0.5) }),
            _ => {}
        }
        Self { anchors: kept }
    }

    /// The anchors in order, at least two.
    #[must_use]
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// When a place sounds.
    #[must_use]
    pub fn time_at(&self, ticks: Ticks) -> Seconds {
        let (from, to) = self.around(|anchor| anchor.ticks <= ticks);
        let share = (ticks - from.ticks).get() as f64 / (to.ticks - from.ticks).get() as f64;
        from.time + (to.time - from.time) * share
    }

    /// The place of a time, in ticks with a fraction.
    #[must_use]
    pub fn exact_ticks_at(&self, time: Seconds) -> f64 {
        let (from, to) = self.around(|anchor| anchor.time <= time);
        let share = (time - from.time).get() / (to.time - from.time).get();
        from.ticks.get() as f64 + share * (to.ticks - from.ticks).get() as f64
    }

    /// The place of a time, to the nearest tick.
    #[must_use]
    pub fn ticks_at(&self, time: Seconds) -> Ticks {
        Ticks(self.exact_ticks_at(time).round() as i64)
    }

    fn around(&self, is_before: impl Fn(&Anchor) -> bool) -> (Anchor, Anchor) {
        let left = self.anchors.partition_point(is_before).saturating_sub(1).min(self.anchors.len() - 2);
        (self.anchors[left], self.anchors[left + 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ticks_to_seconds_and_back(
            steps in prop::collection::vec((1..60_000i64, 0.05..3.0f64), 2..40),
            at in -50_000..900_000i64,
        ) {
            let mut anchor = Anchor { ticks: Ticks::ZERO, time: Seconds::clamped(1.0) };
            let mut anchors = vec![anchor];
            for (ticks, seconds) in steps {
                anchor = Anchor { ticks: anchor.ticks + Ticks(ticks), time: anchor.time + Seconds::clamped(seconds) };
                anchors.push(anchor);
            }
            let timeline = Timeline::new(anchors);
            prop_assert_eq!(timeline.ticks_at(timeline.time_at(Ticks(at))), Ticks(at));
        }
    }

    #[test]
    fn anchors_that_stand_still_are_left_out() {
        let at = |ticks, time| Anchor { ticks: Ticks(ticks), time: Seconds::clamped(time) };
        assert_eq!(Timeline::new([at(0, 1.0), at(0, 2.0), at(10, 1.0), at(10, 2.0)]).anchors().len(), 2);
        assert_eq!(Timeline::new([]), Timeline::default());
    }
}
