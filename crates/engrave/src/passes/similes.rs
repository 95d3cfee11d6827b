//! Simile signs: a bar, or a pair of bars, like the one before.

use crate::font::glyphs;
use crate::mark::Class;
use crate::sheet::Sheet;
use score::{BarRepeat, ElementId, Measure};

/// What a measure shows in place of its notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Simile {
    /// The sign for one bar.
    One,
    /// Nothing: the sign stands at its right bar line.
    PairFirst,
    /// The sign for two bars, on its left bar line.
    PairSecond,
}

/// The sign of a measure. A sign that would point at nothing, or half a pair, is not drawn; the notes are.
pub(crate) fn simile_at(measures: &[Measure], index: usize) -> Option<Simile> {
    let repeat = |index: usize| measures.get(index).and_then(|measure| measure.repeat);
    match measures[index].repeat? {
        BarRepeat::One => (index >= 1).then_some(Simile::One),
        BarRepeat::TwoFirst => {
            (index >= 2 && repeat(index + 1) == Some(BarRepeat::TwoSecond)).then_some(Simile::PairFirst)
        }
        BarRepeat::TwoSecond => {
            (index >= 3 && repeat(index - 1) == Some(BarRepeat::TwoFirst)).then_some(Simile::PairSecond)
        }
    }
}

pub(crate) fn draw(sheet: &mut Sheet, simile: Simile, id: ElementId, left: f64, right: f64) {
    match simile {
        Simile::One => {
            sheet.centred(Some(id), Class::Repeat, glyphs::REPEAT_1_BAR, f64::midpoint(left, right), 2.0);
        }
        Simile::PairFirst => {}
        Simile::PairSecond => {
            sheet.centred(Some(id), Class::Repeat, glyphs::REPEAT_2_BARS, left, 2.0);
            sheet.centred(Some(id), Class::Repeat, glyphs::TUPLET_2, left, -0.6);
        }
    }
}
