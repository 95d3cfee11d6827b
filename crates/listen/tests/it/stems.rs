//! Networks that take recordings apart: parity with numpy, no seams, flat memory, and those that are refused.

use crate::models::sha256;
use crate::onnx::{attribute, constant, file_of, list, node};
use crate::separate::{Song, cut, gather};
use listen::classic::Weights;
use listen::separate::{Quality, Separator, SeparatorCard, Stem, StemNetwork};
use listen::{Error, Model};
use proptest::prelude::*;
use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

/// Card, graph and numpy's answers of the network of `data/contrast_network.py`.
const CARD: &str = include_str!("data/contrast/model.toml");
const WEIGHTS: &[u8] = include_bytes!("data/contrast/model.onnx");
const PARITY: &[u8] = include_bytes!("data/contrast/parity.bin");
/// Samples under a spectrum of it, and from frame to frame.
const WINDOW: usize = 1024;
const HOP: usize = 256;
const BINS: usize = WINDOW / 2 + 1;

fn contrast() -> Separator {
    Separator::of_model(&Model { card: CARD.as_bytes().to_vec(), weights: WEIGHTS.to_vec() }).unwrap()
}

fn split(separator: &Separator, sound: &[Vec<f32>], block: usize) -> (Vec<Vec<Vec<f32>>>, [Quality; 7]) {
    let study = separator.study(&[]);
    assert!(!study.wants_sound());
    gather(study.split(sound.len()), &cut(sound, block), sound.len())
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// A band in the middle with drums that lean to both sides.
fn stereo(seconds: f64) -> [Vec<f32>; 2] {
    let mix = Song::new(seconds).mix();
    let delayed = |n: usize| if n < 400 { 0.0 } else { mix[n - 400] };
    [mix.clone(), (0..mix.len()).map(|n| 0.3 * mix[n] + 0.5 * delayed(n)).collect()]
}

#[test]
fn stems_equal_those_of_numpy() {
    let arrays = Weights::parse(PARITY).unwrap();
    let array = |name: &str| arrays.get(name, 1).unwrap().values.clone();
    let (stems, quality) = split(&contrast(), &[array("samples")], 5000);
    for stem in [Stem::Kick, Stem::Snare, Stem::Hihat] {
        let difference = largest_difference(&stems[stem as usize][0], &array(stem.id()));
        assert!(difference < 2e-5, "{} differs by {difference}", stem.id());
        assert!(quality[stem as usize].share > 0.02 && quality[stem as usize].certainty_db != 0.0, "{quality:?}");
    }
    assert!(stems[Stem::Toms as usize][0].iter().all(|sample| *sample == 0.0), "it has no mask of toms");
    assert!((quality.iter().map(|quality| quality.share).sum::<f64>() - 1.0).abs() < 1e-9);
}

/// The root of a Hann window.
fn root_hann() -> Vec<f32> {
    let hann = |n: usize| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / WINDOW as f64).cos();
    (0..WINDOW).map(|n| hann(n).sqrt() as f32).collect()
}

/// Every spectrum of a sound, from the first frame that touches it to the last: frames x BINS.
fn spectra(sound: &[f32]) -> Vec<Vec<Complex<f32>>> {
    let (fft, window) = (RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW), root_hann());
    (-1..(sound.len() as i64 + 511) / 256 + 1)
        .map(|frame| {
            let at = |n: usize| usize::try_from(frame * 256 - 512 + n as i64).ok();
            let sample = |n: usize| at(n).and_then(|at| sound.get(at)).copied().unwrap_or(0.0);
            let mut samples: Vec<f32> = (0..WINDOW).map(|n| sample(n) * window[n]).collect();
            let mut bins = fft.make_output_vec();
            fft.process(&mut samples, &mut bins).unwrap();
            bins
        })
        .collect()
}

/// What the network says of the kick, by hand and over the whole recording at once: frames x BINS.
fn kick_masks(magnitudes: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let weight = |bin: usize| 1.0 / (1.0 + (bin as f64 * 44_100.0 / 1024.0 / 150.0).powi(4)) as f32;
    let mask = |frame: usize, bin: usize| {
        let near = &magnitudes[frame.saturating_sub(4)..(frame + 5).min(magnitudes.len())];
        let mean = near.iter().map(|row| row[bin]).sum::<f32>() / near.len() as f32;
        let contrast = ((magnitudes[frame][bin] + 1e-5) / (mean + 1e-5)).ln();
        weight(bin) / (1.0 + (-6.0 * contrast).exp())
    };
    (0..magnitudes.len()).map(|frame| (0..BINS).map(|bin| mask(frame, bin)).collect()).collect()
}

/// A side of the kick, by hand.
fn kick_by_hand(sound: &[Vec<f32>], side: usize) -> Vec<f32> {
    let all: Vec<_> = sound.iter().map(|channel| spectra(channel)).collect();
    let full_scale = 2.0 / root_hann().iter().sum::<f32>();
    let magnitude = |frame: usize, bin: usize| {
        let power: f32 = all.iter().map(|spectra| spectra[frame][bin].norm_sqr()).sum();
        (power / all.len() as f32).sqrt() * full_scale
    };
    let frames = all[0].len();
    let magnitudes: Vec<Vec<f32>> =
        (0..frames).map(|frame| (0..BINS).map(|bin| magnitude(frame, bin)).collect()).collect();
    let (fft, window) = (RealFftPlanner::<f32>::new().plan_fft_inverse(WINDOW), root_hann());
    let mut kick = vec![0.0_f32; sound[0].len() + 2 * WINDOW];
    for (frame, mask) in kick_masks(&magnitudes).iter().enumerate() {
        let mut bins: Vec<Complex<f32>> = all[side][frame].iter().zip(mask).map(|(bin, mask)| bin * mask).collect();
        (bins[0].im, bins[BINS - 1].im) = (0.0, 0.0);
        let mut samples = fft.make_output_vec();
        fft.process(&mut bins, &mut samples).unwrap();
        // The first frame is number -1, centred 256 samples before the sound; the row begins 1024 before it.
        for (n, sample) in samples.iter().enumerate() {
            kick[frame * HOP + 256 + n] += sample * window[n] / WINDOW as f32 * 0.5;
        }
    }
    kick[WINDOW..WINDOW + sound[0].len()].to_vec()
}

#[test]
fn windows_leave_no_seams() {
    // Nine seconds are three windows of the network's.
    let sound = stereo(9.0);
    let (stems, _) = split(&contrast(), &sound, 44_100);
    for side in [0, 1] {
        let by_hand = kick_by_hand(&sound, side);
        let difference = largest_difference(&stems[Stem::Kick as usize][side], &by_hand);
        let loudest = by_hand.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
        assert!(difference < 1e-4 && loudest > 0.1, "side {side}: {difference} of {loudest}");
    }
}

#[test]
fn stems_add_up_and_how_the_sound_is_cut_does_not_matter() {
    let sound = stereo(7.3);
    let (whole, _) = split(&contrast(), &sound, sound[0].len());
    let (pieces, _) = split(&contrast(), &sound, 997);
    assert!(whole == pieces, "the same bytes");
    for (channel, sound) in sound.iter().enumerate() {
        for (n, sample) in sound.iter().enumerate() {
            let sum: f32 = whole.iter().map(|stem| stem[channel][n]).sum();
            assert!((sum - sample).abs() < 1e-5, "channel {channel}, sample {n}: {sum} is not {sample}");
        }
    }
    for samples in [0, 1, 255, 513, 3000] {
        let (stems, quality) = split(&contrast(), &[vec![0.0; samples]], 4096);
        assert!(stems.iter().all(|stem| stem[0].len() == samples && stem[0].iter().all(|sample| *sample == 0.0)));
        assert_eq!(quality, [Quality::default(); 7]);
    }
}

#[test]
fn memory_does_not_grow_with_the_recording() {
    let mut splitting = contrast().study(&[]).split(2);
    let second: Vec<Vec<f32>> = stereo(1.0).to_vec();
    let mut most = 0;
    for _ in 0..40 {
        splitting.push(&second, &mut |_| {});
        most = most.max(splitting.kept_bytes());
    }
    // Of each side a window with its context, a second, a piece and what is not yet let go; of six drums what may still grow.
    let of_a_side = (512 + 32) * HOP + 44_100 + (1 << 15) + 16_384 + WINDOW;
    assert!(most < 2 * (of_a_side + 6 * 2 * WINDOW) * 4, "{most} bytes, the recording has {}", 40 * 44_100 * 8);
}

#[test]
fn a_network_has_a_name_and_says_what_it_costs() {
    let Separator::Network(network) = contrast() else { panic!("it is a network") };
    assert_eq!((network.name(), contrast().name()), ("contrast 1", "contrast 1"));
    assert_eq!(network.card().stems, [Stem::Kick, Stem::Hihat, Stem::Snare]);
    assert!((10 * BINS as u64..200 * BINS as u64).contains(&network.work_per_frame()), "{}", network.work_per_frame());
    assert_eq!(contrast(), contrast());
    assert_ne!(contrast(), Separator::default());
}

/// What is said about weights under a card, its checksum made to fit.
fn verdict(card: &str, weights: &[u8]) -> Result<StemNetwork, Error> {
    let card = card.replace(&SeparatorCard::parse(CARD.as_bytes()).unwrap().sha256, &sha256(weights));
    StemNetwork::new(&Model { card: card.into_bytes(), weights: weights.to_vec() })
}

#[track_caller]
fn refused(card: &str, weights: &[u8], sign: &str) {
    let sentence = verdict(card, weights).unwrap_err().to_string();
    assert!(sentence.contains(sign), "{sentence:?} lacks {sign:?}");
}

#[test]
fn cards_that_want_what_we_do_not_compute_are_refused() {
    for (from, to, sign) in [
        ("44100", "48000", "48000 Hz, we hear at 44100 Hz"),
        ("window_samples = 1024", "window_samples = 16384", "16384 samples is not even, or not 256 to 8192"),
        ("window_samples = 1024", "window_samples = 1023", "is not even"),
        ("hop_samples = 256", "hop_samples = 300", "would not add up"),
        ("hop_samples = 256", "hop_samples = 1024", "half of it at most"),
        ("hop_samples = 256", "hop_samples = 32", "is below 64"),
        ("context_frames = 4", "context_frames = 513", "513 frames to each side, 512 are allowed"),
        ("\"hihat\"", "\"rest\"", "which is what the others leave"),
        ("\"hihat\"", "\"kick\"", "lists the stem kick twice"),
        ("\"hihat\"", "\"theremin\"", "\"theremin\"; there are kick, snare, toms"),
        ("stems = [\"kick\", \"hihat\", \"snare\"]", "stems = []", "0 stems, not 1 to 6"),
        ("\"hihat\"", "\"hihat\", \"toms\", \"cymbals\", \"percussion\", \"rest\", \"band\"", "8 stems, not 1 to 6"),
    ] {
        assert!(CARD.contains(from));
        refused(&CARD.replace(from, to), WEIGHTS, sign);
    }
    let hears = include_str!("data/tiny/model.toml");
    assert!(
        SeparatorCard::parse(hears.as_bytes()).unwrap_err().to_string().starts_with("the model card cannot be read")
    );
    refused(&CARD.replace("\"separator\"", "\"neural\""), WEIGHTS, "its kind is \"neural\", not \"separator\"");
    let sentence = listen::ModelCard::parse(CARD.as_bytes()).unwrap_err().to_string();
    assert!(sentence.ends_with("its kind is \"separator\": it takes recordings apart and hears nothing"), "{sentence}");
    assert!(SeparatorCard::parse(b"name = \"x\"").unwrap_err().to_string().contains("its kind is \"\""));
    let other = Model { card: CARD.as_bytes().to_vec(), weights: b"other".to_vec() };
    assert!(StemNetwork::new(&other).unwrap_err().to_string().contains("the card says"));
}

#[test]
fn cards_that_do_not_fit_the_graph_are_refused() {
    refused(
        &CARD.replace(", \"snare\"]", "]"),
        WEIGHTS,
        "its output masks has shape [1, 544, 1539] for 544 frames, not [1, 544, 1026]",
    );
    refused(&CARD.replace(", \"snare\"]", ", \"snare\", \"toms\"]"), WEIGHTS, "a card that lists its stems");
    let longer = CARD.replace("window_samples = 1024", "window_samples = 2048");
    refused(&longer, WEIGHTS, "takes Some(513) values a frame, its card describes 1025");
}

/// The card of a network of one stem, over windows of 256 samples, which have 129 bins.
fn short_card() -> String {
    let card = CARD.replace("[\"kick\", \"hihat\", \"snare\"]", "[\"kick\"]");
    card.replace("window_samples = 1024", "window_samples = 256").replace("hop_samples = 256", "hop_samples = 64")
}

/// A graph for that card.
fn short(parts: &[Vec<u8>]) -> Vec<u8> {
    file_of(parts, ("magnitudes", 129), ("masks", 129))
}

fn number(name: &str, value: f32) -> Vec<u8> {
    constant(name, &[1], 1, &value.to_le_bytes())
}

#[test]
fn graphs_made_to_break_or_to_fool_are_refused() {
    let card = short_card();
    refused(&card, include_bytes!("data/tiny/model.onnx"), "not just \"magnitudes\"");
    let other = file_of(&[node("Relu", &["magnitudes"], "mask", &[])], ("magnitudes", 129), ("mask", 129));
    refused(&card, &other, "has an output \"mask\"; known are masks");
    refused(&card, &short(&[]), "nothing computes its output \"masks\"");
    refused(&card, &short(&[node("Loop", &["magnitudes"], "masks", &[])]), "the operator \"Loop\", which is not run");
    let axis = node("Unsqueeze", &["magnitudes", "axis"], "masks", &[]);
    refused(&card, &short(&[constant("axis", &[1], 7, &1i64.to_le_bytes()), axis]), "has shape [1, 1, 544, 129]");

    refused(
        &card,
        &short(&[node("Log", &["magnitudes"], "masks", &[])]),
        "its output masks is -inf for silence, not 0 to 1",
    );
    let nothing = node("Div", &["magnitudes", "magnitudes"], "masks", &[]);
    refused(&card, &short(&[nothing]), "its output masks is NaN for silence");
    let louder = [number("one", 1.0), node("Add", &["magnitudes", "one"], "masks", &[])];
    refused(&card, &short(&louder), "for noise, not 0 to 1: end it in a sigmoid or a clip");

    let pool = [list("kernel_shape", &[101, 1]), list("strides", &[1, 1]), list("pads", &[50, 0, 50, 0])].concat();
    let far = [
        constant("plane", &[1], 7, &1i64.to_le_bytes()),
        node("Unsqueeze", &["magnitudes", "plane"], "x", &[]),
        node("AveragePool", &["x"], "y", &pool),
        node("Squeeze", &["y", "plane"], "masks", &[]),
    ];
    refused(&card, &short(&far), "further away than context_frames = 4");
    assert!(verdict(&card.replace("context_frames = 4", "context_frames = 50"), &short(&far)).is_ok());
}

#[test]
fn networks_that_take_too_much_are_refused_before_they_run() {
    let card = short_card();
    let mut doubling = vec![node("Relu", &["magnitudes"], "x0", &[])];
    for n in 0..60 {
        let (from, to) = (format!("x{n}"), format!("x{}", n + 1));
        doubling.push(node("Concat", &[&from, &from], &to, &attribute("axis", 2)));
    }
    refused(&card, &short(&doubling), "more than 200000 numbers a frame");
    let turned = node("Transpose", &["magnitudes"], "t", &list("perm", &[0, 2, 1]));
    let mut squares = vec![turned, node("MatMul", &["magnitudes", "t"], "x0", &[])];
    for n in 0..200 {
        let from = format!("x{n}");
        squares.push(node("MatMul", &[&from, &from], &format!("x{}", n + 1), &[]));
    }
    // 8000 million a second, at 689 frames a second.
    refused(&card, &short(&squares), "more than 11 million multiplications a frame: train a smaller network");
}

#[test]
fn masks_that_are_no_numbers_end_the_work_with_a_sentence() {
    // Only where a magnitude is above 1.9 has its root no value: no silence and no noise shows it.
    let (card, weights) = (include_bytes!("data/fragile/model.toml"), include_bytes!("data/fragile/model.onnx"));
    let separator = Separator::of_model(&Model { card: card.to_vec(), weights: weights.to_vec() }).unwrap();
    let (quiet, loud) = (vec![0.1_f32; 44_100], vec![1.0_f32; 44_100]);
    let mut splitting = separator.study(&[]).split(1);
    let mut handed = 0;
    for sound in [&quiet, &quiet, &loud, &loud] {
        splitting.push(std::slice::from_ref(sound), &mut |block| handed += block.sound[0].len());
    }
    let error = splitting.finish(&mut |_| {}).unwrap_err();
    assert!(matches!(&error, Error::Run { model, .. } if model == "fragile"));
    assert_eq!(error.to_string(), "the model fragile failed: its masks at 2.0 s are no numbers");
    assert!((44_100..=2 * 44_100).contains(&handed), "{handed} samples before it failed");
}

#[test]
fn masks_that_ask_for_more_than_there_is_share_it() {
    let card = short_card().replace("[\"kick\"]", "[\"toms\", \"cymbals\"]");
    let parts = [
        number("zero", 0.0),
        number("one", 1.0),
        node("Mul", &["magnitudes", "zero"], "x", &[]),
        node("Add", &["x", "one"], "y", &[]),
        node("Concat", &["y", "y"], "masks", &attribute("axis", 2)),
    ];
    let weights = file_of(&parts, ("magnitudes", 129), ("masks", 258));
    let separator = Separator::Network(std::sync::Arc::new(verdict(&card, &weights).unwrap()));
    let sound = stereo(1.5);
    let (stems, quality) = split(&separator, &sound, 44_100);
    assert!(stems[Stem::Toms as usize] == stems[Stem::Cymbals as usize]);
    for (found, sample) in stems[Stem::Toms as usize][1].iter().zip(&sound[1]) {
        assert!((found - sample / 2.0).abs() < 1e-5, "{found} of {sample}");
    }
    assert!(quality[Stem::Rest as usize].share < 1e-6, "{quality:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn damaged_separators_are_refused_or_harmless(changes in prop::collection::vec((0..WEIGHTS.len(), any::<u8>()), 1..4)) {
        let mut weights = WEIGHTS.to_vec();
        for (at, value) in changes {
            weights[at] = value;
        }
        if let Err(error) = verdict(CARD, &weights) {
            prop_assert!(error.to_string().starts_with("the model contrast cannot be used: "), "{}", error);
        }
    }

    #[test]
    fn any_text_is_a_separator_card_or_an_error(text in "\\PC{0,300}") {
        if let Ok(card) = SeparatorCard::parse(text.as_bytes()) {
            prop_assert!(!card.stems.is_empty());
        }
    }
}
