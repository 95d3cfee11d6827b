//! Marks as outlines: what SVG, PDF and PNG have in common.
//!
//! Conventions: staff spaces of the page, y downwards, filled by the non-zero rule.

use engrave::{Anchor, Mark, Path, Point, Segment, Shape, font};
use std::borrow::Cow;

/// Units of SVG and PDF drawings in a staff space: those of the music font, so that its outlines stay exact while every
/// coordinate is a whole number. One is 7 thousandths of a millimetre on paper.
pub(crate) const UNITS_PER_SPACE: f64 = 250.0;

/// Staff spaces in whole units.
pub(crate) fn units(spaces: f64) -> i32 {
    (spaces * UNITS_PER_SPACE).round() as i32
}

/// What a mark comes down to.
pub(crate) enum Outline<'a> {
    /// A music glyph: its outline from its own origin, put at a place and scaled.
    Glyph { glyph: char, at: Point, scale: f64 },
    /// A figure in page coordinates.
    Figure(Cow<'a, Path>),
    /// A straight stroke with butt ends.
    Line { from: Point, to: Point, thickness: f64 },
}

/// The outline of a mark.
pub(crate) fn outline(mark: &Mark) -> Outline<'_> {
    match &mark.shape {
        Shape::Glyph { glyph, at, scale } => Outline::Glyph { glyph: *glyph, at: *at, scale: *scale },
        Shape::Line { from, to, thickness } => Outline::Line { from: *from, to: *to, thickness: *thickness },
        Shape::Filled(path) => Outline::Figure(Cow::Borrowed(path)),
        Shape::Text { text, at, size, face, anchor } => {
            let width = font::text_width(text, *face, *size);
            let left = match anchor {
                Anchor::Start => at.x,
                Anchor::Middle => at.x - width / 2.0,
                Anchor::End => at.x - width,
            };
            let path = font::text_outline(text, *face, *size);
            Outline::Figure(Cow::Owned(placed(&path, Point { x: left, y: at.y }, 1.0)))
        }
    }
}

/// An outline moved and scaled.
pub(crate) fn placed(path: &Path, at: Point, scale: f64) -> Path {
    let place = |point: Point| Point { x: at.x + point.x * scale, y: at.y + point.y * scale };
    let segments = path.iter().map(|segment| match *segment {
        Segment::Move(to) => Segment::Move(place(to)),
        Segment::Line(to) => Segment::Line(place(to)),
        Segment::Cubic(a, b, to) => Segment::Cubic(place(a), place(b), place(to)),
        Segment::Close => Segment::Close,
    });
    segments.collect()
}

/// The four-cornered figure that a stroke covers; empty where the stroke has no length.
pub(crate) fn stroke(from: Point, to: Point, thickness: f64) -> Path {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = dx.hypot(dy);
    if length <= 0.0 {
        return Path::new();
    }
    let (nx, ny) = (-dy / length * thickness / 2.0, dx / length * thickness / 2.0);
    let corner = |point: Point, sign: f64| Point { x: point.x + nx * sign, y: point.y + ny * sign };
    vec![
        Segment::Move(corner(from, 1.0)),
        Segment::Line(corner(to, 1.0)),
        Segment::Line(corner(to, -1.0)),
        Segment::Line(corner(from, -1.0)),
        Segment::Close,
    ]
}
