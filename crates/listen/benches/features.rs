//! How long the features take: one short spectrum, one log-mel frame, ten seconds of log-mel frames.

mod sound;

use criterion::{Criterion, criterion_group, criterion_main};
use listen::FeatureCard;
use listen::features::{LogMel, Spectrum, Tape, features};
use sound::noise;
use std::hint::black_box;

fn card() -> FeatureCard {
    FeatureCard {
        sample_rate_hz: 44_100,
        window_samples: 2048,
        hop_samples: 441,
        bands: 64,
        low_hz: 30.0,
        high_hz: 16_500.0,
    }
}

fn benches(c: &mut Criterion) {
    let samples = noise(441_000);
    let mut tape = Tape::default();
    tape.extend(&samples);
    let mut short = Spectrum::new(512);
    c.bench_function("spectrum of 512 samples", |b| b.iter(|| short.power_at(black_box(&tape), 20_000)[3]));
    let mut mel = LogMel::new(&card());
    let mut frame = [0.0; 64];
    c.bench_function("log-mel frame of 2048 samples", |b| {
        b.iter(|| mel.frame_at(black_box(&tape), 20_000, &mut frame));
    });
    c.bench_function("log-mel of ten seconds", |b| b.iter(|| features(black_box(&samples), &card())));
}

criterion_group!(all, benches);
criterion_main!(all);
