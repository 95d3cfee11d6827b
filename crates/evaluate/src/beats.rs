//! Are the beats where a listener taps?
//!
//! Source: F-measure within 70 ms (S. Dixon, *Evaluation of the Audio Beat Tracking System BeatRoot*, 2007) and continuity
//! CMLc, CMLt, AMLc, AMLt (M. E. P. Davies, N. Degara, M. D. Plumbley, *Evaluation Methods for Musical Audio Beat
//! Tracking Algorithms*, 2009, section 4.2), with mir_eval's choices where the papers leave room.
//!
//! Conventions: nothing is trimmed from the start; callers who compare with figures that leave out five seconds do so first.

use crate::error::{Result, validate_times};
use crate::matching::{Counts, match_events};

/// Tolerance of the F-measure, in seconds.
pub const WINDOW_S: f64 = 0.07;
/// Tolerance of phase and period, as a share of the beat, in the continuity measures.
const CONTINUITY_TOLERANCE: f64 = 0.175;

/// Continuity scores, each 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Continuity {
    /// Longest correct stretch at the correct metrical level.
    pub cml_c: f64,
    /// All correct stretches at the correct level.
    pub cml_t: f64,
    /// Longest stretch, double, half and off-beat tapping allowed.
    pub aml_c: f64,
    /// All stretches, those levels allowed.
    pub aml_t: f64,
}

/// Precision, recall and F of beats within `window_s`.
///
/// # Errors
/// As for times that are not finite or not sorted.
pub fn f_measure(references: &[f64], estimates: &[f64], window_s: f64) -> Result<Counts> {
    validate_times("reference beat", references)?;
    validate_times("estimated beat", estimates)?;
    Ok(Counts::of(references.len(), estimates.len(), match_events(references, estimates, window_s).len()))
}

/// Continuity of the estimate; all zero with fewer than two beats on either side.
///
/// # Errors
/// As for times that are not finite or not sorted.
pub fn continuity(references: &[f64], estimates: &[f64]) -> Result<Continuity> {
    validate_times("reference beat", references)?;
    validate_times("estimated beat", estimates)?;
    if references.len() < 2 || estimates.len() < 2 {
        return Ok(Continuity::default());
    }
    let scores: Vec<(f64, f64)> =
        metrical_levels(references).iter().map(|level| stretches(&successes(level, estimates), level.len())).collect();
    let best = |of: fn(&(f64, f64)) -> f64| scores.iter().map(of).fold(0.0, f64::max);
    Ok(Continuity { cml_c: scores[0].0, cml_t: scores[0].1, aml_c: best(|s| s.0), aml_t: best(|s| s.1) })
}

/// The reference as annotated, off-beat, at double tempo, and at half tempo from its first and from its second beat.
fn metrical_levels(beats: &[f64]) -> [Vec<f64>; 5] {
    let middle = |pair: &[f64]| (pair[0] + pair[1]) / 2.0;
    let off_beat: Vec<f64> = beats.windows(2).map(middle).collect();
    let mut double = Vec::with_capacity(beats.len() * 2);
    for (i, &beat) in beats.iter().enumerate() {
        double.push(beat);
        double.extend(off_beat.get(i));
    }
    let half = |from: usize| beats.iter().skip(from).step_by(2).copied().collect();
    [beats.to_vec(), off_beat, double, half(0), half(1)]
}

/// For each estimate, whether it is right in phase and in period against a reference beat that is not taken yet.
fn successes(references: &[f64], estimates: &[f64]) -> Vec<bool> {
    let mut taken = vec![false; references.len()];
    let succeed = |m: usize| {
        let nearest = nearest_index(references, estimates[m]);
        let Some(nearest) = nearest.filter(|&n| !taken[n]) else { return false };
        // The first beat of either list has none before it, so it is judged by the one after.
        let (reference_length, estimate_length) = if m == 0 || nearest == 0 {
            (interval_after(references, nearest), interval_after(estimates, m))
        } else {
            (references[nearest] - references[nearest - 1], estimates[m] - estimates[m - 1])
        };
        let distance = (estimates[m] - references[nearest]).abs();
        let right = distance / reference_length < CONTINUITY_TOLERANCE
            && (1.0 - estimate_length / reference_length).abs() < CONTINUITY_TOLERANCE;
        taken[nearest] |= right;
        right
    };
    (0..estimates.len()).map(succeed).collect()
}

/// Length of the interval that starts at `index`, or of the last one at the end; not a number in a list of one.
fn interval_after(times: &[f64], index: usize) -> f64 {
    match (times.get(index + 1), index.checked_sub(1)) {
        (Some(next), _) => next - times[index],
        (None, Some(before)) => times[index] - times[before],
        (None, None) => f64::NAN,
    }
}

fn nearest_index(times: &[f64], time: f64) -> Option<usize> {
    let after = times.partition_point(|&t| t < time);
    let candidates = [after.checked_sub(1), (after < times.len()).then_some(after)];
    candidates.into_iter().flatten().min_by(|&a, &b| (times[a] - time).abs().total_cmp(&(times[b] - time).abs()))
}

/// Longest run and total of successes as shares of the longer list.
fn stretches(successes: &[bool], references: usize) -> (f64, f64) {
    let longest = successes.split(|success| !success).map(<[bool]>::len).max().unwrap_or(0);
    let total = successes.iter().filter(|&&success| success).count();
    let all = successes.len().max(references).max(1) as f64;
    (longest as f64 / all, total as f64 / all)
}
