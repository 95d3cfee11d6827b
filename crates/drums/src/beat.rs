//! Beats and bars over time.
//!
//! Conventions: a beat is named by its index in the grid, from 0; a place between beats is a fractional index, also
//! before the first and after the last beat, where the nearest beat length goes on.

use crate::error::{Error, Result};
use crate::meter::Meter;
use crate::units::{Bpm, Confidence, Seconds};

/// One beat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beat {
    /// When it falls.
    pub time: Seconds,
    /// Place in the bar, from 1.
    pub position: u8,
    /// How sure we are.
    pub confidence: Confidence,
}

impl Beat {
    /// Whether a bar starts here.
    #[must_use]
    pub const fn is_downbeat(&self) -> bool {
        self.position == 1
    }
}

/// A meter and the beat it holds from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeterSpan {
    /// Index of the first beat in this meter.
    pub first_beat: usize,
    /// The meter.
    pub meter: Meter,
}

/// Beats in order of time with their places in the bar, and the meters they follow. May be empty (nothing heard).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BeatGrid {
    beats: Vec<Beat>,
    meters: Vec<MeterSpan>,
}

impl BeatGrid {
    /// A grid of beats.
    ///
    /// # Errors
    /// - [`Error::NotSorted`] where a beat does not come after the one before, or a meter span does not;
    /// - [`Error::WrongLength`] with fewer than two beats (none at all is an empty grid), or where the first meter span
    ///   does not begin at beat 0;
    /// - [`Error::BeatOutsideBar`] where a place in the bar is 0 or past the bar's end.
    pub fn new(beats: Vec<Beat>, meters: Vec<MeterSpan>) -> Result<Self> {
        if beats.is_empty() {
            return Ok(Self::default());
        }
        if beats.len() < 2 {
            return Err(Error::WrongLength { what: "list of beats", actual: beats.len(), expected: 2 });
        }
        if let Some(index) = (1..beats.len()).find(|&i| beats[i].time <= beats[i - 1].time) {
            return Err(Error::NotSorted { what: "beat", index });
        }
        if meters.first().is_none_or(|span| span.first_beat != 0) {
            return Err(Error::WrongLength { what: "list of meters from beat 0", actual: 0, expected: 1 });
        }
        if let Some(index) = (1..meters.len()).find(|&i| meters[i].first_beat <= meters[i - 1].first_beat) {
            return Err(Error::NotSorted { what: "meter span", index });
        }
        let grid = Self { beats, meters };
        for (index, beat) in grid.beats.iter().enumerate() {
            let beats_per_bar = grid.meter_at(index).beats_per_bar();
            if beat.position == 0 || beat.position > beats_per_bar {
                return Err(Error::BeatOutsideBar { index, position: beat.position, beats_per_bar });
            }
        }
        Ok(grid)
    }

    /// A steady grid from `first` on, its first beat a downbeat, with `count` beats (at least 2).
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn steady(first: Seconds, tempo: Bpm, meter: Meter, count: usize) -> Result<Self> {
        let beats = (0..count.max(2))
            .map(|i| Beat {
                time: first + tempo.period() * i as f64,
                position: (i % usize::from(meter.beats_per_bar())) as u8 + 1,
                confidence: Confidence::MAX,
            })
            .collect();
        Self::new(beats, vec![MeterSpan { first_beat: 0, meter }])
    }

    /// The beats in order of time.
    #[must_use]
    pub fn beats(&self) -> &[Beat] {
        &self.beats
    }

    /// The meters in order, the first from beat 0; empty where there are no beats.
    #[must_use]
    pub fn meters(&self) -> &[MeterSpan] {
        &self.meters
    }

    /// Whether there are no beats.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.beats.is_empty()
    }

    /// The meter at a beat; 4/4 in an empty grid.
    #[must_use]
    pub fn meter_at(&self, beat: usize) -> Meter {
        let after = self.meters.partition_point(|span| span.first_beat <= beat);
        after.checked_sub(1).map_or(Meter::FOUR_FOUR, |i| self.meters[i].meter)
    }

    /// Place of a time in the grid as a fractional beat index; may be negative. `None` in an empty grid.
    #[must_use]
    pub fn beat_at(&self, time: Seconds) -> Option<f64> {
        let left = self.segment(|beat| beat.time <= time)?;
        let (from, to) = (self.beats[left].time.get(), self.beats[left + 1].time.get());
        Some(left as f64 + (time.get() - from) / (to - from))
    }

    /// Time of a fractional beat index, the inverse of [`Self::beat_at`]. `None` in an empty grid.
    #[must_use]
    pub fn time_at(&self, beat: f64) -> Option<Seconds> {
        if self.beats.is_empty() {
            return None;
        }
        let left = (beat.floor().max(0.0) as usize).min(self.beats.len() - 2);
        let (from, to) = (self.beats[left].time.get(), self.beats[left + 1].time.get());
        Some(Seconds::clamped(from + (beat - left as f64) * (to - from)))
    }

    /// The tempo of the piece: from the median beat length. `None` in an empty grid.
    #[must_use]
    pub fn tempo(&self) -> Option<Bpm> {
        let mut lengths: Vec<f64> = self.beats.windows(2).map(|pair| (pair[1].time - pair[0].time).get()).collect();
        lengths.sort_by(f64::total_cmp);
        lengths.get(lengths.len() / 2).map(|&length| Bpm::from_period(Seconds::clamped(length)))
    }

    /// Index of the last beat that satisfies `is_before`, held to a segment that has an end.
    fn segment(&self, is_before: impl Fn(&Beat) -> bool) -> Option<usize> {
        if self.beats.is_empty() {
            return None;
        }
        Some(self.beats.partition_point(is_before).saturating_sub(1).min(self.beats.len() - 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid() -> BeatGrid {
        let times = [1.0, 1.5, 2.0, 2.6, 3.2, 3.8];
        let beats = times.iter().enumerate().map(|(i, &t)| Beat {
            time: Seconds::clamped(t),
            position: (i % 4) as u8 + 1,
            confidence: Confidence::MAX,
        });
        BeatGrid::new(beats.collect(), vec![MeterSpan { first_beat: 0, meter: Meter::FOUR_FOUR }]).unwrap()
    }

    #[test]
    fn beats_must_move_forward_and_stay_in_the_bar() {
        let beat = |t: f64, position| Beat { time: Seconds::clamped(t), position, confidence: Confidence::MAX };
        let span = vec![MeterSpan { first_beat: 0, meter: Meter::THREE_FOUR }];
        assert!(matches!(
            BeatGrid::new(vec![beat(1.0, 1), beat(1.0, 2)], span.clone()),
            Err(Error::NotSorted { index: 1, .. })
        ));
        assert!(matches!(
            BeatGrid::new(vec![beat(1.0, 1), beat(2.0, 4)], span),
            Err(Error::BeatOutsideBar { position: 4, beats_per_bar: 3, .. })
        ));
    }

    #[test]
    fn tempo_is_the_median_beat() {
        assert!((grid().tempo().unwrap().get() - 100.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn time_to_beat_and_back(time in -5.0..10.0f64) {
            let grid = grid();
            let beat = grid.beat_at(Seconds::clamped(time)).unwrap();
            prop_assert!((grid.time_at(beat).unwrap().get() - time).abs() < 1e-9);
        }
    }
}
