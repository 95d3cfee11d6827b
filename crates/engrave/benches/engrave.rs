//! How long a page takes: a short piece and a long one.

#![allow(missing_docs, dead_code, unreachable_pub, clippy::unwrap_used, reason = "a bench on the tests' scores")]

#[path = "../tests/it/build.rs"]
mod build;

use criterion::{Criterion, criterion_group, criterion_main};
use engrave::{PageStyle, engrave};
use std::hint::black_box;

fn pages(criterion: &mut Criterion) {
    for bars in [32, 300] {
        let score = build::song(bars);
        criterion.bench_function(&format!("engrave {bars} bars"), |bencher| {
            bencher.iter(|| engrave(black_box(&score), &PageStyle::default()));
        });
    }
}

criterion_group!(benches, pages);
criterion_main!(benches);
