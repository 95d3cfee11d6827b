//! The waveform overview shows every peak, whatever its width.

use crate::clips::{clip, mono};
use drums::{Pcm, SampleRate};
use media::overview;
use proptest::prelude::*;

#[test]
fn a_short_click_is_seen_at_its_place() {
    let mut samples = vec![0.0; 10_000];
    samples[7_505] = -0.8;
    let seen = overview(&Pcm::mono(SampleRate::LISTENING, samples), 100);
    assert_eq!(seen.len(), 100);
    assert_eq!(seen.iter().position(|&(low, _)| low < -0.5), Some(75));
    assert_eq!(seen.iter().filter(|&&bucket| bucket == (0.0, 0.0)).count(), 99);
}

#[test]
fn a_clip_has_the_peaks_of_its_sound() {
    let sound = mono(clip("edge/audio_only.wav"));
    let peak = sound.iter().fold(0.0_f32, |peak, x| peak.max(*x));
    let seen = overview(&Pcm::mono(SampleRate::LISTENING, sound), 500);
    assert_eq!(seen.iter().fold(0.0_f32, |peak, x| peak.max(x.1)), peak);
}

proptest! {
    #[test]
    fn every_bucket_holds_its_samples(
        samples in prop::collection::vec(-1.0_f32..1.0, 0..200),
        buckets in 0_usize..300,
    ) {
        let expected = if samples.is_empty() { 0 } else { buckets };
        let all = samples.iter().fold((0.0_f32, 0.0_f32), |(low, high), &x| (low.min(x), high.max(x)));
        let seen = overview(&Pcm::mono(SampleRate::LISTENING, samples), buckets);
        prop_assert_eq!(seen.len(), expected);
        prop_assert!(seen.iter().all(|&(low, high)| low <= high && low >= all.0.min(low) && high <= all.1.max(high)));
    }
}
