//! How long it takes from a video on disk to samples in memory.

use criterion::{Criterion, criterion_group, criterion_main};
use media::{DecodeOptions, Limits, Source, decode_to_pcm, probe};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::Path;

/// The demo clip (29.5 s): the look at its header, and the decode to one channel.
fn decode(c: &mut Criterion) {
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/demo.mp4");
    let source = Source::file(clip).expect("a path");
    let limits = Limits::default();
    let info = probe(&source, &limits).expect("the demo clip is readable");
    let mut group = c.benchmark_group("demo.mp4");
    group.sample_size(20);
    group.bench_function("probe", |b| b.iter(|| probe(black_box(&source), &limits)));
    group.bench_function("decode_to_pcm_mono", |b| {
        b.iter(|| {
            let options = DecodeOptions::default();
            decode_to_pcm(black_box(&source), &info, &limits, &options, &mut |_| ControlFlow::Continue(()))
        });
    });
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
