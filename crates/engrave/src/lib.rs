//! From what is written to where it stands: pages of positioned marks.
//!
//! The engraver knows no SVG, no PDF and no file. It turns a [`score::Score`] into an [`Engraving`]: pages of [`Mark`]s in
//! staff spaces, each mark carrying the id of the element it draws, so that screen, print and cursor point with one name.
//!
//! Conventions: the unit is the staff space (a quarter of the staff's height); x grows to the right and y downwards from
//! the top left corner of the page.

#![deny(missing_docs)]

mod bounds;
mod dialect;
pub mod font;
mod mark;
mod overlay;
mod passes;
mod sheet;
mod style;

pub use bounds::{ElementBox, Rect, boxes};
pub use dialect::Dialect;
pub use mark::{Anchor, Class, Engraving, Face, Mark, MeasureSpan, Page, Path, Point, Segment, Shape, Stop, System};
pub use overlay::{Overlay, Tint};
pub use style::{PageStyle, Paper};

use passes::{columns, line_breaks, page_breaks, signatures, systems};
use score::Score;

/// Writes a score on pages. Never fails; an empty score gives one page with its title.
#[must_use]
pub fn engrave(score: &Score, style: &PageStyle) -> Engraving {
    engrave_with(score, style, &Overlay::default())
}

/// Writes a score on pages with something laid over the notes.
#[must_use]
pub fn engrave_with(score: &Score, style: &PageStyle, overlay: &Overlay) -> Engraving {
    let frame = style::Frame::of(style);
    let plans = columns::plans(score, style);
    let width = frame.line_width() - signatures::CLEF_ROOM;
    let cuts = line_breaks::cut(&plans, width, style.measures_per_system, |end| systems::courtesy(&plans, end));
    let lines = cuts.into_iter().map(|range| systems::line(score, &plans, range, frame, style, overlay)).collect();
    page_breaks::stack(score, lines, frame, style)
}
