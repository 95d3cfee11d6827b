//! Graphs made to break, exhaust or fool the listener are refused with a sentence, before the engine sees them where possible.

use crate::models::sha256;
use crate::neural::{CARD, WEIGHTS};
use crate::onnx::{attribute, bytes, constant, file, node, whole};
use listen::{Listener, ModelCard, ModelSet};
use proptest::prelude::*;

/// What is said about weights under the small network's card, its checksum made to fit.
fn verdict(card: &str, weights: &[u8]) -> Result<(), String> {
    let card = card.replace(&ModelCard::parse(CARD.as_bytes()).unwrap().sha256, &sha256(weights));
    Listener::new(&ModelSet::single(card.as_bytes(), weights)).map(|_| ()).map_err(|e| e.to_string())
}

#[track_caller]
fn refused(weights: &[u8], sign: &str) {
    let mut card = CARD.replace("velocity = true", "");
    if !weights.windows(TIMBRE.len()).any(|name| name == TIMBRE.as_bytes()) {
        card = without_timbre(&card);
    }
    let sentence = verdict(&card, weights).unwrap_err();
    assert!(sentence.contains(sign), "{sentence:?} lacks {sign:?}");
}

const TIMBRE: &str = "timbre";

fn without_timbre(card: &str) -> String {
    card.lines().filter(|line| !line.starts_with(TIMBRE)).fold(String::new(), |card, line| card + line + "\n")
}

/// The small network with one run of bytes replaced wherever it occurs.
fn changed(from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut weights = WEIGHTS.to_vec();
    let places: Vec<usize> = (0..weights.len() - from.len()).filter(|at| weights[*at..].starts_with(from)).collect();
    assert!(!places.is_empty());
    for at in places {
        weights[at..at + from.len()].copy_from_slice(to);
    }
    weights
}

#[test]
fn the_small_network_is_accepted() {
    assert_eq!(verdict(CARD, WEIGHTS), Ok(()));
}

#[test]
fn operators_that_loop_branch_or_are_unknown_are_refused_by_name() {
    refused(&changed(b"Tanh", b"Loop"), "the operator \"Loop\", which is not run");
    refused(&changed(b"Tanh", b"Scan"), "the operator \"Scan\"");
    refused(&changed(b"Tanh", b"tanh"), "the operator \"tanh\"");
    refused(&file(&[node("If", &["features"], "onset", &[])]), "the operator \"If\"");
    refused(&file(&[node("Expand", &["features"], "onset", &[])]), "the operator \"Expand\"");
}

#[test]
fn graphs_within_graphs_and_functions_are_refused() {
    let subgraph = bytes(5, &[bytes(1, b"body"), bytes(6, b""), whole(20, 5)].concat());
    refused(&file(&[node("Relu", &["features"], "onset", &subgraph)]), "other graphs (loops, conditions)");
    let with_function = [WEIGHTS.to_vec(), bytes(25, b"")].concat();
    refused(&with_function, "functions or training steps");
    refused(&[WEIGHTS.to_vec(), bytes(7, b"")].concat(), "two graphs");
}

#[test]
fn numbers_in_other_files_or_of_other_sizes_are_refused() {
    let elsewhere = [whole(1, 4), whole(2, 1), bytes(8, b"w"), bytes(13, b""), whole(14, 1)].concat();
    refused(&file(&[bytes(5, &elsewhere)]), "another file");
    refused(&file(&[constant("w", &[1 << 20, 1 << 20], 1, &[0; 16])]), "has shape [1048576, 1048576] but 16 bytes");
    refused(&file(&[constant("w", &[u64::MAX, 2], 1, &[0; 16])]), "cut short or no ONNX file");
    refused(&file(&[constant("w", &[1], 11, &[0; 8])]), "numbers of type 11");
    refused(&file(&[constant("w", &[1], 1, &f32::NAN.to_le_bytes())]), "not finite");
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let mut doubling = vec![node("Relu", &["features"], "x0", &[])];
    for n in 0..60 {
        let (from, to) = (format!("x{n}"), format!("x{}", n + 1));
        doubling.push(node("Concat", &[&from, &from], &to, &attribute("axis", 2)));
    }
    refused(&file(&doubling), "numbers a frame");
    let turned = bytes(5, &[bytes(1, b"perm"), whole(8, 0), whole(8, 2), whole(8, 1)].concat());
    let mut squares =
        vec![node("Transpose", &["features"], "t", &turned), node("MatMul", &["features", "t"], "x0", &[])];
    for n in 0..30 {
        let from = format!("x{n}");
        squares.push(node("MatMul", &[&from, &from], &format!("x{}", n + 1), &[]));
    }
    refused(&file(&squares), "40 million multiplications a frame");
    let far: Vec<u8> = [0i64, 0, 0, 0, 1 << 40, 0].iter().flat_map(|pad| pad.to_le_bytes()).collect();
    refused(
        &file(&[constant("p", &[6], 7, &far), node("Pad", &["features", "p"], "onset", &[])]),
        "pads [1, 6176, 40]",
    );
}

#[test]
fn inputs_and_outputs_must_be_the_ones_we_know() {
    refused(&changed(b"features", b"featurez"), "not just \"features\"");
    refused(&changed(b"onset", b"onzet"), "has an output \"onzet\"");
    refused(&file(&[]), "nothing computes its output \"onset\"");
    refused(&file(&[node("Relu", &["late"], "onset", &[])]), "before anything computes it");
    refused(
        &file(&[node("Relu", &["features"], "onset", &[])]),
        "has shape [1, 6176, 40] for 6176 frames, not [1, 6176, 7]",
    );
}

#[test]
fn a_card_that_does_not_fit_the_graph_is_refused() {
    let fewer = CARD
        .replace(", \"crash\"]\nc", "]\nc")
        .replace("[[groups]]\nname = \"crash\"\nmembers = [\"crash\"]\nthresholds = [0.5]\n", "");
    assert!(verdict(&fewer, WEIGHTS).unwrap_err().contains("its graph hears 7 classes, its card lists 6"));
    assert!(verdict(&CARD.replace("bands = 24", "bands = 23"), WEIGHTS).unwrap_err().contains("its card describes 39"));
    let far = verdict(&CARD.replace("context_frames = 13", "context_frames = 5000"), WEIGHTS).unwrap_err();
    assert!(far.contains("5000 frames to each side, 4096 are allowed"), "{far}");
    let silent = file(&[node("Relu", &["features"], "onset", &[])]);
    assert!(verdict(CARD, &silent).unwrap_err().contains("promises velocities"));
    assert!(
        verdict(&without_timbre(CARD), WEIGHTS).unwrap_err().contains("its graph tells of a timbre, its card does not")
    );
    let card = CARD.replace("velocity = true", "");
    assert!(verdict(&card, &silent).unwrap_err().contains("its card tells of a timbre, its graph does not"));
    let values = verdict(&CARD.replace("values = 4", "values = 5"), WEIGHTS).unwrap_err();
    assert!(values.contains("its output timbre has shape [1, 6176, 4]"), "{values}");
    for (from, to) in
        [("neighbours = 3", "neighbours = 65"), ("reach = 0.1", "reach = 0"), ("share = 0.25", "share = 1.5")]
    {
        assert!(verdict(&CARD.replace(from, to), WEIGHTS).unwrap_err().contains("its timbre has"), "{to}");
    }
    let thresholds = CARD.replacen("thresholds = [0.5, 0.5]", "thresholds = [0.5]", 1);
    assert!(verdict(&thresholds, WEIGHTS).unwrap_err().contains("1 thresholds for 2 members"));
}

#[test]
fn a_network_that_looks_further_than_it_says_is_found_out() {
    // The second dilated convolution looks 8 frames to each side; now 100.
    let pads = changed(&[0x40, 8, 0x40, 8, 0xa0, 1, 7], &[0x40, 100, 0x40, 100, 0xa0, 1, 7]);
    let dilation = [0x40, 8, 0xa0, 1, 7];
    let at = (0..pads.len()).find(|at| pads[*at..].starts_with(&dilation)).unwrap();
    let mut weights = pads;
    weights[at + 1] = 100;
    refused(&weights, "context_frames = 13");
    assert_eq!(verdict(&CARD.replace("context_frames = 13", "context_frames = 105"), &weights), Ok(()));
}

#[test]
fn outputs_that_are_no_probabilities_are_found_out() {
    refused(&changed(b"Clip", b"Cast"), "the model tiny cannot be used");
    let head = [
        constant("seven", &[1], 7, &7i64.to_le_bytes()),
        constant("zero", &[1], 7, &0i64.to_le_bytes()),
        constant("two", &[1], 7, &2i64.to_le_bytes()),
        node("Slice", &["features", "zero", "seven", "two"], "onset", &[]),
    ];
    refused(&file(&head), "its output onset is -10 for silence, not 0 to 1: end it in a sigmoid");
}

#[test]
fn too_large_files_are_refused_by_their_size() {
    refused(&vec![0; (64 << 20) + 1], "its weights have 67108865 bytes, up to 67108864 are taken");
}

#[test]
fn endless_numbers_and_lengths_are_refused() {
    for broken in [vec![], vec![0xff; 64], vec![0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], vec![0x3b]]
    {
        refused(&broken, "cannot be used");
    }
    for length in (0..WEIGHTS.len()).step_by(211) {
        refused(&WEIGHTS[..length], "cannot be used");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn damaged_graphs_are_refused_or_harmless(changes in prop::collection::vec((0..WEIGHTS.len(), any::<u8>()), 1..4)) {
        let mut weights = WEIGHTS.to_vec();
        for (at, value) in changes {
            weights[at] = value;
        }
        if let Err(sentence) = verdict(CARD, &weights) {
            prop_assert!(sentence.starts_with("the model tiny cannot be used: "), "{}", sentence);
        }
    }

    #[test]
    fn flipped_bits_in_the_graph_are_refused_or_harmless(at in 0usize..2400, bit in 0u8..8) {
        // The operators come first in the file, the constants after them.
        let mut weights = WEIGHTS.to_vec();
        weights[at] ^= 1 << bit;
        let _ = verdict(CARD, &weights);
    }

    #[test]
    fn any_bytes_are_refused(weights in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(verdict(CARD, &weights).is_err());
    }
}
