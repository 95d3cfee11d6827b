//! Flags of notes that no beam joins.

use crate::font::{self, defaults, glyphs};
use crate::mark::Class;
use crate::passes::notes::Stand;
use crate::passes::stems::Stem;
use crate::sheet::Sheet;

fn glyph(stand: &Stand<'_>) -> Option<char> {
    stand.chord()?;
    let [up, down] = match stand.event.value.base.flags() {
        0 => return None,
        1 => [glyphs::FLAG_8TH_UP, glyphs::FLAG_8TH_DOWN],
        2 => [glyphs::FLAG_16TH_UP, glyphs::FLAG_16TH_DOWN],
        3 => [glyphs::FLAG_32ND_UP, glyphs::FLAG_32ND_DOWN],
        _ => [glyphs::FLAG_64TH_UP, glyphs::FLAG_64TH_DOWN],
    };
    Some(if stand.up() { up } else { down })
}

/// How far a flag reaches to the right of its column; 0 where there is none.
pub(crate) fn reach(stand: &Stand<'_>) -> f64 {
    if !stand.event.beams.is_empty() {
        return 0.0;
    }
    let ink = glyph(stand).and_then(font::glyph_box);
    ink.map_or(0.0, |ink| stand.stem_x + ink.right)
}

pub(crate) fn draw(sheet: &mut Sheet, stand: &Stand<'_>, stem: Stem) {
    if let Some(glyph) = glyph(stand) {
        let x = stem.x - defaults::STEM_THICKNESS / 2.0;
        sheet.glyph(Some(stand.event.id), Class::Flag, glyph, x, stem.to);
    }
}
