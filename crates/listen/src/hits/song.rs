//! Weighs each possible hit against the whole song.
//!
//! What one frame cannot tell the song can: whether an instrument is played at all, how high its activations usually go,
//! and how much of it is the sound of another drum. Inputs per candidate, in this order: log-odds of every class around it;
//! per class how high its candidates go (mean probability, weighted by itself); per class how often it is heard
//! (`ln(1 + 4 sum / s)`); the candidate's class (one-hot); its log-odds; how far they are above what its class usually has
//! under the strongest rival; how often that rival is struck (`ln(1 + n)`); the rival's log-odds; velocity; velocity beside
//! the class's mean; `ln` seconds to the last and to the next candidate of its class.
//!
//! Conventions: log-odds within +-6.9 (probabilities .001 to .999); the judge adds to a candidate's log-odds. The same
//! numbers as `training/tcn/judge.py`.

use super::candidates::Candidate;
use super::choose::log_odds;
use crate::classic::{Weights, logistic};

/// Probabilities are believed no further than this.
const LOG_ODDS_MAX: f64 = 6.906_754_778_648_554;
/// Log-odds of no rival at all.
const NO_RIVAL: f64 = -9.0;
/// What is assumed of bleed from a drum never struck, log-odds.
const NO_BLEED: f64 = -3.0;
/// Probability from which a candidate counts as struck, where bleed is measured.
const STRUCK: f32 = 0.5;
/// Probability from which a candidate counts as a neighbour.
const NEIGHBOUR: f32 = 0.3;
/// Shortest and longest gaps to a neighbour, s.
const GAP_S: (f64, f64) = (0.02, 4.0);
/// Inputs beside those that come once per class.
const PLAIN_INPUTS: usize = 8;

/// Re-scores candidates by a small network over what the song says of them.
#[derive(Debug, Clone, PartialEq)]
pub struct SongJudge {
    classes: usize,
    shift: Vec<f32>,
    scale: Vec<f32>,
    /// Per hidden unit: its weights, its bias, its weight in the verdict.
    units: Vec<(Vec<f32>, f32, f32)>,
    bias: f32,
}

/// What a song says of its classes.
struct Song {
    height: Vec<f64>,
    often: Vec<f64>,
    loud: Vec<f64>,
    /// How many candidates of each class are struck.
    struck: Vec<usize>,
    /// Mean log-odds of class `c` where class `k` is struck, at `k * classes + c`.
    bleed: Vec<f64>,
}

impl SongJudge {
    /// Reads a judge over `classes` classes.
    ///
    /// # Errors
    /// A phrase that names the array that is missing or has the wrong shape.
    pub fn new(weights: &Weights, classes: usize) -> Result<Self, String> {
        let inputs = 4 * classes + PLAIN_INPUTS;
        let vector = |name: &str, length: usize| -> Result<Vec<f32>, String> {
            let values = &weights.get(name, 1)?.values;
            if values.len() == length {
                return Ok(values.clone());
            }
            Err(format!("the judge's {name} holds {} numbers, not {length}", values.len()))
        };
        let matrix = |name: &str, rows: usize, columns: usize| -> Result<Vec<f32>, String> {
            let array = weights.get(name, 2)?;
            if array.shape == [rows, columns] {
                return Ok(array.values.clone());
            }
            Err(format!("the judge's {name} has shape {:?}, not {rows} x {columns}", array.shape))
        };
        let width = weights.get("first.bias", 1)?.values.len();
        let (first, first_bias) = (matrix("first.weight", width, inputs)?, vector("first.bias", width)?);
        let second = matrix("second.weight", 1, width)?;
        let rows = first.chunks_exact(inputs).map(<[f32]>::to_vec);
        let units = rows.zip(first_bias).zip(second).map(|((row, bias), weight)| (row, bias, weight)).collect();
        Ok(Self {
            classes,
            shift: vector("shift", inputs)?,
            scale: vector("scale", inputs)?,
            units,
            bias: vector("second.bias", 1)?.first().copied().unwrap_or(0.0),
        })
    }

    /// Gives every candidate of a song the probability that the song leaves it; `frame_s` is the length of a frame.
    pub fn weigh(&self, candidates: &mut [Candidate], frame_s: f64) {
        let (Some(first), Some(last)) = (candidates.first(), candidates.last()) else { return };
        let seconds = ((last.time_frames() - first.time_frames()) * frame_s).max(1.0);
        let song = Song::of(candidates, self.classes, seconds);
        let gaps = gaps(candidates, self.classes, frame_s);
        let verdicts: Vec<f32> =
            candidates.iter().zip(gaps).map(|(candidate, gaps)| self.verdict(&song.inputs(candidate, gaps))).collect();
        for (candidate, verdict) in candidates.iter_mut().zip(verdicts) {
            candidate.probability = verdict;
        }
    }

    fn verdict(&self, inputs: &[f32]) -> f32 {
        let standard: Vec<f32> =
            inputs.iter().zip(&self.shift).zip(&self.scale).map(|((x, shift), scale)| (x - shift) * scale).collect();
        let own = inputs.get(4 * self.classes).copied().unwrap_or(0.0);
        let hidden = self.units.iter().map(|(row, bias, weight)| {
            let sum: f32 = row.iter().zip(&standard).map(|(weight, x)| weight * x).sum();
            (sum + bias).max(0.0) * weight
        });
        logistic(own + self.bias + hidden.sum::<f32>())
    }
}

impl Song {
    fn of(candidates: &[Candidate], classes: usize, seconds: f64) -> Self {
        let (mut total, mut squares, mut loud) = (vec![1e-6; classes], vec![0.0; classes], vec![0.0; classes]);
        let (mut struck, mut bleed) = (vec![0usize; classes], vec![0.0; classes * classes]);
        for candidate in candidates {
            let (class, p) = (usize::from(candidate.class), f64::from(candidate.probability));
            total[class] += p;
            squares[class] += p * p;
            loud[class] += p * f64::from(candidate.velocity);
            if candidate.probability > STRUCK {
                struck[class] += 1;
                for (other, heard) in around(candidate).enumerate() {
                    bleed[class * classes + other] += heard;
                }
            }
        }
        for (index, sum) in bleed.iter_mut().enumerate() {
            let count = struck[index / classes];
            *sum = if count == 0 { NO_BLEED } else { *sum / count as f64 };
        }
        Self {
            height: squares.iter().zip(&total).map(|(squares, total)| squares / total).collect(),
            often: total.iter().map(|total| (1.0 + 4.0 * total / seconds).ln()).collect(),
            loud: loud.iter().zip(&total).map(|(loud, total)| loud / total).collect(),
            struck,
            bleed,
        }
    }

    fn inputs(&self, candidate: &Candidate, gaps: (f64, f64)) -> Vec<f32> {
        let (classes, class) = (self.struck.len(), usize::from(candidate.class));
        let own = believed(f64::from(log_odds(candidate.probability)));
        let heard: Vec<f64> = around(candidate).collect();
        // Of equal rivals the first counts; with none, the class's own place stands for "no rival".
        let mut rival = (0, f64::NEG_INFINITY);
        for (index, value) in heard.iter().enumerate() {
            let value = if index == class { NO_RIVAL } else { *value };
            if value > rival.1 {
                rival = (index, value);
            }
        }
        let velocity = f64::from(candidate.velocity);
        let one_hot = (0..classes).map(|index| if index == class { 1.0 } else { 0.0 });
        let plain = [
            own,
            own - self.bleed[rival.0 * classes + class],
            (1.0 + self.struck[rival.0] as f64).ln(),
            rival.1,
            velocity,
            velocity - self.loud[class],
            gaps.0,
            gaps.1,
        ];
        let all = heard.iter().chain(&self.height).chain(&self.often).copied().chain(one_hot).chain(plain);
        all.map(|value| value as f32).collect()
    }
}

/// Log-odds of every class around a candidate.
fn around(candidate: &Candidate) -> impl Iterator<Item = f64> + '_ {
    candidate.log_odds().map(|odds| believed(f64::from(odds)))
}

fn believed(log_odds: f64) -> f64 {
    log_odds.clamp(-LOG_ODDS_MAX, LOG_ODDS_MAX)
}

/// Per candidate the logarithms of the seconds to the last and to the next neighbour of its class.
fn gaps(candidates: &[Candidate], classes: usize, frame_s: f64) -> Vec<(f64, f64)> {
    let far = GAP_S.1.ln();
    let mut gaps = vec![(far, far); candidates.len()];
    let mut last: Vec<Option<usize>> = vec![None; classes];
    for (index, candidate) in candidates.iter().enumerate() {
        if candidate.probability <= NEIGHBOUR {
            continue;
        }
        if let Some(before) = last[usize::from(candidate.class)].replace(index) {
            let gap_s = (candidate.time_frames() - candidates[before].time_frames()) * frame_s;
            let gap = gap_s.clamp(GAP_S.0, GAP_S.1).ln();
            gaps[index].0 = gap;
            gaps[before].1 = gap;
        }
    }
    gaps
}
