//! Bars: from the beats that were heard to whole bars that cover every hit.
//!
//! Conventions: the first bar starts at the first downbeat at or before the first hit; bars before the first beat and
//! after the last go on at the nearest pace. A *pulse* is what the quantiser divides: the beat of the meter, and half
//! of it where the beat is a half note.

use crate::timeline::{Anchor, Timeline};
use drums::{BeatGrid, Hit, Meter, Seconds, Ticks};

/// A hit this much of a beat before a beat still belongs to it...
const EARLY_BEATS: f64 = 0.1;
/// ... but at most this long before it.
const EARLY_MAX_S: f64 = 0.07;

/// What the quantiser divides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pulse {
    pub bar: usize,
    /// From the start of the score.
    pub start: Ticks,
    pub length: Ticks,
    pub time_s: f64,
    pub end_s: f64,
}

/// A bar before anything stands in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bar {
    pub meter: Meter,
    /// The meter the beats were counted in; differs where a bar came out short.
    pub expected: Meter,
    pub start: Ticks,
    pub first_pulse: usize,
    pub pulses: usize,
}

impl Bar {
    /// Indices of its pulses.
    pub(crate) const fn pulse_range(&self) -> std::ops::Range<usize> {
        self.first_pulse..self.first_pulse + self.pulses
    }
}

/// All bars of the score, at least one.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub bars: Vec<Bar>,
    pub pulses: Vec<Pulse>,
    pub timeline: Timeline,
    /// Hits before this time lie outside the score.
    pub from_s: f64,
    /// Hits from this time on lie outside the score.
    pub to_s: f64,
}

impl Plan {
    /// Pulse of a time and the place within it, 0..1; outside the bars the place may be less or more.
    pub(crate) fn locate(&self, time_s: f64) -> (usize, f64) {
        let after = self.pulses.partition_point(|pulse| pulse.time_s <= time_s);
        let index = after.saturating_sub(1).min(self.pulses.len() - 1);
        let pulse = self.pulses[index];
        let length_s = pulse.end_s - pulse.time_s;
        (index, if length_s > 0.0 { (time_s - pulse.time_s) / length_s } else { 0.0 })
    }

    /// How long a quarter lasts around a pulse, in seconds.
    pub(crate) fn quarter_s(&self, pulse: usize) -> f64 {
        let pulse = self.pulses[pulse];
        (pulse.end_s - pulse.time_s) * Ticks::QUARTER.get() as f64 / pulse.length.get() as f64
    }
}

/// A bar as times only. `beats` has an entry per beat heard or filled in.
#[derive(Debug, Clone)]
struct Heard {
    meter: Meter,
    expected: Meter,
    beats: Vec<f64>,
    end_s: f64,
}

impl Heard {
    fn period_s(&self) -> f64 {
        (self.end_s - self.beats[0]) / self.beats.len() as f64
    }
}

/// Lays the bars. `hits` are in order of time; the score has at most `measures_max` bars.
pub(crate) fn lay(grid: &BeatGrid, hits: &[Hit], measures_max: usize) -> Plan {
    let mut bars = heard_bars(grid, hits.first().map_or(0.0, |hit| hit.time.get()));
    let first_s = hits.first().map_or(bars[0].beats[0], |hit| hit.time.get());
    let last_s = hits.last().map_or(first_s, |hit| hit.time.get());
    extend_back(&mut bars, first_s, measures_max);
    let early = |bar: &Heard| (bar.period_s() * EARLY_BEATS).min(EARLY_MAX_S);
    let kept = bars.iter().rposition(|bar| bar.beats[0] - early(bar) <= first_s).unwrap_or(0);
    bars.drain(..kept);
    extend(&mut bars, last_s, measures_max);
    // A hit close to the end may be written on the next downbeat, so that bar must exist.
    let late = |bar: &Heard| bar.period_s() * 0.5;
    let needed = bars.iter().position(|bar| bar.end_s - late(bar) > last_s).map_or(bars.len(), |last| last + 1);
    bars.truncate(needed.clamp(1, measures_max.max(1)));
    let from_s = bars[0].beats[0] - early(&bars[0]);
    number(&bars, from_s)
}

/// Bars as the grid counts them; where there is no grid, a bar of 4/4 at 120 from `start_s`.
fn heard_bars(grid: &BeatGrid, start_s: f64) -> Vec<Heard> {
    let beats = grid.beats();
    let Some(typical_s) = grid.tempo().map(|tempo| tempo.period().get()) else {
        let beats = [0.0, 0.5, 1.0, 1.5].map(|beat| start_s + beat).to_vec();
        return vec![Heard { meter: Meter::FOUR_FOUR, expected: Meter::FOUR_FOUR, beats, end_s: start_s + 2.0 }];
    };
    let mut bars: Vec<Heard> = Vec::new();
    let mut place = 0;
    for (index, beat) in beats.iter().enumerate() {
        let (meter, time_s) = (grid.meter_at(index), beat.time.get());
        let new_meter = index > 0 && grid.meters().iter().any(|span| span.first_beat == index);
        let opens = bars.is_empty() || beat.is_downbeat() || beat.position <= place || new_meter;
        match bars.last_mut() {
            Some(bar) if !opens => {
                let last_s = bar.beats[bar.beats.len() - 1];
                fill_in(bar, last_s, time_s, usize::from(beat.position - place) - 1);
                bar.beats.push(time_s);
            }
            previous => {
                let missed = if previous.is_none() { usize::from(beat.position) - 1 } else { 0 };
                if let Some(bar) = previous {
                    close(bar, time_s, typical_s);
                }
                let period_s = (beats[1].time - beats[0].time).get();
                let mut times: Vec<f64> = (1..=missed).rev().map(|k| time_s - k as f64 * period_s).collect();
                times.push(time_s);
                bars.push(Heard { meter, expected: meter, beats: times, end_s: time_s });
            }
        }
        place = beat.position;
    }
    let last_period_s = (beats[beats.len() - 1].time - beats[beats.len() - 2].time).get();
    if let Some(bar) = bars.last_mut() {
        while bar.beats.len() < usize::from(bar.meter.beats_per_bar()) {
            bar.beats.push(bar.beats[bar.beats.len() - 1] + last_period_s);
        }
        bar.end_s = bar.beats[bar.beats.len() - 1] + last_period_s;
    }
    bars
}

/// Puts `missing` beats evenly between two times.
fn fill_in(bar: &mut Heard, from_s: f64, to_s: f64, missing: usize) {
    let step_s = (to_s - from_s) / (missing + 1) as f64;
    bar.beats.extend((1..=missing).map(|k| from_s + k as f64 * step_s));
}

/// Ends a bar at the next bar line: beats that were missed are filled in, a bar that is short gets a meter that fits.
fn close(bar: &mut Heard, next_s: f64, typical_s: f64) {
    let (count, wanted) = (bar.beats.len(), usize::from(bar.meter.beats_per_bar()));
    let (first_s, last_s) = (bar.beats[0], bar.beats[count - 1]);
    bar.end_s = next_s;
    if count >= wanted {
        return;
    }
    let period_s = if count > 1 { (last_s - first_s) / (count - 1) as f64 } else { typical_s };
    let missing = wanted - count;
    if next_s - last_s > (missing as f64 + 0.5) * period_s {
        fill_in(bar, last_s, next_s, missing);
    } else {
        let units = if bar.meter.is_compound() { count * 3 } else { count };
        bar.meter = Meter::new(units as u8, bar.meter.denominator()).unwrap_or(bar.meter);
    }
}

/// One more bar like `model`, starting at `start_s`.
fn like(model: &Heard, start_s: f64) -> Heard {
    let count = usize::from(model.expected.beats_per_bar());
    let period_s = model.period_s();
    let beats = (0..count).map(|k| start_s + k as f64 * period_s).collect();
    Heard { meter: model.expected, expected: model.expected, beats, end_s: start_s + count as f64 * period_s }
}

fn extend_back(bars: &mut Vec<Heard>, first_s: f64, measures_max: usize) {
    let model = bars[0].clone();
    let bar_s = model.period_s() * f64::from(model.expected.beats_per_bar());
    let early_s = (model.period_s() * EARLY_BEATS).min(EARLY_MAX_S);
    let wanted = ((model.beats[0] - early_s - first_s) / bar_s).ceil();
    let count = (wanted.max(0.0) as usize).min(measures_max);
    let before = (1..=count).rev().map(|k| like(&model, model.beats[0] - k as f64 * bar_s));
    let before: Vec<Heard> = before.collect();
    bars.splice(0..0, before);
}

fn extend(bars: &mut Vec<Heard>, last_s: f64, measures_max: usize) {
    let model = bars[bars.len() - 1].clone();
    let bar_s = model.period_s() * f64::from(model.expected.beats_per_bar());
    let wanted = ((last_s + model.period_s() - model.end_s) / bar_s).ceil();
    let count = (wanted.max(0.0) as usize).min(measures_max.saturating_sub(bars.len()));
    bars.extend((0..count).map(|k| like(&model, model.end_s + k as f64 * bar_s)));
}

/// How many pulses a bar has: its beats, or twice as many where the beat is a half note.
pub(crate) const fn pulses_per_bar(meter: Meter) -> u8 {
    meter.beats_per_bar() * if meter.denominator() == 2 { 2 } else { 1 }
}

/// Gives bars and pulses their places in ticks.
fn number(heard: &[Heard], from_s: f64) -> Plan {
    let (mut bars, mut pulses, mut anchors) = (Vec::new(), Vec::new(), Vec::new());
    let mut start = Ticks::ZERO;
    let mut to_s = from_s;
    for (index, bar) in heard.iter().enumerate() {
        let count = usize::from(pulses_per_bar(bar.meter));
        let length = Ticks(bar.meter.bar_ticks().get() / count as i64);
        let end_s = heard.get(index + 1).map_or(bar.end_s, |next| next.beats[0]);
        let times = resample(&bar.beats, end_s, count);
        bars.push(Bar { meter: bar.meter, expected: bar.expected, start, first_pulse: pulses.len(), pulses: count });
        for k in 0..count {
            let at = start + length * k as i64;
            anchors.push(Anchor { ticks: at, time: Seconds::clamped(times[k]) });
            pulses.push(Pulse { bar: index, start: at, length, time_s: times[k], end_s: times[k + 1] });
        }
        start += bar.meter.bar_ticks();
        to_s = end_s;
    }
    anchors.push(Anchor { ticks: start, time: Seconds::clamped(to_s) });
    Plan { bars, pulses, timeline: Timeline::new(anchors), from_s, to_s }
}

/// `count + 1` times from the first beat to the end, evenly between the beats.
fn resample(beats: &[f64], end_s: f64, count: usize) -> Vec<f64> {
    let at = |k: usize| beats.get(k).copied().unwrap_or(end_s);
    (0..=count)
        .map(|k| {
            let (left, rest) = (k * beats.len() / count, k * beats.len() % count);
            at(left) + (at(left + 1) - at(left)) * rest as f64 / count as f64
        })
        .collect()
}
