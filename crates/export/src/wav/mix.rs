//! Mixing: which strokes ring when, and who stops whom.
//!
//! Conventions: samples count from the start of the sound; a recording begins 1 ms before its stroke. A voice is a stroke
//! that rings.

use super::RATE_HZ;
use super::kit::{self, Recording};
use crate::played::Sound;
use drums::{Instrument, Piece, Seconds};
use std::collections::BTreeMap;

/// Samples before a stroke that its recording begins.
const LEAD: i64 = RATE_HZ as i64 / 1_000;
/// How long a hi-hat that is closed, and a cymbal that is choked, still ring.
const CLOSING_S: f64 = 0.012;
const CHOKE_AFTER_S: f64 = 0.12;
const CHOKING_S: f64 = 0.05;
/// How long a drum rings on under its next stroke.
const OVERLAP_S: f64 = 0.25;
/// Loudness of the whole kit.
const GAIN: f32 = 1.0;

/// A stroke that rings.
#[derive(Debug, Clone, Copy)]
struct Voice {
    recording: &'static Recording,
    start: i64,
    speed: f64,
    gain: f32,
    /// Factor per sample, where it is damped from the start.
    decay: f32,
    /// From here it fades, over so many samples.
    stop: Option<(i64, i64)>,
}

impl Voice {
    /// First sample after it.
    fn end(&self) -> i64 {
        let natural = self.start + (self.recording.samples.len() as f64 / self.speed) as i64;
        self.stop.map_or(natural, |(from, fade)| natural.min(from + fade))
    }

    fn stop_at(&mut self, from: i64, fade_s: f64) {
        let fade = (fade_s * f64::from(RATE_HZ)) as i64;
        if self.stop.is_none_or(|(before, own)| from + fade < before + own) {
            self.stop = Some((from, fade.max(1)));
        }
    }

    fn add_to(&self, block: &mut [f32], at: i64) {
        let from = self.start.max(at);
        let to = self.end().min(at + block.len() as i64);
        let samples = &self.recording.samples;
        let mut level = self.gain * self.decay.powi((from - self.start).clamp(0, i64::from(i32::MAX)) as i32);
        for place in from..to {
            let exact = (place - self.start) as f64 * self.speed;
            let (left, share) = (exact as usize, exact.fract() as f32);
            let Some(&first) = samples.get(left) else { break };
            let second = samples.get(left + 1).copied().unwrap_or(0.0);
            let fade = match self.stop {
                Some((stop, fade)) if place >= stop => 1.0 - (place - stop) as f32 / fade as f32,
                _ => 1.0,
            };
            block[(place - at) as usize] += (first + (second - first) * share) * level * fade;
            level *= self.decay;
        }
    }
}

/// A click: one of two pitches.
#[derive(Debug, Clone, Copy)]
struct Click {
    start: i64,
    is_downbeat: bool,
}

/// Length of a click in samples: 30 ms.
const CLICK: i64 = RATE_HZ as i64 * 30 / 1_000;

impl Click {
    fn add_to(self, block: &mut [f32], at: i64) {
        let hz = if self.is_downbeat { 2_000.0 } else { 1_400.0 };
        let to = (self.start + CLICK).min(at + block.len() as i64);
        for place in self.start.max(at)..to {
            let time_s = (place - self.start) as f32 / RATE_HZ as f32;
            let tone = (time_s * hz * std::f32::consts::TAU).sin() * (-time_s * 180.0).exp();
            block[(place - at) as usize] += 0.35 * tone;
        }
    }
}

/// All strokes and clicks of a sound in order of time.
#[derive(Debug)]
pub(super) struct Mixer {
    voices: Vec<Voice>,
    clicks: Vec<Click>,
    /// Voices and clicks before these have not begun.
    next: usize,
    ringing: Vec<Voice>,
}

fn sample_at(time: Seconds) -> i64 {
    (time.get() * f64::from(RATE_HZ)).round() as i64
}

impl Mixer {
    /// Lays out the strokes, which are in order of time.
    pub(super) fn new(strokes: &[Sound], clicks: &[(Seconds, bool)]) -> Self {
        let mut voices: Vec<Voice> = Vec::with_capacity(strokes.len());
        let mut last_of: BTreeMap<Instrument, usize> = BTreeMap::new();
        let mut turns: BTreeMap<Instrument, usize> = BTreeMap::new();
        let mut hihats: Vec<usize> = Vec::new();
        for stroke in strokes {
            let turn = turns.entry(stroke.instrument).or_default();
            *turn += 1;
            let sounding = kit::of(stroke.instrument);
            let Some((recording, gain)) = kit::stroke(sounding, stroke.velocity.get(), *turn) else { continue };
            let at = sample_at(stroke.time);
            let decay_s = sounding.decay_s.map_or(f32::INFINITY, |decay_s| decay_s * RATE_HZ as f32);
            let decay = (-1.0 / decay_s).exp();
            let mut voice =
                Voice { recording, start: at - LEAD, speed: sounding.speed, gain: gain * GAIN, decay, stop: None };
            if stroke.choke {
                voice.stop_at(at + (CHOKE_AFTER_S * f64::from(RATE_HZ)) as i64, CHOKING_S);
            }
            if stroke.instrument.row().piece == Piece::Hihat {
                hihats.drain(..).for_each(|open| voices[open].stop_at(at, CLOSING_S));
                hihats.push(voices.len());
            }
            if let Some(before) = last_of.insert(stroke.instrument, voices.len()) {
                voices[before].stop_at(at, OVERLAP_S);
            }
            voices.push(voice);
        }
        let clicks =
            clicks.iter().map(|(time, is_downbeat)| Click { start: sample_at(*time), is_downbeat: *is_downbeat });
        Self { voices, clicks: clicks.collect(), next: 0, ringing: Vec::new() }
    }

    /// Adds what sounds from sample `at` on. Blocks come in order.
    pub(super) fn add_to(&mut self, block: &mut [f32], at: usize) {
        let (at, end) = (at as i64, (at + block.len()) as i64);
        while let Some(voice) = self.voices.get(self.next).filter(|voice| voice.start < end) {
            self.ringing.push(*voice);
            self.next += 1;
        }
        self.ringing.retain(|voice| voice.end() > at);
        self.ringing.iter().for_each(|voice| voice.add_to(block, at));
        let first = self.clicks.partition_point(|click| click.start + CLICK <= at);
        let sounding = self.clicks[first..].iter().take_while(|click| click.start < end);
        sounding.for_each(|click| click.add_to(block, at));
    }
}
