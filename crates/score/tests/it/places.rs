//! How often a human player's strokes are written where they were meant.

use score::{NotationOptions, check, notate, placements};
use testkit::{Drummer, Take};

/// Share of the hits at their place. A shuffle without middle triplets may be written as swing, its 2/3 as 1/2.
fn share(take: &Take) -> f64 {
    let (score, _) = notate(&take.performance, &NotationOptions::default());
    assert_eq!(check(&score), []);
    let found = placements(&score, &take.performance);
    let swings = score.measures.iter().any(|measure| measure.swing == Some(true));
    let right = found.iter().zip(&take.places).filter(|(found, meant)| {
        let swung = swings && meant.fraction == (2, 3) && found.fraction == (1, 2);
        (found.measure, found.beat) == (meant.bar, meant.beat) && (swung || found.fraction == meant.fraction)
    });
    right.count() as f64 / take.places.len() as f64
}

fn mean_share(jitter_s: f64) -> f64 {
    let shares: Vec<f64> = (0..40)
        .map(|seed| {
            let mut drummer = Drummer::seeded(seed);
            drummer.jitter_s = jitter_s;
            share(&drummer.play(16))
        })
        .collect();
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    println!("{:.0} ms: {mean:.4}, worst {:.4}", jitter_s * 1e3, shares.iter().copied().fold(1.0, f64::min));
    mean
}

#[test]
fn human_timing_is_read_through() {
    assert!(mean_share(0.0) > 0.999);
    assert!(mean_share(0.006) > 0.99);
    assert!(mean_share(0.012) > 0.97);
}
