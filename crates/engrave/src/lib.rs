//! From what is written to where it stands: pages of positioned marks.
//!
//! The engraver knows no SVG, no PDF and no file. It turns a [`score::Score`] into an [`Engraving`]: pages of [`Mark`]s in
//! staff spaces, each mark carrying the id of the element it draws, so that screen, print and cursor point with one name.
//!
//! Conventions: the unit is the staff space (a quarter of the staff's height); x grows to the right and y downwards from
//! the top left corner of the page.

#![deny(missing_docs)]

mod mark;

pub use mark::{Anchor, Class, Engraving, Face, Mark, Page, Path, Point, Segment, Shape};
