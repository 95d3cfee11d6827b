//! Bar lines: thin between measures, double before a section, thin and thick at the end.

use crate::font::defaults;
use crate::mark::Class;
use crate::sheet::{STAFF_HEIGHT, Sheet};
use score::{ElementId, Measure};

/// How a measure ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Thin,
    Double,
    Final,
}

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
        Ending::Final => {
            stroke(x, thick);
            stroke(x - thick - defaults::BARLINE_SEPARATION, thin);
        }
    }
}
