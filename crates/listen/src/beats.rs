//! Beats, bars, meter and tempo from the hits alone.
//!
//! One room for each step: `onsets` merges hits that sound together; `pulse` follows a few candidate pulses through the
//! piece, whatever their musical meaning; `reading` counts which multiple of which pulse may be the beat, where bars may
//! begin and how many beats they may hold, against the learnt table in `rates` (`evidence` adds that up), and keeps the
//! readings that fit best; `clues` describes each of those in numbers, which a small learnt network weighs (`verdict`), together
//! with the beats a listening network heard (`activations`) and those that the strokes suggest to a network that knows how
//! drummers play (`groove`); `changes` finds bars in another meter; `grid` draws the beats of
//! the winner along its tempo curve; `locks` keeps what the user knows.
//!
//! Conventions: times in seconds; a beat is cut into twelve slots; scores are natural logarithms (nats). The work is
//! bounded whatever the input: at most [`SPAN_MAX_S`] of music is followed and at most [`BEATS_MAX`] beats are drawn.
//! Source: bar-pointer models (Whiteley, Cemgil and Godsill 2006; Krebs, Böck and Widmer 2015), here with one main meter per
//! piece, so that a bar's slots can be counted once and every reading is scored on the counts.

mod activations;
mod changes;
mod clues;
mod evidence;
mod grid;
mod groove;
mod locks;
mod onsets;
mod pulse;
mod rates;
mod reading;
mod verdict;

pub use activations::BeatActivations;
pub use locks::LOCKS_MAX;

use drums::{Beat, BeatGrid, Bpm, Confidence, Hit, Meter, MeterSpan, Seconds};

/// Longest stretch of music that is followed, from the first hit; hits after it are not heard by the tracker.
pub const SPAN_MAX_S: f64 = 10_800.0;

/// Most beats in a grid.
pub const BEATS_MAX: usize = 60_000;

/// Fewest separate onsets from which a beat is read at all.
const ONSETS_MIN: usize = 4;

/// Tempo of the grid drawn where too little was heard.
const DEFAULT_BPM: f64 = 120.0;

/// What the user already knows; each lock is kept. Where they contradict each other, beats go before the tempo.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BeatOptions {
    /// Tempo of the beat, within 3 %; the music may still drift around it.
    pub tempo: Option<Bpm>,
    /// The meter.
    pub meter: Option<Meter>,
    /// A beat falls at each of these times, in any order; the first [`LOCKS_MAX`] count, and none outside the recording.
    pub beats: Vec<Seconds>,
    /// A bar begins at each of these times, in any order, bounded like `beats`.
    pub downbeats: Vec<Seconds>,
}

impl BeatOptions {
    /// The same without locks before a time.
    #[must_use]
    pub fn from(&self, start: Seconds) -> Self {
        let after = |times: &[Seconds]| times.iter().copied().filter(|time| *time >= start).collect();
        Self { beats: after(&self.beats), downbeats: after(&self.downbeats), ..self.clone() }
    }
}

/// Another way to read the same hits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Tempo of the beat.
    pub bpm: Bpm,
    /// The meter.
    pub meter: Meter,
    /// How much less likely than the chosen reading, in nats, 0 or more.
    pub margin_nats: f64,
}

/// A doubt about the beats, for the reader of the score.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum BeatRemark {
    /// Too few onsets to read a beat from; the grid is steady, from the first hit on.
    TooFewHits {
        /// Separate onsets heard.
        onsets: usize,
    },
    /// Another meter is nearly as likely.
    MeterUncertain {
        /// The runner-up.
        other: Meter,
        /// How much less likely it is, in nats.
        margin_nats: f64,
    },
    /// Another tempo, such as half or double, is nearly as likely.
    TempoUncertain {
        /// The runner-up.
        other: Bpm,
        /// How much less likely it is, in nats.
        margin_nats: f64,
    },
    /// The music goes on after the last beat of the grid.
    GridCutShort {
        /// Where the grid ends.
        end: Seconds,
    },
}

/// Who believes something about beats besides the strokes on their slots.
#[derive(Debug, Clone, Copy)]
struct Witnesses<'a> {
    /// A listening network.
    ear: Option<&'a BeatActivations>,
    /// The network that knows how drummers play.
    groove: Option<&'a BeatActivations>,
}

impl Witnesses<'_> {
    /// Mean probability of a beat at a time, 0 without witnesses.
    fn beat_at(&self, time_s: f64) -> f32 {
        let all = [self.ear, self.groove].into_iter().flatten();
        let (count, sum) = all.fold((0_u8, 0.0), |(count, sum), one| (count + 1, sum + one.beat_at(time_s)));
        sum / f32::from(count.max(1))
    }
}

/// What was read from the hits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BeatReading {
    /// Beats in whole bars, from the bar of the first hit to the bar of the last; empty without hits.
    pub grid: BeatGrid,
    /// Other readings, most likely first, at most [`ALTERNATIVES_MAX`].
    pub alternatives: Vec<Reading>,
    /// Doubts.
    pub remarks: Vec<BeatRemark>,
}

/// Most alternatives reported.
pub const ALTERNATIVES_MAX: usize = 6;

/// Margin below which a runner-up is worth a remark, in nats.
const DOUBT_NATS: f64 = 2.0;

/// Reads beats, downbeats, meter and tempo from the hits of a piece of `duration`.
///
/// The hits may come in any order. Activations, where given, help to follow the pulse.
#[must_use]
pub fn track_beats(
    hits: &[Hit],
    duration: Seconds,
    options: &BeatOptions,
    activations: Option<&BeatActivations>,
) -> BeatReading {
    let locks = locks::locks(options, duration.get().min(SPAN_MAX_S));
    let mut reading = read(hits, duration, options, &locks, activations);
    let meter = reading.grid.meter_at(0);
    reading.grid = locks::hold(reading.grid, meter, &locks);
    reading
}

fn read(
    hits: &[Hit],
    duration: Seconds,
    options: &BeatOptions,
    locks: &[locks::Lock],
    activations: Option<&BeatActivations>,
) -> BeatReading {
    let (onsets, cut) = onsets::onsets(hits);
    let Some(first) = onsets.first() else {
        return BeatReading::default();
    };
    if onsets.len() < ONSETS_MIN {
        return steady(first.time, onsets[onsets.len() - 1].time, onsets.len(), options);
    }
    let groove = groove::believed(hits);
    let witnesses = Witnesses { ear: activations, groove: groove.as_ref() };
    let pulses = pulse::pulses(&onsets, options.tempo, witnesses);
    let readings = reading::readings(&onsets, &pulses, options, locks, witnesses);
    let Some(best) = readings.first() else {
        return steady(first.time, onsets[onsets.len() - 1].time, onsets.len(), options);
    };
    let spans = match (options.meter, locks) {
        (None, []) => reading::meters(&onsets, &pulses, best, witnesses),
        // What the user says of bars counts on one meter.
        _ => vec![MeterSpan { first_beat: 0, meter: best.meter }],
    };
    let (grid, short) = grid::draw(&onsets, &pulses[best.pulse], best, spans);
    let mut reading = BeatReading { grid, alternatives: alternatives(&readings), remarks: Vec::new() };
    reading.remarks = doubts(&reading.alternatives, best);
    if let (true, Some(last)) = (cut || short, reading.grid.beats().last()) {
        let end = if last.time > duration && !cut { duration } else { last.time };
        reading.remarks.push(BeatRemark::GridCutShort { end });
    }
    reading
}

/// A reading that was looked at closely, with what speaks for it: what weights are learnt from.
#[derive(Debug, Clone, PartialEq)]
pub struct Considered {
    /// Tempo of the beat.
    pub bpm: Bpm,
    /// The meter.
    pub meter: Meter,
    /// Times of the beats from the first bar line to the last onset, in seconds.
    pub beats: Vec<f64>,
    /// What the reading looks like in numbers; every reading has as many.
    pub clues: Vec<f32>,
    /// How well it meets what a network heard: mean strength at beats, share of all strength they meet, and the same of
    /// downbeats; 0..=1.
    pub heard: Option<Vec<f32>>,
    /// The same of what the strokes alone suggest.
    pub groove: Option<Vec<f32>>,
    /// Its log score.
    pub score: f64,
}

/// Every reading that [`track_beats`] looks at closely, in no order that matters.
#[must_use]
pub fn consider(hits: &[Hit], activations: Option<&BeatActivations>) -> Vec<Considered> {
    let (onsets, _) = onsets::onsets(hits);
    if onsets.len() < ONSETS_MIN {
        return Vec::new();
    }
    let groove = groove::believed(hits);
    let witnesses = Witnesses { ear: activations, groove: groove.as_ref() };
    let pulses = pulse::pulses(&onsets, None, witnesses);
    let (grids, scored) = reading::shortlist(&onsets, &pulses, &BeatOptions::default(), &[]);
    let portraits = reading::portraits(&onsets, &pulses, &grids, &scored, witnesses);
    let considered = |(reading, portrait): (&reading::Scored, &reading::Portrait)| Considered {
        bpm: Bpm::from_period(Seconds::clamped(reading.beat_s)),
        meter: reading.meter,
        beats: reading.beat_times(&pulses[reading.pulse]),
        clues: portrait.clues.to_vec(),
        heard: portrait.ear.map(|met| met.to_vec()),
        groove: portrait.groove.map(|met| met.to_vec()),
        score: verdict::score(portrait),
    };
    scored.iter().zip(&portraits).map(considered).collect()
}

/// The best reading of each other meter and tempo.
fn alternatives(readings: &[reading::Scored]) -> Vec<Reading> {
    let mut kept: Vec<&reading::Scored> = Vec::new();
    for scored in readings {
        let seen = |k: &&reading::Scored| k.meter == scored.meter && (k.beat_s / scored.beat_s).ln().abs() < 0.04;
        if kept.len() <= ALTERNATIVES_MAX && !kept.iter().any(seen) {
            kept.push(scored);
        }
    }
    let best = kept.first().map_or(0.0, |k| k.score);
    kept.iter()
        .skip(1)
        .map(|k| Reading {
            bpm: Bpm::from_period(Seconds::clamped(k.beat_s)),
            meter: k.meter,
            margin_nats: best - k.score,
        })
        .collect()
}

fn doubts(alternatives: &[Reading], best: &reading::Scored) -> Vec<BeatRemark> {
    let near = |a: &&Reading| a.margin_nats < DOUBT_NATS;
    let meter = alternatives.iter().filter(near).find(|a| a.meter != best.meter);
    let tempo = alternatives.iter().filter(near).find(|a| (a.bpm.get() * best.beat_s / 60.0).ln().abs() > 0.04);
    let meter = meter.map(|a| BeatRemark::MeterUncertain { other: a.meter, margin_nats: a.margin_nats });
    let tempo = tempo.map(|a| BeatRemark::TempoUncertain { other: a.bpm, margin_nats: a.margin_nats });
    meter.into_iter().chain(tempo).collect()
}

/// A steady grid from the first hit to the bar of the last, for want of anything better.
fn steady(first_s: f64, last_s: f64, onsets: usize, options: &BeatOptions) -> BeatReading {
    let meter = options.meter.unwrap_or(Meter::FOUR_FOUR);
    let beat_s = options.tempo.map_or(60.0 / DEFAULT_BPM, |tempo| tempo.period().get());
    let per_bar = usize::from(meter.beats_per_bar());
    let wanted = (((last_s - first_s) / beat_s + 1e-6) as usize / per_bar + 1) * per_bar;
    let count = wanted.clamp(2, BEATS_MAX);
    let beats = (0..count).map(|i| Beat {
        time: Seconds::clamped(first_s + beat_s * i as f64),
        position: (i % per_bar) as u8 + 1,
        confidence: Confidence::clamped(0.1),
    });
    let grid = grid::one_meter(beats.collect(), meter);
    let mut remarks = vec![BeatRemark::TooFewHits { onsets }];
    if wanted > count {
        remarks.push(BeatRemark::GridCutShort { end: Seconds::clamped(first_s + beat_s * count as f64) });
    }
    BeatReading { grid, alternatives: Vec::new(), remarks }
}
