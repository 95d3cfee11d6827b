//! Models that are damaged, or want what we cannot do, are refused with a sentence.

use crate::sounds::{CARD, WEIGHTS};
use listen::{Error, Listener, ModelCard, ModelSet};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn refusal(card: &str, weights: &[u8]) -> String {
    Listener::new(&ModelSet::single(card.as_bytes(), weights)).unwrap_err().to_string()
}

fn card() -> &'static str {
    std::str::from_utf8(CARD).unwrap()
}

/// The card with the checksum of other weights.
fn card_for(weights: &[u8]) -> String {
    card().replace(&ModelCard::parse(CARD).unwrap().sha256, &sha256(weights))
}

/// SHA-256 as a card writes it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_model_of_the_repository_is_accepted() {
    let listener = Listener::new(&ModelSet::single(CARD, WEIGHTS)).unwrap();
    assert_eq!(listener.card().instruments().len(), listener.card().classes.len());
}

#[test]
fn a_card_without_a_network_is_no_neural_card() {
    let refused = refusal(&card().replace("kind = \"classic\"", "kind = \"neural\""), WEIGHTS);
    assert_eq!(refused, "the model card cannot be read: [network] with context_frames is missing");
}

#[test]
fn weights_that_are_not_those_of_the_card_are_refused() {
    let mut weights = WEIGHTS.to_vec();
    weights[5000] ^= 1;
    assert!(refusal(card(), &weights).contains("the card says"));
}

#[test]
fn unknown_instruments_and_impossible_features_are_refused() {
    assert!(refusal(&card().replace("\"kick\"", "\"theremin\""), WEIGHTS).contains("theremin"));
    assert!(refusal(&card().replace("44100", "48000"), WEIGHTS).contains("48000 Hz"));
    assert!(refusal(&card().replace("bands = 64", "bands = 0"), WEIGHTS).contains("0 bands"));
    assert!(refusal(&card().replace("bands = 64", "bands = 63"), WEIGHTS).contains("shape"));
    assert!(refusal("name = 3", WEIGHTS).starts_with("the model card cannot be read"));
}

#[test]
fn a_set_holds_exactly_one_model() {
    assert_eq!(Listener::new(&ModelSet::default()).unwrap_err(), Error::WrongNumberOfModels { count: 0 });
}

#[test]
fn weights_cut_short_are_refused_wherever_the_cut_is() {
    for length in [0, 4, 8, 12, 15, 30, 100, 5000, WEIGHTS.len() - 1] {
        let weights = &WEIGHTS[..length];
        assert!(refusal(&card_for(weights), weights).contains("damaged"), "{length} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn damaged_heads_are_refused_or_harmless(at in 0usize..400, value: u8) {
        let mut weights = WEIGHTS.to_vec();
        weights[at] = value;
        let card = card_for(&weights);
        if let Err(error) = Listener::new(&ModelSet::single(card.as_bytes(), &weights)) {
            prop_assert!(error.to_string().contains("damaged"), "{}", error);
        }
    }

    #[test]
    fn any_text_is_a_card_or_an_error(text in "\\PC{0,300}") {
        if let Ok(card) = ModelCard::parse(text.as_bytes()) {
            prop_assert!(!card.classes.is_empty());
        }
    }
}
