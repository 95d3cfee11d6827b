//! Which reading is right: a small network over its clues, and how well it meets the beats that witnesses believe in.
//!
//! The network has one hidden layer of rectifiers; its output is a log score whose exponential, normalised over the readings
//! of a piece, is a probability. What a listening network heard, and what the strokes suggest (`groove`), each add
//! a weighted sum of four numbers to it.
//!
//! Source: `verdict.txt`, made by `training/beats/fit_verdict.py` from the Groove MIDI Dataset (Gillick et al. 2019, CC BY
//! 4.0, train split) and pieces composed by rule on train kits.

use super::activations::{BeatActivations, Peaks};
use super::clues::{CLUES, Clues};
use super::reading::Portrait;
use std::sync::LazyLock;

/// A peak counts for a beat this close, in seconds ...
const REACH_S: f64 = 0.07;
/// ... or within this share of the beat, where that is less.
const REACH_BEATS: f64 = 0.2;
/// Numbers that say how well a reading meets what a network heard.
pub(super) const MET: usize = 4;

/// Mean strength at beats, share of all strength that beats meet, and the same of downbeats; 0..=1.
pub(super) type Met = [f32; MET];

/// What a network believes.
pub(super) struct NetworkBeats {
    beats: Peaks,
    downbeats: Peaks,
}

impl NetworkBeats {
    pub(super) fn new(heard: &BeatActivations) -> Self {
        Self { beats: heard.beat_peaks(), downbeats: heard.downbeat_peaks() }
    }

    /// How well beats meet it, where bars have so many and the first begins one.
    pub(super) fn met_by(&self, beats: &[f64], beats_per_bar: usize) -> Met {
        let (Some(&from_s), Some(&to_s)) = (beats.first(), beats.last()) else { return [0.0; MET] };
        let reach_s = reach_s(beats);
        let downbeats: Vec<f64> = beats.iter().step_by(beats_per_bar.max(1)).copied().collect();
        let [beat, share] = self.beats.met_by(beats, reach_s, (from_s, to_s));
        let [downbeat, down_share] = self.downbeats.met_by(&downbeats, reach_s, (from_s, to_s));
        [beat, share, downbeat, down_share]
    }

    /// How strong a downbeat was heard at each beat, 0..=1.
    pub(super) fn downbeats_at(&self, beats: &[f64]) -> Vec<f32> {
        self.downbeats.at_each(beats, reach_s(beats))
    }
}

/// How far from a beat a peak may lie, in seconds.
fn reach_s(beats: &[f64]) -> f64 {
    match beats {
        [first, .., last] => REACH_S.min(REACH_BEATS * (last - first) / (beats.len() - 1) as f64),
        _ => REACH_S,
    }
}

/// Learnt weights.
struct Weights {
    /// By unit: bias, then one for each clue.
    hidden: Vec<[f32; CLUES + 1]>,
    /// By unit.
    output: Vec<f32>,
    /// Straight from each clue to the output.
    direct: [f32; CLUES],
    /// For what a listening network heard.
    heard: Met,
    /// For what the strokes suggest.
    groove: Met,
}

static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| parse(include_str!("verdict.txt")));

/// Reads the table; anything that is not as the script writes it is left out, which a test would notice.
fn parse(text: &str) -> Weights {
    let mut weights =
        Weights { hidden: Vec::new(), output: Vec::new(), direct: [0.0; CLUES], heard: [0.0; MET], groove: [0.0; MET] };
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, numbers) = line.split_once(' ').unwrap_or_default();
        let numbers: Vec<f32> = numbers.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        match name {
            "unit" => weights.hidden.extend(<[f32; CLUES + 1]>::try_from(numbers).ok()),
            "output" => weights.output = numbers,
            "direct" => weights.direct.iter_mut().zip(numbers).for_each(|(w, n)| *w = n),
            "heard" => weights.heard.iter_mut().zip(numbers).for_each(|(w, n)| *w = n),
            "groove" => weights.groove.iter_mut().zip(numbers).for_each(|(w, n)| *w = n),
            _ => {}
        }
    }
    weights
}

/// Log score of a reading, comparable among the readings of a piece, in nats.
pub(super) fn score(portrait: &Portrait) -> f64 {
    let dot = |weights: &[f32], values: &[f32]| -> f32 { weights.iter().zip(values).map(|(w, v)| w * v).sum() };
    let clues: &Clues = &portrait.clues;
    let units = WEIGHTS.hidden.iter().map(|unit| (unit[0] + dot(&unit[1..], clues)).max(0.0));
    let bent: f32 = units.zip(&WEIGHTS.output).map(|(unit, weight)| unit * weight).sum();
    let heard = portrait.ear.map_or(0.0, |met| dot(&WEIGHTS.heard, &met));
    let suggested = portrait.groove.map_or(0.0, |met| dot(&WEIGHTS.groove, &met));
    f64::from(bent + dot(&WEIGHTS.direct, clues) + heard + suggested)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_whole() {
        assert!(!WEIGHTS.hidden.is_empty());
        assert_eq!(WEIGHTS.hidden.len(), WEIGHTS.output.len());
        let lines = include_str!("verdict.txt").lines().filter(|line| line.starts_with("unit")).count();
        assert_eq!(WEIGHTS.hidden.len(), lines, "every unit has a weight for each of {CLUES} clues");
        let witnesses = WEIGHTS.heard.iter().chain(&WEIGHTS.groove);
        assert!(witnesses.copied().all(|weight| weight >= 0.0), "nothing a network believes speaks against itself");
    }
}
