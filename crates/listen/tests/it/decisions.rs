//! From activations to hits: peaks, thresholds, what excludes what, flams, alternatives.

use crate::neural::CARD;
use drums::{Hit, Instrument};
use listen::hits::{CandidateFinder, Decision, FLOOR_PROBABILITY, decide};
use listen::neural::Activations;
use listen::{ModelCard, TimbreCard};
use proptest::prelude::*;

const CLASSES: [&str; 7] = ["kick", "snare", "tom_high", "tom_floor", "hihat_closed", "hihat_open", "crash"];

/// A stroke of the made activations: class, frame, probability.
type Stroke = (&'static str, usize, f32);

/// Activations in which each stroke is a peak with soft neighbours.
fn activations(frames: usize, strokes: &[Stroke]) -> Activations {
    let mut made = Activations {
        onset: vec![0.01; frames * CLASSES.len()],
        velocity: vec![0.6; frames * CLASSES.len()],
        offset: vec![0.0; frames * CLASSES.len()],
        beat: Vec::new(),
        timbre: Vec::new(),
    };
    for (class, frame, probability) in strokes {
        let class = CLASSES.iter().position(|name| name == class).unwrap();
        for (at, share) in [(frame.wrapping_sub(1), 0.4), (*frame, 1.0), (frame + 1, 0.4)] {
            if let Some(value) = made.onset.get_mut(at.wrapping_mul(CLASSES.len()).wrapping_add(class)) {
                *value = value.max(share * probability);
            }
        }
    }
    made
}

fn decided(made: &Activations, shift: f32) -> Decision {
    decided_by(CARD, made, shift)
}

fn decided_by(card: &str, made: &Activations, shift: f32) -> Decision {
    let mut finder = CandidateFinder::new(CLASSES.len(), FLOOR_PROBABILITY, None);
    finder.hear(made);
    decide(&ModelCard::parse(card.as_bytes()).unwrap(), &finder.finish(), 0.01, shift)
}

/// Hits as `instrument@hundredths`.
fn names(hits: &[Hit]) -> Vec<String> {
    hits.iter().map(|hit| format!("{}@{:.0}", hit.instrument.id(), hit.time.get() * 100.0)).collect()
}

fn heard(strokes: &[Stroke]) -> Vec<String> {
    names(&decided(&activations(60, strokes), 0.0).hits)
}

#[test]
fn a_peak_above_its_threshold_is_a_hit_and_one_below_is_none() {
    assert_eq!(heard(&[("kick", 10, 0.9), ("snare", 20, 0.45)]), ["kick@10"]);
    assert_eq!(heard(&[("kick", 0, 0.9), ("snare", 59, 0.9)]), ["kick@0", "snare@59"]);
}

#[test]
fn time_and_velocity_come_from_the_peak_itself() {
    let mut made = activations(60, &[("snare", 20, 0.8)]);
    made.offset[20 * CLASSES.len() + 1] = -0.35;
    made.velocity[20 * CLASSES.len() + 1] = 0.25;
    let hits = decided(&made, 0.0).hits;
    assert!((hits[0].time.get() - 0.1965).abs() < 1e-6, "{hits:?}");
    assert!((hits[0].velocity.get() - 0.25).abs() < 1e-6 && (hits[0].confidence.get() - 0.8).abs() < 1e-6);
}

#[test]
fn confidence_follows_the_line_of_the_card() {
    // Log-odds of 0.8 are ln 4; those of 0.424 are ln 4 / 2 - 1.
    let name = "name = \"snare\"";
    let card = CARD.replace(name, &format!("{name}\nconfidence = {{ shift = 1.0, gain = -0.5 }}"));
    assert!(ModelCard::parse(card.as_bytes()).unwrap_err().to_string().contains("does not grow"));
    let card = card.replace("-0.5", "0.5").replace("shift = 1.0", "shift = -1.0");
    let hits = decided_by(&card, &activations(60, &[("kick", 10, 0.8), ("snare", 30, 0.8)]), 0.0).hits;
    let confidences: Vec<f32> = hits.iter().map(|hit| (hit.confidence.get() * 1000.0).round()).collect();
    assert_eq!(confidences, [800.0, 424.0]);
}

/// The card with a bleed of the kick into the group of the toms.
fn card_with_bleed(from: &str, slope: f32) -> String {
    let name = "name = \"toms\"";
    assert!(CARD.contains(name));
    CARD.replace(name, &format!("{name}\nbleed = [{{ from = \"{from}\", slope = {slope:?} }}]"))
}

/// Eight floor toms of .7, the first of which have a kick of .9 one frame later.
fn toms_with_kicks(kicks: usize) -> Activations {
    let toms = (0..8).map(|i| ("tom_floor", 10 + 20 * i, 0.7));
    activations(200, &toms.chain((0..kicks).map(|i| ("kick", 11 + 20 * i, 0.9))).collect::<Vec<_>>())
}

#[test]
fn a_tom_that_always_comes_with_the_kick_is_the_kick() {
    let toms = |kicks: usize, slope: f32| {
        let hits = decided_by(&card_with_bleed("kick", slope), &toms_with_kicks(kicks), 0.0).hits;
        hits.iter().filter(|hit| hit.instrument.id() == "tom_floor").count()
    };
    assert_eq!((toms(0, 2.0), toms(2, 2.0), toms(8, 2.0)), (8, 8, 0));
    assert_eq!(toms(8, 0.0), 8);
}

#[test]
fn what_another_group_explains_is_taken_off_the_confidence() {
    let hits = decided_by(&card_with_bleed("kick", 2.0), &toms_with_kicks(2), 0.0).hits;
    let toms: Vec<f32> =
        hits.iter().filter(|hit| hit.instrument.id() == "tom_floor").map(|h| h.confidence.get()).collect();
    // Log-odds of .7 less 2 (3/12)^2 times those of .9 above those of one in ten; the other six are what they were.
    let explained = (0.7_f32 / 0.3).ln() - 2.0 * (3.0_f32 / 12.0).powi(2) * 2.0 * 9.0_f32.ln();
    assert!((toms[0] - 1.0 / (1.0 + (-explained).exp())).abs() < 1e-3, "{toms:?}");
    assert!((toms[7] - 0.7).abs() < 1e-5, "{toms:?}");
}

#[test]
fn evidence_may_also_be_lent() {
    let pair = |i: usize| [("tom_floor", 10 + 20 * i, 0.9), ("kick", 10 + 20 * i, if i < 4 { 0.55 } else { 0.45 })];
    let made = activations(200, &(0..8).flat_map(pair).collect::<Vec<_>>());
    let kicks = |slope: f32| {
        let name = "name = \"kick\"";
        let card = CARD.replace(name, &format!("{name}\nbleed = [{{ from = \"toms\", slope = {slope:?} }}]"));
        decided_by(&card, &made, 0.0).hits.iter().filter(|hit| hit.instrument.id() == "kick").count()
    };
    assert_eq!((kicks(0.0), kicks(-1.5)), (4, 8));
}

#[test]
fn a_bleed_comes_from_another_group_of_the_card_within_bounds() {
    let refused = |card: &str| ModelCard::parse(card.as_bytes()).unwrap_err().to_string();
    assert!(refused(&card_with_bleed("toms", 1.0)).contains("no other group"));
    assert!(refused(&card_with_bleed("bells", 1.0)).contains("no other group"));
    assert!(refused(&card_with_bleed("kick", 4.5)).contains("not -4 to 4"));
    assert!(refused(&card_with_bleed("kick", 1.0).replace("slope = 1.0", "slope = nan")).contains("not -4 to 4"));
}

#[test]
fn one_hi_hat_makes_one_sound_at_a_time() {
    assert_eq!(heard(&[("hihat_closed", 10, 0.7), ("hihat_open", 10, 0.8)]), ["hihat_open@10"]);
    assert_eq!(heard(&[("hihat_closed", 10, 0.9), ("hihat_open", 12, 0.8)]), ["hihat_closed@10"]);
    assert_eq!(heard(&[("hihat_closed", 10, 0.9), ("hihat_open", 14, 0.8)]), ["hihat_closed@10", "hihat_open@14"]);
}

#[test]
fn different_toms_and_different_groups_sound_together() {
    assert_eq!(heard(&[("tom_high", 10, 0.7), ("tom_floor", 10, 0.8)]), ["tom_high@10", "tom_floor@10"]);
    assert_eq!(heard(&[("kick", 10, 0.7), ("crash", 10, 0.8)]).len(), 2);
}

#[test]
fn the_two_strokes_of_a_flam_are_two_hits() {
    for apart in [2, 3, 4, 6] {
        let strokes = [("snare", 20, 0.6), ("snare", 20 + apart, 0.9)];
        assert_eq!(heard(&strokes), ["snare@20".to_owned(), format!("snare@{}", 20 + apart)], "{apart} frames");
    }
}

#[test]
fn a_ragged_top_is_one_hit() {
    let mut made = activations(60, &[]);
    for (frame, value) in [(19, 0.5), (20, 0.8), (21, 0.75), (22, 0.79), (23, 0.4)] {
        made.onset[frame * CLASSES.len()] = value;
    }
    assert_eq!(names(&decided(&made, 0.0).hits), ["kick@20"]);
}

#[test]
fn what_a_hit_may_have_been_instead_is_told() {
    let decision = decided(&activations(60, &[("snare", 20, 0.6), ("tom_high", 21, 0.4), ("kick", 20, 0.9)]), 0.0);
    assert_eq!(names(&decision.hits), ["snare@20", "kick@20"]);
    let others = &decision.alternatives[0];
    assert_eq!(others.len(), 1);
    assert_eq!(others[0].instrument, "tom_high".parse::<Instrument>().unwrap());
    assert!((others[0].probability - 0.4).abs() < 1e-3);
}

/// Hats every tenth of a second, one of which is nearly as likely to be a crash, and what each of them sounds like.
fn hats_with_a_doubtful_one(timbre_of_the_doubtful: [f32; 2]) -> Activations {
    let doubtful = 5;
    let strokes = (0..12).map(|i| ("hihat_closed", 10 * i + 5, if i == doubtful { 0.45 } else { 0.95 }));
    let made = activations(120, &strokes.chain([("crash", 10 * doubtful + 5, 0.55)]).collect::<Vec<_>>());
    let timbre = |frame: usize| match frame / 10 {
        // Something else is played in between, else the mean is the hats themselves.
        slot if slot == doubtful => timbre_of_the_doubtful,
        slot if slot % 2 == 0 => [1.0, 0.2],
        _ => [1.0, -0.2],
    };
    Activations { timbre: (0..120).flat_map(timbre).collect(), ..made }
}

fn with_neighbours(made: &Activations, share: f32) -> Vec<String> {
    let timbre = TimbreCard { values: 2, neighbours: 3, reach: 0.1, share };
    let mut finder = CandidateFinder::new(CLASSES.len(), FLOOR_PROBABILITY, Some(timbre));
    finder.hear(made);
    names(&decide(&ModelCard::parse(CARD.as_bytes()).unwrap(), &finder.finish(), 0.01, 0.0).hits)
}

#[test]
fn a_doubtful_stroke_is_what_those_are_that_sound_like_it() {
    let hats: Vec<String> = (0..12).map(|i| format!("hihat_closed@{}", 10 * i + 5)).collect();
    assert_eq!(with_neighbours(&hats_with_a_doubtful_one([1.0, 0.2]), 0.5), hats);
    let alone = with_neighbours(&hats_with_a_doubtful_one([1.0, 0.2]), 0.0);
    assert!(alone.contains(&"crash@55".to_owned()) && !alone.contains(&"hihat_closed@55".to_owned()), "{alone:?}");
}

#[test]
fn a_moment_lends_nothing_to_itself_and_one_alone_keeps_its_own() {
    let mut made = activations(60, &[("snare", 20, 0.6), ("tom_high", 22, 0.9)]);
    made.timbre = vec![1.0; 120];
    assert_eq!(with_neighbours(&made, 1.0), ["snare@20", "tom_high@22"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hits_are_in_order_numbered_and_grow_with_sensitivity(values in prop::collection::vec(0f32..1.0, 7 * 80)) {
        let made = Activations { onset: values, ..Activations::default() };
        let counts = [-2.0, 0.0, 2.0].map(|shift| {
            let decision = decided(&made, shift);
            assert!(decision.hits.windows(2).all(|pair| pair[0].time <= pair[1].time));
            assert!((0..).zip(&decision.hits).all(|(id, hit)| hit.id.0 == id));
            assert_eq!(decision.hits.len(), decision.alternatives.len());
            decision.hits.len()
        });
        prop_assert!(counts[0] <= counts[2], "{:?}", counts);
    }

    #[test]
    fn stretches_of_any_length_give_the_same_hits(cut in 1usize..79, values in prop::collection::vec(0f32..1.0, 7 * 80)) {
        let part = |values: &[f32]| Activations { onset: values.to_vec(), ..Activations::default() };
        let mut finder = CandidateFinder::new(7, FLOOR_PROBABILITY, None);
        finder.hear(&part(&values[..7 * cut]));
        finder.hear(&part(&values[7 * cut..]));
        let mut whole = CandidateFinder::new(7, FLOOR_PROBABILITY, None);
        whole.hear(&part(&values));
        prop_assert_eq!(finder.finish(), whole.finish());
    }
}
