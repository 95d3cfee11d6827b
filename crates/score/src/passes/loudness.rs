//! Loudness: dynamic letters at the start and where a section is louder or softer, hairpins where bars grow or fade.
//!
//! Conventions: the level of a bar is the middle velocity of its full strokes; ghosts, hi-hat and ride do not count, they
//! are soft by habit.

use crate::model::{Dynamic, DynamicMark, DynamicSign, Event, Measure};
use crate::passes::voices::Names;
use drums::{Piece, Ticks};

/// Upper limits of the levels, softest first.
const LIMITS: [f32; 5] = [0.28, 0.42, 0.54, 0.7, 0.86];
/// A hairpin spans at least this difference ...
const RISE_MIN: f32 = 0.2;
/// ... over at least so many bars.
const BARS_MIN: usize = 3;

/// Writes letters and hairpins.
pub(crate) fn mark(measures: &mut [Measure], names: &mut Names) {
    let levels: Vec<Option<f32>> = measures.iter().map(level).collect();
    let mut last: Option<Dynamic> = None;
    let mut bar = 0;
    while bar < measures.len() {
        let section = bar == 0 || last.is_none() || measures[bar].rehearsal.is_some();
        let end =
            (bar + 1..measures.len()).find(|&other| measures[other].rehearsal.is_some()).unwrap_or(measures.len());
        if section && let Some(now) = middle(levels[bar..end].iter().flatten().copied().collect()).map(dynamic_of) {
            if last != Some(now) {
                put(&mut measures[bar], DynamicSign::Level(now), names);
            }
            last = Some(now);
        }
        bar += 1;
    }
    hairpins(measures, &levels, names);
}

fn put(measure: &mut Measure, sign: DynamicSign, names: &mut Names) {
    measure.dynamics.push(DynamicMark { id: names.next(), offset: Ticks::ZERO, sign });
}

fn hairpins(measures: &mut [Measure], levels: &[Option<f32>], names: &mut Names) {
    let mut bar = 0;
    while bar < levels.len() {
        let run = |grows: bool| {
            let steps = levels[bar..].windows(2).take_while(|pair| match (pair[0], pair[1]) {
                (Some(a), Some(b)) => {
                    if grows {
                        b > a + 0.02
                    } else {
                        b < a - 0.02
                    }
                }
                _ => false,
            });
            steps.count() + 1
        };
        let (up, down) = (run(true), run(false));
        let bars = up.max(down);
        let rise = levels[bar + bars - 1].unwrap_or(0.0) - levels[bar].unwrap_or(0.0);
        if bars >= BARS_MIN && rise.abs() >= RISE_MIN {
            let length = measures[bar..bar + bars].iter().map(Measure::length).fold(Ticks::ZERO, |sum, one| sum + one);
            let sign = if rise > 0.0 { DynamicSign::Crescendo(length) } else { DynamicSign::Diminuendo(length) };
            put(&mut measures[bar], sign, names);
            bar += bars - 1;
        }
        bar += 1;
    }
}

fn level(measure: &Measure) -> Option<f32> {
    let notes = measure.events().filter_map(Event::chord).flat_map(|chord| &chord.notes);
    let counts = |piece: Piece| matches!(piece, Piece::Kick | Piece::Snare | Piece::Tom | Piece::Cymbal);
    let full = notes.filter(|note| !note.ghost && counts(note.instrument.row().piece));
    middle(full.map(|note| note.velocity.get()).collect())
}

fn middle(mut levels: Vec<f32>) -> Option<f32> {
    levels.sort_by(f32::total_cmp);
    levels.get(levels.len() / 2).copied()
}

fn dynamic_of(level: f32) -> Dynamic {
    let place = LIMITS.iter().take_while(|limit| level >= **limit).count();
    Dynamic::ALL[place]
}
