//! Neural models: parity with what they were trained with, windows, threads, memory.

use crate::sounds::{Drum, RATE, noise, play};
use listen::classic::Weights;
use listen::features::{Stack, Tape};
use listen::neural::{Activations, Network, Stream};
use listen::{Ear, Listener, ModelCard, ModelSet, NetworkCard, Options, StackCard};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// Card and weights of the small network of `data/tiny_network.py`.
pub(crate) const CARD: &str = include_str!("data/tiny/model.toml");
pub(crate) const WEIGHTS: &[u8] = include_bytes!("data/tiny/model.onnx");

/// A model made ready, and the parts of its card.
struct Tiny {
    network: Network,
    stack: StackCard,
}

static TINY: LazyLock<Tiny> = LazyLock::new(|| {
    let (card, stack, network) = parts(CARD.as_bytes());
    Tiny { network: Network::new(&card, &stack, &network, WEIGHTS).unwrap(), stack }
});

fn parts(card: &[u8]) -> (ModelCard, StackCard, NetworkCard) {
    let card = ModelCard::parse(card).unwrap();
    let Ear::Neural(stack, network) = card.ear.clone() else { panic!("{} is no neural model", card.name) };
    (card, stack, network)
}

fn rows(card: &StackCard, samples: &[f32]) -> Vec<f32> {
    let mut stack = Stack::new(card);
    let mut tape = Tape::default();
    tape.extend(samples);
    let mut rows = vec![0.0; (samples.len() / card.hop_samples + 1) * stack.width()];
    for (frame, row) in rows.chunks_exact_mut(card.width()).enumerate() {
        stack.row_at(&tape, frame as i64, row);
    }
    rows
}

fn one_thread() -> Arc<listen::neural::ThreadPool> {
    Arc::new(listen::neural::ThreadPool::with_num_threads(1))
}

/// Every neural model of the repository, and the small one of the tests.
fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = std::fs::read_dir(root.join("../../models")).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = shipped.filter(|folder| folder.join("model.onnx").is_file()).collect();
    folders.push(root.join("tests/it/data/tiny"));
    folders
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn features_and_activations_equal_those_of_the_training() {
    for folder in folders() {
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
        let (card, stack, network) = parts(&read("model.toml"));
        let arrays = Weights::parse(&read("parity.bin")).unwrap();
        let array = |name: &str, axes| arrays.get(name, axes).unwrap().values.clone();
        let rows = rows(&stack, &array("samples", 1));
        for (a, b) in rows.iter().zip(array("features", 2)) {
            // A band far below the loudest is as exact as 32 bits are.
            let tolerance = 1e-4 * 10f32.powf((-6.0 - b) / 2.0).max(1.0);
            assert!((a - b).abs() < tolerance, "{}: {a} instead of {b}", card.name);
        }
        let network = Network::new(&card, &stack, &network, &read("model.onnx")).unwrap();
        let found = network.run(rows, &one_thread()).unwrap();
        let lists = [
            ("onset", found.onset),
            ("velocity", found.velocity),
            ("offset", found.offset),
            ("beat", found.beat),
            ("timbre", found.timbre),
        ];
        for (name, found) in lists.into_iter().filter(|(name, _)| arrays.has(name)) {
            let difference = largest_difference(&found, &array(name, 2));
            assert!(difference < 1e-3, "{}: {name} differs by {difference}", card.name);
        }
    }
}

/// Half a minute of strokes over noise.
fn half_a_minute() -> Vec<f32> {
    let hits: Vec<(f64, Drum)> = (0..110)
        .map(|n| (f64::from(n) * 0.27, [Drum::Kick, Drum::Hat, Drum::Snare, Drum::Hat][n as usize % 4]))
        .collect();
    play(&hits, 30.0)
}

/// All activations of a stream given in blocks.
fn streamed(samples: &[f32], window_frames: usize, threads: usize, blocks: &[usize]) -> Activations {
    let tiny = &*TINY;
    let mut stream =
        Stream::new(&tiny.network, &Stack::new(&tiny.stack), tiny.stack.hop_samples, window_frames, threads);
    let mut all = Activations::default();
    let mut hear = |heard: &Activations| {
        all.onset.extend(&heard.onset);
        all.velocity.extend(&heard.velocity);
        all.offset.extend(&heard.offset);
        all.beat.extend(&heard.beat);
        all.timbre.extend(&heard.timbre);
    };
    let mut rest = samples;
    for length in blocks.iter().cycle() {
        let (block, after) = rest.split_at((*length).min(rest.len()));
        stream.push(block, &tiny.network, &mut hear).unwrap();
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    stream.finish(&tiny.network, &mut hear).unwrap();
    all
}

#[test]
fn windows_of_any_length_give_what_one_run_gives() {
    let samples = half_a_minute();
    let whole = TINY.network.run(rows(&TINY.stack, &samples), &one_thread()).unwrap();
    for window_frames in [1, 64, 200, 960, 2048, 5000] {
        let stitched = streamed(&samples, window_frames, 1, &[1 << 20]);
        for (a, b) in [
            (&whole.onset, &stitched.onset),
            (&whole.velocity, &stitched.velocity),
            (&whole.offset, &stitched.offset),
            (&whole.beat, &stitched.beat),
            (&whole.timbre, &stitched.timbre),
        ] {
            let difference = largest_difference(a, b);
            assert!(difference < 1e-5, "windows of {window_frames}: {difference}");
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let samples = half_a_minute();
    let alone = streamed(&samples, 192, 1, &[44_100]);
    for threads in [2, 3, 8] {
        assert_eq!(streamed(&samples, 192, threads, &[44_100]), alone, "{threads} threads");
    }
}

#[test]
fn recordings_around_the_length_of_a_window_have_every_frame_once() {
    for samples in [0, 1, 440, 441, 442, 64 * 441 - 1, 64 * 441, 64 * 441 + 1, 141 * 441] {
        let heard = streamed(&noise(samples), 64, 2, &[10_000]);
        assert_eq!(heard.onset.len(), (samples / 441 + 1) * TINY.network.classes(), "{samples} samples");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn blocks_of_any_length_give_the_same_bytes(blocks in prop::collection::vec(1usize..80_000, 1..8)) {
        let samples = &half_a_minute()[..6 * RATE];
        prop_assert_eq!(streamed(samples, 128, 2, &blocks), streamed(samples, 128, 1, &[samples.len()]));
    }
}

#[test]
fn memory_does_not_grow_with_the_recording() {
    let tiny = &*TINY;
    let mut stream = Stream::new(&tiny.network, &Stack::new(&tiny.stack), tiny.stack.hop_samples, 256, 2);
    let block = half_a_minute();
    let mut most = 0;
    for _ in 0..6 {
        for piece in block.chunks(10_000) {
            stream.push(piece, &tiny.network, &mut |_| {}).unwrap();
            most = most.max(stream.kept_bytes());
        }
    }
    // Two windows with their context on both sides, one being gathered, and what the tape has not yet let go.
    let window_bytes = (256 + 2 * 64) * 441 * 4;
    assert!(most < 3 * window_bytes + 4 * (65_536 + 16_384), "{most} bytes");
}

fn listener() -> Listener {
    Listener::new(&ModelSet::single(CARD.as_bytes(), WEIGHTS)).unwrap()
}

#[test]
fn notes_of_a_neural_model_are_small_and_its_beats_cover_the_recording() {
    let listener = listener();
    let mut session = listener.start(&Options { threads: 2, ..Options::default() });
    let samples = half_a_minute();
    session.push(&samples);
    assert!(session.noted_bytes() < 30 * 100 * 40, "{} bytes for 30 s", session.noted_bytes());
    let heard = session.finish().unwrap();
    assert_eq!(heard.alternatives.len(), heard.hits.len());
    let beats = heard.beats.unwrap();
    assert_eq!((beats.beat().count(), beats.downbeat().count(), beats.kept_bytes()), (3001, 3001, 6002));
    let believed = listener.activations(&samples).unwrap();
    assert_eq!((believed.onset.len(), believed.onset[0].len(), believed.beat.len()), (3001, 7, 3001));
    let near = |(byte, exact): (f32, &[f32; 2])| (byte - exact[0]).abs() <= 0.002;
    assert!(beats.beat().zip(&believed.beat).all(near), "kept to a byte");
}

#[test]
fn no_samples_and_broken_samples_are_heard_without_harm() {
    for samples in [vec![], vec![0.0], vec![f32::NAN; 5000], vec![f32::INFINITY; 700], vec![1e30; 3000]] {
        let listener = listener();
        let mut session = listener.start(&Options::default());
        session.push(&samples);
        let heard = session.finish().unwrap();
        assert!(heard.hits.iter().all(|hit| hit.time.get() < 1.0 && hit.confidence.get() > 0.0));
    }
}
