//! Dynamics: which notes are ghosts and which carry an accent.
//!
//! Conventions: a ghost is a snare stroke softer than a share of the song's backbeat. Accents are for strokes clearly
//! louder than their own kind around them; where many would have one, none has: then it is the style, not an accent.

use crate::passes::bars::Plan;
use crate::passes::quantize::Placed;
use drums::{Instrument, Piece, Ticks};
use std::collections::BTreeMap;

/// A snare softer than this share of the backbeat is a ghost.
const GHOST_SHARE: f32 = 0.45;
/// An accent is this much louder than the middle of its surroundings, as a ratio ...
const ACCENT_RATIO: f32 = 1.25;
/// ... as a difference ...
const ACCENT_MORE: f32 = 0.15;
/// ... and at least this loud.
const ACCENT_MIN: f32 = 0.55;
/// Strokes of the same kind either way that are the surroundings.
const AROUND: usize = 8;
/// Largest share of the strokes of a kind that may have an accent.
const ACCENTS_MAX: f64 = 0.15;

/// Marks of a stroke.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    pub ghost: bool,
    pub accent: bool,
}

/// Marks for each stroke.
pub(crate) fn mark(placed: &[Placed], plan: &Plan) -> Vec<Marks> {
    let mut marks = vec![Marks::default(); placed.len()];
    let backbeat = backbeat(placed, plan);
    let mut kinds: BTreeMap<Instrument, Vec<usize>> = BTreeMap::new();
    for (index, stroke) in placed.iter().map(|placed| &placed.stroke).enumerate() {
        let ghostly = stroke.instrument == Instrument::Snare && stroke.roll.is_none() && stroke.graces.is_none();
        marks[index].ghost = ghostly && stroke.velocity < GHOST_SHARE * backbeat;
        if !marks[index].ghost && takes_accent(stroke.instrument) {
            kinds.entry(stroke.instrument).or_default().push(index);
        }
    }
    for indices in kinds.values() {
        accent(indices, placed, &mut marks);
    }
    marks
}

/// Crashes are loud by nature, feet and small percussion are left alone.
fn takes_accent(instrument: Instrument) -> bool {
    let piece = instrument.row().piece;
    matches!(piece, Piece::Snare | Piece::Tom | Piece::Ride)
        || matches!(instrument, Instrument::HihatClosed | Instrument::HihatHalfOpen | Instrument::HihatOpen)
}

/// How loud the backbeat is: the median of the snares on a beat that are at least half as loud as the loudest
/// twentieth, so that neither ghosts nor a few shots count.
fn backbeat(placed: &[Placed], plan: &Plan) -> f32 {
    let levels = |wanted: &dyn Fn(&Placed) -> bool| {
        let snares = placed.iter().filter(|placed| placed.stroke.instrument.row().piece == Piece::Snare);
        let mut levels: Vec<f32> =
            snares.filter(|placed| wanted(placed)).map(|placed| placed.stroke.velocity).collect();
        levels.sort_by(f32::total_cmp);
        levels
    };
    let all = levels(&|_| true);
    let Some(&loud) = all.get(all.len() * 19 / 20) else { return 0.0 };
    let on_beat = levels(&|placed| {
        let bar = &plan.bars[placed.bar];
        placed.stroke.velocity >= 0.5 * loud && is_on_beat(placed.at - bar.start, bar.meter.beat_ticks())
    });
    on_beat.get(on_beat.len() / 2).copied().unwrap_or(loud)
}

fn accent(indices: &[usize], placed: &[Placed], marks: &mut [Marks]) {
    let velocity = |index: usize| placed[index].stroke.velocity;
    let stands_out = |at: usize| {
        let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(indices.len());
        let mut levels: Vec<f32> = indices[around].iter().map(|&index| velocity(index)).collect();
        levels.sort_by(f32::total_cmp);
        let (own, middle) = (velocity(indices[at]), levels[levels.len() / 2]);
        levels.len() >= 4 && own >= ACCENT_MIN && own >= middle * ACCENT_RATIO && own >= middle + ACCENT_MORE
    };
    let accents: Vec<usize> = (0..indices.len()).filter(|&at| stands_out(at)).collect();
    if accents.len() as f64 <= ACCENTS_MAX * indices.len() as f64 {
        for at in accents {
            marks[indices[at]].accent = true;
        }
    }
}

/// Whether a place is on a beat of its bar.
pub(crate) fn is_on_beat(offset: Ticks, beat: Ticks) -> bool {
    offset.get() % beat.get() == 0
}
