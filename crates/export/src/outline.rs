//! Marks as outlines: what SVG, PDF and PNG have in common.
//!
//! Conventions: staff spaces of the page, y downwards, filled by the non-zero rule. Music glyphs and letters are symbols:
//! outlines that are drawn once from their own origin and used in many places.

use engrave::{Anchor, Face, Mark, Path, Point, Segment, Shape, font};
use std::borrow::Cow;

/// Units of SVG and PDF drawings in a staff space: those of the music font, so that its outlines stay exact while every
/// coordinate is a whole number. One is 7 thousandths of a millimetre on paper.
pub(crate) const UNITS_PER_SPACE: f64 = 250.0;

/// Size of the em in which letters are symbols, in staff spaces: with [`UNITS_PER_SPACE`] the grid of the text font.
const LETTER_EM: f64 = 4.0;

/// Staff spaces in whole units.
pub(crate) fn units(spaces: f64) -> i32 {
    (spaces * UNITS_PER_SPACE).round() as i32
}

/// An outline that is used in many places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Symbol {
    /// A glyph of the music font, by its SMuFL code point.
    Music(char),
    /// A letter of the text font.
    Letter(Face, char),
}

impl Symbol {
    /// The outline from the symbol's origin; `None` where there is nothing to draw.
    pub(crate) fn outline(self) -> Option<Cow<'static, Path>> {
        let path = match self {
            Self::Music(glyph) => Cow::Borrowed(font::glyph(glyph)?),
            Self::Letter(face, letter) => {
                Cow::Owned(font::text_outline(letter.encode_utf8(&mut [0; 4]), face, LETTER_EM))
            }
        };
        (!path.is_empty()).then_some(path)
    }

    /// A name for the symbol, unique among symbols.
    pub(crate) fn name(self) -> String {
        let (font, code) = match self {
            Self::Music(glyph) => ('g', glyph),
            Self::Letter(Face::Regular, letter) => ('r', letter),
            Self::Letter(Face::Bold, letter) => ('b', letter),
            Self::Letter(Face::Italic, letter) => ('i', letter),
        };
        format!("{font}{:X}", code as u32)
    }
}

/// What a mark comes down to.
pub(crate) enum Outline<'a> {
    /// Symbols in a row: each with its distance from the row's origin, before the row is scaled and put at its place.
    Row { at: Point, scale: f64, symbols: Vec<(Symbol, f64)> },
    /// A figure in page coordinates.
    Figure(&'a Path),
    /// A straight stroke with butt ends.
    Line { from: Point, to: Point, thickness: f64 },
}

/// The outline of a mark.
pub(crate) fn outline(mark: &Mark) -> Outline<'_> {
    match &mark.shape {
        Shape::Glyph { glyph, at, scale } => {
            Outline::Row { at: *at, scale: *scale, symbols: vec![(Symbol::Music(*glyph), 0.0)] }
        }
        Shape::Line { from, to, thickness } => Outline::Line { from: *from, to: *to, thickness: *thickness },
        Shape::Filled(path) => Outline::Figure(path),
        Shape::Text { text, at, size, face, anchor } => {
            let width = font::text_width(text, *face, *size);
            let left = match anchor {
                Anchor::Start => at.x,
                Anchor::Middle => at.x - width / 2.0,
                Anchor::End => at.x - width,
            };
            Outline::Row { at: Point { x: left, y: at.y }, scale: size / LETTER_EM, symbols: letters(text, *face) }
        }
    }
}

/// The letters of a text with kerning, each with its distance from the first. Blanks are left out.
fn letters(text: &str, face: Face) -> Vec<(Symbol, f64)> {
    let ends = text.char_indices().map(|(from, letter)| (letter, from + letter.len_utf8()));
    let letters = ends.filter(|(letter, _)| !letter.is_whitespace() && !letter.is_control()).map(|(letter, end)| {
        let own = font::text_width(letter.encode_utf8(&mut [0; 4]), face, LETTER_EM);
        (Symbol::Letter(face, letter), font::text_width(&text[..end], face, LETTER_EM) - own)
    });
    letters.collect()
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
