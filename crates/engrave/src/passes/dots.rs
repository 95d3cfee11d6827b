//! Augmentation dots: to the right of heads and rests, always in a space.

use crate::font::{self, glyphs};
use crate::mark::Class;
use crate::passes::notes::Stand;
use crate::passes::rests::Rest;
use crate::sheet::Sheet;

/// From the ink to the first dot.
const GAP: f64 = 0.35;
/// From dot to dot.
const STEP: f64 = 0.6;

pub(crate) fn draw(sheet: &mut Sheet, stand: &Stand<'_>, rest: Option<Rest>, x: f64) {
    let dots = stand.event.value.dots.min(2);
    if dots == 0 || rest.is_some_and(|rest| rest.whole_measure) {
        return;
    }
    let (right, heights) = match rest {
        Some(rest) => (font::glyph_box(rest.glyph).map_or(1.0, |ink| ink.right), vec![rest.y - 0.5]),
        None => (stand.head_extent().1, head_heights(stand)),
    };
    for y in heights {
        for dot in 0..dots {
            let x = x + right + GAP + STEP * f64::from(dot);
            sheet.glyph(Some(stand.event.id), Class::Dot, glyphs::AUGMENTATION_DOT, x, y);
        }
    }
}

/// One height per head, moved from lines into the space above and never twice the same.
fn head_heights(stand: &Stand<'_>) -> Vec<f64> {
    let mut heights: Vec<f64> = Vec::new();
    for head in stand.heads.iter().rev() {
        let on_line = head.y.rem_euclid(1.0).abs() < 0.25;
        let mut y = if on_line { head.y - 0.5 } else { head.y };
        if heights.iter().any(|taken| (taken - y).abs() < 0.5) {
            y += if on_line { 1.0 } else { -1.0 };
        }
        if !heights.iter().any(|taken| (taken - y).abs() < 0.5) {
            heights.push(y);
        }
    }
    heights
}
