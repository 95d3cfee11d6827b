//! Are loud strokes louder than soft ones?
//!
//! Conventions: Pearson correlation over strokes matched in time within their class.

use crate::matching::match_events;
use crate::onsets::FAMILIES;
use drums::Hit;

/// Correlation of velocities over hits matched within `window_s` in their class; `None` with fewer than three matches or
/// where one side does not vary.
#[must_use]
pub fn correlation(references: &[Hit], estimates: &[Hit], window_s: f64) -> Option<f64> {
    let mut pairs = Vec::new();
    for family in FAMILIES {
        let of = |hits: &[Hit]| -> Vec<Hit> {
            hits.iter().filter(|hit| hit.instrument.row().family == Some(family)).copied().collect()
        };
        let (r, e) = (of(references), of(estimates));
        let times = |hits: &[Hit]| hits.iter().map(|hit| hit.time.get()).collect::<Vec<_>>();
        for (i, j) in match_events(&times(&r), &times(&e), window_s) {
            pairs.push((f64::from(r[i].velocity.get()), f64::from(e[j].velocity.get())));
        }
    }
    pearson(&pairs)
}

fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 3 {
        return None;
    }
    let n = pairs.len() as f64;
    let (mean_x, mean_y) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let sum = |f: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|&(x, y)| f(x - mean_x, y - mean_y)).sum::<f64>();
    let (xx, yy, xy) = (sum(&|x, _| x * x), sum(&|_, y| y * y), sum(&|x, y| x * y));
    (xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use drums::{Instrument, Seconds, Velocity};

    #[test]
    fn twice_as_loud_correlates_fully_and_a_constant_not_at_all() {
        let hits = |velocities: [f32; 4]| -> Vec<Hit> {
            let times = [0.0, 1.0, 2.0, 3.0];
            let hit = |(t, v)| Hit::new(Seconds::clamped(t), Instrument::Snare, Velocity::clamped(v));
            times.into_iter().zip(velocities).map(hit).collect()
        };
        let reference = hits([0.2, 0.4, 0.3, 0.1]);
        assert!((correlation(&reference, &hits([0.4, 0.8, 0.6, 0.2]), 0.05).unwrap() - 1.0).abs() < 1e-6);
        assert_eq!(correlation(&reference, &hits([0.5; 4]), 0.05), None);
    }
}
