//! The sound of a transcription: when, how loud, and how long.

use crate::scores::{Writer, played, rock};
use drums::{BeatGrid, Hit, Instrument, Performance, Seconds, Velocity};
use export::{Error, Material, Options, find, write};
use score::Score;

const RATE: f64 = 44_100.0;

fn sound(score: &Score, performance: &Performance, options: &Options) -> Vec<f64> {
    let bytes = write(find("wav").unwrap(), &Material::new(performance, score), options).unwrap();
    assert_eq!((&bytes[..4], &bytes[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
    let samples = bytes[44..].chunks_exact(2).map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0);
    samples.collect()
}

fn level(samples: &[f64], from_s: f64, to_s: f64) -> f64 {
    let range = &samples[(from_s * RATE) as usize..(to_s * RATE) as usize];
    (range.iter().map(|sample| sample * sample).sum::<f64>() / range.len() as f64).sqrt()
}

/// What sounds where nothing is written.
fn hits(hits: &[(f64, Instrument, f32)]) -> Vec<f64> {
    let hits = hits.iter().map(|(at, what, how)| Hit::new(Seconds::clamped(*at), *what, Velocity::clamped(*how)));
    let performance = Performance::new(Seconds::clamped(3.0), hits.collect(), BeatGrid::default()).unwrap();
    sound(&Score::default(), &performance, &Options::default())
}

#[test]
fn strokes_sound_when_they_were_played_and_never_clip() {
    let score = rock();
    let performance = played(&score);
    let samples = sound(&score, &performance, &Options::default());
    assert_eq!(level(&samples, 0.0, 0.498), 0.0);
    for hit in performance.hits() {
        let at = hit.time.get();
        assert!(level(&samples, at, at + 0.03) > 0.003, "{hit:?}");
    }
    let peak = samples.iter().fold(0.0_f64, |peak, sample| peak.max(sample.abs()));
    assert!((0.1..0.98).contains(&peak), "{peak}");
}

#[test]
fn everything_at_once_does_not_clip_either() {
    let all: Vec<_> = drums::instruments().iter().map(|row| (0.5, row.instrument, 1.0)).collect();
    let peak = hits(&all).iter().fold(0.0_f64, |peak, sample| peak.max(sample.abs()));
    assert!((0.9..0.98).contains(&peak), "{peak}");
}

#[test]
fn harder_is_louder() {
    let at = |velocity| level(&hits(&[(0.5, Instrument::Snare, velocity)]), 0.5, 0.7);
    assert!(at(0.9) > 1.5 * at(0.6) && at(0.6) > 1.5 * at(0.3));
}

#[test]
fn a_hi_hat_that_closes_stops_one_that_rings() {
    let open = (0.5, Instrument::HihatOpen, 0.8);
    let rings = hits(&[open]);
    for closes in [Instrument::HihatClosed, Instrument::HihatPedal] {
        let stopped = hits(&[open, (0.8, closes, 0.05)]);
        assert!(level(&stopped, 0.9, 1.1) < 0.3 * level(&rings, 0.9, 1.1), "{closes}");
    }
    let half = hits(&[(0.5, Instrument::HihatHalfOpen, 0.8)]);
    assert!(level(&half, 0.9, 1.1) < 0.5 * level(&rings, 0.9, 1.1));
}

#[test]
fn a_choked_cymbal_is_stopped() {
    let play = |word| {
        let score = Writer::new("", "4/4", 60.0).bar(word, "").done();
        sound(&score, &played(&score), &Options::default())
    };
    let (rings, choked) = (play("4:cr 2.:-"), play("4:cr! 2.:-"));
    assert!(level(&choked, 0.8, 1.2) < 0.05 * level(&rings, 0.8, 1.2));
}

#[test]
fn flams_are_two_strokes() {
    let play = |word| {
        let score = Writer::new("", "4/4", 60.0).bar(word, "").done();
        sound(&score, &Performance::default(), &Options::default())
    };
    let (plain, flam) = (play("4:- 4:sd 2:-"), play("4:- 4:sd/f 2:-"));
    assert_eq!(level(&plain, 1.46, 1.495), 0.0);
    assert!(level(&flam, 1.46, 1.495) > 0.001);
}

#[test]
fn a_click_falls_on_every_beat() {
    let score = Writer::new("", "4/4", 60.0).bar("1:-", "").done();
    let click = Options { click: true, ..Options::default() };
    let samples = sound(&score, &Performance::default(), &click);
    for beat in 0..3 {
        let at = 0.5 + f64::from(beat);
        assert!(level(&samples, at, at + 0.01) > 0.05, "beat {beat}");
        assert!(samples.len() < ((at + 0.4) * RATE) as usize || level(&samples, at + 0.2, at + 0.4) == 0.0);
    }
}

#[test]
fn an_hour_is_refused() {
    let performance = Performance::new(Seconds::clamped(3_600.0), vec![], BeatGrid::default()).unwrap();
    let error = write(find("wav").unwrap(), &Material::new(&performance, &rock()), &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "sound is 3600 seconds, at most 1800 are allowed");
    assert!(matches!(error, Error::LimitReached { .. }));
    assert!(write(find("zip").unwrap(), &Material::new(&performance, &rock()), &Options::default()).is_ok());
}
