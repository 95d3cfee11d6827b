//! What a reader may choose about the page.
//!
//! Conventions: millimetres on paper; the engraver turns them into staff spaces.

use crate::dialect::Dialect;

/// Sheet sizes, upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Paper {
    /// 210 x 297 mm.
    #[default]
    A4,
    /// 215.9 x 279.4 mm.
    Letter,
}

impl Paper {
    /// Width and height in millimetres.
    #[must_use]
    pub const fn size_mm(self) -> (f64, f64) {
        match self {
            Self::A4 => (210.0, 297.0),
            Self::Letter => (215.9, 279.4),
        }
    }
}

/// How the page looks. Values out of range are held within it; nothing here can make engraving fail.
#[derive(Debug, Clone, PartialEq)]
pub struct PageStyle {
    /// The sheet.
    pub paper: Paper,
    /// Size of a staff space in millimetres, 1 to 3.
    pub space_mm: f64,
    /// Empty border on all four sides in millimetres, 5 to 40.
    pub margin_mm: f64,
    /// Measures a system should have where the music allows, 1 to 16.
    pub measures_per_system: usize,
    /// Whether page one explains the noteheads used.
    pub drum_key: bool,
    /// Whether systems begin with the number of their first measure.
    pub measure_numbers: bool,
    /// Whether title and subtitle stand on page one.
    pub title: bool,
    /// Whether silent measures in a row are written as one sign with their number.
    pub joined_rests: bool,
    /// Whether a plus stands over the first closed stroke behind an open hi-hat.
    pub closed_marks: bool,
    /// Whose habits places and heads follow.
    pub dialect: Dialect,
    /// For a left-handed kit: right and left change places in the sticking, and the drum key says so.
    pub left_handed: bool,
}

impl Default for PageStyle {
    fn default() -> Self {
        Self {
            paper: Paper::A4,
            space_mm: 1.75,
            margin_mm: 14.0,
            measures_per_system: 4,
            drum_key: true,
            measure_numbers: true,
            title: true,
            joined_rests: true,
            closed_marks: false,
            dialect: Dialect::Backbeat,
            left_handed: false,
        }
    }
}

/// The page in staff spaces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) space_mm: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) margin: f64,
}

impl Frame {
    pub(crate) fn of(style: &PageStyle) -> Self {
        let held = |value: f64, low: f64, high: f64, otherwise: f64| {
            if value.is_finite() { value.clamp(low, high) } else { otherwise }
        };
        let space_mm = held(style.space_mm, 1.0, 3.0, 1.75);
        let (width_mm, height_mm) = style.paper.size_mm();
        Self {
            space_mm,
            width: width_mm / space_mm,
            height: height_mm / space_mm,
            margin: held(style.margin_mm, 5.0, 40.0, 14.0) / space_mm,
        }
    }

    pub(crate) fn left(self) -> f64 {
        self.margin
    }

    pub(crate) fn right(self) -> f64 {
        self.width - self.margin
    }

    pub(crate) fn line_width(self) -> f64 {
        self.width - 2.0 * self.margin
    }

    /// Where the music must end; page numbers stand below, still within the margin.
    pub(crate) fn bottom(self) -> f64 {
        self.height - self.margin - 2.6
    }
}
