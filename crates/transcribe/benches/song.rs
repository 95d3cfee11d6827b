//! How long a song of five minutes takes from hits to paper: beats read, written down, engraved, and as files.
//!
//! The song is 150 bars of 4/4 at 120 by the synthetic drummer, in sixteenths with ghost notes and fills. Times are those
//! the processor spent on this thread (Linux), so that other people's load does not count.

use criterion::measurement::{Measurement, ValueFormatter};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use drums::Performance;
use engrave::PageStyle;
use export::{Material, Options, find, write};
use listen::beats::{BeatOptions, track_beats};
use score::{NotationOptions, notate};
use std::hint::black_box;
use testkit::Drummer;

/// Five minutes at 120.
const BARS: usize = 150;

/// Processor time of this thread in nanoseconds, as Linux counts it.
struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = u64;
    type Value = u64;

    fn start(&self) -> u64 {
        let counted = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        counted.split_whitespace().next().and_then(|spent_ns| spent_ns.parse().ok()).unwrap_or_default()
    }

    fn end(&self, started_ns: u64) -> u64 {
        self.start().saturating_sub(started_ns).max(1)
    }

    fn add(&self, a: &u64, b: &u64) -> u64 {
        a + b
    }

    fn zero(&self) -> u64 {
        0
    }

    fn to_f64(&self, spent_ns: &u64) -> f64 {
        *spent_ns as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &CpuMilliseconds
    }
}

struct CpuMilliseconds;

impl ValueFormatter for CpuMilliseconds {
    fn scale_values(&self, _: f64, values: &mut [f64]) -> &'static str {
        values.iter_mut().for_each(|value| *value /= 1e6);
        "CPU ms"
    }

    fn scale_throughputs(&self, typical: f64, _: &Throughput, values: &mut [f64]) -> &'static str {
        self.scale_values(typical, values)
    }

    fn scale_for_machines(&self, values: &mut [f64]) -> &'static str {
        self.scale_values(0.0, values)
    }
}

fn song() -> Performance {
    let mut drummer = Drummer::seeded(3);
    (drummer.meter, drummer.tempo, drummer.per_beat) = (drums::Meter::FOUR_FOUR, 120.0, 4);
    drummer.play(BARS).performance
}

fn quantise(criterion: &mut Criterion<CpuTime>) {
    let performance = song();
    let (hits, end) = (performance.hits(), performance.duration());
    criterion.bench_function("song, beats", |bencher| {
        bencher.iter(|| track_beats(black_box(hits), end, &BeatOptions::default(), None));
    });
    let plain = NotationOptions::default();
    criterion.bench_function("song, notes", |bencher| bencher.iter(|| notate(black_box(&performance), &plain)));
    let signs = NotationOptions { similes: true, repeats: true, dynamics: true, ..NotationOptions::default() };
    criterion.bench_function("song, notes with all signs", |bencher| {
        bencher.iter(|| notate(black_box(&performance), &signs));
    });
    criterion.bench_function("song, quantised", |bencher| {
        bencher.iter(|| {
            let grid = track_beats(black_box(hits), end, &BeatOptions::default(), None).grid;
            let read = Performance::new(end, hits.to_vec(), grid).unwrap_or_default();
            notate(&read, &plain)
        });
    });
}

fn paper(criterion: &mut Criterion<CpuTime>) {
    let performance = song();
    let score = notate(&performance, &NotationOptions::default()).0;
    criterion.bench_function("song, pages", |bencher| {
        bencher.iter(|| engrave::engrave(black_box(&score), &PageStyle::default()));
    });
    for id in ["pdf", "svg", "png", "musicxml", "midi"] {
        let Ok(format) = find(id) else { continue };
        let options = Options::default();
        // New material each time: pages are engraved once for each.
        criterion.bench_function(&format!("song, pages and {id}"), |bencher| {
            bencher.iter(|| write(format, &Material::new(&performance, black_box(&score)), &options));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime).sample_size(20);
    targets = quantise, paper
}
criterion_main!(benches);
