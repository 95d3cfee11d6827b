//! What the user knows is kept: beats and bar lines at given times, whatever was read from the hits.
//!
//! Readings that miss a lock are put behind those that keep it ([`price`]); what still lies beside a lock is then moved
//! there ([`hold`]): beats are bent so that one falls on each lock, and a bar that a locked bar line would cut is written
//! with fewer or more beats.
//!
//! Conventions: times in seconds; a lock is known by its time alone, a locked bar line is a locked beat too.

use super::{BEATS_MAX, BeatOptions};
use drums::{Beat, BeatGrid, Confidence, Meter, MeterSpan, Seconds};

/// Most locks of a kind that are kept.
pub const LOCKS_MAX: usize = 1_000;
/// Price of a reading that misses a lock, in nats: more than any evidence.
const MISSED_NATS: f64 = 1e4;
/// A reading keeps a lock if it has its beat no further off, in beats.
const NEAR_BEATS: f64 = 0.2;
/// Two locks closer than this are one, in seconds.
const SAME_S: f64 = 0.05;

/// A beat the user named.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lock {
    /// When it falls.
    pub(super) time: f64,
    /// Whether a bar begins with it.
    pub(super) bar: bool,
}

/// The locks in order of time, each once; those outside `0..=until_s` say nothing about the music.
pub(super) fn locks(options: &BeatOptions, until_s: f64) -> Vec<Lock> {
    let of = |times: &[Seconds], bar| -> Vec<Lock> {
        times.iter().take(LOCKS_MAX).map(|time| Lock { time: time.get(), bar }).collect()
    };
    let mut locks = of(&options.beats, false);
    locks.extend(of(&options.downbeats, true));
    locks.retain(|lock| (0.0..=until_s).contains(&lock.time));
    locks.sort_by(|a, b| a.time.total_cmp(&b.time));
    locks.dedup_by(|later, earlier| {
        let same = later.time - earlier.time < SAME_S;
        // Where a beat and a bar line are named at nearly the same time, the bar line says when.
        if same && later.bar && !earlier.bar {
            *earlier = *later;
        }
        same
    });
    locks
}

/// How much a reading loses that puts the locks `at` these places, in beats after its first bar line.
pub(super) fn price(locks: &[Lock], at: impl Fn(f64) -> f64, beats_per_bar: u8) -> f64 {
    let missed = locks.iter().filter(|lock| {
        let unit = if lock.bar { f64::from(beats_per_bar) } else { 1.0 };
        let place = at(lock.time) / unit;
        (place - place.round()).abs() * unit > NEAR_BEATS
    });
    missed.count() as f64 * MISSED_NATS
}

/// The grid with a beat on each lock and a bar line on each locked one.
pub(super) fn hold(grid: BeatGrid, meter: Meter, locks: &[Lock]) -> BeatGrid {
    let (Some(first), Some(last)) = (locks.first(), locks.last()) else { return grid };
    if grid.is_empty() {
        return grid;
    }
    let sure = |time: f64| {
        let beat = grid.beat_at(Seconds::clamped(time)).unwrap_or(0.0).round().max(0.0) as usize;
        grid.beats()[beat.min(grid.beats().len() - 1)].confidence
    };
    let mut times: Vec<f64> = grid.beats().iter().map(|beat| beat.time.get()).collect();
    let begins = grid.beats()[0].time.get();
    let ends = times[times.len() - 1];
    let pinned = bend(&mut times, locks);
    // Bending may have drawn the ends in; what was covered stays covered.
    let mut pinned = reach(&mut times, pinned, begins.min(first.time), ends.max(last.time));
    let bars: Vec<usize> = pinned.iter().filter(|(_, bar)| *bar).map(|(index, _)| *index).collect();
    let per_bar = usize::from(meter.beats_per_bar());
    let lead = match bars.first() {
        Some(&bar) => (per_bar - bar % per_bar) % per_bar,
        None => 0,
    };
    lengthen_front(&mut times, lead);
    pinned.iter_mut().for_each(|(index, _)| *index += lead);
    times.truncate(BEATS_MAX);
    let bars: Vec<usize> = bars.iter().map(|bar| bar + lead).filter(|bar| *bar < times.len()).collect();
    fill_last_bar(&mut times, bars.last().copied().unwrap_or(0), per_bar);
    let (positions, spans) = number(times.len(), meter, &bars);
    let is_locked = |index: usize| pinned.binary_search_by_key(&index, |(pinned, _)| *pinned).is_ok();
    let beats = times.iter().zip(positions).enumerate().map(|(index, (&time, position))| Beat {
        time: Seconds::clamped(time),
        position,
        confidence: if is_locked(index) { Confidence::MAX } else { sure(time) },
    });
    BeatGrid::new(beats.collect(), spans).unwrap_or(grid)
}

/// Moves the times so that one of them is at each lock; gives the index of each and whether it begins a bar.
fn bend(times: &mut Vec<f64>, locks: &[Lock]) -> Vec<(usize, bool)> {
    let curve = Curve(std::mem::take(times));
    let mut pinned = Vec::with_capacity(locks.len());
    let mut next = 0;
    for (index, lock) in locks.iter().enumerate() {
        // Two locks are at least a beat apart, however close they are.
        let beat = curve.beat(lock.time).max(if index == 0 { i64::MIN } else { next });
        let off = lock.time - curve.at(beat as f64);
        match times.last().copied() {
            // Before the first lock all beats move with it.
            None => times.extend((0..beat.min(BEATS_MAX as i64)).map(|beat| curve.at(beat as f64) + off)),
            // Between two locks the curve keeps its shape and is stretched.
            Some(from) => {
                let (start, end) = (curve.at((next - 1) as f64), curve.at(beat as f64));
                let part = |beat: i64| (curve.at(beat as f64) - start) / (end - start);
                times.extend((next..beat).map(|beat| from + part(beat) * (lock.time - from)));
            }
        }
        pinned.push((times.len(), lock.bar));
        times.push(lock.time);
        next = beat + 1;
        if index + 1 == locks.len() {
            times.extend((next..curve.0.len() as i64).map(|beat| curve.at(beat as f64) + off));
        }
    }
    pinned
}

/// Times of beats, going on at both ends.
struct Curve(Vec<f64>);

impl Curve {
    /// The beat nearest to a time; negative before the first.
    fn beat(&self, time: f64) -> i64 {
        let left = self.0.partition_point(|t| *t <= time).saturating_sub(1).min(self.0.len() - 2);
        (left as f64 + (time - self.0[left]) / (self.0[left + 1] - self.0[left])).round() as i64
    }

    fn at(&self, beat: f64) -> f64 {
        let left = (beat.max(0.0) as usize).min(self.0.len() - 2);
        self.0[left] + (beat - left as f64) * (self.0[left + 1] - self.0[left])
    }
}

/// Adds beats at the ends until they cover a stretch; gives where the pinned ones are then.
fn reach(times: &mut Vec<f64>, mut pinned: Vec<(usize, bool)>, from_s: f64, to_s: f64) -> Vec<(usize, bool)> {
    if times.len() < 2 {
        let only = times[0];
        times.push(only + 0.5);
    }
    let lead = times[1] - times[0];
    let missing = ((times[0] - from_s) / lead - 0.5).ceil().clamp(0.0, BEATS_MAX as f64) as usize;
    lengthen_front(times, missing);
    pinned.iter_mut().for_each(|(index, _)| *index += missing);
    let last = times[times.len() - 1];
    let step = last - times[times.len() - 2];
    let missing = ((to_s - last) / step - 0.5).ceil().clamp(0.0, BEATS_MAX as f64) as usize;
    times.extend((1..=missing).map(|beat| last + step * beat as f64));
    pinned
}

fn lengthen_front(times: &mut Vec<f64>, beats: usize) {
    let (first, step) = (times[0], times[1] - times[0]);
    times.splice(0..0, (1..=beats).rev().map(|beat| first - step * beat as f64));
}

fn fill_last_bar(times: &mut Vec<f64>, bar: usize, per_bar: usize) {
    let missing = (per_bar - (times.len() - bar) % per_bar) % per_bar;
    let (last, step) = (times[times.len() - 1], times[times.len() - 1] - times[times.len() - 2]);
    times.extend((1..=missing).map(|beat| last + step * beat as f64));
}

/// Place in the bar of each beat and the meters, with bar lines at `bars`; the first beat begins a bar.
fn number(beats: usize, meter: Meter, bars: &[usize]) -> (Vec<u8>, Vec<MeterSpan>) {
    let mut positions = Vec::with_capacity(beats);
    let mut spans: Vec<MeterSpan> = Vec::new();
    let mut lines: Vec<usize> = bars.iter().copied().filter(|bar| *bar > 0).collect();
    lines.push(beats);
    for line in lines {
        while positions.len() < line {
            let length = bar_beats(line - positions.len(), meter, line == beats);
            let here = of_beats(meter, length);
            if spans.last().is_none_or(|span| span.meter != here) {
                spans.push(MeterSpan { first_beat: positions.len(), meter: here });
            }
            positions.extend((1..=length).map(|position| position as u8));
        }
    }
    positions.truncate(beats);
    (positions, spans)
}

/// Beats of the next bar where so many are left to the next bar line: the usual number, but for the last bar before a
/// locked line, which takes what is left, one beat more than usual rather than a bar of one beat.
fn bar_beats(left: usize, meter: Meter, open: bool) -> usize {
    let usual = usize::from(meter.beats_per_bar());
    if open || left == usual || left > usual + 1 {
        return usual;
    }
    // Six eighths would be two beats, where each of them is a beat here.
    let mut length = left;
    while length > 1 && usize::from(of_beats(meter, length).beats_per_bar()) != length {
        length /= 2;
    }
    length
}

/// The meter of a bar with so many beats.
fn of_beats(meter: Meter, beats: usize) -> Meter {
    if beats == usize::from(meter.beats_per_bar()) {
        return meter;
    }
    let (units, unit) = match (meter.is_compound(), beats) {
        // One dotted beat has no meter of its own.
        (true, 1) => (1, 4),
        (true, _) => (beats * 3, meter.denominator()),
        (false, _) => (beats, meter.denominator()),
    };
    u8::try_from(units).ok().and_then(|units| Meter::new(units, unit).ok()).unwrap_or(meter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(beats: usize, meter: &str, bars: &[usize]) -> Vec<(usize, String)> {
        let (positions, spans) = number(beats, meter.parse().unwrap(), bars);
        assert!(bars.iter().all(|bar| positions[*bar] == 1), "{bars:?} of {positions:?}");
        spans.iter().map(|span| (span.first_beat, span.meter.to_string())).collect()
    }

    #[test]
    fn a_bar_that_a_locked_line_cuts_has_a_meter_of_its_own() {
        let said = |list: &[(usize, &str)]| list.iter().map(|(beat, meter)| (*beat, (*meter).to_owned())).collect();
        let expect: Vec<_> = said(&[(0, "4/4")]);
        assert_eq!(spans(12, "4/4", &[4, 8]), expect);
        let expect: Vec<_> = said(&[(0, "4/4"), (8, "2/4"), (10, "4/4")]);
        assert_eq!(spans(18, "4/4", &[10]), expect);
        let expect: Vec<_> = said(&[(0, "4/4"), (4, "5/4"), (9, "4/4")]);
        assert_eq!(spans(13, "4/4", &[9]), expect);
        let expect: Vec<_> = said(&[(0, "7/8"), (7, "3/8"), (13, "7/8")]);
        assert_eq!(spans(20, "7/8", &[13]), expect);
        let expect: Vec<_> = said(&[(0, "6/8"), (2, "1/4"), (3, "6/8")]);
        assert_eq!(spans(5, "6/8", &[2, 3]), expect);
    }
}
