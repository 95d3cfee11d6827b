//! Hearing made grooves: what, when, however the sound is cut, shifted or scaled.

use crate::sounds::{Drum, RATE, listener, noise, play, rock};
use drums::{Family, Hit, Pcm, SampleRate, Seconds};
use listen::{Error, Options};
use proptest::prelude::*;

fn hear(sound: &[f32]) -> Vec<Hit> {
    let listener = listener();
    let mut session = listener.start(&Options::default());
    session.push(sound);
    session.finish().unwrap().hits
}

fn family(drum: Drum) -> Family {
    match drum {
        Drum::Kick => Family::Kick,
        Drum::Snare => Family::Snare,
        Drum::Hat => Family::Hihat,
    }
}

fn near(hits: &[Hit], time_s: f64, wanted: Family) -> bool {
    hits.iter().any(|hit| hit.instrument.row().family == Some(wanted) && (hit.time.get() - time_s).abs() < 0.01)
}

#[test]
fn kicks_and_snares_of_a_rock_beat_are_heard_within_ten_milliseconds() {
    let played = rock(4);
    let hits = hear(&play(&played, 9.5));
    let drums = played.iter().filter(|(_, drum)| *drum != Drum::Hat);
    let (found, all) = drums.fold((0, 0), |(found, all), (time_s, drum)| {
        (found + usize::from(near(&hits, *time_s, family(*drum))), all + 1)
    });
    assert!(found * 10 >= all * 9, "{found} of {all} heard: {hits:?}");
}

#[test]
fn every_onset_is_heard_and_nothing_between_them() {
    let played = rock(4);
    let hits = hear(&play(&played, 9.5));
    for (time_s, _) in &played {
        assert!(hits.iter().any(|hit| (hit.time.get() - time_s).abs() < 0.01), "nothing at {time_s} s");
    }
    for hit in &hits {
        let nearest = played.iter().map(|(time_s, _)| (time_s - hit.time.get()).abs()).fold(f64::MAX, f64::min);
        assert!(nearest < 0.01, "{hit:?}");
    }
}

#[test]
fn silence_and_next_to_no_sound_have_no_hits() {
    for sound in [vec![], vec![0.0], vec![f32::NAN; 300], vec![0.0; RATE * 2]] {
        let length = sound.len();
        assert!(hear(&sound).is_empty(), "{length} samples");
    }
}

#[test]
fn silence_is_remarked_on() {
    let heard = listener().hear(&Pcm::mono(SampleRate::LISTENING, vec![0.0; RATE]), &Options::default(), &mut |_| true);
    let report = heard.unwrap().report;
    assert_eq!(report.remarks, ["The recording is silent."]);
    assert_eq!((report.peak_db, report.bandwidth_hz), (-120.0, 0.0));
}

#[test]
fn silence_in_front_moves_every_time_by_exactly_that_much() {
    let sound = play(&rock(2), 5.5);
    let plain = hear(&sound);
    assert!(!plain.is_empty());
    // A whole number of short frames, so that the same windows are seen.
    let lead = 147 * 200;
    let late = hear(&[vec![0.0; lead], sound].concat());
    let shift = lead as f64 / RATE as f64;
    let in_front = |hits: &[Hit]| hits.iter().filter(|hit| hit.time.get() > shift + 0.3).count();
    assert_eq!(in_front(&late), plain.iter().filter(|hit| hit.time.get() > 0.3).count());
    for (a, b) in plain.iter().rev().zip(late.iter().rev()) {
        assert_eq!(a.instrument, b.instrument);
        assert!((b.time.get() - a.time.get() - shift).abs() < 1e-9, "{a:?} {b:?}");
    }
}

#[test]
fn a_quiet_recording_has_the_same_hits() {
    let sound = play(&rock(2), 5.5);
    let names = |sound: &[f32]| {
        hear(sound).iter().map(|hit| (hit.instrument, (hit.time.get() * 100.0).round())).collect::<Vec<_>>()
    };
    let quiet: Vec<f32> = sound.iter().map(|sample| sample * 0.03).collect();
    assert_eq!(names(&sound), names(&quiet));
}

#[test]
fn telephone_sound_in_two_channels_is_heard() {
    let sound = play(&rock(2), 5.5);
    let slow = listen::features::resample(&sound, SampleRate::LISTENING, SampleRate::new(8000).unwrap());
    let pcm = Pcm::new(SampleRate::new(8000).unwrap(), vec![slow.clone(), slow]).unwrap();
    let heard = listener().hear(&pcm, &Options::default(), &mut |_| true).unwrap();
    assert!(near(&heard.hits, 0.5, Family::Kick), "{:?}", heard.hits);
    assert!(heard.report.bandwidth_hz < 6000.0);
    assert!(heard.report.remarks.iter().any(|remark| remark.contains("Nothing sounds above")), "{:?}", heard.report);
}

#[test]
fn more_sensitive_ears_hear_no_fewer_hits() {
    let sound = play(&rock(2), 5.5);
    let pcm = Pcm::mono(SampleRate::LISTENING, sound);
    let count = |sensitivity| {
        listener().hear(&pcm, &Options { sensitivity, ..Options::default() }, &mut |_| true).unwrap().hits.len()
    };
    let counts = [0.0, 0.25, 0.5, 0.75, 1.0].map(count);
    assert!(counts.is_sorted(), "{counts:?}");
    assert!(counts[0] < counts[4], "{counts:?}");
}

#[test]
fn work_can_be_stopped() {
    let pcm = Pcm::mono(SampleRate::LISTENING, noise(RATE));
    assert_eq!(listener().hear(&pcm, &Options::default(), &mut |_| false).unwrap_err(), Error::Stopped);
}

#[test]
fn overdriven_sound_is_remarked_on() {
    let loud: Vec<f32> = play(&rock(2), 5.5).iter().map(|sample| (sample * 8.0).clamp(-1.0, 1.0)).collect();
    let heard = listener().hear(&Pcm::mono(SampleRate::LISTENING, loud), &Options::default(), &mut |_| true).unwrap();
    assert!(heard.report.remarks.iter().any(|remark| remark.contains("overdriven")), "{:?}", heard.report);
}

#[test]
fn activations_rise_with_the_strokes() {
    let sound = play(&[(0.5, Drum::Kick)], 1.0);
    let activations = listener().activations(&sound).unwrap().onset;
    assert_eq!(activations.len(), sound.len() / 441 + 1);
    let total = |frame: usize| activations[frame].iter().sum::<f32>();
    assert!(total(52) > 20.0 * total(40).max(1e-6), "{} then {}", total(40), total(52));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn however_the_sound_is_cut_the_hits_are_the_same(cuts in prop::collection::vec(1usize..60_000, 1..12)) {
        let sound = play(&rock(2), 5.5);
        let listener = listener();
        let mut session = listener.start(&Options::default());
        let mut rest = sound.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (block, after) = rest.split_at((*cut).min(rest.len()));
            session.push(block);
            rest = after;
        }
        prop_assert_eq!(session.finish().unwrap().hits, hear(&sound));
    }

    #[test]
    fn any_samples_give_valid_hits(samples in prop::collection::vec(prop::num::f32::ANY, 0..5000)) {
        for hit in hear(&samples) {
            prop_assert!(hit.time >= Seconds::ZERO && hit.velocity.get() > 0.0);
        }
    }
}
