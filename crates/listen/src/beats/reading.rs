//! What a pulse may mean: which multiple of it is the beat, how many beats make a bar, and where bars begin.
//!
//! For each ratio of beat to pulse the onsets are counted once on a grid of twelfths of the beat; every meter, template
//! and place of the bar line is then scored on the counts of a bar. That score is a weighted sum of a few log scores
//! ([`Evidence`]) and of how usual beat and meter are; it makes a short list, on which [`verdict`] decides.
//!
//! Conventions: slots are counted from pulse 0; a reading's `first_slot` is the slot of its first bar line.

use super::changes;
use super::clues::{Clues, Echo, clues};
use super::evidence::{self, Evidence, Rates, ln_rate};
use super::locks::{self, Lock};
use super::onsets::{CLASSES, HATS, KICK, Onset, RIDE, SNARE, TOMS};
use super::pulse::Pulse;
use super::rates::{BetaBinomial, LEVELS, SLOTS, TEMPLATES, Template};
use super::verdict::{self, Met, NetworkBeats};
use super::{BeatOptions, Witnesses};
use drums::{Meter, MeterSpan};

/// Beat lengths in pulses that are tried.
const RATIOS: [(u32, u32); 12] =
    [(1, 4), (1, 3), (3, 8), (1, 2), (2, 3), (3, 4), (1, 1), (4, 3), (3, 2), (2, 1), (8, 3), (3, 1)];
/// Shortest and longest beat, in seconds; the shortest is for meters whose beat is the eighth.
const BEAT_MIN_S: f64 = 0.18;
const BEAT_MAX_S: f64 = 1.15;
/// Grids that differ by less than this at their ends and in the middle are one and the same, in slots.
const SAME_SLOTS: f64 = 0.25;
/// Templates further from their usual tempo than this many standard deviations are not tried.
const TEMPO_SD_MAX: f64 = 3.0;
/// Timing noise of a stroke on its slot, in seconds.
const JITTER_S: f64 = 0.012;
/// Price of a second stroke of a class in one slot, in nats.
const CROWDED_NATS: f64 = 3.0;
/// Places inside the beat that may be the beat: the busiest so many of the twelve slots.
const PLACES_TRIED: usize = 4;
/// Bars after which the music may repeat, and how usual that is.
const PHRASES: [(usize, f64); 3] = [(1, 0.4), (2, 0.4), (4, 0.2)];
/// Templates whose longer phrases are looked at, for each bar line.
const TEMPLATES_TRIED: usize = 3;
/// Seconds of music after which more of the same adds little: evidence is weighed by 1 / (1 + t / this).
const CALM_S: f64 = 20.0;
/// Readings that are looked at closely.
const KEPT: usize = 120;

/// A reading and its score.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scored {
    /// Log score, comparable among readings of a piece.
    pub(super) score: f64,
    /// By how much the best reading of the piece fits the templates better, in nats.
    pub(super) shortfall: f64,
    /// What the templates say.
    pub(super) evidence: Evidence,
    /// Index of the grid its onsets were counted on.
    pub(super) grid: usize,
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

impl Scored {
    /// Slots in a pulse.
    pub(super) fn slots_per_pulse(&self) -> f64 {
        SLOTS as f64 * f64::from(self.ratio.1) / f64::from(self.ratio.0)
    }

    /// Times of its beats, from its first bar line to the last onset.
    pub(super) fn beat_times(&self, pulse: &Pulse) -> Vec<f64> {
        let beats = (self.last_slot - self.first_slot) as usize / SLOTS + 1;
        let slot = |beat: usize| (self.first_slot + (beat * SLOTS) as i64) as f64;
        (0..beats).map(|beat| pulse.time(slot(beat) / self.slots_per_pulse())).collect()
    }

    /// What it loses for missing locks.
    fn price(&self, pulse: &Pulse, locks: &[Lock]) -> f64 {
        let per_pulse = self.slots_per_pulse();
        let beat = |time: f64| (pulse.phase(time, &mut 0) * per_pulse - self.first_slot as f64) / SLOTS as f64;
        locks::price(locks, beat, self.meter.beats_per_bar())
    }
}

/// A reading looked at closely.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Portrait {
    pub(super) clues: Clues,
    /// How well the beats and downbeats of a listening network are met; none without one.
    pub(super) ear: Option<Met>,
    /// How well those are met that the strokes suggest.
    pub(super) groove: Option<Met>,
}

/// All readings worth mentioning, best first.
pub(super) fn readings(
    onsets: &[Onset],
    pulses: &[Pulse],
    options: &BeatOptions,
    locks: &[Lock],
    witnesses: Witnesses<'_>,
) -> Vec<Scored> {
    let (grids, mut scored) = shortlist(onsets, pulses, options, locks);
    let portraits = portraits(onsets, pulses, &grids, &scored, witnesses);
    for (reading, portrait) in scored.iter_mut().zip(&portraits) {
        reading.score = verdict::score(portrait);
    }
    if one_class(onsets) && options.meter.is_none() {
        prefer_four_four(&mut scored);
    }
    for reading in scored.iter_mut().filter(|_| !locks.is_empty()) {
        reading.score -= reading.price(&pulses[reading.pulse], locks);
    }
    scored.sort_by(|a, b| b.score.total_cmp(&a.score));
    if let Some(meter) = options.meter {
        scored.iter_mut().for_each(|s| s.meter = meter);
    }
    scored
}

/// The meters of the chosen reading, from its first bar line on.
pub(super) fn meters(onsets: &[Onset], pulses: &[Pulse], reading: &Scored, witnesses: Witnesses<'_>) -> Vec<MeterSpan> {
    let pulse = &pulses[reading.pulse];
    let grid = Counted::new(onsets, (reading.pulse, pulse), reading.ratio, &[]);
    let witness = witnesses.ear.or(witnesses.groove);
    let strengths = witness.map(|heard| NetworkBeats::new(heard).downbeats_at(&reading.beat_times(pulse)));
    changes::find(&grid, reading, strengths)
}

/// The readings that fit the templates best, in order, and the grids they stand on.
pub(super) fn shortlist(
    onsets: &[Onset],
    pulses: &[Pulse],
    options: &BeatOptions,
    locks: &[Lock],
) -> (Vec<Counted>, Vec<Scored>) {
    let locked = options.meter.map(nearest_known);
    let mut grids: Vec<Counted> = Vec::new();
    for (index, pulse) in pulses.iter().enumerate() {
        for ratio in RATIOS {
            let beat_s = pulse.period_s() * f64::from(ratio.0) / f64::from(ratio.1);
            let fits = match options.tempo {
                Some(_) => ratio == (1, 1),
                None => (BEAT_MIN_S..BEAT_MAX_S).contains(&beat_s),
            };
            if fits {
                let counted = Counted::new(onsets, (index, pulse), ratio, locks);
                match grids.iter_mut().find(|g| g.is_like(&counted)) {
                    Some(same) if same.timing < counted.timing => *same = counted,
                    Some(_) => {}
                    None => grids.push(counted),
                }
            }
        }
    }
    let slots_max = grids.iter().map(|grid| grid.last - grid.first).max().unwrap_or(0);
    let judge = BetaBinomial::new(slots_max as usize / SLOTS + 2);
    let mut scored = Vec::new();
    for (index, grid) in grids.iter().enumerate() {
        grid.weigh(index, &judge, locked, options.tempo.is_some(), &mut scored);
    }
    for reading in scored.iter_mut().filter(|_| !locks.is_empty()) {
        reading.score -= reading.price(&pulses[reading.pulse], locks);
    }
    scored.sort_by(|a, b| b.score.total_cmp(&a.score));
    scored.truncate(KEPT);
    let best = scored.first().map_or(0.0, |s| s.score);
    scored.iter_mut().for_each(|s| s.shortfall = best - s.score);
    (grids, scored)
}

/// A closer look at each reading.
pub(super) fn portraits(
    onsets: &[Onset],
    pulses: &[Pulse],
    grids: &[Counted],
    scored: &[Scored],
    witnesses: Witnesses<'_>,
) -> Vec<Portrait> {
    let looked_at = |index: usize| scored.iter().any(|reading| reading.grid == index);
    let echo = |(index, grid): (usize, &Counted)| if looked_at(index) { Echo::new(grid) } else { Echo::default() };
    let echoes: Vec<Echo> = grids.iter().enumerate().map(echo).collect();
    let (ear, groove) = (witnesses.ear.map(NetworkBeats::new), witnesses.groove.map(NetworkBeats::new));
    let portrait = |reading: &Scored| {
        let beats = reading.beat_times(&pulses[reading.pulse]);
        let met = |peaks: &NetworkBeats| peaks.met_by(&beats, usize::from(reading.meter.beats_per_bar()));
        Portrait {
            clues: clues(onsets, &grids[reading.grid], &echoes[reading.grid], reading),
            ear: ear.as_ref().map(met),
            groove: groove.as_ref().map(met),
        }
    };
    scored.iter().map(portrait).collect()
}

/// Whether a single class is all there is, such as a count-in on the hi-hat: it says nothing about the meter.
fn one_class(onsets: &[Onset]) -> bool {
    let sounds = |class: usize| onsets.iter().any(|o| o.weights[class] > 0);
    (0..CLASSES).filter(|&class| sounds(class)).count() == 1
}

/// Lowers the scores of all other meters until the best of them is a nat less likely than 4/4.
fn prefer_four_four(scored: &mut [Scored]) {
    let best = |is: bool| {
        let group = scored.iter().filter(|s| (s.meter == Meter::FOUR_FOUR) == is);
        group.map(|s| s.score).fold(f64::NEG_INFINITY, f64::max)
    };
    let excess = best(false) - best(true) + 1.0;
    if excess.is_finite() && excess > 0.0 {
        scored.iter_mut().filter(|s| s.meter != Meter::FOUR_FOUR).for_each(|s| s.score -= excess);
    }
}

/// The meter of the table that tells most about one it does not hold: the same number of beats, else 4/4.
fn nearest_known(meter: Meter) -> Meter {
    let known = || TEMPLATES.iter().map(|t| t.meter);
    known()
        .find(|&k| k == meter)
        .or_else(|| known().find(|k| k.beats_per_bar() == meter.beats_per_bar()))
        .unwrap_or(Meter::FOUR_FOUR)
}

/// A stroke on a grid; at most one for each slot and class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stroke {
    pub(super) slot: i64,
    pub(super) class: u8,
    /// 2 for a certain stroke, 1 for a ghost note or an uncertain one.
    pub(super) halves: u8,
    /// See [`Onset::loud`].
    pub(super) loud: f32,
}

/// Onsets counted on the slots of one grid.
pub(super) struct Counted {
    pulse: usize,
    ratio: (u32, u32),
    beat_s: f64,
    /// In order of slot.
    pub(super) strokes: Vec<Stroke>,
    /// Score of the timing within slots and of strokes that found their slot taken.
    pub(super) timing: f64,
    /// Places of the first, middle and last onset, in slots.
    probes: [f64; 3],
    pub(super) first: i64,
    pub(super) last: i64,
    /// Slots of the beat at which the user has locked one.
    locked_places: Vec<usize>,
}

impl Counted {
    fn new(onsets: &[Onset], (index, pulse): (usize, &Pulse), ratio: (u32, u32), locks: &[Lock]) -> Self {
        let beat_s = pulse.period_s() * f64::from(ratio.0) / f64::from(ratio.1);
        let per_pulse = SLOTS as f64 * f64::from(ratio.1) / f64::from(ratio.0);
        let slot_s = beat_s / SLOTS as f64;
        let mut strokes: Vec<Stroke> = Vec::with_capacity(onsets.len() * 2);
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
                    Some(at) if strokes[at].slot == slot => {
                        timing -= CROWDED_NATS * f64::from(halves) / 2.0;
                        strokes[at].halves = strokes[at].halves.max(halves);
                        strokes[at].loud = strokes[at].loud.max(onset.loud[class]);
                    }
                    _ => {
                        latest[class] = Some(strokes.len());
                        strokes.push(Stroke { slot, class: class as u8, halves, loud: onset.loud[class] });
                    }
                }
            }
        }
        let probe = |onset: &Onset| pulse.phase(onset.time, &mut 0) * per_pulse;
        let probes = [0, onsets.len() / 2, onsets.len() - 1].map(|i| probe(&onsets[i]));
        let slot = |lock: &Lock| (pulse.phase(lock.time, &mut 0) * per_pulse).round().rem_euclid(SLOTS as f64) as usize;
        let locked_places = locks.iter().map(slot).collect();
        Self { pulse: index, ratio, beat_s, strokes, timing, probes, first, last, locked_places }
    }

    /// Whether two grids put the onsets on the same slots, but for where they count from.
    fn is_like(&self, other: &Self) -> bool {
        let off: [f64; 3] = std::array::from_fn(|i| self.probes[i] - other.probes[i]);
        off.iter().all(|o| (o - off[0].round()).abs() < SAME_SLOTS)
    }

    /// Scores each meter, template and bar line on the counts.
    fn weigh(
        &self,
        index: usize,
        judge: &BetaBinomial,
        locked: Option<Meter>,
        tempo_locked: bool,
        out: &mut Vec<Scored>,
    ) {
        let ln_bpm = (60.0 / self.beat_s).ln();
        let rates = self.rates();
        let mut places = self.busy_places();
        places.extend(&self.locked_places);
        let near = |t: &&Template| tempo_locked || ((ln_bpm - t.ln_bpm) / t.ln_bpm_sd).abs() < TEMPO_SD_MAX;
        for meters in TEMPLATES.chunk_by(|a, b| a.meter == b.meter) {
            let meter = meters[0].meter;
            let family: Vec<&Template> = meters.iter().filter(near).collect();
            if family.is_empty() || locked.is_some_and(|wanted| wanted != meter) {
                continue;
            }
            let length = SLOTS * usize::from(meter.beats_per_bar());
            let prior = evidence::prior(meter, ln_bpm, &rates);
            let tables: Vec<Vec<f32>> = PHRASES.iter().map(|&(bars, _)| self.table(judge, length, bars)).collect();
            for bar_line in (0..length).filter(|slot| places.contains(&(slot % SLOTS))) {
                let evidence = self.best_template(&family, &tables, bar_line, ln_bpm);
                let first_slot = self.first - (self.first - bar_line as i64).rem_euclid(length as i64);
                out.push(Scored {
                    score: evidence.score() + prior + evidence::start(first_slot == self.first),
                    shortfall: 0.0,
                    evidence,
                    grid: index,
                    pulse: self.pulse,
                    ratio: self.ratio,
                    beat_s: self.beat_s,
                    meter,
                    first_slot,
                    last_slot: self.last,
                });
            }
        }
    }

    /// The evidence under the template and phrase length that fit best.
    fn best_template(&self, family: &[&Template], tables: &[Vec<f32>], bar_line: usize, ln_bpm: f64) -> Evidence {
        let seconds = (self.last - self.first) as f64 * self.beat_s / SLOTS as f64;
        let calm = 1.0 / (1.0 + seconds / CALM_S);
        let evidence = |t: &Template, table: &[f32], share: f64| {
            let off = (ln_bpm - t.ln_bpm) / t.ln_bpm_sd;
            Evidence {
                counts: counts(table, &t.levels, bar_line).map(|c| calm * f64::from(c)),
                timing: calm * self.timing,
                tempo: -0.5 * off * off - t.ln_bpm_sd.ln(),
                share: t.ln_share + share.ln(),
            }
        };
        let mut tried: Vec<(f64, &Template, Evidence)> = family
            .iter()
            .map(|t| evidence(t, &tables[0], PHRASES[0].1))
            .zip(family)
            .map(|(e, t)| (e.score(), *t, e))
            .collect();
        tried.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut best = (tried[0].0, tried[0].2);
        for (_, template, _) in tried.iter().take(TEMPLATES_TRIED) {
            for (table, (_, share)) in tables.iter().zip(PHRASES).skip(1) {
                let here = evidence(template, table, share);
                if here.score() > best.0 {
                    best = (here.score(), here);
                }
            }
        }
        best.1
    }

    /// How often drums sound in a beat.
    fn rates(&self) -> Rates {
        let beats = (self.last - self.first) as f64 / SLOTS as f64;
        let rate = |classes: &[usize], halves_min: u8| {
            let sounds = |s: &&Stroke| classes.contains(&usize::from(s.class)) && s.halves >= halves_min;
            let mut slots: Vec<i64> = self.strokes.iter().filter(sounds).map(|stroke| stroke.slot).collect();
            slots.dedup();
            ln_rate(slots.len(), beats)
        };
        [rate(&[SNARE], 2), rate(&[KICK], 1), rate(&[HATS], 1).max(rate(&[RIDE], 1)), rate(&[KICK, SNARE, TOMS], 1)]
    }

    /// The slots of the beat on which most is played.
    fn busy_places(&self) -> Vec<usize> {
        let mut counts = [0_usize; SLOTS];
        for stroke in &self.strokes {
            counts[stroke.slot.rem_euclid(SLOTS as i64) as usize] += usize::from(stroke.halves);
        }
        let mut places: Vec<usize> = (0..SLOTS).collect();
        places.sort_by_key(|&place| std::cmp::Reverse(counts[place]));
        places.truncate(PLACES_TRIED);
        places
    }

    /// Score of every slot of the bar, class and level, `[(slot * CLASSES + class) * LEVELS + level]`, where the music
    /// repeats every `phrase` bars.
    fn table(&self, judge: &BetaBinomial, length: usize, phrase: usize) -> Vec<f32> {
        let size = length * phrase;
        let whole = size as i64;
        let mut halves = vec![0_usize; CLASSES * size];
        for stroke in &self.strokes {
            let at = usize::from(stroke.class) * size + stroke.slot.rem_euclid(whole) as usize;
            halves[at] += usize::from(stroke.halves);
        }
        let span = (self.last - self.first + 1).max(1);
        // Most slots are silent; those of a class are alike but for a bar more or less.
        let mut silent: Vec<(usize, [f32; LEVELS])> = Vec::new();
        let mut table = vec![0.0; CLASSES * length * LEVELS];
        for slot in 0..size {
            let lead = (slot as i64 - self.first).rem_euclid(whole);
            let bars = if lead >= span { 0 } else { ((span - 1 - lead) / whole + 1) as usize };
            if silent.iter().all(|(known, _)| *known != bars) {
                silent.push((bars, judge.scores(0, bars)));
            }
            for class in 0..CLASSES {
                let row = match (halves[class * size + slot], silent.iter().find(|(known, _)| *known == bars)) {
                    (0, Some((_, row))) => *row,
                    (halves, _) => judge.scores(halves, bars),
                };
                let at = (slot % length * CLASSES + class) * LEVELS;
                table[at..at + LEVELS].iter_mut().zip(row).for_each(|(sum, s)| *sum += s);
            }
        }
        table
    }
}

/// Sum over the slots, for each class, with the bar line at slot `bar_line`.
fn counts(table: &[f32], levels: &[u8], bar_line: usize) -> [f32; CLASSES] {
    let (before, after) = table.as_chunks::<{ CLASSES * LEVELS }>().0.split_at(bar_line);
    let levels = levels.as_chunks::<CLASSES>().0;
    let (first, rest) = levels.split_at(after.len().min(levels.len()));
    let mut sums = [0.0; CLASSES];
    for (slots, levels) in [(after, first), (before, rest)] {
        // All classes side by side: one sum need not wait for another.
        for (slot, levels) in slots.iter().zip(levels) {
            for (class, (sum, level)) in sums.iter_mut().zip(levels).enumerate() {
                *sum += slot[class * LEVELS + usize::from(*level) % LEVELS];
            }
        }
    }
    sums
}
