//! The learnt table: how likely each class is to sound at each slot of a bar, and the score of counts under it.
//!
//! The score is a beta-binomial marginal likelihood: the table is the prior of this piece's own rates, worth
//! [`PRIOR_BARS`] bars. A bar that repeats itself is thereby likely whatever it holds, which is what finds the bar length;
//! where in it the table expects kick, snare and crash finds the bar line.
//!
//! Source: `rates.txt`, made by `training/beats/learn_rates.py` in part from the Groove MIDI Dataset (Gillick et al.
//! 2019, CC BY 4.0), train split.

use super::onsets::CLASSES;
use drums::Meter;
use std::sync::LazyLock;

/// Slots in a beat.
pub(super) const SLOTS: usize = 12;
/// Levels a rate is rounded to.
pub(super) const LEVELS: usize = 16;
/// How many bars the table is worth against what is heard.
const PRIOR_BARS: f64 = 5.0;

/// A groove as the table knows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Template {
    /// Its meter.
    pub(super) meter: Meter,
    /// Share of it among the pieces of its meter, as a natural logarithm.
    pub(super) ln_share: f64,
    /// Mean of the natural logarithm of its tempo in beats per minute.
    pub(super) ln_bpm: f64,
    /// Standard deviation of the same.
    pub(super) ln_bpm_sd: f64,
    /// Level of each slot and class, `[slot * CLASSES + class]`.
    pub(super) levels: Vec<u8>,
}

/// All templates, in the order of the file: meters together.
pub(super) static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| parse(include_str!("rates.txt")));

/// Reads the table; anything that is not as the script writes it is left out, which a test would notice.
fn parse(text: &str) -> Vec<Template> {
    let mut templates: Vec<Template> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        if let Ok(meter) = name.parse::<Meter>() {
            let mut number = || words.nth(1).and_then(|w| w.parse::<f64>().ok()).unwrap_or(1.0);
            let (ln_share, ln_bpm, ln_bpm_sd) = (number().ln(), number(), number());
            templates.push(Template { meter, ln_share, ln_bpm, ln_bpm_sd, levels: Vec::new() });
        } else if let Some(template) = templates.last_mut() {
            let digits = words.flat_map(str::chars);
            template.levels.extend(digits.filter_map(|d| d.to_digit(16)).map(|d| d as u8));
        }
    }
    let whole = |t: &Template| t.levels.len() == CLASSES * SLOTS * usize::from(t.meter.beats_per_bar());
    templates.retain(whole);
    templates.iter_mut().for_each(|template| template.levels = by_slot(&template.levels));
    templates
}

/// Levels by class turned into levels by slot.
fn by_slot(levels: &[u8]) -> Vec<u8> {
    let slots = levels.len() / CLASSES;
    (0..levels.len()).map(|at| levels[at % CLASSES * slots + at / CLASSES]).collect()
}

/// Scores of every count under every level, by addition alone.
pub(super) struct BetaBinomial {
    /// `ln Γ(κ r + j / 2) - ln Γ(κ r)` at `[level][j]`.
    heard: Vec<Vec<f64>>,
    /// `ln Γ(κ (1 - r) + j / 2) - ln Γ(κ (1 - r))` at `[level][j]`.
    silent: Vec<Vec<f64>>,
    /// `ln Γ(κ + j / 2) - ln Γ(κ)` at `[j]`.
    total: Vec<f64>,
}

impl BetaBinomial {
    /// Tables for up to `bars` bars.
    pub(super) fn new(bars: usize) -> Self {
        let rate = |level: usize| 1.0 / (1.0 + (5.5 - 0.6 * level as f64).exp());
        let size = 2 * bars + 2;
        Self {
            heard: (0..LEVELS).map(|l| rising(PRIOR_BARS * rate(l), size)).collect(),
            silent: (0..LEVELS).map(|l| rising(PRIOR_BARS * (1.0 - rate(l)), size)).collect(),
            total: rising(PRIOR_BARS, size),
        }
    }

    /// Log score at each level of a slot in which a class sounded `halves / 2` times in `bars` bars.
    pub(super) fn scores(&self, halves: usize, bars: usize) -> [f32; LEVELS] {
        let all = (2 * bars).min(self.total.len() - 1);
        let halves = halves.min(all);
        std::array::from_fn(|l| (self.heard[l][halves] + self.silent[l][all - halves] - self.total[all]) as f32)
    }
}

/// `ln Γ(x + j / 2) - ln Γ(x)` for `j` in `0..size`.
pub(super) fn rising(x: f64, size: usize) -> Vec<f64> {
    let half = ln_gamma(x + 0.5) - ln_gamma(x);
    let mut values = vec![0.0, half];
    for j in 2..size {
        let before = x + (j as f64) / 2.0 - 1.0;
        values.push(values[j - 2] + before.ln());
    }
    values
}

/// Natural logarithm of the gamma function for `x > 0`, by Stirling's series after lifting `x` above 8.
fn ln_gamma(x: f64) -> f64 {
    let mut lifted = x;
    let mut less = 0.0;
    while lifted < 8.0 {
        less += lifted.ln();
        lifted += 1.0;
    }
    let series = 1.0 / (12.0 * lifted) - 1.0 / (360.0 * lifted.powi(3)) + 1.0 / (1260.0 * lifted.powi(5));
    (lifted - 0.5) * lifted.ln() - lifted + 0.5 * std::f64::consts::TAU.ln() + series - less
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let meters: std::collections::BTreeSet<String> = TEMPLATES.iter().map(|t| t.meter.to_string()).collect();
        assert_eq!(Vec::from_iter(meters), ["12/8", "2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "9/8"]);
        let lines = include_str!("rates.txt").lines().filter(|l| l.contains("share")).count();
        assert_eq!(TEMPLATES.len(), lines);
    }

    #[test]
    fn the_gamma_function_is_a_factorial() {
        assert!((ln_gamma(6.0) - 120.0_f64.ln()).abs() < 1e-9);
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-9);
    }

    #[test]
    fn outcomes_of_a_slot_sum_to_one() {
        let scores = BetaBinomial::new(1);
        for level in 0..LEVELS {
            let sum = scores.scores(0, 1)[level].exp() + scores.scores(2, 1)[level].exp();
            assert!((sum - 1.0).abs() < 1e-5, "level {level}: {sum}");
        }
    }
}
