//! Filling: the lengths of notes and rests within one cell.
//!
//! Conventions: a note lasts to the next onset of its voice or to the end of the cell. What no single sign can say is
//! filled with rests; there are no ties. A cell divided into a number of parts that is no power of two is a tuplet;
//! in a dotted cell (compound meter) threes are plain and twos are dotted notes.

use crate::model::{NoteValue, TupletRatio};
use drums::Ticks;

/// A sign within a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    /// From the start of the cell.
    pub offset: Ticks,
    pub value: NoteValue,
    /// Index into the onsets; none for a rest.
    pub onset: Option<usize>,
}

/// How the parts of a cell are written.
#[derive(Debug, Clone, Copy)]
struct Parts {
    count: i64,
    /// Length of a part in ticks, as it would be outside the tuplet.
    plain: i64,
    ratio: Option<TupletRatio>,
    /// A note off the boundaries ends at the next; in parts.
    boundary: i64,
    /// Whether a dotted rest may stand at the start of the cell.
    dotted_rests: bool,
}

/// Fills a cell of `length` with notes at `onsets` (in order, within the cell, no two alike). `quarter_at_most` says of
/// each onset whether it must not be longer than a quarter. The second value is whether the cell is a tuplet.
pub(crate) fn fill(length: Ticks, onsets: &[Ticks], quarter_at_most: &[bool]) -> (Vec<Slot>, bool) {
    let step = onsets.iter().fold(length.get(), |step, onset| gcd(step, onset.get()));
    let count = length.get() / step.max(1);
    // A cymbal alone on a dotted beat is written as a quarter and a rest.
    let cut = count == 1 && length > Ticks::QUARTER && length.get() % 3 == 0 && quarter_at_most.contains(&true);
    let parts = parts_of(length.get(), if cut { 3 } else { count });
    let ticks = |part: i64| Ticks(length.get() * part / parts.count);
    let starts: Vec<i64> = onsets.iter().map(|onset| onset.get() * parts.count / length.get()).collect();
    let mut slots = Vec::new();
    let rest_to = |slots: &mut Vec<Slot>, mut from: i64, to: i64| {
        while from < to {
            let (size, value) = rest(&parts, from, to);
            slots.push(Slot { offset: ticks(from), value, onset: None });
            from += size;
        }
    };
    rest_to(&mut slots, 0, starts.first().copied().unwrap_or(parts.count));
    for (index, &start) in starts.iter().enumerate() {
        let next = starts.get(index + 1).copied().unwrap_or(parts.count);
        let (size, value) = note(&parts, start, next, quarter_at_most[index]);
        slots.push(Slot { offset: ticks(start), value, onset: Some(index) });
        rest_to(&mut slots, start + size, next);
    }
    (slots, parts.ratio.is_some())
}

/// Whether a cell of `length` with notes at `onsets` can be written: its parts have a note value.
pub(crate) fn can_fill(length: Ticks, onsets: &[Ticks]) -> bool {
    let step = onsets.iter().fold(length.get(), |step, onset| gcd(step, onset.get())).max(1);
    let count = length.get() / step;
    let writable =
        |parts: &Parts| parts.value(1).is_some() && parts.ratio.is_none_or(|ratio| ratio.actual <= TUPLET_MAX);
    count <= PARTS_MAX && (count == 1 || writable(&parts_of(length.get(), count)))
}

/// Most parts of a cell.
const PARTS_MAX: i64 = 64;
/// Most notes of a tuplet.
const TUPLET_MAX: u8 = 15;

fn parts_of(length: i64, count: i64) -> Parts {
    let power = |n: i64| n > 0 && n & (n - 1) == 0;
    let plain_cell = NoteValue::of_length(Ticks(length), 0).is_some();
    let unit = length / count;
    if plain_cell && !power(count) {
        let normal = 1 << (63 - count.leading_zeros());
        let ratio = TupletRatio { actual: count as u8, normal: normal as u8 };
        let boundary = if count % 2 == 0 && count > 6 { count / 2 } else { count };
        return Parts { count, plain: length / normal, ratio: Some(ratio), boundary, dotted_rests: false };
    }
    let boundary = match (plain_cell, count) {
        (true, 8..) => count / 2,
        (false, 6..) if count % 3 == 0 => count / 3,
        _ => count,
    };
    let dotted_unit = NoteValue::of_length(Ticks(unit), 0).is_none();
    Parts { count, plain: unit, ratio: None, boundary, dotted_rests: plain_cell || dotted_unit }
}

impl Parts {
    fn value(&self, size: i64) -> Option<NoteValue> {
        let whole_cell = self.ratio.filter(|ratio| i64::from(ratio.actual) == size);
        if whole_cell.is_some() {
            return None;
        }
        NoteValue::of_length(Ticks(self.plain * size), 1).map(|value| NoteValue { tuplet: self.ratio, ..value })
    }

    /// The value of a single part; every way to divide a cell has one.
    fn part(&self) -> NoteValue {
        self.value(1).unwrap_or(NoteValue { base: crate::model::Base::SixtyFourth, dots: 0, tuplet: self.ratio })
    }
}

/// The longest note from `start` that ends by `next`.
fn note(parts: &Parts, start: i64, next: i64, quarter_at_most: bool) -> (i64, NoteValue) {
    let off_boundary = start % parts.boundary != 0;
    let limit = if off_boundary { next.min((start / parts.boundary + 1) * parts.boundary) } else { next };
    let fits = |value: &NoteValue| !quarter_at_most || value.ticks() <= Ticks::QUARTER;
    (1..=limit - start)
        .rev()
        .find_map(|size| parts.value(size).filter(fits).map(|value| (size, value)))
        .unwrap_or((1, parts.part()))
}

/// The longest rest from `from` that ends by `to` and starts where a rest of its length may.
fn rest(parts: &Parts, from: i64, to: i64) -> (i64, NoteValue) {
    (1..=to - from)
        .rev()
        .find_map(|size| {
            let value = parts.value(size)?;
            let dotted = value.dots > 0 && parts.value(1).is_none_or(|part| part.dots == 0);
            let aligned = from % size == 0;
            let whole = size == parts.count;
            (aligned && (!dotted || whole || parts.dotted_rests && from == 0)).then_some((size, value))
        })
        .unwrap_or((1, parts.part()))
}

pub(crate) fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cell as text: ticks as parts of a quarter, `r` for rests.
    fn written(length: (i64, i64), onsets: &[(i64, i64)]) -> String {
        let onsets: Vec<Ticks> = onsets.iter().map(|&(n, d)| Ticks::quarters(n, d)).collect();
        let (slots, tuplet) = fill(Ticks::quarters(length.0, length.1), &onsets, &vec![true; onsets.len()]);
        let signs = slots.iter().map(|slot| {
            let (n, d) = slot.value.ticks().fraction_of(Ticks::QUARTER);
            format!("{}{n}/{d}", if slot.onset.is_some() { "" } else { "r" })
        });
        format!("{}{}", if tuplet { "t " } else { "" }, signs.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn quarters_are_filled_without_ties() {
        assert_eq!(written((1, 1), &[]), "r1/1");
        assert_eq!(written((1, 1), &[(0, 1)]), "1/1");
        assert_eq!(written((1, 1), &[(1, 2)]), "r1/2 1/2");
        assert_eq!(written((1, 1), &[(3, 4)]), "r3/4 1/4");
        assert_eq!(written((1, 1), &[(0, 1), (1, 4)]), "1/4 3/4");
        assert_eq!(written((1, 1), &[(1, 8)]), "r1/8 3/8 r1/2");
        assert_eq!(written((1, 1), &[(0, 1), (5, 8)]), "1/2 r1/8 3/8");
    }

    #[test]
    fn triplets_and_their_like() {
        assert_eq!(written((1, 1), &[(0, 1), (2, 3)]), "t 2/3 1/3");
        assert_eq!(written((1, 1), &[(1, 3)]), "t r1/3 2/3");
        assert_eq!(written((1, 1), &[(0, 1), (1, 3), (2, 3)]), "t 1/3 1/3 1/3");
        assert_eq!(written((1, 1), &[(0, 1), (5, 6)]), "t 2/3 r1/6 1/6");
        assert_eq!(written((1, 1), &[(2, 5)]), "t r2/5 3/5");
    }

    #[test]
    fn compound_beats() {
        assert_eq!(written((3, 2), &[(0, 1)]), "1/1 r1/2");
        assert_eq!(written((3, 2), &[(0, 1), (1, 1)]), "1/1 1/2");
        assert_eq!(written((3, 2), &[(1, 2)]), "r1/2 1/1");
        assert_eq!(written((3, 2), &[(0, 1), (3, 4)]), "3/4 3/4");
        assert_eq!(written((3, 2), &[(5, 4)]), "r1/1 r1/4 1/4");
    }
}
