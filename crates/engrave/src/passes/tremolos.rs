//! Rolls: slashes or a z across the stem.

use crate::font::{self, defaults, glyphs};
use crate::mark::{Class, Point, Shape};
use crate::passes::notes::{HEAD_WIDTH, Stand};
use crate::passes::stems::Stem;
use crate::sheet::Sheet;
use score::Tremolo;

/// `levels` is the number of beams or flags the stem carries at its free end.
pub(crate) fn draw(sheet: &mut Sheet, stand: &Stand<'_>, stem: Option<Stem>, levels: usize, x: f64) {
    let Some(tremolo) = stand.chord().and_then(|chord| chord.tremolo) else { return };
    let glyph = match tremolo {
        Tremolo::Slashes(0 | 1) => glyphs::TREMOLO_1,
        Tremolo::Slashes(2) => glyphs::TREMOLO_2,
        Tremolo::Slashes(3) => glyphs::TREMOLO_3,
        Tremolo::Slashes(_) => glyphs::TREMOLO_4,
        Tremolo::Buzz => glyphs::BUZZ_ROLL,
    };
    let ink = font::glyph_box(glyph).map_or((-0.5, 0.5), |ink| (ink.top, ink.bottom));
    let (x, middle) = match stem {
        Some(stem) => {
            let away = if stand.up() { -1.0 } else { 1.0 };
            let beams = (defaults::BEAM_THICKNESS + defaults::BEAM_SPACING) * levels as f64;
            let outermost = if stand.up() { stand.top() } else { stand.bottom() }.unwrap_or(2.0);
            (stem.x, f64::midpoint(outermost + 0.5 * away, stem.to - away * beams))
        }
        None => (x + HEAD_WIDTH / 2.0, stand.top().unwrap_or(2.0) - 1.5),
    };
    let at = Point { x, y: middle - f64::midpoint(ink.0, ink.1) };
    sheet.put(Some(stand.event.id), Class::Tremolo, Shape::Glyph { glyph, at, scale: 1.0 });
}
