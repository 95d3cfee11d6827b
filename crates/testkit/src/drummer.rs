//! A drummer who makes up grooves: plausible patterns, human timing, ghosts, fills, and the exact places that were
//! meant.

use crate::random::Random;
use drums::{
    Beat, BeatGrid, Bpm, Confidence, Hit, HitId, Instrument, Meter, MeterSpan, Performance, Seconds, Velocity,
};

/// Where a stroke was meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Bar, from 1.
    pub bar: u32,
    /// Beat of the meter, from 1.
    pub beat: u32,
    /// Place within the beat as a reduced fraction in 0..1.
    pub fraction: (i64, i64),
}

/// Something played, and what was meant by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Take {
    /// What was played.
    pub performance: Performance,
    /// Where each hit was meant to be; `places[i]` belongs to `performance.hits()[i]`.
    pub places: Vec<Place>,
}

/// A drummer with habits. Two with the same habits and seed play the same.
#[derive(Debug, Clone)]
pub struct Drummer {
    /// Meter of the whole piece.
    pub meter: Meter,
    /// Beats per minute at the start.
    pub tempo: f64,
    /// Deviation of the timing of each stroke, in seconds.
    pub jitter_s: f64,
    /// How far the tempo wanders, as a share of it.
    pub drift: f64,
    /// Place of off-beats in the beat.
    pub swing: f64,
    /// Parts a beat is divided into: 2, 4 or 3.
    pub per_beat: usize,
    /// Probability of a ghost note on the snare at a free place.
    pub ghosts: f64,
    random: Random,
}

impl Drummer {
    /// A drummer whose meter, tempo, subdivision and grooves follow from the seed; straight, timing deviation 6 ms.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let mut random = Random::seeded(seed);
        let meter = if random.chance(0.7) { Meter::FOUR_FOUR } else { Meter::SIX_EIGHT };
        let per_beat = if meter.is_compound() { 3 } else { [2, 4, 4, 3][random.below(4)] };
        let tempo = if meter.is_compound() { random.between(50.0, 90.0) } else { random.between(75.0, 160.0) };
        Self { meter, tempo, jitter_s: 0.006, drift: 0.01, swing: 0.5, per_beat, ghosts: 0.15, random }
    }

    /// Plays that many bars, with a fill in the last of every four.
    #[must_use]
    pub fn play(&mut self, bars: usize) -> Take {
        let per_bar = usize::from(self.meter.beats_per_bar());
        let beat_times = self.beat_times(bars * per_bar + 1);
        let columns = per_bar * self.per_beat;
        let groove = self.groove(columns);
        let mut strokes: Vec<(Hit, Place)> = Vec::new();
        for bar in 0..bars {
            let fill = bar % 4 == 3;
            for column in 0..columns {
                let filling = fill && column >= columns / 2;
                let struck = if filling { self.fill(column, columns) } else { self.struck(&groove, bar, column) };
                for (instrument, velocity) in struck {
                    strokes.push(self.stroke(&beat_times, bar, column, instrument, velocity));
                }
            }
        }
        self.take(&beat_times, strokes)
    }

    fn beat_times(&mut self, count: usize) -> Vec<f64> {
        let phase = self.random.between(0.0, 6.0);
        let mut time = 0.5;
        (0..count)
            .map(|i| {
                let now = time;
                time += 60.0 / self.tempo * (1.0 + self.drift * (i as f64 / 9.0 + phase).sin());
                now
            })
            .collect()
    }

    /// For each column of a bar: timekeeper, snare, kick.
    fn groove(&mut self, columns: usize) -> Vec<[bool; 3]> {
        let step = if self.per_beat == 4 && self.random.chance(0.6) { 2 } else { 1 };
        (0..columns)
            .map(|column| {
                let on_beat = column.is_multiple_of(self.per_beat);
                let beat = column / self.per_beat;
                let shuffled = self.per_beat == 3 && !self.meter.is_compound() && column % 3 == 1;
                let snare = on_beat && beat % 2 == 1;
                let kick = column == 0 || (!snare && self.random.chance(if on_beat { 0.4 } else { 0.15 }));
                [column.is_multiple_of(step) && !shuffled, snare, kick]
            })
            .collect()
    }

    fn struck(&mut self, groove: &[[bool; 3]], bar: usize, column: usize) -> Vec<(Instrument, f64)> {
        let [time, snare, kick] = groove[column];
        let mut struck = Vec::new();
        if time {
            let first = bar.is_multiple_of(4) && column == 0 && bar > 0;
            let open = !first && self.random.chance(0.04);
            let cymbal = match (first, open) {
                (true, _) => Instrument::Crash,
                (_, true) => Instrument::HihatOpen,
                _ => Instrument::HihatClosed,
            };
            struck.push((cymbal, if column.is_multiple_of(self.per_beat) { 0.65 } else { 0.5 }));
        }
        if snare {
            struck.push((Instrument::Snare, 0.8));
        } else if !kick && self.random.chance(self.ghosts) {
            struck.push((Instrument::Snare, 0.25));
        }
        if kick {
            struck.push((Instrument::Kick, 0.8));
        }
        struck
    }

    fn fill(&mut self, column: usize, columns: usize) -> Vec<(Instrument, f64)> {
        let drums = [Instrument::Snare, Instrument::TomHigh, Instrument::TomLowMid, Instrument::TomFloor];
        let through = (column - columns / 2) * drums.len() / (columns - columns / 2).max(1);
        let mut struck = Vec::new();
        if self.random.chance(0.85) {
            struck.push((drums[through.min(3)], 0.8));
        }
        if column.is_multiple_of(self.per_beat) {
            struck.push((Instrument::Kick, 0.75));
        }
        struck
    }

    fn stroke(&mut self, beats: &[f64], bar: usize, column: usize, what: Instrument, velocity: f64) -> (Hit, Place) {
        let (beat, part) = (column / self.per_beat, column % self.per_beat);
        let index = bar * usize::from(self.meter.beats_per_bar()) + beat;
        let exact = part as f64 / self.per_beat as f64;
        let swung = if exact < 0.5 { exact * 2.0 * self.swing } else { 1.0 - (1.0 - exact) * 2.0 * (1.0 - self.swing) };
        let on_grid = beats[index] + swung * (beats[index + 1] - beats[index]);
        let time = Seconds::clamped(on_grid + self.jitter_s * self.random.normal());
        let velocity = Velocity::clamped((velocity * (1.0 + 0.08 * self.random.normal())) as f32);
        let divisor = (1..=self.per_beat).rev().find(|d| part.is_multiple_of(*d) && self.per_beat.is_multiple_of(*d));
        let divisor = divisor.unwrap_or(1);
        let fraction = ((part / divisor) as i64, (self.per_beat / divisor) as i64);
        (Hit::new(time, what, velocity), Place { bar: bar as u32 + 1, beat: beat as u32 + 1, fraction })
    }

    fn take(&self, beat_times: &[f64], mut strokes: Vec<(Hit, Place)>) -> Take {
        let per_bar = usize::from(self.meter.beats_per_bar());
        let beats = beat_times.iter().enumerate().map(|(i, &time)| Beat {
            time: Seconds::clamped(time),
            position: (i % per_bar) as u8 + 1,
            confidence: Confidence::MAX,
        });
        let spans = vec![MeterSpan { first_beat: 0, meter: self.meter }];
        let grid = BeatGrid::new(beats.collect(), spans).expect("beats move forward");
        // Same order as `Performance::new`, so that places and hits stay side by side.
        strokes.sort_by(|(a, _), (b, _)| a.time.total_cmp(&b.time).then(a.instrument.cmp(&b.instrument)));
        let end = Seconds::clamped(beat_times.last().copied().unwrap_or(0.0) + 2.0);
        let (hits, places): (Vec<Hit>, Vec<Place>) = strokes.into_iter().unzip();
        let performance = Performance::new(end, hits, grid).expect("time is positive");
        debug_assert!(performance.hits().iter().enumerate().all(|(i, hit)| hit.id == HitId(i as u32)));
        Take { performance, places }
    }

    /// The tempo as a value.
    ///
    /// # Panics
    /// Where the tempo was set outside 1 to 2000.
    #[must_use]
    pub fn bpm(&self) -> Bpm {
        Bpm::new(self.tempo).expect("a drummer's tempo is possible")
    }
}
