//! Is each stroke written in the right place of the bar?
//!
//! Conventions: a slot is a bar number and a place in the bar in quarter notes, given as an exact fraction. A transcription
//! may count its bars from elsewhere: the shift by whole bars that agrees best is taken.

use crate::matching::match_events;
use drums::Family;
use std::collections::BTreeMap;

/// A stroke and where it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot {
    /// When it sounds, in seconds.
    pub time_s: f64,
    /// Its class.
    pub family: Family,
    /// Bar number.
    pub bar: i64,
    /// Place in the bar in quarters, as numerator and denominator in lowest terms.
    pub quarters: (i64, i64),
}

/// Share of the reference's strokes that are found within `window_s` and written in the same place; 1 without any.
#[must_use]
pub fn slot_accuracy(references: &[Slot], estimates: &[Slot], window_s: f64) -> f64 {
    if references.is_empty() {
        return 1.0;
    }
    let mut agreeing_by_shift: BTreeMap<i64, usize> = BTreeMap::new();
    for family in crate::onsets::FAMILIES {
        let of = |slots: &[Slot]| {
            let mut slots: Vec<Slot> = slots.iter().filter(|slot| slot.family == family).copied().collect();
            slots.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
            slots
        };
        let (r, e) = (of(references), of(estimates));
        let times = |slots: &[Slot]| slots.iter().map(|slot| slot.time_s).collect::<Vec<_>>();
        for (i, j) in match_events(&times(&r), &times(&e), window_s) {
            if r[i].quarters == e[j].quarters {
                *agreeing_by_shift.entry(e[j].bar - r[i].bar).or_default() += 1;
            }
        }
    }
    agreeing_by_shift.values().max().copied().unwrap_or(0) as f64 / references.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_bars_from_two_costs_nothing_but_a_late_beat_does() {
        let slot = |i: i64, bar, quarters| Slot { time_s: i as f64, family: Family::Kick, bar, quarters };
        let reference: Vec<Slot> = (0..4).map(|i| slot(i, i, (0, 1))).collect();
        let shifted: Vec<Slot> = (0..4).map(|i| slot(i, i + 1, (0, 1))).collect();
        let late: Vec<Slot> = (0..4).map(|i| slot(i, i, if i == 2 { (1, 2) } else { (0, 1) })).collect();
        assert!((slot_accuracy(&reference, &shifted, 0.05) - 1.0).abs() < 1e-12);
        assert!((slot_accuracy(&reference, &late, 0.05) - 0.75).abs() < 1e-12);
    }
}
