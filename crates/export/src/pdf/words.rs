//! Words that can be searched and copied: the texts of a page once more, invisible, in a font every reader has.
//!
//! Conventions: what is seen are outlines; the invisible letters are of equal width and stretched to lie over them.
//! Letters outside Latin-1 cannot be said in that font and are left out.

use super::unit;
use crate::outline::UNITS_PER_SPACE;
use engrave::{Anchor, Mark, Shape, font};
use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Name, Str};

/// Name of the font on every page.
pub(super) const FONT: Name<'static> = Name(b"words");
/// Width of a letter of Courier, in ems.
const LETTER_WIDTH: f64 = 0.6;

/// Adds the words of a mark, if it has any, to a page.
pub(super) fn write(content: &mut Content, mark: &Mark) {
    let Shape::Text { text, at, size, face, anchor } = &mark.shape else { return };
    let letters: Vec<u8> = text.chars().filter_map(latin).collect();
    if letters.iter().all(|letter| *letter == b' ') {
        return;
    }
    let width = font::text_width(text, *face, *size);
    let left = match anchor {
        Anchor::Start => at.x,
        Anchor::Middle => at.x - width / 2.0,
        Anchor::End => at.x - width,
    };
    let stretch = width / (LETTER_WIDTH * size * letters.len() as f64) * 100.0;
    content.begin_text();
    content.set_text_rendering_mode(TextRenderingMode::Invisible);
    content.set_font(FONT, (size * UNITS_PER_SPACE) as f32);
    content.set_horizontal_scaling(stretch.clamp(1.0, 1_000.0).round() as f32);
    // The frame of the page has y downwards, letters stand upwards.
    content.set_text_matrix([1.0, 0.0, 0.0, -1.0, unit(left), unit(at.y)]);
    content.show(Str(&letters));
    content.end_text();
}

/// A letter in the encoding of the font, which is that of Latin-1 where it prints.
fn latin(letter: char) -> Option<u8> {
    u8::try_from(u32::from(letter)).ok().filter(|code| matches!(code, 0x20..=0x7e | 0xa0..=0xff))
}
