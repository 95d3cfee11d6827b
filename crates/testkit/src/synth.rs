//! A tiny drum machine: sines and noise, no samples.
//!
//! Each sound starts at full level on the sample of its hit, so that the hit's time is the onset's time exactly.

use crate::random::Random;
use drums::{Hit, Instrument, Pcm, Performance, Piece, SampleRate};
use std::f64::consts::TAU;

const RATE_HZ: f64 = 44_100.0;

/// How a piece sounds: a falling sine and noise, each with its own decay.
struct Timbre {
    from_hz: f64,
    to_hz: f64,
    tone: f64,
    tone_decay_s: f64,
    noise: f64,
    noise_decay_s: f64,
    /// 0 is white noise, 1 leaves the high end only.
    bright: f64,
}

/// The sound of a performance: mono, 44.1 kHz, as long as the performance says (at most ten minutes), peak at most
/// 0.95.
#[must_use]
pub fn synth(performance: &Performance) -> Pcm {
    let seconds = performance.duration().get().min(600.0);
    let mut samples = vec![0.0f32; (seconds * RATE_HZ) as usize];
    for hit in performance.hits() {
        add(hit, &mut samples);
    }
    let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    if peak > 0.95 {
        samples.iter_mut().for_each(|sample| *sample *= 0.95 / peak);
    }
    Pcm::mono(SampleRate::LISTENING, samples)
}

fn add(hit: &Hit, samples: &mut [f32]) {
    let timbre = timbre_of(hit.instrument);
    let start = hit.time.get() * RATE_HZ;
    if start < 0.0 || start >= samples.len() as f64 {
        return;
    }
    let longest_s = 6.0 * timbre.tone_decay_s.max(timbre.noise_decay_s);
    let mut random = Random::seeded(u64::from(hit.id.0) + 1);
    let (mut phase, mut last_noise) = (0.0, 0.0);
    let level = 0.6 * f64::from(hit.velocity.get());
    for (n, sample) in samples[start as usize..].iter_mut().take((longest_s * RATE_HZ) as usize).enumerate() {
        let t = n as f64 / RATE_HZ;
        let hz = timbre.to_hz + (timbre.from_hz - timbre.to_hz) * (-t / 0.03).exp();
        phase += TAU * hz / RATE_HZ;
        let white = random.between(-1.0, 1.0);
        let noise = white - timbre.bright * last_noise;
        last_noise = white;
        let tone = timbre.tone * phase.cos() * (-t / timbre.tone_decay_s).exp();
        *sample += (level * (tone + timbre.noise * noise * (-t / timbre.noise_decay_s).exp())) as f32;
    }
}

fn timbre_of(instrument: Instrument) -> Timbre {
    let drum = |from_hz, to_hz, decay_s, noise| Timbre {
        from_hz,
        to_hz,
        tone: 1.0,
        tone_decay_s: decay_s,
        noise,
        noise_decay_s: 0.06,
        bright: 0.3,
    };
    let metal = |ping_hz, ping, decay_s| Timbre {
        from_hz: ping_hz,
        to_hz: ping_hz,
        tone: ping,
        tone_decay_s: 0.12,
        noise: 0.35,
        noise_decay_s: decay_s,
        bright: 0.95,
    };
    match (instrument.row().piece, instrument) {
        (Piece::Kick, _) => drum(160.0, 48.0, 0.12, 0.05),
        (Piece::Snare, Instrument::CrossStick) => drum(900.0, 800.0, 0.02, 0.3),
        (Piece::Snare, _) => Timbre { noise: 0.8, noise_decay_s: 0.09, ..drum(240.0, 185.0, 0.07, 0.0) },
        (Piece::Tom, Instrument::TomHigh | Instrument::TomHighMid) => drum(260.0, 190.0, 0.16, 0.08),
        (Piece::Tom, Instrument::TomLowMid | Instrument::TomLow) => drum(190.0, 135.0, 0.2, 0.08),
        (Piece::Tom, _) => drum(130.0, 88.0, 0.25, 0.08),
        (Piece::Hihat, Instrument::HihatOpen | Instrument::HihatFootSplash) => metal(7000.0, 0.05, 0.25),
        (Piece::Hihat, Instrument::HihatHalfOpen) => metal(7000.0, 0.05, 0.12),
        (Piece::Hihat, _) => metal(8000.0, 0.05, 0.035),
        (Piece::Ride, Instrument::RideBell) => metal(1300.0, 0.6, 0.3),
        (Piece::Ride, _) => metal(3300.0, 0.3, 0.3),
        (Piece::Cymbal, _) => metal(4200.0, 0.05, 0.6),
        (Piece::Percussion, Instrument::Cowbell) => metal(800.0, 0.8, 0.02),
        (Piece::Percussion, _) => metal(2000.0, 0.1, 0.08),
    }
}
