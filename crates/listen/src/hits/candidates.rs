//! Possible hits: local maxima of the onset activations of a network, found as the frames come in.
//!
//! Conventions: probabilities are kept as log-odds in thousandths, 16 bits each; a candidate of seventeen classes takes
//! about 90 bytes, an hour of dense playing some 10 MB; a timbre of 32 values adds 180 bytes per moment.

use super::timbre::Moment;
use crate::card::TimbreCard;
use crate::neural::Activations;
use std::collections::VecDeque;

/// Frames on each side over which a candidate is the largest.
pub const REACH_FRAMES: usize = 2;
/// Probability below which nothing is a candidate.
pub const FLOOR_PROBABILITY: f32 = 0.05;
/// Of two maxima two frames apart the smaller counts as well where the curve between them sinks to this share of it: the
/// two strokes of a tight flam.
const DIP_SHARE: f32 = 0.65;
/// Velocity where a network says nothing about it.
const MIDDLING_VELOCITY: f32 = 0.7;
/// Log-odds are kept in thousandths.
const STEPS_PER_NAT: f32 = 1000.0;

/// A possible hit.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The frame in which the activation of its class is largest.
    pub frame: u32,
    /// The class, in the order of the card.
    pub class: u16,
    /// Where the stroke begins, frames from the frame's centre, -1..=1.
    pub offset_frames: f32,
    /// Probability of the class at the frame, 0..=1; with what other moments lent, once a recording has ended.
    pub probability: f32,
    /// How hard, 0..=1.
    pub velocity: f32,
    /// Largest log-odds of every class in the frames around, thousandths.
    around: Box<[i16]>,
}

impl Candidate {
    /// Time in frames from the start.
    #[must_use]
    pub fn time_frames(&self) -> f64 {
        f64::from(self.frame) + f64::from(self.offset_frames)
    }

    /// Largest log-odds of each class within two frames, in the order of the card.
    pub fn log_odds(&self) -> impl Iterator<Item = f32> + '_ {
        self.around.iter().map(|steps| f32::from(*steps) / STEPS_PER_NAT)
    }

    /// Largest probability of each class within two frames, in the order of the card.
    pub fn probabilities(&self) -> impl Iterator<Item = f32> + '_ {
        self.log_odds().map(crate::classic::logistic)
    }
}

/// Finds candidates in activations that come stretch by stretch.
#[derive(Debug, Clone)]
pub struct CandidateFinder {
    classes: usize,
    timbre: Option<TimbreCard>,
    floor: f32,
    /// The last few frames: onset, velocity, offset per class.
    recent: VecDeque<Frame>,
    /// Number of the newest frame in `recent` plus one.
    frames: u32,
    candidates: Vec<Candidate>,
    /// What was heard in the frames that have candidates, where timbres count.
    moments: Vec<Moment>,
}

#[derive(Debug, Clone, Default)]
struct Frame {
    onset: Vec<f32>,
    velocity: Vec<f32>,
    offset: Vec<f32>,
    timbre: Vec<f32>,
}

impl CandidateFinder {
    /// A finder at the start of a recording; `floor` is the least probability of a candidate, `timbre` what moments that
    /// sound alike do for each other.
    #[must_use]
    pub fn new(classes: usize, floor: f32, timbre: Option<TimbreCard>) -> Self {
        // Before the recording nothing is struck.
        let recent = std::iter::repeat_n(Frame::silent(classes), 2 * REACH_FRAMES).collect();
        Self { classes, timbre, floor, recent, frames: 0, candidates: Vec::new(), moments: Vec::new() }
    }

    /// Takes the next activations.
    pub fn hear(&mut self, activations: &Activations) {
        let columns = self.classes.max(1);
        let values = self.timbre_values();
        let timbre = |frame: usize| activations.timbre.get(frame * values..(frame + 1) * values);
        for (index, onset) in activations.onset.chunks_exact(columns).enumerate() {
            let row = |list: &[f32]| list.get(index * columns..(index + 1) * columns).map(<[f32]>::to_vec);
            let frame = Frame {
                onset: onset.iter().map(|p| if p.is_finite() { p.clamp(0.0, 1.0) } else { 0.0 }).collect(),
                velocity: row(&activations.velocity).unwrap_or_default(),
                offset: row(&activations.offset).unwrap_or_default(),
                timbre: timbre(index).map(<[f32]>::to_vec).unwrap_or_default(),
            };
            self.advance(frame);
        }
    }

    /// Ends the recording: the candidates, in order of frames.
    ///
    /// Where the card has a timbre, the log-odds of each candidate are drawn towards those that moments of the recording
    /// which sound alike give its class: one hi-hat among a hundred is rarely a ride. Each moment has a direction, its
    /// timbre less the mean over the recording; the `neighbours` moments nearest to it by the cosine between directions,
    /// among the 600 before and after it and at least 40 ms away, lend it the mean of their log-odds, weighed by
    /// exp((cosine - 1) / `reach`); the candidate keeps 1 - `share` of its own. It is the average over like sounds of
    /// non-local means (A. Buades, B. Coll, J.-M. Morel, "A non-local algorithm for image denoising", 2005).
    #[must_use]
    pub fn finish(mut self) -> Vec<Candidate> {
        for _ in 0..REACH_FRAMES {
            self.advance(Frame::silent(self.classes));
        }
        if let Some(card) = self.timbre {
            super::timbre::lend(&card, &mut self.candidates, &self.moments);
        }
        self.candidates
    }

    /// The candidates found so far, in order of frames.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// How many of them lie at least `gap_frames` behind the newest frame.
    #[must_use]
    pub fn settled(&self, gap_frames: u32) -> usize {
        self.candidates.partition_point(|candidate| candidate.frame + gap_frames < self.frames)
    }

    /// Bytes of the candidates found so far.
    #[must_use]
    pub const fn kept_bytes(&self) -> usize {
        self.candidates.len() * (size_of::<Candidate>() + self.classes * size_of::<i16>())
            + self.moments.len() * (size_of::<Moment>() + self.timbre_values() * size_of::<f32>())
    }

    const fn timbre_values(&self) -> usize {
        match self.timbre {
            Some(timbre) => timbre.values,
            None => 0,
        }
    }

    fn advance(&mut self, frame: Frame) {
        self.recent.push_back(frame);
        self.frames += 1;
        let Some(middle) = self.frames.checked_sub(1 + REACH_FRAMES as u32) else {
            self.recent.pop_front();
            return;
        };
        let before = self.candidates.len();
        for class in 0..self.classes {
            let curve: [f32; 2 * REACH_FRAMES + 1] = std::array::from_fn(|i| self.recent[i].onset[class]);
            if curve[REACH_FRAMES] >= self.floor && is_peak(&curve) {
                let candidate = self.candidate(middle, class);
                self.candidates.push(candidate);
            }
        }
        let timbre = std::mem::take(&mut self.recent[REACH_FRAMES].timbre);
        if self.candidates.len() > before && !timbre.is_empty() {
            self.moments.push(Moment { frame: middle, first_candidate: before, timbre: timbre.into() });
        }
        self.recent.pop_front();
    }

    fn candidate(&self, frame: u32, class: usize) -> Candidate {
        let here = &self.recent[REACH_FRAMES];
        let finite = |value: f32, low: f32, high: f32| if value.is_finite() { value.clamp(low, high) } else { 0.0 };
        let largest = |class: usize| self.recent.iter().map(|f| f.onset[class]).fold(0.0, f32::max);
        let steps = |p: f32| (super::choose::log_odds(p) * STEPS_PER_NAT) as i16;
        Candidate {
            frame,
            class: u16::try_from(class).unwrap_or(u16::MAX),
            offset_frames: finite(here.offset.get(class).copied().unwrap_or(0.0), -1.0, 1.0),
            probability: here.onset[class],
            velocity: finite(here.velocity.get(class).copied().unwrap_or(MIDDLING_VELOCITY), 0.0, 1.0),
            around: (0..self.classes).map(|class| steps(largest(class))).collect(),
        }
    }
}

impl Frame {
    fn silent(classes: usize) -> Self {
        Self { onset: vec![0.0; classes], ..Self::default() }
    }
}

/// Whether the middle is a maximum; on a plateau the first frame counts.
fn is_peak(curve: &[f32; 2 * REACH_FRAMES + 1]) -> bool {
    let [before2, before, here, after, after2] = *curve;
    let sinks = |between: f32| between <= DIP_SHARE * here;
    here > before && here >= after && (here > before2 || sinks(before)) && (here >= after2 || sinks(after))
}
