//! What a reading looks like in numbers, for [`super::verdict`] to weigh.
//!
//! A reading says of every stroke where in the beat and in the bar it falls. Clues are shares and means over that: which drums
//! sound on beats and which between, what is loud, what comes back after a bar, where crashes fall and where the music
//! starts. None grows with the length of the music, and loudness is relative to the song's own.
//!
//! Conventions: shares 0..=1, rates as natural logarithms, loudness in standard deviations of its class; a clue about drums that
//! do not sound is 0. The order is fixed: learnt weights know clues by their places.

use super::evidence::{Evidence, ln_rate};
use super::onsets::{CLASSES, CRASH, HATS, KICK, Onset, RIDE, SNARE, TOMS};
use super::rates::SLOTS;
use super::reading::{Counted, Scored, Stroke};

/// Drums told apart: kick, loud snare, soft snare, hi-hat or ride, crash, toms.
const DRUMS: usize = 6;
/// Parts of a beat told apart: on it, its half, its quarters, its thirds, anywhere else.
const PARTS: usize = 5;
/// Meters told apart, with their numbers of beats; all others count as none of these.
const METERS: [(u8, u8); 8] = [(4, 4), (3, 4), (2, 4), (5, 4), (6, 8), (12, 8), (7, 8), (9, 8)];
/// Lags at which the music is held against itself, in half beats, at most.
const LAGS: usize = 65;
/// Bars after which crashes that open a phrase may come back.
const PHRASE_BARS: [i64; 4] = [1, 2, 4, 8];
/// Number of clues.
pub(super) const CLUES: usize = 125;

/// Clues of one reading.
pub(super) type Clues = [f32; CLUES];

/// How alike the music is to itself some half beats later, 0..=1, on one grid: all of it, and kick and snare.
#[derive(Default)]
pub(super) struct Echo {
    all: Vec<f32>,
    drums: Vec<f32>,
}

impl Echo {
    /// Holds the strokes of a grid against themselves.
    pub(super) fn new(grid: &Counted) -> Self {
        let words = (grid.last - grid.first) as usize / 64 + 4;
        let mut rows = vec![vec![0_u64; words]; CLASSES];
        for stroke in &grid.strokes {
            let at = (stroke.slot - grid.first) as usize + 1;
            rows[usize::from(stroke.class)][at / 64] |= 1 << (at % 64);
        }
        // A stroke a slot off is still the same stroke.
        let wide: Vec<Vec<u64>> = rows.iter().map(|row| either(&either(row, &lowered(row)), &raised(row))).collect();
        let alike = |half_beats: usize, classes: std::ops::Range<usize>| {
            let lag = half_beats * SLOTS / 2;
            let until = (grid.last - grid.first + 2 - lag as i64).max(0) as usize;
            let (mut met, mut all) = (0, 0);
            for (row, wide) in rows[classes.clone()].iter().zip(&wide[classes]) {
                let words = row.iter().enumerate().take(until.div_ceil(64));
                for (index, word) in words.filter(|(_, word)| **word != 0) {
                    let inside = match until - index * 64 {
                        64.. => u64::MAX,
                        bits => (1 << bits) - 1,
                    };
                    met += (word & word_at(wide, index, lag) & inside).count_ones();
                    all += (word & inside).count_ones();
                }
            }
            met as f32 / all.max(1) as f32
        };
        Self {
            all: (0..LAGS).map(|half_beats| alike(half_beats, 0..CLASSES)).collect(),
            drums: (0..LAGS).map(|half_beats| alike(half_beats, KICK..SNARE + 1)).collect(),
        }
    }

    fn at(&self, half_beats: usize) -> f32 {
        self.all.get(half_beats).copied().unwrap_or(0.0)
    }

    /// The same of kick and snare alone.
    fn drums_at(&self, half_beats: usize) -> f32 {
        self.drums.get(half_beats).copied().unwrap_or(0.0)
    }
}

/// The word of bits at an index, where all are `by` places nearer the front.
fn word_at(row: &[u64], index: usize, by: usize) -> u64 {
    let (words, bits) = (index + by / 64, by % 64);
    let word = |index: usize| row.get(index).copied().unwrap_or(0);
    if bits == 0 { word(words) } else { word(words) >> bits | word(words + 1) << (64 - bits) }
}

/// The bits one place further on, moved to the front.
fn lowered(row: &[u64]) -> Vec<u64> {
    (0..row.len()).map(|index| word_at(row, index, 1)).collect()
}

/// The bits one place back.
fn raised(row: &[u64]) -> Vec<u64> {
    let before = |index: usize| index.checked_sub(1).map_or(0, |index| row[index] >> 63);
    row.iter().enumerate().map(|(index, word)| word << 1 | before(index)).collect()
}

fn either(a: &[u64], b: &[u64]) -> Vec<u64> {
    a.iter().zip(b).map(|(a, b)| a | b).collect()
}

/// Strokes of a reading by their place in the bar.
struct Tally {
    /// Strokes (two halves make one), by drum and slot of the bar.
    counts: Vec<[f32; DRUMS]>,
    /// Sum of how loud they were.
    loud: Vec<[f32; DRUMS]>,
    beats_per_bar: usize,
    bars: f32,
}

fn drum_of(stroke: &Stroke) -> usize {
    match (usize::from(stroke.class), stroke.halves) {
        (KICK, _) => 0,
        (SNARE, 2..) => 1,
        (SNARE, _) => 2,
        (HATS | RIDE, _) => 3,
        (CRASH, _) => 4,
        _ => 5,
    }
}

const fn part_of(slot: usize) -> usize {
    match slot % SLOTS {
        0 => 0,
        6 => 1,
        3 | 9 => 2,
        4 | 8 => 3,
        _ => 4,
    }
}

impl Tally {
    fn new(grid: &Counted, reading: &Scored) -> Self {
        let beats_per_bar = usize::from(reading.meter.beats_per_bar());
        let length = SLOTS * beats_per_bar;
        let mut tally = Self {
            counts: vec![[0.0; DRUMS]; length],
            loud: vec![[0.0; DRUMS]; length],
            beats_per_bar,
            bars: ((grid.last - reading.first_slot) as f32 / length as f32).max(1.0),
        };
        for stroke in &grid.strokes {
            let (slot, drum) = ((stroke.slot - reading.first_slot).rem_euclid(length as i64) as usize, drum_of(stroke));
            tally.counts[slot][drum] += f32::from(stroke.halves) / 2.0;
            tally.loud[slot][drum] += stroke.loud * f32::from(stroke.halves) / 2.0;
        }
        tally
    }

    /// Strokes of a drum and how loud they were on the slots that are `chosen` (beat of the bar, part of the beat).
    fn sum(&self, drum: usize, chosen: impl Fn(usize, usize) -> bool) -> (f32, f32) {
        let slots = (0..self.counts.len()).filter(|slot| chosen(slot / SLOTS, part_of(*slot)));
        slots.fold((0.0, 0.0), |sum, slot| (sum.0 + self.counts[slot][drum], sum.1 + self.loud[slot][drum]))
    }

    fn mean_loud(&self, drum: usize, chosen: impl Fn(usize, usize) -> bool) -> f32 {
        let (count, loud) = self.sum(drum, chosen);
        // A few strokes say little.
        loud / (count + 2.0)
    }

    /// Shares of each drum's strokes on the parts of the beat.
    fn parts(&self, out: &mut Vec<f32>) {
        for drum in 0..DRUMS {
            let all = self.sum(drum, |_, _| true).0;
            out.extend((0..PARTS - 1).map(|part| self.sum(drum, |_, p| p == part).0 / all.max(1.0)));
        }
    }

    /// How often kick, snare, crash and time keeper sound on the first beat of a bar, in its middle, on the beats before and
    /// after those, and on its last.
    fn bar(&self, out: &mut Vec<f32>) {
        let beats = self.beats_per_bar;
        let middle = beats.is_multiple_of(2).then_some(beats / 2);
        for drum in [0, 1, 3, 4] {
            let rate = |beat: usize| self.sum(drum, |b, part| b == beat && part == 0).0 / self.bars;
            let others = || (1..beats).filter(|beat| Some(*beat) != middle).map(rate);
            out.extend([
                rate(0),
                middle.map_or(0.0, rate),
                others().sum::<f32>() / others().count().max(1) as f32,
                others().fold(0.0, f32::max),
                rate(beats - 1),
            ]);
        }
        let last = self.sum(5, |beat, _| beat + 1 == beats).0;
        out.push(last / self.sum(5, |_, _| true).0.max(1.0));
        let late_snares = self.sum(1, |beat, part| beat + 1 == beats && part != 0).0;
        out.push(late_snares / self.sum(1, |_, _| true).0.max(1.0));
        out.push(self.sum(4, |beat, part| beat == 0 && part == 0).0 / self.sum(4, |_, _| true).0.max(1.0));
    }

    /// How loud kick, snare and time keeper are on beats, between them, on every other beat and on the first.
    fn accents(&self, out: &mut Vec<f32>) {
        for drum in [0, 1, 3] {
            let on = self.mean_loud(drum, |_, part| part == 0);
            out.push(on - self.mean_loud(drum, |_, part| part == 1));
            out.push(on - self.mean_loud(drum, |_, part| part > 1));
            out.push(self.mean_loud(drum, |beat, part| beat == 0 && part == 0) - on);
            let even = self.mean_loud(drum, |beat, part| beat % 2 == 0 && part == 0);
            out.push(even - self.mean_loud(drum, |beat, part| beat % 2 == 1 && part == 0));
        }
    }
}

/// Clues of a reading of the onsets on a grid.
pub(super) fn clues(onsets: &[Onset], grid: &Counted, echo: &Echo, reading: &Scored) -> Clues {
    let mut out = Vec::with_capacity(CLUES);
    let tally = Tally::new(grid, reading);
    stage(&mut out, onsets, grid, reading);
    tally.parts(&mut out);
    tally.bar(&mut out);
    tally.accents(&mut out);
    rates(&mut out, grid);
    repeats(&mut out, echo, tally.beats_per_bar);
    ends(&mut out, onsets, grid, reading);
    covered(&mut out, grid, reading, tally.beats_per_bar);
    phrases(&mut out, grid, echo, reading, tally.beats_per_bar);
    let mut clues = [0.0; CLUES];
    debug_assert_eq!(out.len(), CLUES, "every clue has its place");
    clues.iter_mut().zip(out).for_each(|(clue, value)| *clue = value);
    clues
}

/// What the templates say, the meter and the tempo.
fn stage(out: &mut Vec<f32>, onsets: &[Onset], grid: &Counted, reading: &Scored) {
    let Evidence { counts, tempo, share, .. } = reading.evidence;
    out.extend(counts.map(|nats| nats as f32 * 0.1));
    out.extend([tempo as f32, share as f32, reading.shortfall as f32 * 0.1]);
    out.push((grid.timing / onsets.len() as f64) as f32);
    let pace = (60.0 / reading.beat_s).ln() - 4.75;
    out.extend([pace as f32, (pace * pace) as f32]);
    let seconds = (grid.last - grid.first) as f64 * reading.beat_s / SLOTS as f64;
    out.extend([seconds.max(1.0).ln() as f32 * 0.3, (onsets.len() as f64).ln() as f32 * 0.3]);
    let is = |(numerator, denominator): &(u8, u8)| {
        (reading.meter.numerator(), reading.meter.denominator()) == (*numerator, *denominator)
    };
    out.extend(METERS.iter().map(|meter| if is(meter) { 1.0 } else { 0.0 }));
}

/// How often each drum sounds in a beat, how many of them sound at all, and how often anything does.
fn rates(out: &mut Vec<f32>, grid: &Counted) {
    let beats = (grid.last - grid.first) as f64 / SLOTS as f64;
    let mut times = [0_usize; DRUMS];
    let (mut any, mut latest) = (0, None);
    for stroke in &grid.strokes {
        times[drum_of(stroke)] += 1;
        any += usize::from(latest != Some(stroke.slot));
        latest = Some(stroke.slot);
    }
    out.extend(times.map(|times| ln_rate(times, beats) as f32));
    out.push(ln_rate(any, beats) as f32);
}

/// How alike bars are, half bars, pairs of bars, and stretches that are no bars.
fn repeats(out: &mut Vec<f32>, echo: &Echo, beats: usize) {
    let bar = echo.at(2 * beats);
    let is_bar = |half_beats: &usize| half_beats.is_multiple_of(2 * beats);
    let others = || (2..=18).filter(|half_beats| !is_bar(half_beats)).map(|half_beats| echo.at(half_beats));
    let whole_beats = (2..=18).step_by(2).filter(|half_beats| !is_bar(half_beats)).map(|lag| echo.at(lag));
    let parts = [echo.at(1), echo.at(2), echo.at(beats), bar, echo.at(4 * beats)];
    out.extend(parts);
    out.extend([bar - others().fold(0.0, f32::max), bar - whole_beats.fold(0.0, f32::max), echo.at(2) - echo.at(1)]);
}

/// Where the music starts and ends.
fn ends(out: &mut Vec<f32>, onsets: &[Onset], grid: &Counted, reading: &Scored) {
    let slots = SLOTS as i64 * i64::from(reading.meter.beats_per_bar());
    let (start, end) = (grid.first - reading.first_slot, (grid.last - reading.first_slot).rem_euclid(slots));
    let flag = |is: bool| if is { 1.0 } else { 0.0 };
    let first = onsets.first().map_or([0; CLASSES], |onset| onset.weights);
    out.extend([
        flag(start == 0),
        flag(start % SLOTS as i64 == 0),
        start as f32 / slots as f32,
        flag(start == 0 && first[CRASH] > 0),
        flag(start == 0 && first[KICK] > 0),
        flag(start == 0 && first[SNARE] > 0),
        flag(end == 0),
        flag(end % SLOTS as i64 == 0),
    ]);
}

/// Shares of beats, half beats and bar lines on which something sounds.
fn covered(out: &mut Vec<f32>, grid: &Counted, reading: &Scored, beats_per_bar: usize) {
    let (mut on, mut half, mut line, mut drum) = (0, 0, 0, 0);
    let mut latest = [i64::MIN; 4];
    let mut count = |which: usize, slot: i64, counter: &mut i32| {
        if latest[which] != slot {
            latest[which] = slot;
            *counter += 1;
        }
    };
    for stroke in &grid.strokes {
        let place = stroke.slot - reading.first_slot;
        if place % SLOTS as i64 == 0 {
            count(0, stroke.slot, &mut on);
            if matches!(usize::from(stroke.class), KICK | SNARE) {
                count(1, stroke.slot, &mut drum);
            }
            if place % (SLOTS * beats_per_bar) as i64 == 0 {
                count(2, stroke.slot, &mut line);
            }
        } else if (place + SLOTS as i64 / 2) % SLOTS as i64 == 0 {
            count(3, stroke.slot, &mut half);
        }
    }
    let beats = ((grid.last - grid.first) / SLOTS as i64 + 1) as f32;
    let bars = (beats / beats_per_bar as f32).max(1.0);
    out.extend([on as f32 / beats, half as f32 / beats, drum as f32 / beats, line as f32 / bars]);
}

/// Where phrases begin and end: after how many bars crashes come back, in which bars toms sound, and how alike kick and snare
/// are half a bar, a bar and several bars later. What is two bars of 2/4 to one is a bar of 4/4 to another; phrases of four
/// bars tell.
fn phrases(out: &mut Vec<f32>, grid: &Counted, echo: &Echo, reading: &Scored, beats: usize) {
    let slots = (SLOTS * beats) as i64;
    let crashes = || grid.strokes.iter().filter(|stroke| usize::from(stroke.class) == CRASH);
    let lines: Vec<i64> = crashes().map(|stroke| stroke.slot - reading.first_slot).collect();
    let gaps = || lines.windows(2).map(|pair| pair[1] - pair[0]);
    let all = gaps().count() as f32 + 1.0;
    let share = |is: &dyn Fn(i64) -> bool| gaps().filter(|gap| is(*gap)).count() as f32 / all;
    out.extend(PHRASE_BARS.map(|bars| share(&|gap| gap % (bars * slots) == 0)));
    out.extend(PHRASE_BARS.map(|bars| share(&|gap| gap == bars * slots)));
    out.push(share(&|gap| gap < slots));
    let toms = || grid.strokes.iter().filter(|stroke| usize::from(stroke.class) == TOMS);
    for (bars, even) in [(2, 0.5), (4, 0.25)] {
        let mut counts = [0_u32; 4];
        toms().for_each(|stroke| {
            let bar = (stroke.slot - reading.first_slot).div_euclid(slots);
            counts[bar.rem_euclid(bars) as usize] += 1;
        });
        let most = counts.into_iter().max().unwrap_or(0) as f32;
        out.push(most / (toms().count() as f32 + 2.0) - even);
    }
    out.push(echo.at(8 * beats));
    out.extend([1, 2, 4, 8].map(|half_bars| echo.drums_at(half_bars * beats)));
    out.push(echo.drums_at(2 * beats) - echo.drums_at(beats));
}
