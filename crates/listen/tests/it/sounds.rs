//! Sounds made in the test: bursts that stand for drums, and the model of the repository.

use listen::{Listener, ModelSet};
use std::f32::consts::TAU;

/// Samples per second of every sound here.
pub(crate) const RATE: usize = 44_100;

/// Card of the classic model.
pub(crate) const CARD: &[u8] = include_bytes!("../../../../models/classic/model.toml");
/// Weights of the classic model.
pub(crate) const WEIGHTS: &[u8] = include_bytes!("../../../../models/classic/weights.bin");

/// A listener with the classic model.
pub(crate) fn listener() -> Listener {
    Listener::new(&ModelSet::single(CARD, WEIGHTS)).unwrap()
}

/// White noise, -1..1, the same every time.
pub(crate) fn noise(samples: usize) -> Vec<f32> {
    let mut state = 22_222u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..samples).map(|_| next()).collect()
}

/// A drum of synthetic sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Drum {
    /// A falling sine.
    Kick,
    /// Noise and a body at 190 Hz.
    Snare,
    /// Short bright noise.
    Hat,
}

fn burst(drum: Drum) -> Vec<f32> {
    let hiss = noise(RATE / 2);
    let at = |n: usize| n as f32 / RATE as f32;
    let bright = |n: usize| hiss[n] - hiss[n.saturating_sub(1)];
    let value = |n: usize| {
        let t = at(n);
        match drum {
            Drum::Kick => (TAU * (55.0 * t + 1.8 * (1.0 - (-t * 40.0).exp()))).sin() * (-t * 14.0).exp() * 0.8,
            Drum::Snare => hiss[n] * (-t * 22.0).exp() * 0.35 + (TAU * 190.0 * t).sin() * (-t * 28.0).exp() * 0.35,
            Drum::Hat => bright(n) * (-t * 60.0).exp() * 0.12,
        }
    };
    (0..RATE / 2).map(value).collect()
}

/// Bursts at times in seconds, over very soft noise.
pub(crate) fn play(hits: &[(f64, Drum)], duration_s: f64) -> Vec<f32> {
    let mut sound: Vec<f32> = noise((duration_s * RATE as f64) as usize).iter().map(|x| x * 1e-4).collect();
    for (time_s, drum) in hits {
        let start = (time_s * RATE as f64).round() as usize;
        for (sample, value) in sound.iter_mut().skip(start).zip(burst(*drum)) {
            *sample += value;
        }
    }
    sound
}

/// Eighths at 120 a minute: hi-hats, kick on one and three, snare on two and four.
pub(crate) fn rock(bars: usize) -> Vec<(f64, Drum)> {
    let mut hits = Vec::new();
    for eighth in 0..bars * 8 {
        let time_s = 0.5 + eighth as f64 * 0.25;
        match eighth % 4 {
            0 => hits.push((time_s, Drum::Kick)),
            2 => hits.push((time_s, Drum::Snare)),
            _ => {}
        }
        hits.push((time_s, Drum::Hat));
    }
    hits
}
