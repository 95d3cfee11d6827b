//! Clef and meter.

use crate::font::{self, glyphs};
use crate::mark::Class;
use crate::sheet::Sheet;
use drums::Meter;
use score::ElementId;

/// Room of the clef at the start of a system, up to where the first measure begins.
pub(crate) const CLEF_ROOM: f64 = 3.0;

pub(crate) fn draw_clef(sheet: &mut Sheet, left: f64) {
    sheet.glyph(None, Class::Clef, glyphs::UNPITCHED_PERCUSSION_CLEF_1, left + 0.9, 2.0);
}

/// Width of a meter.
pub(crate) fn width(meter: Meter) -> f64 {
    digits_width(meter.numerator()).max(digits_width(meter.denominator()))
}

/// Draws a meter with its left edge at `x`.
pub(crate) fn draw(sheet: &mut Sheet, element: Option<ElementId>, meter: Meter, x: f64) {
    let all = width(meter);
    for (number, y) in [(meter.numerator(), 1.0), (meter.denominator(), 3.0)] {
        let mut at = x + (all - digits_width(number)) / 2.0;
        for digit in digits(number) {
            sheet.glyph(element, Class::TimeSignature, digit, at, y);
            at += font::glyph_advance(digit);
        }
    }
}

fn digits(number: u8) -> Vec<char> {
    number.to_string().bytes().map(|digit| glyph_of(glyphs::TIME_SIG_0, digit - b'0')).collect()
}

fn digits_width(number: u8) -> f64 {
    digits(number).into_iter().map(font::glyph_advance).sum()
}

/// The glyph of a digit, counted from the glyph of zero.
pub(crate) fn glyph_of(zero: char, digit: u8) -> char {
    char::from_u32(zero as u32 + u32::from(digit)).unwrap_or(zero)
}
