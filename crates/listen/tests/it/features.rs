//! Features against numpy, and the picking of peaks.

use crate::sounds::CARD;
use drums::{FrameRate, SampleRate, Seconds};
use listen::ModelCard;
use listen::features::{features, resample};
use listen::hits::{PeakPicking, estimate_velocity, pick_peaks};
use proptest::prelude::*;

/// The sound of `data/log_mel.py`.
fn made_sound() -> Vec<f32> {
    let wave = |n: usize| {
        let (t, n) = (n as f64 / 44_100.0, n as f64);
        let tau = std::f64::consts::TAU;
        let low = if n > 2000.0 { 0.2 * (tau * 60.0 * t).sin() } else { 0.0 };
        let grain = 0.001 * ((n * 7919.0 % 1009.0) / 504.5 - 1.0);
        0.4 * (tau * 440.0 * t).sin() + 0.3 * (tau * 5000.0 * t).sin() * (-n / 1500.0).exp() + low + grain
    };
    (0..4410).map(|n| wave(n) as f32).collect()
}

#[test]
fn log_mel_frames_equal_those_of_numpy() {
    let expected: Vec<Vec<f32>> = serde_json::from_str(include_str!("data/log_mel.json")).unwrap();
    let card = ModelCard::parse(CARD).unwrap().ear.classic().unwrap().clone();
    let found = features(&made_sound(), &card);
    assert_eq!((found.frames(), found.bands()), (expected.len(), 64));
    for (index, row) in expected.iter().enumerate() {
        for (band, (a, b)) in row.iter().zip(found.frame(index)).enumerate() {
            // A ten-thousandth of the level, and no finer than the rounding of 32 bits below -60 dB.
            let tolerance = 1e-4 * a.abs().max(1.0) * if *a < -60.0 { 10.0 } else { 1.0 };
            assert!((a - b).abs() <= tolerance, "frame {index}, band {band}: numpy {a}, ours {b}");
        }
    }
}

#[test]
fn no_sound_gives_one_silent_frame() {
    let card = ModelCard::parse(CARD).unwrap().ear.classic().unwrap().clone();
    let found = features(&[], &card);
    assert_eq!(found.frames(), 1);
    assert!(found.values().iter().all(|level| *level == -120.0));
}

#[test]
fn a_sine_survives_a_change_of_rate() {
    let sine = |rate: f64, n: usize| (std::f64::consts::TAU * 1000.0 * n as f64 / rate).sin() as f32;
    let slow: Vec<f32> = (0..8000).map(|n| sine(8000.0, n)).collect();
    let fast = resample(&slow, SampleRate::new(8000).unwrap(), SampleRate::LISTENING);
    assert_eq!(fast.len(), 44_100);
    for (n, sample) in fast.iter().enumerate().skip(2000).take(40_000) {
        assert!((sample - sine(44_100.0, n)).abs() < 0.01, "sample {n}");
    }
}

#[test]
fn the_top_of_a_peak_lies_between_frames() {
    let curve = [0.0, 0.1, 0.8, 0.6, 0.1, 0.0, 0.0];
    let peaks = pick_peaks(&curve, FrameRate::new(100.0).unwrap(), &PeakPicking::default());
    assert_eq!(peaks.len(), 1);
    assert!((0.0205..0.0245).contains(&peaks[0].time.get()), "{:?}", peaks[0]);
}

#[test]
fn close_peaks_are_one_and_a_plateau_counts_once() {
    let rate = FrameRate::new(100.0).unwrap();
    let one_by_one = PeakPicking { pre_max_s: 0.01, post_max_s: 0.01, combine_s: 0.03, ..PeakPicking::default() };
    let curve = [0.0, 0.9, 0.0, 0.9, 0.0, 0.0, 0.0, 0.5, 0.5, 0.0];
    let times: Vec<f64> = pick_peaks(&curve, rate, &one_by_one).iter().map(|peak| peak.time.get()).collect();
    assert_eq!(times.len(), 2, "{times:?}");
}

proptest! {
    #[test]
    fn peaks_are_in_order_and_high_enough(curve in prop::collection::vec(0f32..1.0, 0..200), threshold in 0.05f32..0.9) {
        let picking = PeakPicking { threshold, ..PeakPicking::default() };
        let peaks = pick_peaks(&curve, FrameRate::new(100.0).unwrap(), &picking);
        prop_assert!(peaks.windows(2).all(|pair| (pair[1].time - pair[0].time).get() >= picking.combine_s));
        let earliest = Seconds::ZERO - Seconds::clamped(0.01);
        prop_assert!(peaks.iter().all(|peak| peak.value >= threshold && peak.time >= earliest));
    }

    #[test]
    fn louder_is_never_softer(a in -80f32..0.0, b in -80f32..0.0) {
        let (soft, loud) = (a.min(b), a.max(b));
        prop_assert!(estimate_velocity(soft, 0.0) <= estimate_velocity(loud, 0.0));
    }
}
