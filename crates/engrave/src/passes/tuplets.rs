//! Tuplet numbers over the hands and under the feet, with a bracket where no beam shows the group.

use crate::font::{self, defaults, glyphs};
use crate::mark::Class;
use crate::passes::notes::{HEAD_WIDTH, Stand};
use crate::passes::signatures::glyph_of;
use crate::sheet::Sheet;
use score::ElementId;

/// Free space between the number and what it clears.
const GAP: f64 = 0.35;
/// Length of the bracket's ends.
const HOOK: f64 = 0.6;

/// Draws all tuplets of a measure. `xs` holds the x of each stand's column.
pub(crate) fn draw(sheet: &mut Sheet, stands: &[Stand<'_>], xs: &[f64]) {
    let mut ids: Vec<(ElementId, bool)> = Vec::new();
    for stand in stands {
        if let Some(tuplet) = stand.event.tuplet
            && !ids.contains(&(tuplet.id, stand.up()))
        {
            ids.push((tuplet.id, stand.up()));
        }
    }
    for (id, up) in ids {
        let members: Vec<usize> = (0..stands.len())
            .filter(|&index| stands[index].up() == up && stands[index].event.tuplet.is_some_and(|t| t.id == id))
            .collect();
        draw_one(sheet, stands, xs, id, &members);
    }
}

fn draw_one(sheet: &mut Sheet, stands: &[Stand<'_>], xs: &[f64], id: ElementId, members: &[usize]) {
    let (Some(&first), Some(&last)) = (members.first(), members.last()) else { return };
    let Some(ratio) = stands[first].event.value.tuplet else { return };
    let bracket = stands[first].event.tuplet.is_some_and(|tuplet| tuplet.bracket);
    let up = stands[first].up();
    let digits: Vec<char> =
        ratio.actual.to_string().bytes().map(|digit| glyph_of(glyphs::TUPLET_0, digit - b'0')).collect();
    let width: f64 = digits.iter().copied().map(font::glyph_advance).sum();
    let ink = digits.first().and_then(|&digit| font::glyph_box(digit)).map_or((-1.0, 0.0), |ink| (ink.top, ink.bottom));
    let (left, right) = if bracket {
        (xs[first] - 0.1, xs[last] + HEAD_WIDTH + 0.1)
    } else {
        // Without a bracket the number belongs to the beam, so it is centred between the outer stems.
        (xs[first] + stands[first].stem_x, xs[last] + stands[last].stem_x)
    };
    let middle = f64::midpoint(left, right);
    let span = if bracket { (left, right) } else { (middle - width / 2.0, middle + width / 2.0) };
    let edge = if up { sheet.top_over(span.0, span.1) - GAP } else { sheet.bottom_under(span.0, span.1) + GAP };
    let hook = if bracket { HOOK * if up { -1.0 } else { 1.0 } } else { 0.0 };
    let base = match (bracket, up) {
        (false, true) => edge - ink.1,
        (false, false) => edge - ink.0,
        // The bracket's line passes through the middle of the number.
        (true, _) => edge + hook - f64::midpoint(ink.0, ink.1),
    };
    let mut at = middle - width / 2.0;
    for digit in digits {
        sheet.glyph(Some(id), Class::Tuplet, digit, at, base);
        at += font::glyph_advance(digit);
    }
    if bracket {
        let line = edge + hook;
        let thickness = defaults::TUPLET_BRACKET_THICKNESS;
        let inset = thickness / 2.0;
        let hole = width / 2.0 + 0.35;
        let mut stroke = |ends| sheet.line(Some(id), Class::Tuplet, ends, thickness);
        stroke([(left + inset, edge), (left + inset, line)]);
        stroke([(right - inset, edge), (right - inset, line)]);
        if middle - hole > left {
            stroke([(left, line), (middle - hole, line)]);
            stroke([(middle + hole, line), (right, line)]);
        }
    }
}
