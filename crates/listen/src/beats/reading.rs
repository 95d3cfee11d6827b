//! Weighs what a pulse means: which multiple of it is the beat, how many beats make a bar, and where bars begin.
//!
//! For each ratio of beat to pulse the onsets are counted once on a grid of twelfths of the beat; every meter, template
//! and place of the bar line is then scored on the counts of a bar.
//!
//! Conventions: slots are counted from pulse 0; a reading's `first_slot` is the slot of its first bar line.

use super::BeatOptions;
use super::onsets::{CLASSES, Onset};
use super::pulse::Pulse;
use super::rates::{BetaBinomial, LEVELS, SLOTS, TEMPLATES, Template};
use drums::Meter;

/// Beat lengths in pulses that are tried.
const RATIOS: [(u32, u32); 12] =
    [(1, 4), (1, 3), (3, 8), (1, 2), (2, 3), (3, 4), (1, 1), (4, 3), (3, 2), (2, 1), (8, 3), (3, 1)];
/// Shortest and longest beat, in seconds; the shortest is for meters whose beat is the eighth.
const BEAT_MIN_S: f64 = 0.18;
const BEAT_MAX_S: f64 = 1.15;
/// Templates further from their usual tempo than this many standard deviations are not tried.
const TEMPO_SD_MAX: f64 = 3.5;
/// Weight of the tempo prior: against many bars of evidence it speaks for what is readable.
const TEMPO_WEIGHT: f64 = 3.0;
/// Timing noise of a stroke on its slot, in seconds.
const JITTER_S: f64 = 0.012;
/// Price of a second stroke of a class in one slot, in nats.
const CROWDED_NATS: f64 = 3.0;
/// Readings kept.
const KEPT: usize = 200;

/// A reading and its score.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scored {
    /// Log score, comparable among readings of a piece.
    pub(super) score: f64,
    /// Index of the pulse.
    pub(super) pulse: usize,
    /// Length of a beat in pulses.
    pub(super) ratio: (u32, u32),
    /// Length of a beat, in seconds.
    pub(super) beat_s: f64,
    /// The meter.
    pub(super) meter: Meter,
    /// Slot of the first bar line at or before the first onset.
    pub(super) first_slot: i64,
    /// Slot of the last onset.
    pub(super) last_slot: i64,
}

/// Log prior of a meter.
fn meter_prior(meter: Meter) -> f64 {
    let share: f64 = match (meter.numerator(), meter.denominator()) {
        (4, 4) => 0.66,
        (3, 4) | (6, 8) => 0.08,
        (12, 8) | (2, 4) => 0.05,
        _ => 0.04,
    };
    share.ln()
}

/// All readings worth mentioning, best first.
pub(super) fn readings(onsets: &[Onset], pulses: &[Pulse], options: &BeatOptions) -> Vec<Scored> {
    let locked = options.meter.map(nearest_known);
    let mut scored = Vec::new();
    for (index, pulse) in pulses.iter().enumerate() {
        let period_s = pulse.period_s();
        for ratio in RATIOS {
            let beat_s = period_s * f64::from(ratio.0) / f64::from(ratio.1);
            let fits = match options.tempo {
                Some(_) => ratio == (1, 1),
                None => (BEAT_MIN_S..BEAT_MAX_S).contains(&beat_s),
            };
            if fits {
                let counted = Counted::new(onsets, pulse, ratio, beat_s);
                counted.weigh(index, locked, options.tempo.is_some(), &mut scored);
            }
        }
    }
    scored.sort_by(|a, b| b.score.total_cmp(&a.score));
    scored.truncate(KEPT);
    if let Some(meter) = options.meter {
        scored.iter_mut().for_each(|s| s.relabel(meter));
    }
    scored
}

/// The meter of the table that tells most about one it does not hold: the same number of beats, else 4/4.
fn nearest_known(meter: Meter) -> Meter {
    let known = || TEMPLATES.iter().map(|t| t.meter);
    known()
        .find(|&k| k == meter)
        .or_else(|| known().find(|k| k.beats_per_bar() == meter.beats_per_bar()))
        .unwrap_or(Meter::FOUR_FOUR)
}

impl Scored {
    /// Calls the reading by a locked meter that the table may not hold.
    fn relabel(&mut self, meter: Meter) {
        self.meter = meter;
    }
}

/// Onsets counted on the slots of one grid.
struct Counted {

    ratio: (u32, u32),
    beat_s: f64,
    /// (slot, class, halves), in order of slot; at most one for each slot and class.
    strokes: Vec<(i64, u8, u8)>,
    /// Score of the timing within slots and of strokes that found their slot taken.
    timing: f64,
    first: i64,
    last: i64,
}

impl Counted {
    fn new(onsets: &[Onset], pulse: &Pulse, ratio: (u32, u32), beat_s: f64) -> Self {
        let per_pulse = SLOTS as f64 * f64::from(ratio.1) / f64::from(ratio.0);
        let slot_s = beat_s / SLOTS as f64;
        let mut strokes: Vec<(i64, u8, u8)> = Vec::with_capacity(onsets.len() * 2);
        let mut latest: [Option<usize>; CLASSES] = [None; CLASSES];
        let (mut timing, mut hint) = (0.0, 0);
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for onset in onsets {
            let place = pulse.phase(onset.time, &mut hint) * per_pulse;
            let slot = place.round();
            let miss = (place - slot) * slot_s / JITTER_S;
            let bell = (-0.5 * miss * miss).exp() / (JITTER_S * std::f64::consts::TAU.sqrt());
            timing += (0.5 / slot_s + 0.5 * bell).ln();
            let slot = slot as i64;
            (first, last) = (first.min(slot), last.max(slot));
            for (class, &halves) in onset.weights.iter().enumerate().filter(|(_, h)| **h > 0) {
                match latest[class] {
                    Some(at) if strokes[at].0 == slot => {
                        timing -= CROWDED_NATS * f64::from(halves) / 2.0;
                        strokes[at].2 = strokes[at].2.max(halves);
                    }
                    _ => {
                        latest[class] = Some(strokes.len());
                        strokes.push((slot, class as u8, halves));
                    }
                }
            }
        }
        Self { ratio, beat_s, strokes, timing, first, last }
    }

    /// Scores each meter, template and bar line on the counts.
    fn weigh(&self, pulse: usize, locked: Option<Meter>, tempo_locked: bool, out: &mut Vec<Scored>) {
        let ln_bpm = (60.0 / self.beat_s).ln();
        let mut at: usize = 0;
        while at < TEMPLATES.len() {
            let meter = TEMPLATES[at].meter;
            let family = &TEMPLATES[at..][..TEMPLATES[at..].iter().take_while(|t| t.meter == meter).count()];
            at += family.len();
            if locked.is_some_and(|wanted| wanted != meter) {
                continue;
            }
            let near = |t: &&Template| tempo_locked || ((ln_bpm - t.ln_bpm) / t.ln_bpm_sd).abs() < TEMPO_SD_MAX;
            let family: Vec<&Template> = family.iter().filter(near).collect();
            if family.is_empty() {
                continue;
            }
            let length = SLOTS * usize::from(meter.beats_per_bar());
            let table = self.table(length);
            for bar_line in 0..length {
                let fit = |t: &&Template| {
                    let off = (ln_bpm - t.ln_bpm) / t.ln_bpm_sd;
                    let tempo = -0.5 * off * off - t.ln_bpm_sd.ln();
                    f64::from(score(&table, &t.levels, length, bar_line)) + t.ln_share + TEMPO_WEIGHT * tempo
                };
                let best = family.iter().map(fit).fold(f64::NEG_INFINITY, f64::max);
                let whole = length as i64;
                let first_slot = self.first - (self.first - bar_line as i64).rem_euclid(whole);
                out.push(Scored {
                    score: best + meter_prior(meter) + self.timing,
                    pulse,
                    ratio: self.ratio,
                    beat_s: self.beat_s,
                    meter,
                    first_slot,
                    last_slot: self.last,
                });
            }
        }
    }

    /// Score of every class, slot of the bar and level: `[(class * length + slot) * LEVELS + level]`.
    fn table(&self, length: usize) -> Vec<f32> {
        let whole = length as i64;
        let mut halves = vec![0_usize; CLASSES * length];
        for &(slot, class, weight) in &self.strokes {
            halves[usize::from(class) * length + slot.rem_euclid(whole) as usize] += usize::from(weight);
        }
        let span = (self.last - self.first + 1).max(1);
        let bars_of = |slot: usize| {
            let lead = (slot as i64 - self.first).rem_euclid(whole);
            if lead >= span { 0 } else { ((span - 1 - lead) / whole + 1) as usize }
        };
        let scores = BetaBinomial::new((span / whole + 2) as usize);
        let bars: Vec<usize> = (0..length).map(bars_of).collect();
        let row = |(i, &h): (usize, &usize)| scores.scores(h, bars[i % length]);
        halves.iter().enumerate().flat_map(row).collect()
    }
}

/// Sum over classes and slots with the bar line at slot `bar_line`.
fn score(table: &[f32], levels: &[u8], length: usize, bar_line: usize) -> f32 {
    let mut sum = 0.0;
    for class in 0..CLASSES {
        let levels = &levels[class * length..][..length];
        let rows = &table[class * length * LEVELS..][..length * LEVELS];
        let (before, after) = rows.split_at(bar_line * LEVELS);
        let turned = after.chunks_exact(LEVELS).chain(before.chunks_exact(LEVELS));
        sum += turned.zip(levels).map(|(row, &level)| row[usize::from(level) % LEVELS]).sum::<f32>();
    }
    sum
}
