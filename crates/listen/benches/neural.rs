//! How long the neural ear takes: ten seconds of stacked frames, ten seconds through the network, making a model ready.
//!
//! The network is the first neural model of `models/`, or the small one of the tests where none is there.

mod sound;

use criterion::{Criterion, criterion_group, criterion_main};
use listen::features::{Stack, Tape};
use listen::neural::{Network, ThreadPool};
use listen::{Ear, ModelCard};
use sound::noise;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = std::fs::read_dir(root.join("../../models")).expect("the repository has models");
    let mut shipped: Vec<PathBuf> = shipped.filter_map(|entry| Some(entry.ok()?.path())).collect();
    shipped.sort();
    let neural = shipped.into_iter().find(|folder| folder.join("model.onnx").is_file());
    neural.unwrap_or_else(|| root.join("tests/it/data/tiny"))
}

fn benches(c: &mut Criterion) {
    let folder = folder();
    let read = |name: &str| std::fs::read(folder.join(name)).expect("a model has a card and a graph");
    let (card, weights) = (ModelCard::parse(&read("model.toml")).expect("the card is sound"), read("model.onnx"));
    let Ear::Neural(features, network) = card.ear.clone() else { return };
    let mut tape = Tape::default();
    tape.extend(&noise(441_000));
    let mut stack = Stack::new(&features);
    let width = stack.width();
    let mut rows = vec![0.0; 1000 * width];
    c.bench_function("stacked frames of ten seconds", |b| {
        b.iter(|| {
            for (frame, row) in rows.chunks_exact_mut(width).enumerate() {
                stack.row_at(black_box(&tape), frame as i64, row);
            }
        });
    });
    let make = || Network::new(&card, &features, &network, &weights).expect("the model is sound");
    c.bench_function("a network read, checked and tried out", |b| b.iter(make));
    let (network, pool) = (make(), Arc::new(ThreadPool::with_num_threads(1)));
    c.bench_function("ten seconds through the network, one thread", |b| {
        b.iter(|| network.run(black_box(rows.clone()), &pool).map(|answer| answer.onset.len()));
    });
}

criterion_group!(all, benches);
criterion_main!(all);
