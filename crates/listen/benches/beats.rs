//! How long reading the beats of a song takes: ten minutes of rock.

use criterion::{Criterion, criterion_group, criterion_main};
use drums::{Hit, Instrument, Seconds, Velocity};
use listen::beats::{BeatOptions, track_beats};
use std::hint::black_box;

fn rock(minutes: f64) -> Vec<Hit> {
    let eighth_s = 60.0 / 104.0 / 2.0;
    let eighths = (minutes * 60.0 / eighth_s) as usize;
    let hit = |i: usize, instrument| {
        let off_s = 0.004 * ((i * 7919 % 13) as f64 / 6.0 - 1.0);
        Hit::new(Seconds::clamped(0.5 + i as f64 * eighth_s + off_s), instrument, Velocity::clamped(0.7))
    };
    let mut hits = Vec::new();
    for i in 0..eighths {
        hits.push(hit(i, Instrument::HihatClosed));
        match i % 8 {
            0 | 5 => hits.push(hit(i, Instrument::Kick)),
            2 | 6 => hits.push(hit(i, Instrument::Snare)),
            _ => {}
        }
    }
    hits
}

fn beats(criterion: &mut Criterion) {
    for minutes in [0.5, 10.0] {
        let hits = rock(minutes);
        let end = Seconds::clamped(minutes * 60.0);
        criterion.bench_function(&format!("beats of {minutes} min"), |bencher| {
            bencher.iter(|| track_beats(black_box(&hits), end, &BeatOptions::default(), None));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = beats
}
criterion_main!(benches);
