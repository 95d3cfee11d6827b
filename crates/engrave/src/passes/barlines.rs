//! Bar lines: thin between measures, double before a section, thin and thick at the end, with dots at repeats.

use crate::font::{defaults, glyphs};
use crate::mark::Class;
use crate::sheet::{STAFF_HEIGHT, Sheet};
use score::{ElementId, Measure};

/// How a measure ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Thin,
    Double,
    Final,
    /// A repeated passage ends.
    Repeat,
}

/// From the last stroke of a repeat sign to its dots.
const DOTS_GAP: f64 = 0.25;
const DOT: f64 = 0.4;
/// Room the sign takes where a repeated passage begins, up to the music.
pub(crate) const OPENING_WIDTH: f64 = defaults::THICK_BARLINE_THICKNESS
    + defaults::BARLINE_SEPARATION
    + defaults::THIN_BARLINE_THICKNESS
    + DOTS_GAP
    + DOT;

impl Ending {
    /// How a measure ends, given the one after it.
    pub(crate) fn before(next: Option<&Measure>) -> Self {
        match next {
            None => Self::Final,
            Some(next) if next.rehearsal.is_some() => Self::Double,
            Some(_) => Self::Thin,
        }
    }

    /// Width of the whole sign.
    pub(crate) fn width(self) -> f64 {
        let (thin, thick) = (defaults::THIN_BARLINE_THICKNESS, defaults::THICK_BARLINE_THICKNESS);
        match self {
            Self::Thin => thin,
            Self::Double => thin + defaults::BARLINE_SEPARATION + thin,
            Self::Final => thin + defaults::BARLINE_SEPARATION + thick,
            Self::Repeat => DOT + DOTS_GAP + thin + defaults::BARLINE_SEPARATION + thick,
        }
    }
}

/// Draws the bar line of a measure so that its right edge stands at `x`.
pub(crate) fn draw(sheet: &mut Sheet, id: ElementId, ending: Ending, x: f64) {
    let (thin, thick) = (defaults::THIN_BARLINE_THICKNESS, defaults::THICK_BARLINE_THICKNESS);
    let mut stroke = |right: f64, thickness: f64| {
        let middle = right - thickness / 2.0;
        sheet.line(Some(id), Class::Barline, [(middle, 0.0), (middle, STAFF_HEIGHT)], thickness);
    };
    match ending {
        Ending::Thin => stroke(x, thin),
        Ending::Double => {
            stroke(x, thin);
            stroke(x - thin - defaults::BARLINE_SEPARATION, thin);
        }
        Ending::Final | Ending::Repeat => {
            stroke(x, thick);
            stroke(x - thick - defaults::BARLINE_SEPARATION, thin);
        }
    }
    if ending == Ending::Repeat {
        dots(sheet, id, x - ending.width());
    }
}

/// Draws the sign at the start of a repeated passage, its left edge at `x`. Behind the end of another passage, whose
/// thick line it shares, it has none of its own.
pub(crate) fn draw_opening(sheet: &mut Sheet, id: ElementId, x: f64, shares_line: bool) {
    let (thin, thick) = (defaults::THIN_BARLINE_THICKNESS, defaults::THICK_BARLINE_THICKNESS);
    let mut stroke = |left: f64, thickness: f64| {
        let middle = left + thickness / 2.0;
        sheet.line(Some(id), Class::Barline, [(middle, 0.0), (middle, STAFF_HEIGHT)], thickness);
    };
    let mut at = x;
    if !shares_line {
        stroke(at, thick);
        at += thick;
    }
    at += defaults::BARLINE_SEPARATION;
    stroke(at, thin);
    dots(sheet, id, at + thin + DOTS_GAP);
}

/// The two dots beside the middle line, their left edge at `x`.
fn dots(sheet: &mut Sheet, id: ElementId, x: f64) {
    for y in [1.5, 2.5] {
        sheet.glyph(Some(id), Class::Barline, glyphs::REPEAT_DOT, x, y);
    }
}
