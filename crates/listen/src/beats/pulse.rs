//! Follows a pulse through the piece: times a steady, slowly drifting distance apart that many onsets fall on.
//!
//! What the pulse means (beat, half, one and a half beats) is not asked here; [`super::reading`] tries every small ratio.
//!
//! Conventions: candidate periods lie within one octave, [`PERIOD_MIN_S`] to [`PERIOD_MAX_S`]; frames of [`FRAME_S`].

use super::Witnesses;
use super::onsets::{CLASSES, Onset};
use drums::Bpm;

const PERIOD_MIN_S: f64 = 0.38;
const PERIOD_MAX_S: f64 = 0.80;
/// Pulses followed.
const PULSES_MAX: usize = 5;
/// Frame of the dynamic programme, in seconds.
const FRAME_S: f64 = 0.010;
/// Price of a tempo change at a pulse: this times |ln(T'/T)|, in nats.
const CHANGE_PRICE: f64 = 60.0;
/// How far the tempo may drift from the candidate either way.
const DRIFT_MAX: f64 = 0.12;
/// Width of an onset in the dynamic programme, in seconds.
const SPREAD_S: f64 = 0.016;
/// Worth of a full onset on a pulse, in nats.
const ONSET_NATS: f32 = 2.5;
/// Onsets this close to a pulse say where it is, in seconds.
const NEAR_S: f64 = 0.045;
/// Pulses either side that the tempo curve is smoothed over.
const SMOOTH_PULSES: usize = 6;
/// A pulse is straight if it stays this near a straight line, in seconds, on the whole (root of the mean square) and at most,
/// and if onsets on pulses are scattered around the line no more than so many times as far as around the pulse. Drummers sway
/// around a click; what they play to a pace of their own lies much nearer to a curve.
const STRAIGHT_S: (f64, f64) = (0.030, 0.070);
const SCATTER_RATIO: f64 = 1.7;
/// How much each class tells about the pulse.
const TELLING: [f32; CLASSES] = [1.0, 1.0, 0.6, 0.6, 0.8, 0.6];

/// A pulse: its times in order, at least two.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pulse {
    times: Vec<f64>,
}

impl Pulse {
    /// A pulse through the given times; they are forced to move forward by at least a millisecond.
    pub(super) fn new(mut times: Vec<f64>) -> Option<Self> {
        for i in 1..times.len() {
            times[i] = times[i].max(times[i - 1] + 0.001);
        }
        (times.len() >= 2).then_some(Self { times })
    }

    /// Times of the pulses, in seconds.
    pub(super) fn times(&self) -> &[f64] {
        &self.times
    }

    /// Median distance of two pulses, in seconds.
    pub(super) fn period_s(&self) -> f64 {
        let mut gaps: Vec<f64> = self.times.windows(2).map(|w| w[1] - w[0]).collect();
        gaps.sort_by(f64::total_cmp);
        gaps[gaps.len() / 2]
    }

    /// Place of a time in pulses; goes on at the ends. `hint` is a segment to start looking from, and is moved on.
    pub(super) fn phase(&self, time: f64, hint: &mut usize) -> f64 {
        let last = self.times.len() - 2;
        *hint = (*hint).min(last);
        while *hint < last && self.times[*hint + 1] <= time {
            *hint += 1;
        }
        while *hint > 0 && self.times[*hint] > time {
            *hint -= 1;
        }
        let (from, to) = (self.times[*hint], self.times[*hint + 1]);
        *hint as f64 + (time - from) / (to - from)
    }

    /// Time of a place in pulses, the inverse of [`Self::phase`].
    pub(super) fn time(&self, phase: f64) -> f64 {
        let left = (phase.floor().max(0.0) as usize).min(self.times.len() - 2);
        let (from, to) = (self.times[left], self.times[left + 1]);
        from + (phase - left as f64) * (to - from)
    }

    /// The tempo curve through the onsets: local regression over [`SMOOTH_PULSES`] either side, outliers weighed down.
    pub(super) fn smoothed(&self, onsets: &[Onset]) -> Option<Self> {
        let near = self.near(onsets);
        let mut from = 0;
        let times = (0..self.times.len()).map(|i| {
            while from < near.len() && near[from].0 + (SMOOTH_PULSES as f64) < i as f64 {
                from += 1;
            }
            self.local_fit(i, &near[from..])
        });
        Self::new(times.collect())
    }

    /// The same pulse, straight where the music keeps to a steady pace.
    pub(super) fn straightened(self, onsets: &[Onset]) -> Self {
        let points: Vec<(f64, f64, f64)> = self.times.iter().zip(0..).map(|(y, x)| (f64::from(x), *y, 1.0)).collect();
        let (start, slope) = fit(&points, |_| 1.0);
        let line = |pulse: f64| start + slope * pulse;
        let misses = points.iter().map(|(pulse, time, _)| time - line(*pulse));
        let (on_the_whole, at_most) = STRAIGHT_S;
        if !misses.clone().all(|miss| miss.abs() < at_most) || size(misses) > on_the_whole {
            return self;
        }
        let near = self.near(onsets);
        let scatter = |of: &dyn Fn(f64) -> f64| {
            let off = near.iter().map(|(pulse, time, _)| time - of(*pulse));
            let mean = off.clone().sum::<f64>() / near.len().max(1) as f64;
            size(off.map(|off| off - mean))
        };
        if scatter(&line) > SCATTER_RATIO * scatter(&|pulse| self.time(pulse)) {
            return self;
        }
        Self::new(points.iter().map(|(pulse, ..)| line(*pulse)).collect()).unwrap_or(self)
    }

    /// Onsets on pulses: the pulse, the time and how much they tell.
    fn near(&self, onsets: &[Onset]) -> Vec<(f64, f64, f64)> {
        let reach_s = NEAR_S.min(0.2 * self.period_s());
        let mut hint = 0;
        let place = |onset: &Onset| (self.phase(onset.time, &mut hint).round(), onset.time, f64::from(telling(onset)));
        let is_near = |(pulse, time, _): &(f64, f64, f64)| *pulse >= 0.0 && (self.time(*pulse) - time).abs() < reach_s;
        onsets.iter().map(place).filter(is_near).collect()
    }

    /// Value at pulse `i` of a line through the onsets and, weakly, the unsmoothed pulses around it.
    fn local_fit(&self, i: usize, near: &[(f64, f64, f64)]) -> f64 {
        let window = SMOOTH_PULSES as f64 + 1.0;
        let lo = i.saturating_sub(SMOOTH_PULSES);
        let hi = (i + SMOOTH_PULSES).min(self.times.len() - 1);
        let weak = (lo..=hi).map(|j| (j as f64, self.times[j], 0.05));
        let heard = near.iter().copied().take_while(|n| n.0 <= hi as f64).take(64);
        let points: Vec<(f64, f64, f64)> = heard
            .chain(weak)
            .map(|(x, y, w)| {
                let x = x - i as f64;
                (x, y, w * (1.0 - (x.abs() / window).powi(3)).max(0.0).powi(3))
            })
            .collect();
        let mut line = fit(&points, |_| 1.0);
        for _ in 0..2 {
            let (at, slope) = line;
            line = fit(&points, |(x, y, _)| {
                let miss = (y - at - slope * x) / 0.03;
                (1.0 - miss * miss).max(0.02).powi(2)
            });
        }
        line.0
    }
}

/// Weighted least squares line: (value at 0, slope).
fn fit(points: &[(f64, f64, f64)], trust: impl Fn((f64, f64, f64)) -> f64) -> (f64, f64) {
    let origin = points.first().map_or(0.0, |p| p.1);
    let (mut s, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for &(x, y, w) in points {
        let (w, y) = (w * trust((x, y, w)), y - origin);
        s += w;
        sx += w * x;
        sy += w * y;
        sxx += w * x * x;
        sxy += w * x * y;
    }
    let spread = s * sxx - sx * sx;
    let slope = if spread.abs() > 1e-12 { (s * sxy - sx * sy) / spread } else { 0.0 };
    (origin + (sy - slope * sx) / s.max(1e-12), slope)
}

/// Root of the mean square, 0 of nothing.
fn size(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0, 0.0), |(count, sum), value| (count + 1, sum + value * value));
    (sum / f64::from(count.max(1))).sqrt()
}

fn telling(onset: &Onset) -> f32 {
    let of_class = |(&w, t): (&u8, f32)| f32::from(w) * 0.5 * t;
    onset.weights.iter().zip(TELLING).map(of_class).sum::<f32>().min(1.6)
}

/// The most promising pulses of the piece, followed and smoothed. With a locked tempo, that one alone.
pub(super) fn pulses(onsets: &[Onset], tempo: Option<Bpm>, witnesses: Witnesses<'_>) -> Vec<Pulse> {
    let salience = Salience::new(onsets, witnesses);
    let periods = match tempo {
        Some(tempo) => vec![tempo.period().get()],
        None => candidate_periods(onsets),
    };
    let drift = if tempo.is_some() { 0.03 } else { DRIFT_MAX };
    let follow = |&period_s: &f64| {
        let raw = Pulse::new(salience.follow(period_s, drift))?;
        raw.smoothed(onsets)
    };
    periods.iter().filter_map(follow).collect()
}

/// Periods within the octave at which onsets of a class recur most, best first.
fn candidate_periods(onsets: &[Onset]) -> Vec<f64> {
    const BIN_S: f64 = 0.005;
    const LAG_MAX_S: f64 = 3.3;
    let mut counts = vec![0.0_f32; (LAG_MAX_S / BIN_S) as usize + 2];
    for (i, a) in onsets.iter().enumerate() {
        for b in onsets[i + 1..].iter().take_while(|b| b.time - a.time < LAG_MAX_S) {
            let pairs = a.weights.iter().zip(&b.weights).map(|(&x, &y)| f32::from(x * y));
            let alike: f32 = pairs.zip(TELLING).map(|(p, t)| p * t).sum();
            let lag = (b.time - a.time) / BIN_S;
            let (left, part) = (lag as usize, lag.fract() as f32);
            counts[left] += (alike + 0.3) * (1.0 - part);
            counts[left + 1] += (alike + 0.3) * part;
        }
    }
    let smooth = |lag_s: f64| -> f32 {
        let (at, reach) = ((lag_s / BIN_S).round() as usize, (2.0 + lag_s * 2.0) as usize);
        let bins = at.saturating_sub(reach)..(at + reach + 1).min(counts.len());
        let width = reach as f32 + 1.0;
        bins.map(|k| counts[k] * (1.0 - (k as f32 - at as f32).abs() / width)).sum::<f32>() / width
    };
    let comb = |period_s: f64| -> f32 {
        let teeth = [1.0, 1.0, 0.6, 0.8];
        teeth.iter().zip(1..).map(|(w, k)| w * smooth(period_s * f64::from(k))).sum()
    };
    let steps = ((PERIOD_MAX_S / PERIOD_MIN_S).ln() / 0.005) as usize;
    let scored: Vec<(f64, f32)> =
        (0..=steps).map(|i| PERIOD_MIN_S * (i as f64 * 0.005).exp()).map(|p| (p, comb(p))).collect();
    let mut peaks: Vec<(f64, f32)> = (0..scored.len())
        .filter(|&i| {
            let around = &scored[i.saturating_sub(6)..(i + 7).min(scored.len())];
            around.iter().all(|s| s.1 <= scored[i].1)
        })
        .map(|i| scored[i])
        .collect();
    peaks.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut periods: Vec<f64> = Vec::new();
    for (period_s, _) in peaks {
        if periods.len() < PULSES_MAX && periods.iter().all(|p| (p / period_s).ln().abs() > 0.03) {
            periods.push(period_s);
        }
    }
    periods
}

/// How much each frame sounds like a pulse, in nats.
struct Salience {
    start_s: f64,
    frames: Vec<f32>,
}

impl Salience {
    fn new(onsets: &[Onset], witnesses: Witnesses<'_>) -> Self {
        let (first, last) = (onsets[0].time, onsets[onsets.len() - 1].time);
        let start_s = first - 0.1;
        let mut frames = vec![0.0_f32; ((last - start_s + 0.2) / FRAME_S) as usize + 1];
        for onset in onsets {
            let at = (onset.time - start_s) / FRAME_S;
            let worth = telling(onset) * ONSET_NATS;
            for k in (at - 5.0).max(0.0) as usize..((at + 6.0) as usize).min(frames.len()) {
                let off = (k as f64 - at) * FRAME_S / SPREAD_S;
                frames[k] = frames[k].max(worth * (-0.5 * off * off).exp() as f32);
            }
        }
        for (k, frame) in frames.iter_mut().enumerate() {
            *frame += ONSET_NATS * witnesses.beat_at(start_s + k as f64 * FRAME_S);
        }
        let mean = frames.iter().sum::<f32>() / frames.len() as f32;
        frames.iter_mut().for_each(|f| *f -= mean);
        Self { start_s, frames }
    }

    /// Times of the best pulse of about this period: dynamic programme over (frame, period in frames), where the period
    /// may move by a frame at each pulse.
    fn follow(&self, period_s: f64, drift: f64) -> Vec<f64> {
        let middle = period_s / FRAME_S;
        let shortest = (middle * (1.0 - drift)).round().max(2.0) as usize;
        let longest = ((middle * (1.0 + drift)).round() as usize).max(shortest + 1);
        let lags = longest - shortest + 1;
        let price = (CHANGE_PRICE / middle) as f32;
        let n = self.frames.len();
        // A power of two, so that places in the ring are found without division.
        let rows = (longest + 1).next_power_of_two();
        let row_at = |frame: usize| (frame & (rows - 1)) * lags;
        let mut ring = vec![f32::NEG_INFINITY; rows * lags];
        let mut back = vec![0_u8; n * lags];
        let mut ends: Vec<(f32, usize, usize)> = Vec::new();
        for t in 0..n {
            for l in 0..lags {
                let lag = shortest + l;
                let (score, step) = match t.checked_sub(lag) {
                    Some(before) => {
                        let row = row_at(before);
                        best_step(&ring[row..row + lags], l, price)
                    }
                    None => (0.0, 3),
                };
                let score = score + self.frames[t];
                ring[row_at(t) + l] = score;
                back[t * lags + l] = step;
                if t + lag >= n {
                    ends.push((score, t, l));
                }
            }
        }
        let Some(&(_, mut t, mut l)) = ends.iter().max_by(|a, b| a.0.total_cmp(&b.0)) else {
            return Vec::new();
        };
        let mut times = vec![self.start_s + t as f64 * FRAME_S];
        loop {
            let step = usize::from(back[t * lags + l]);
            if step == 3 {
                break;
            }
            t -= shortest + l;
            l = l + step - 1;
            times.push(self.start_s + t as f64 * FRAME_S);
        }
        // One pulse more at either end, so that the curve has a slope there.
        let lag_s = (shortest + l) as f64 * FRAME_S;
        times.push(times[times.len() - 1] - lag_s);
        times.reverse();
        let (a, b) = (times[times.len() - 1], times[times.len() - 2]);
        times.push(2.0 * a - b);
        times
    }
}

/// Best predecessor among the same period, one frame shorter, one frame longer: (score, 0 shorter, 1 same, 2 longer).
fn best_step(row: &[f32], l: usize, price: f32) -> (f32, u8) {
    let mut best = (row[l], 1);
    if l > 0 && row[l - 1] - price > best.0 {
        best = (row[l - 1] - price, 0);
    }
    if l + 1 < row.len() && row[l + 1] - price > best.0 {
        best = (row[l + 1] - price, 2);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beats::onsets::onsets;
    use drums::{Hit, Instrument, Seconds, Velocity};

    /// Eighty beats half a second apart, each off by so much, with a stroke on each that is up to 10 ms early or late.
    fn straightened(off_s: impl Fn(f64) -> f64) -> (Pulse, Pulse) {
        let times: Vec<f64> = (0..80).map(f64::from).map(|i| 1.0 + 0.5 * i + off_s(i)).collect();
        let stroke = |(time, i): (&f64, i32)| {
            let time = Seconds::clamped(time + 0.010 * f64::from(i * 7 % 11 - 5) / 5.0);
            Hit::new(time, Instrument::Kick, Velocity::clamped(0.8))
        };
        let hits: Vec<Hit> = times.iter().zip(0..).map(stroke).collect();
        let pulse = Pulse::new(times).unwrap();
        (pulse.clone(), pulse.straightened(&onsets(&hits).0))
    }

    #[test]
    fn swaying_around_a_click_is_straightened() {
        let (_, straight) = straightened(|i| 0.008 * (i * std::f64::consts::TAU / 9.0).sin());
        let off: Vec<f64> = straight.times().iter().zip(0..).map(|(t, i)| t - 1.0 - 0.5 * f64::from(i)).collect();
        assert!(off.iter().all(|off| off.abs() < 0.001), "{off:?}");
    }

    #[test]
    fn a_pace_that_moves_stays_as_it_is() {
        let slow = straightened(|i| 0.025 * (i * std::f64::consts::TAU / 40.0).sin());
        let faster = straightened(|i| -0.0001 * i * i);
        let a_late_bar = straightened(|i| if (20.0..24.0).contains(&i) { 0.1 } else { 0.0 });
        for (before, after) in [slow, faster, a_late_bar] {
            assert_eq!(before, after);
        }
    }
}
