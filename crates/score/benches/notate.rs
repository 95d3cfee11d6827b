//! How long writing takes: a song of three minutes, and a crowd of hits that no drummer plays.

use criterion::{Criterion, criterion_group, criterion_main};
use drums::{BeatGrid, Bpm, Hit, Instrument, Meter, Performance, Seconds, Velocity};
use score::{NotationOptions, notate};
use std::hint::black_box;
use testkit::Drummer;

fn song(c: &mut Criterion) {
    let take = Drummer::seeded(3).play(96);
    let options = NotationOptions::default();
    c.bench_function("notate 96 bars", |b| b.iter(|| notate(black_box(&take.performance), &options)));
}

fn crowd(c: &mut Criterion) {
    let hit = |i: u32| Hit::new(Seconds::clamped(f64::from(i) * 0.01), Instrument::Snare, Velocity::clamped(0.5));
    let tempo = Bpm::from_period(Seconds::clamped(0.5));
    let grid = BeatGrid::steady(Seconds::ZERO, tempo, Meter::FOUR_FOUR, 2000).unwrap_or_default();
    let performance = Performance::new(Seconds::clamped(1000.0), (0..100_000).map(hit).collect(), grid);
    let performance = performance.unwrap_or_default();
    let options = NotationOptions::default();
    let mut group = c.benchmark_group("crowd");
    group.sample_size(10);
    group.bench_function("notate 100 000 hits", |b| b.iter(|| notate(black_box(&performance), &options)));
    group.finish();
}

criterion_group!(benches, song, crowd);
criterion_main!(benches);
