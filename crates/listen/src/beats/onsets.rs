//! Hits that sound together, merged into onsets with one weight per class.
//!
//! Conventions: six classes, since where a crash falls says more about bars than where a ride does. A weight is 2 for
//! a certain stroke, 1 for a ghost note or an uncertain one, 0 for none.

use super::SPAN_MAX_S;
use drums::{Family, Hit, Instrument, Piece};

/// Classes told apart.
pub(super) const CLASSES: usize = 6;
/// Index of the kick class.
pub(super) const KICK: usize = 0;
/// Index of the snare class.
pub(super) const SNARE: usize = 1;
/// Index of the hi-hat class.
pub(super) const HATS: usize = 2;
/// Index of the ride class.
pub(super) const RIDE: usize = 3;
/// Index of the crash class: crash, splash and china cymbals.
pub(super) const CRASH: usize = 4;
/// Index of the tom class.
pub(super) const TOMS: usize = 5;

/// Strokes closer than this to the first of an onset belong to it, in seconds.
const TOGETHER_S: f64 = 0.030;
/// A softer stroke of the same class this close before another is its grace note, in seconds.
const GRACE_S: f64 = 0.045;
/// How much softer a grace note is than its main note, at most.
const GRACE_RATIO: f32 = 0.7;
/// Snare strokes softer than this are ghost notes.
const GHOST_VELOCITY: f32 = 0.3;
/// Strokes less sure than this count half.
const SURE: f32 = 0.5;
/// Where more of the strokes than this share are crashes, the cymbal is kept time on, like a ride.
const CRASH_SHARE_MAX: f64 = 0.15;

/// Strokes that sound together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Onset {
    /// When, in seconds: the mean of its strokes.
    pub(super) time: f64,
    /// Weight of the strongest stroke of each class: 0, 1 or 2.
    pub(super) weights: [u8; CLASSES],
    /// How loud the loudest stroke of each class is, in standard deviations from the mean of its class in the song; 0 for none.
    pub(super) loud: [f32; CLASSES],
}

struct Stroke {
    time: f64,
    class: usize,
    weight: u8,
    velocity: f32,
}

/// Onsets in order of time, and whether hits past [`SPAN_MAX_S`] were left out.
pub(super) fn onsets(hits: &[Hit]) -> (Vec<Onset>, bool) {
    let mut strokes: Vec<Stroke> = hits.iter().filter_map(stroke).collect();
    strokes.sort_by(|a, b| a.time.total_cmp(&b.time).then(a.class.cmp(&b.class)));
    let all = strokes.len();
    if let Some(first_s) = strokes.first().map(|s| s.time) {
        strokes.truncate(strokes.partition_point(|s| s.time < first_s + SPAN_MAX_S));
    }
    let cut = strokes.len() < all;
    let mut strokes = without_graces(strokes);
    let crashes = strokes.iter().filter(|s| s.class == CRASH).count();
    if crashes as f64 > CRASH_SHARE_MAX * strokes.len() as f64 {
        strokes.iter_mut().filter(|s| s.class == CRASH).for_each(|s| s.class = RIDE);
    }
    (together(&strokes, &Habit::of_classes(&strokes)), cut)
}

/// How loud a class is in a song.
#[derive(Clone, Copy, Default)]
struct Habit {
    mean: f32,
    deviation: f32,
}

impl Habit {
    /// Deviation below which differences are chance.
    const DEVIATION_MIN: f32 = 0.05;
    /// Loudness beyond so many deviations is cut.
    const FAR: f32 = 2.5;

    fn of_classes(strokes: &[Stroke]) -> [Self; CLASSES] {
        std::array::from_fn(|class| {
            let velocities = || strokes.iter().filter(|s| s.class == class).map(|s| s.velocity);
            let count = velocities().count().max(1) as f32;
            let mean = velocities().sum::<f32>() / count;
            let deviation = (velocities().map(|v| (v - mean) * (v - mean)).sum::<f32>() / count).sqrt();
            Self { mean, deviation: deviation + Self::DEVIATION_MIN }
        })
    }

    fn of(self, velocity: f32) -> f32 {
        ((velocity - self.mean) / self.deviation).clamp(-Self::FAR, Self::FAR)
    }
}

fn stroke(hit: &Hit) -> Option<Stroke> {
    let row = hit.instrument.row();
    let class = match row.family {
        Some(Family::Kick) => KICK,
        Some(Family::Snare) => SNARE,
        Some(Family::Hihat) => HATS,
        Some(Family::Cymbals) if row.piece == Piece::Ride => RIDE,
        Some(Family::Cymbals) => CRASH,
        Some(Family::Toms) => TOMS,
        None if hit.instrument == Instrument::Cowbell => RIDE,
        None => return None,
    };
    let ghost = class == SNARE && hit.velocity.get() < GHOST_VELOCITY;
    let weight = if ghost || hit.confidence.get() < SURE { 1 } else { 2 };
    Some(Stroke { time: hit.time.get(), class, weight, velocity: hit.velocity.get() })
}

/// Leaves out strokes that lean on a louder one of the same class just after them.
fn without_graces(strokes: Vec<Stroke>) -> Vec<Stroke> {
    let mut next: [Option<(f64, f32)>; CLASSES] = [None; CLASSES];
    let mut kept: Vec<Stroke> = Vec::with_capacity(strokes.len());
    for stroke in strokes.into_iter().rev() {
        let leans = next[stroke.class]
            .is_some_and(|(time, velocity)| time - stroke.time < GRACE_S && stroke.velocity < GRACE_RATIO * velocity);
        if !leans {
            next[stroke.class] = Some((stroke.time, stroke.velocity));
            kept.push(stroke);
        }
    }
    kept.reverse();
    kept
}

fn together(strokes: &[Stroke], habits: &[Habit; CLASSES]) -> Vec<Onset> {
    let mut onsets = Vec::new();
    let mut rest = strokes;
    while let Some(first) = rest.first() {
        let (here, after) = rest.split_at(rest.partition_point(|s| s.time < first.time + TOGETHER_S).max(1));
        let (mut weights, mut velocities) = ([0_u8; CLASSES], [0.0_f32; CLASSES]);
        for stroke in here {
            weights[stroke.class] = weights[stroke.class].max(stroke.weight);
            velocities[stroke.class] = velocities[stroke.class].max(stroke.velocity);
        }
        let loud = |class: usize| if weights[class] > 0 { habits[class].of(velocities[class]) } else { 0.0 };
        let time = here.iter().map(|s| s.time).sum::<f64>() / here.len() as f64;
        onsets.push(Onset { time, weights, loud: std::array::from_fn(loud) });
        rest = after;
    }
    onsets
}
