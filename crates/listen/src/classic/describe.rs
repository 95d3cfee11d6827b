//! Describes the sound around an onset: spectra before, at and after it, its attack, its low end.
//!
//! Conventions: all windows are placed relative to the onset, to the sample, so that a description does not depend on
//! any grid of frames. Levels are dB relative to full scale, stored as hundredths of a dB in 16 bits: a candidate takes
//! about 1.2 kB, half an hour of dense playing some 25 MB.

use super::decompose::Templates;
use super::onsets::SHORT_WINDOW;
use crate::card::FeatureCard;
use crate::features::{FLOOR_POWER, LogMel, MelBank, Spectrum, Tape, decibels};

/// Edges of the bands in which attacks are looked at, Hz.
pub(super) const ATTACK_EDGES_HZ: [f64; 13] =
    [40.0, 130.0, 220.0, 350.0, 550.0, 850.0, 1300.0, 2000.0, 3100.0, 4800.0, 7500.0, 11_500.0, 17_000.0];
/// Centres of the long windows relative to the onset, ms.
const LONG_OFFSETS_MS: [f64; 8] = [-75.0, -28.0, 8.0, 26.0, 48.0, 80.0, 125.0, 190.0];
/// Which long windows show the sound just before and just after the onset.
const BEFORE: usize = 1;
const AFTER: usize = 3;
/// Centres of the short windows relative to the onset, ms.
const SHORT_OFFSETS_MS: [f64; 10] = [-12.0, -7.0, -3.0, 0.0, 3.0, 6.0, 10.0, 15.0, 21.0, 28.0];
/// A window long enough to hear the pitch of a drum, and its centre after the onset.
const PITCH_WINDOW: usize = 4096;
const PITCH_OFFSET_MS: f64 = 52.0;
const PITCH_BANDS: usize = 32;
const PITCH_LOW_HZ: f64 = 40.0;
const PITCH_HIGH_HZ: f64 = 500.0;
/// Samples after an onset that its description needs.
pub(super) const NEEDS_AFTER: i64 = 12_000;
/// Samples before an onset that its description needs.
pub(super) const NEEDS_BEFORE: i64 = 6_000;
/// Levels are counted from the reference level of the song, this far down, dB.
const RANGE_DB: f32 = 80.0;

/// An onset and what it sounds like.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Time of the onset, samples from the start.
    pub onset_samples: f64,
    /// Level of the sound just after the onset, all bands together, dB.
    pub level_db: f32,
    /// How strongly each class of the templates is in the rise, as power in dB; -120 where it is not.
    pub class_levels_db: Vec<f32>,
    shares: Vec<f32>,
    levels_centi_db: Vec<i16>,
    bands: usize,
}

/// Describes candidates on a tape.
#[derive(Clone)]
pub struct Describer {
    long: LogMel,
    short: Spectrum,
    pitch: Spectrum,
    pitch_bank: MelBank,
    attack_bins: Vec<usize>,
    bands: usize,
    sample_rate_hz: f64,
}

impl Describer {
    /// A describer with the long windows of `card`.
    #[must_use]
    pub fn new(card: &FeatureCard) -> Self {
        let rate_hz = f64::from(card.sample_rate_hz);
        let bin_hz = rate_hz / SHORT_WINDOW as f64;
        Self {
            long: LogMel::new(card),
            short: Spectrum::new(SHORT_WINDOW),
            pitch: Spectrum::new(PITCH_WINDOW),
            pitch_bank: MelBank::new(PITCH_BANDS, PITCH_WINDOW, rate_hz, PITCH_LOW_HZ, PITCH_HIGH_HZ),
            attack_bins: ATTACK_EDGES_HZ.iter().map(|hz| (hz / bin_hz).ceil() as usize).collect(),
            bands: card.bands,
            sample_rate_hz: rate_hz,
        }
    }

    /// Describes the sound at an onset.
    pub fn describe(&mut self, tape: &Tape, onset_samples: f64, templates: &Templates) -> Candidate {
        let mut powers = Vec::with_capacity(LONG_OFFSETS_MS.len() * self.bands);
        let mut frame = vec![0.0; self.bands];
        for offset in LONG_OFFSETS_MS {
            self.long.power_at(tape, self.place(onset_samples, offset), &mut frame);
            powers.extend_from_slice(&frame);
        }
        let row = |index: usize| &powers[index * self.bands..(index + 1) * self.bands];
        let rise: Vec<f32> =
            row(AFTER).iter().zip(row(BEFORE)).map(|(after, before)| (after - before).max(0.0)).collect();
        let activations = templates.decompose(&rise);
        let total: f32 = activations.iter().sum::<f32>().max(FLOOR_POWER);
        let level_db = decibels(row(AFTER).iter().sum());
        self.add_attack(tape, onset_samples, &mut powers);
        let pitch = self.pitch.power_at(tape, self.place(onset_samples, PITCH_OFFSET_MS));
        let mut low = [0.0; PITCH_BANDS];
        self.pitch_bank.apply(pitch, &mut low);
        powers.extend_from_slice(&low);
        Candidate {
            onset_samples,
            level_db,
            class_levels_db: activations.iter().map(|power| decibels(power * power)).collect(),
            shares: activations.iter().map(|power| (power / total).sqrt()).collect(),
            levels_centi_db: powers.iter().map(|power| (decibels(*power) * 100.0).round() as i16).collect(),
            bands: self.bands,
        }
    }

    fn place(&self, onset_samples: f64, offset_ms: f64) -> i64 {
        (onset_samples + offset_ms * self.sample_rate_hz / 1000.0).round() as i64
    }

    fn add_attack(&mut self, tape: &Tape, onset_samples: f64, powers: &mut Vec<f32>) {
        for offset in SHORT_OFFSETS_MS {
            let centre = self.place(onset_samples, offset);
            let spectrum = self.short.power_at(tape, centre);
            let bands = self.attack_bins.windows(2);
            powers.extend(bands.map(|edge| spectrum.get(edge[0]..edge[1]).unwrap_or(&[]).iter().sum::<f32>()));
        }
    }
}

impl Candidate {
    fn after_db(&self) -> impl Iterator<Item = f32> + '_ {
        let row = AFTER * self.bands..(AFTER + 1) * self.bands;
        self.levels_centi_db[row].iter().map(|level| f32::from(*level) / 100.0)
    }
}

/// How many numbers [`judge_inputs`] gives per candidate for `bands` mel bands and `classes` template classes.
#[must_use]
pub const fn inputs_len(bands: usize, classes: usize) -> usize {
    let levels = LONG_OFFSETS_MS.len() * bands + SHORT_OFFSETS_MS.len() * (ATTACK_EDGES_HZ.len() - 1) + PITCH_BANDS;
    levels + classes + bands + 3
}

/// Everything the judge looks at, one row per candidate, made one after the other.
///
/// Levels are relative to the song's reference level (the loudest tenth of its candidates), in units of 20 dB, so that
/// the loudness of a recording does not matter. Then come the shares of the template classes, the mean spectrum of the
/// song's candidates, the distances to the neighbours and the candidate's own level.
pub fn judge_inputs(candidates: &[Candidate], sample_rate_hz: f64) -> impl Iterator<Item = Vec<f32>> + '_ {
    let reference_db = reference_level_db(candidates);
    let scaled = move |db: f32| ((db - reference_db).clamp(-RANGE_DB, 20.0) + 40.0) / 20.0;
    let colour = song_colour(candidates, scaled);
    let gap = move |a: usize, b: usize| match (candidates.get(a), candidates.get(b)) {
        (Some(a), Some(b)) => ((b.onset_samples - a.onset_samples).abs() / sample_rate_hz).min(0.4) as f32 * 5.0,
        _ => 2.0,
    };
    candidates.iter().enumerate().map(move |(i, candidate)| {
        let mut row: Vec<f32> =
            candidate.levels_centi_db.iter().map(|level| scaled(f32::from(*level) / 100.0)).collect();
        row.extend_from_slice(&candidate.shares);
        row.extend_from_slice(&colour);
        row.extend([gap(i.wrapping_sub(1), i), gap(i, i + 1), scaled(candidate.level_db)]);
        row
    })
}

fn reference_level_db(candidates: &[Candidate]) -> f32 {
    let mut levels: Vec<f32> = candidates.iter().map(|candidate| candidate.level_db).collect();
    levels.sort_by(f32::total_cmp);
    levels.get(levels.len() * 9 / 10).copied().unwrap_or(0.0)
}

fn song_colour(candidates: &[Candidate], scaled: impl Fn(f32) -> f32) -> Vec<f32> {
    let Some(first) = candidates.first() else { return Vec::new() };
    let mut mean = vec![0.0f32; first.bands];
    for candidate in candidates {
        for (sum, db) in mean.iter_mut().zip(candidate.after_db()) {
            *sum += scaled(db);
        }
    }
    mean.iter().map(|sum| sum / candidates.len() as f32).collect()
}
