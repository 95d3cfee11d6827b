//! Simile signs: a bar, or a pair of bars, like the one before.

use crate::font::glyphs;
use crate::mark::{Anchor, Class, Face};
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

/// Draws a sign between two bar lines, above it how many bars are alike.
pub(crate) fn draw(sheet: &mut Sheet, simile: Simile, count: Option<usize>, id: ElementId, span: (f64, f64)) {
    match simile {
        Simile::One => {
            let middle = f64::midpoint(span.0, span.1);
            sheet.centred(Some(id), Class::Repeat, glyphs::REPEAT_1_BAR, middle, 2.0);
            if let Some(count) = count {
                let text = format!("({count})");
                sheet.words(Some(id), Class::Repeat, &text, middle, -0.6, COUNT_SIZE, Face::Italic, Anchor::Middle);
            }
        }
        Simile::PairFirst => {}
        Simile::PairSecond => {
            sheet.centred(Some(id), Class::Repeat, glyphs::REPEAT_2_BARS, span.0, 2.0);
            sheet.centred(Some(id), Class::Repeat, glyphs::TUPLET_2, span.0, -0.6);
        }
    }
}

const COUNT_SIZE: f64 = 1.5;
