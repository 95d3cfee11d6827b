//! What speaks for a reading, and how much each part of it counts.
//!
//! Conventions: every part is a natural logarithm, every weight a plain factor; the weighted sum is in nats, scaled so
//! that its exponential is about as good a probability of meter and tempo together as can be had.
//!
//! Source: ours. The weights maximise the expected beat F + downbeat F + 0.7 tempo + 0.7 meter of a choice by these
//! probabilities, over the readings of 180 performed grooves (Groove MIDI Dataset, train split) and 300 pieces of the train
//! kits, held near earlier weights; `bench/results/2026-11-22-beats-2.md` has the figures.

use super::onsets::CLASSES;
use drums::Meter;

/// Weights of the counts of each class: a crash says most about bars, a ride least.
const COUNTS: [f64; CLASSES] = [0.235, 0.276, 0.156, 0.044, 0.720, 0.299];
const TIMING: f64 = 0.278;
const TEMPO: f64 = 0.979;
const SHARE: f64 = 0.506;
/// Of the tempo's distance from [`USUAL_LN_BPM`] and its square.
const PACE: [f64; 2] = [0.196, 0.237];
/// Of how often [`Rates`] sound in a beat and of the squares: two loud snares in four beats are usual, four are not.
const RATES: [[f64; 2]; 4] = [[-0.113, -0.178], [-0.146, -0.596], [-0.221, 0.081], [-0.193, -0.533]];
/// Most takes start on one, those of the fit all do.
const STARTS_ON_ONE_NATS: f64 = 1.608;

/// Natural logarithm of 115 beats a minute.
const USUAL_LN_BPM: f64 = 4.75;

/// How often drums sound in a beat, as natural logarithms: loud snares; kicks; hi-hat or ride, whichever is busier; kick,
/// snare and toms together.
pub(super) type Rates = [f64; 4];

/// The natural logarithm of how often in a beat, kept from minus infinity.
pub(super) fn ln_rate(times: usize, beats: f64) -> f64 {
    (times as f64 / beats.max(1.0) + 0.05).ln()
}

/// Log scores that speak for a reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Evidence {
    /// Counts of each class on the slots of the bar.
    pub(super) counts: [f64; CLASSES],
    /// Onsets lie on their slots in time.
    pub(super) timing: f64,
    /// The tempo is usual for the template.
    pub(super) tempo: f64,
    /// Share of the template and of the phrase length among the pieces of the meter.
    pub(super) share: f64,
}

impl Evidence {
    /// The weighted sum of what the template decides.
    pub(super) fn score(&self) -> f64 {
        let counts: f64 = self.counts.iter().zip(COUNTS).map(|(nats, weight)| nats * weight).sum();
        counts + TIMING * self.timing + TEMPO * self.tempo + SHARE * self.share
    }
}

/// What the beat and the meter say whatever the template.
pub(super) fn prior(meter: Meter, ln_bpm: f64, rates: &Rates) -> f64 {
    let polynomial = |x: f64, weights: [f64; 2]| weights[0] * x + weights[1] * x * x;
    let rates: f64 = rates.iter().zip(RATES).map(|(&rate, weights)| polynomial(rate, weights)).sum();
    meter_prior(meter) + polynomial(ln_bpm - USUAL_LN_BPM, PACE) + rates
}

/// What a reading gains whose first onset begins a bar.
pub(super) fn start(is_on_one: bool) -> f64 {
    if is_on_one { STARTS_ON_ONE_NATS } else { 0.0 }
}

/// How usual a meter is.
fn meter_prior(meter: Meter) -> f64 {
    match (meter.numerator(), meter.denominator()) {
        (4, 4) => -0.11,
        // What fits 2/4 mostly fits 4/4 as well, in longer bars.
        (2, 4) => -3.65,
        (3, 4) => -1.85,
        (6, 8) => -2.13,
        // What fits 12/8 mostly fits 6/8 as well, in shorter bars; by hand, since a suite has more 12/8 than drummers play.
        (12, 8) => -3.5,
        (5, 4) => -1.36,
        // What fits 9/8 in part fits 3/4 or 6/8 as well.
        (9, 8) => -2.5,
        _ => -1.37,
    }
}
