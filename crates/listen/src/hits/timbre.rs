//! Moments of a recording that sound alike lend each other evidence.
//!
//! Conventions: a moment is a frame with candidates; all candidates of a frame know the same log-odds of all classes
//! around it. The sums are taken in the order of the moments, so that the same recording gives the same bytes.

use super::candidates::Candidate;
use super::choose::log_odds;
use crate::card::TimbreCard;
use crate::classic::logistic;

/// Moments before and after one among which its neighbours are looked for: a minute or so of playing, in which a kit
/// sounds the same, and a bound on the work.
const AROUND_MOMENTS: usize = 600;
/// Moments closer than this are the same stroke or its flam, frames.
const APART_FRAMES: u32 = 4;
/// Length below which a direction is none.
const LENGTH_MIN: f32 = 1e-9;

/// A frame with candidates.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moment {
    pub(super) frame: u32,
    /// The first of its candidates; the others follow it.
    pub(super) first_candidate: usize,
    /// What the network says it sounds like.
    pub(super) timbre: Box<[f32]>,
}

/// Draws the probabilities of candidates towards those of moments that sound alike.
pub(super) fn lend(card: &TimbreCard, candidates: &mut [Candidate], moments: &[Moment]) {
    let directions = directions(moments, card.values);
    let direction = |moment: usize| &directions[moment * card.values..(moment + 1) * card.values];
    let evidence: Vec<Vec<f32>> =
        moments.iter().map(|moment| candidates[moment.first_candidate].log_odds().collect()).collect();
    let mut likenesses = Vec::with_capacity(2 * AROUND_MOMENTS);
    for (index, moment) in moments.iter().enumerate() {
        likenesses.clear();
        let around = index.saturating_sub(AROUND_MOMENTS)..moments.len().min(index + AROUND_MOMENTS + 1);
        for other in around.filter(|other| moments[*other].frame.abs_diff(moment.frame) >= APART_FRAMES) {
            let cosine: f32 = direction(index).iter().zip(direction(other)).map(|(a, b)| a * b).sum();
            likenesses.push((cosine, other));
        }
        nearest(&mut likenesses, card.neighbours);
        let Some(lent) = mean(&likenesses, &evidence, card.reach) else { continue };
        let end = moments.get(index + 1).map_or(candidates.len(), |next| next.first_candidate);
        for candidate in &mut candidates[moment.first_candidate..end] {
            let own = log_odds(candidate.probability);
            let drawn = own + card.share * (lent[usize::from(candidate.class)] - own);
            candidate.probability = logistic(drawn);
        }
    }
}

/// The timbres less their mean, each of length 1 (or 0 where it is the mean itself), one after the other.
fn directions(moments: &[Moment], values: usize) -> Vec<f32> {
    let mut mean = vec![0.0f64; values];
    for moment in moments {
        mean.iter_mut().zip(&moment.timbre).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    mean.iter_mut().for_each(|sum| *sum /= moments.len().max(1) as f64);
    let mut directions = Vec::with_capacity(moments.len() * values);
    for moment in moments {
        let from = directions.len();
        directions.extend(moment.timbre.iter().zip(&mean).map(|(value, mean)| value - *mean as f32));
        let length = directions[from..].iter().map(|value| value * value).sum::<f32>().sqrt();
        let scale = if length > LENGTH_MIN { 1.0 / length } else { 0.0 };
        directions[from..].iter_mut().for_each(|value| *value *= scale);
    }
    directions
}

/// Keeps the `count` likest, in order of their moments; of two equally like the earlier one.
fn nearest(likenesses: &mut Vec<(f32, usize)>, count: usize) {
    if likenesses.len() > count {
        let likest_first = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        likenesses.select_nth_unstable_by(count, likest_first);
        likenesses.truncate(count);
    }
    likenesses.sort_unstable_by_key(|(_, moment)| *moment);
}

/// The mean log-odds of some moments, weighed by their likeness; none of no moments.
fn mean(likenesses: &[(f32, usize)], evidence: &[Vec<f32>], reach: f32) -> Option<Vec<f32>> {
    let mut sums = vec![0.0; evidence.first()?.len()];
    let mut weights = 0.0;
    for (cosine, moment) in likenesses {
        let weight = ((cosine - 1.0) / reach).exp();
        weights += weight;
        sums.iter_mut().zip(&evidence[*moment]).for_each(|(sum, odds)| *sum += weight * odds);
    }
    (weights > 0.0).then(|| sums.into_iter().map(|sum| sum / weights).collect())
}
