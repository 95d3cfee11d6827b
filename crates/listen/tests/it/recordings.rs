//! The report on a recording, measured on sounds of which everything is known.

use crate::sounds::{RATE, noise};
use listen::{Gauge, Recording, Room, Suitability};
use std::f32::consts::TAU;

fn report(sound: &[f32]) -> Recording {
    let mut gauge = Gauge::default();
    for block in sound.chunks(3000) {
        gauge.hear(block);
    }
    gauge.report(10)
}

/// Bursts of noise, two a second, that die away by 60 dB in `decay_s`, over a very soft floor.
fn bursts(duration_s: f32, decay_s: f32) -> Vec<f32> {
    let hiss = noise((duration_s * RATE as f32) as usize);
    let spacing = if decay_s > 0.5 { RATE * 2 } else { RATE / 2 };
    let value = |n: usize| {
        let since_s = (n % spacing) as f32 / RATE as f32;
        hiss[n] * (0.5 * 10f32.powf(-3.0 * since_s / decay_s) + 1e-5)
    };
    (0..hiss.len()).map(value).collect()
}

#[test]
fn levels_of_known_noise_are_found() {
    // Even noise of amplitude a has the mean power a^2 / 3.
    let soft: Vec<f32> = noise(RATE * 4).iter().map(|x| x * 0.01).collect();
    let found = report(&soft);
    assert!((found.level_db - -44.8).abs() < 0.2, "{found:?}");
    assert!((found.noise_floor_db - -45.0).abs() <= 1.0, "{found:?}");
    assert!((found.peak_db - -40.0).abs() < 0.1, "{found:?}");
}

#[test]
fn a_known_share_of_clipping_is_found() {
    let mut sound: Vec<f32> = bursts(4.0, 0.2).iter().map(|x| x * 0.5).collect();
    for stretch in sound.chunks_mut(1000) {
        let loud = stretch.len().min(15);
        stretch[..loud].fill(1.0);
    }
    let found = report(&sound);
    assert!((found.clipped_share() - 0.015).abs() < 5e-4, "{}", found.clipped_share());
    assert_eq!((found.longest_clip_samples, found.suitability), (15, Suitability::Poor));
    assert!(found.remarks.iter().any(|remark| remark.contains("1.5 %")), "{:?}", found.remarks);
}

#[test]
fn known_decays_are_found_and_named() {
    for (decay_s, room) in [(0.2, Room::Dry), (0.7, Room::Room), (1.6, Room::VeryRoomy)] {
        let found = report(&bursts(12.0, decay_s));
        let measured = found.decay_s.unwrap();
        assert!((measured / decay_s - 1.0).abs() < 0.25, "{decay_s} s measured as {measured} s");
        assert_eq!(found.room(), Some(room));
    }
}

#[test]
fn hum_is_found_by_its_frequency_and_level_and_music_is_not_taken_for_it() {
    let music = bursts(6.0, 0.2);
    assert_eq!(report(&music).hum, None);
    for hz in [50.0f32, 60.0] {
        let tone = |n: usize, k: f32| (TAU * hz * k * n as f32 / RATE as f32).sin();
        let hum = |n: usize| 0.005 * (tone(n, 1.0) + 0.6 * tone(n, 2.0) + 0.5 * tone(n, 3.0));
        let sound: Vec<f32> = music.iter().enumerate().map(|(n, x)| x + hum(n)).collect();
        let found = report(&sound).hum.unwrap();
        assert!((found.frequency_hz - hz).abs() < 1e-6, "{found:?}");
        assert!((found.level_db - -44.0).abs() < 2.5, "{found:?}");
    }
}

/// A steep low pass: a windowed sinc of 401 values.
fn low_passed(sound: &[f32], cutoff_hz: f64) -> Vec<f32> {
    let share = 2.0 * cutoff_hz / RATE as f64;
    let tap = |k: i32| {
        let x = std::f64::consts::PI * f64::from(k) * share;
        let window = 0.42
            + 0.5 * (f64::from(k) / 201.0 * std::f64::consts::PI).cos()
            + 0.08 * (f64::from(k) / 201.0 * std::f64::consts::TAU).cos();
        (share * if k == 0 { 1.0 } else { x.sin() / x } * window) as f32
    };
    let taps: Vec<f32> = (-200..=200).map(tap).collect();
    let at = |n: i64| usize::try_from(n).ok().and_then(|n| sound.get(n)).copied().unwrap_or(0.0);
    (0..sound.len() as i64).map(|n| (-200..).zip(&taps).map(|(k, tap)| tap * at(n + k)).sum()).collect()
}

#[test]
fn the_bandwidth_of_low_passed_sound_is_found() {
    for (cutoff_hz, suitability) in [(3400.0, Suitability::Poor), (7000.0, Suitability::Fair)] {
        let found = report(&low_passed(&bursts(3.0, 0.2), cutoff_hz));
        assert!((f64::from(found.bandwidth_hz) / cutoff_hz - 1.0).abs() < 0.12, "{} Hz", found.bandwidth_hz);
        assert_eq!(found.suitability, suitability, "{:?}", found.remarks);
        assert!(found.remarks.iter().any(|remark| remark.contains("Nothing sounds above")), "{:?}", found.remarks);
    }
    assert!(report(&bursts(3.0, 0.2)).bandwidth_hz > 18_000.0);
}

#[test]
fn a_clean_recording_is_good_and_an_empty_one_is_not() {
    let clean = report(&bursts(6.0, 0.2));
    assert_eq!((clean.suitability, clean.remarks.as_slice()), (Suitability::Good, [].as_slice()));
    let nothing = Gauge::default().report(0);
    assert_eq!(
        (nothing.suitability, nothing.remarks.as_slice()),
        (Suitability::Poor, ["There is no sound at all.".to_owned()].as_slice())
    );
    let mut gauge = Gauge::default();
    gauge.hear(&bursts(3.0, 0.2));
    assert!(gauge.report(0).remarks.contains(&"No drums were found in this recording.".to_owned()));
}
