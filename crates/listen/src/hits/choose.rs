//! Chooses hits among judged candidates.

use crate::card::ModelCard;
use crate::classic::{Candidate, Verdict, logistic};
use drums::{Confidence, Hit, HitId, SampleRate, Seconds};

/// The hits among candidates and the judge's verdicts on them, sorted by time, then score order, numbered from 0.
///
/// A group is struck where its log-odds reach those of the group's threshold less `log_odds_shift` (positive: more
/// hits). Of two strokes of a group closer than the card's `combine_s` the surer one stays. The confidence is the
/// probability that this very instrument was struck.
#[must_use]
pub fn choose(card: &ModelCard, candidates: &[Candidate], verdicts: &[Verdict], log_odds_shift: f32) -> Vec<Hit> {
    let instruments = card.instruments();
    let rate_hz = f64::from(SampleRate::LISTENING.get());
    let mut hits = Vec::new();
    let mut first_class = 0;
    for (index, group) in card.groups.iter().enumerate() {
        let classes = first_class..first_class + group.members.len();
        first_class = classes.end;
        let least = log_odds(group.threshold_of(0)) - log_odds_shift;
        for stroke in strokes(candidates, verdicts, index, least, card.combine_s * rate_hz) {
            let verdict = &verdicts[stroke];
            let shares = &verdict.class_shares[classes.clone()];
            // Of equal shares the first member counts.
            let member = (0..shares.len()).rev().max_by(|a, b| shares[*a].total_cmp(&shares[*b])).unwrap_or(0);
            let confidence = logistic(verdict.group_log_odds[index]) * shares[member];
            hits.push(Hit {
                id: HitId(0),
                time: Seconds::clamped((candidates[stroke].onset_samples / rate_hz + card.latency_s).max(0.0)),
                instrument: instruments[classes.start + member],
                velocity: group.velocity.map(verdict.velocities[index]),
                confidence: Confidence::clamped(confidence),
            });
        }
    }
    hits.sort_by(|a, b| a.time.total_cmp(&b.time).then(a.instrument.cmp(&b.instrument)));
    for (id, hit) in (0..).zip(hits.iter_mut()) {
        hit.id = HitId(id);
    }
    hits
}

/// Indices of the candidates on which group `group` is struck.
fn strokes(
    candidates: &[Candidate],
    verdicts: &[Verdict],
    group: usize,
    least_log_odds: f32,
    combine_samples: f64,
) -> Vec<usize> {
    let mut strokes: Vec<usize> = Vec::new();
    for (index, verdict) in verdicts.iter().enumerate() {
        let odds = verdict.group_log_odds[group];
        if odds < least_log_odds {
            continue;
        }
        match strokes.last_mut() {
            Some(last) if candidates[index].onset_samples - candidates[*last].onset_samples < combine_samples => {
                if odds > verdicts[*last].group_log_odds[group] {
                    *last = index;
                }
            }
            _ => strokes.push(index),
        }
    }
    strokes
}

pub(crate) fn log_odds(probability: f32) -> f32 {
    let p = probability.clamp(1e-6, 1.0 - 1e-6);
    (p / (1.0 - p)).ln()
}
