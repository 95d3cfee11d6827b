//! Marks beyond the stems' ends: open and half-open hi-hats, chokes, accents; from the notes outwards in this order.

use crate::font::{self, glyphs};
use crate::mark::Class;
use crate::passes::notes::{HEAD_WIDTH, Stand};
use crate::passes::stems::Stem;
use crate::sheet::Sheet;
use drums::Articulation;

/// Free space between a mark and what it clears.
const GAP: f64 = 0.3;

/// Draws the marks of a chord: above the hands, below the feet, always beyond the stem.
pub(crate) fn draw(sheet: &mut Sheet, stand: &Stand<'_>, stem: Option<Stem>, x: f64) {
    let Some(chord) = stand.chord() else { return };
    let middle = x + stand.shift + HEAD_WIDTH / 2.0;
    for glyph in marks(stand) {
        outside(sheet, stand, stem, glyph, middle);
    }
    if chord.accent {
        let glyph = if stand.up() { glyphs::ARTIC_ACCENT_ABOVE } else { glyphs::ARTIC_ACCENT_BELOW };
        outside(sheet, stand, stem, glyph, middle);
    }
}

fn marks(stand: &Stand<'_>) -> Vec<char> {
    let mut found: Vec<char> = Vec::new();
    for head in &stand.heads {
        let choke = head.note.choke.then_some(glyphs::PICT_CHOKE_CYMBAL);
        for glyph in [head.mark, choke].into_iter().flatten() {
            if !found.contains(&glyph) {
                found.push(glyph);
            }
        }
    }
    found
}

/// The glyph of a sound's own mark.
pub(crate) fn glyph(articulation: Articulation) -> char {
    match articulation {
        Articulation::Open => glyphs::STRINGS_HARMONIC,
        Articulation::HalfOpen => glyphs::PICT_HALF_OPEN_2,
    }
}

fn outside(sheet: &mut Sheet, stand: &Stand<'_>, stem: Option<Stem>, glyph: char, middle: f64) {
    let Some(ink) = font::glyph_box(glyph) else { return };
    let half = (ink.right - ink.left) / 2.0;
    let (left, right) = (middle - half, middle + half);
    let y = if stand.up() {
        let end = stem.map_or(0.0, |stem| stem.to);
        sheet.top_over(left, right).min(end) - GAP - ink.bottom
    } else {
        let end = stem.map_or(0.0, |stem| stem.to);
        sheet.bottom_under(left, right).max(end) + GAP - ink.top
    };
    sheet.centred(Some(stand.event.id), Class::Articulation, glyph, middle, y);
}
