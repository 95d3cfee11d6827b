//! Recordings taken apart: what is lost, what goes where, and that it does not matter how the sound comes.

use drums::{Hit, Instrument, Seconds, Velocity};
use listen::separate::{Quality, STUDY_S_MAX, Separator, Splitting, Stem};

const RATE: f64 = 44_100.0;

/// A low thud and a bright burst that die away, and a steady chord: kick, hi-hat and band, each known alone.
pub(crate) struct Song {
    pub(crate) hits: Vec<Hit>,
    kick: Vec<f32>,
    hihat: Vec<f32>,
    band: Vec<f32>,
}

impl Song {
    pub(crate) fn new(seconds: f64) -> Self {
        let samples = (seconds * RATE) as usize;
        let mut song =
            Self { hits: Vec::new(), kick: vec![0.0; samples], hihat: vec![0.0; samples], band: vec![0.0; samples] };
        let mut seed = 3_u32;
        for beat in 0..(seconds * 4.0) as usize {
            let time = 0.1 + beat as f64 * 0.25;
            let start = (time * RATE) as usize;
            if beat % 2 == 0 {
                song.hits.push(Hit::new(Seconds::clamped(time), Instrument::Kick, Velocity::clamped(0.8)));
                strike(&mut song.kick[start.min(samples)..], 0.15, |t| (std::f64::consts::TAU * 55.0 * t).sin());
            }
            song.hits.push(Hit::new(Seconds::clamped(time), Instrument::HihatClosed, Velocity::clamped(0.6)));
            let mut before = 0.0;
            strike(&mut song.hihat[start.min(samples)..], 0.03, |_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = f64::from(seed >> 8) / f64::from(1 << 24) - 0.5;
                let bright = noise - before;
                before = noise;
                bright * 0.6
            });
        }
        for (n, sample) in song.band.iter_mut().enumerate() {
            let t = n as f64 / RATE;
            let tone = |hz: f64| (std::f64::consts::TAU * hz * t).sin();
            *sample = ((tone(220.0) + tone(277.2) + tone(329.6)) * 0.1) as f32;
        }
        song
    }

    pub(crate) fn mix(&self) -> Vec<f32> {
        (0..self.kick.len()).map(|n| self.kick[n] + self.hihat[n] + self.band[n]).collect()
    }
}

fn strike(sound: &mut [f32], ring_s: f64, mut wave: impl FnMut(f64) -> f64) {
    for (n, sample) in sound.iter_mut().enumerate().take((ring_s * 8.0 * RATE) as usize) {
        let t = n as f64 / RATE;
        *sample += (wave(t) * (-t / ring_s).exp() * 0.5) as f32;
    }
}

/// Blocks of a sound, channels x samples each.
pub(crate) fn cut(sound: &[Vec<f32>], block: usize) -> Vec<Vec<Vec<f32>>> {
    (0..sound[0].len())
        .step_by(block)
        .map(|at| sound.iter().map(|row| row[at..row.len().min(at + block)].to_vec()).collect())
        .collect()
}

/// Takes a sound apart that comes in blocks of `block` samples; the stems, channels x samples each, and their quality.
fn split(hits: &[Hit], sound: &[Vec<f32>], block: usize) -> (Vec<Vec<Vec<f32>>>, [Quality; 7]) {
    let blocks = cut(sound, block);
    let mut study = Separator::default().study(hits);
    assert!(study.wants_sound());
    blocks.iter().for_each(|block| study.push(block));
    let (splitting, channels) = (study.split(sound.len()), sound.len());
    gather(splitting, &blocks, channels)
}

/// The stems of a sound that goes by in blocks, channels x samples each, and their quality.
pub(crate) fn gather(
    mut splitting: Splitting,
    blocks: &[Vec<Vec<f32>>],
    channels: usize,
) -> (Vec<Vec<Vec<f32>>>, [Quality; 7]) {
    let mut stems = vec![vec![Vec::new(); channels]; Stem::ALL.len()];
    let mut take = |block: listen::separate::StemBlock<'_>| {
        assert_eq!(block.start_samples as usize, stems[0][0].len());
        for (all, new) in stems.iter_mut().zip(block.stems) {
            all.iter_mut().zip(new).for_each(|(all, new)| all.extend(new));
        }
    };
    blocks.iter().for_each(|block| splitting.push(block, &mut take));
    let quality = splitting.finish(&mut take).unwrap();
    (stems, quality)
}

/// Energy of what is right over energy of what is wrong, dB.
fn sdr(found: &[f32], truth: &[f32]) -> f64 {
    let right: f64 = truth.iter().map(|x| f64::from(x * x)).sum();
    let wrong: f64 = found.iter().zip(truth).map(|(a, b)| f64::from((a - b) * (a - b))).sum();
    10.0 * (right / wrong).log10()
}

#[test]
fn each_drum_comes_out_and_the_band_stays() {
    let song = Song::new(12.0);
    let mix = song.mix();
    let (stems, quality) = split(&song.hits, std::slice::from_ref(&mix), 44_100);
    for (stem, truth, least_db) in
        [(Stem::Kick, &song.kick, 9.0), (Stem::Hihat, &song.hihat, 6.0), (Stem::Rest, &song.band, 9.0)]
    {
        let found = &stems[stem as usize][0];
        let (before, after) = (sdr(&mix, truth), sdr(found, truth));
        assert!(after > least_db && after > before + 6.0, "{}: {before:.1} -> {after:.1} dB", stem.id());
        assert!(quality[stem as usize].certainty_db > 3.0, "{}: {:?}", stem.id(), quality[stem as usize]);
    }
    assert!(stems[Stem::Snare as usize][0].iter().all(|sample| *sample == 0.0), "nobody plays a snare");
    assert!((quality.iter().map(|quality| quality.share).sum::<f64>() - 1.0).abs() < 1e-9);
}

#[test]
fn stems_add_up_whatever_is_played() {
    let song = Song::new(7.3);
    let left = song.mix();
    let right: Vec<f32> = left.iter().rev().copied().collect();
    let (stems, _) = split(&song.hits, &[left.clone(), right.clone()], 44_100);
    for (channel, sound) in [left, right].iter().enumerate() {
        assert_eq!(stems[0][channel].len(), sound.len());
        for (n, sample) in sound.iter().enumerate() {
            let sum: f32 = stems.iter().map(|stem| stem[channel][n]).sum();
            assert!((sum - sample).abs() < 1e-5, "channel {channel}, sample {n}: {sum} is not {sample}");
        }
    }
}

#[test]
fn how_the_sound_is_cut_does_not_matter() {
    let song = Song::new(9.0);
    let mix = [song.mix()];
    let (whole, _) = split(&song.hits, &mix, mix[0].len());
    let (pieces, _) = split(&song.hits, &mix, 997);
    assert!(whole == pieces);
}

#[test]
fn nothing_to_hear_and_nothing_known_are_no_trouble() {
    let (stems, quality) = split(&[], &[vec![0.25; 10_000]], 4096);
    assert!(stems[Stem::Rest as usize][0].iter().all(|sample| *sample == 0.25));
    assert_eq!(quality[Stem::Rest as usize].share, 1.0);
    let hits = [Hit::new(Seconds::ZERO, Instrument::Snare, Velocity::clamped(1.0))];
    for samples in [0, 1, 700] {
        let (stems, _) = split(&hits, &[vec![0.0; samples]], 4096);
        assert_eq!(stems[0][0].len(), samples);
        assert!(stems.iter().flatten().flatten().all(|sample| *sample == 0.0));
    }
    // A hit beyond the end of the sound, and one so early that half of its window is missing.
    let late = [Hit::new(Seconds::clamped(500.0), Instrument::Crash, Velocity::clamped(0.5)), hits[0]];
    let (stems, _) = split(&late, &[vec![0.1; 20_000]], 4096);
    assert!(stems.iter().flatten().flatten().all(|sample| sample.is_finite()));
}

#[test]
fn what_is_learnt_from_has_a_limit() {
    // Only so much of a long recording is kept while it is learnt; a rare instrument at its end is learnt all the same.
    let hits: Vec<Hit> = (0..3000)
        .map(|n| {
            let instrument = if n == 2999 { Instrument::China } else { Instrument::Kick };
            Hit::new(Seconds::clamped(f64::from(n) * 0.5), instrument, Velocity::clamped(0.7))
        })
        .collect();
    assert!(f64::from(3000) * 0.5 > 10.0 * STUDY_S_MAX);
    let mut study = Separator::default().study(&hits);
    let second = vec![vec![0.01_f32; 44_100]];
    for _ in 0..300 {
        study.push(&second);
    }
    let seconds = study.seconds_learnt();
    assert!(seconds > 4.0 && seconds <= STUDY_S_MAX, "{seconds}");
    assert!(study.instruments().contains(&Instrument::China));
}

#[test]
fn separators_are_named() {
    assert_eq!(Separator::named("masks 2"), Some(Separator::default()));
    assert_eq!(Separator::named("masks 1"), None);
    assert_eq!(Separator::default().name(), Separator::NAMES[0]);
    assert!(Stem::ALL.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(Stem::ALL.iter().all(|stem| Stem::named(stem.id()) == Some(*stem)));
    assert_eq!(Stem::of(Instrument::Cowbell), Stem::Percussion);
    let song = Song::new(3.0);
    let counts = Stem::count(&song.hits);
    assert_eq!((counts[Stem::Kick as usize], counts[Stem::Hihat as usize], counts[Stem::Rest as usize]), (6, 12, 0));
    assert_eq!(Stem::of(Instrument::RideBell), Stem::Cymbals);
}
