//! Tuplet numbers over the hands and under the feet, with a bracket where no beam shows the group.

use crate::font::{self, defaults, glyphs};
use crate::mark::Class;
use crate::passes::notes::{HEAD_WIDTH, Stand};
use crate::passes::signatures::glyph_of;
use crate::sheet::Sheet;
use score::ElementId;

/// Free space between the number and what it clears.
const GAP: f64 = 0.35;
/// Ink nearer than this to either side of a number without a bracket is cleared too.
const BESIDE: f64 = 0.7;
/// Length of the bracket's ends.
const HOOK: f64 = 0.6;
/// Brackets that differ by no more than this share one height.
const LEVELLED: f64 = 1.4;

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
    let mut found: Vec<Group> = Vec::new();
    for (id, up) in ids {
        let is_member = |stand: &Stand<'_>| stand.up() == up && stand.event.tuplet.is_some_and(|t| t.id == id);
        let first = stands.iter().position(is_member);
        let last = stands.iter().rposition(is_member);
        found.extend(first.zip(last).and_then(|(first, last)| group(sheet, stands, xs, id, first, last)));
    }
    level(&mut found);
    for group in &found {
        draw_one(sheet, group);
    }
}

/// A tuplet measured but not yet drawn.
#[derive(Debug)]
struct Group {
    id: ElementId,
    up: bool,
    bracket: bool,
    digits: Vec<char>,
    left: f64,
    right: f64,
    /// Nearest the notes.
    edge: f64,
}

fn width_of(digits: &[char]) -> f64 {
    digits.iter().copied().map(font::glyph_advance).sum()
}

fn group(sheet: &Sheet, stands: &[Stand<'_>], xs: &[f64], id: ElementId, first: usize, last: usize) -> Option<Group> {
    let ratio = stands[first].event.value.tuplet?;
    let bracket = stands[first].event.tuplet.is_some_and(|tuplet| tuplet.bracket);
    let up = stands[first].up();
    let digits: Vec<char> =
        ratio.actual.to_string().bytes().map(|digit| glyph_of(glyphs::TUPLET_0, digit - b'0')).collect();
    let (left, right) = if bracket {
        (xs[first] - 0.1, xs[last] + HEAD_WIDTH + 0.1)
    } else {
        // Without a bracket the number belongs to the beam, so it is centred between the outer stems.
        (xs[first] + stands[first].stem_x, xs[last] + stands[last].stem_x)
    };
    let (middle, half) = (f64::midpoint(left, right), width_of(&digits) / 2.0);
    // A number beside an accent would read as part of it.
    let span = if bracket { (left, right) } else { (middle - half - BESIDE, middle + half + BESIDE) };
    let edge = if up { sheet.top_over(span.0, span.1) - GAP } else { sheet.bottom_under(span.0, span.1) + GAP };
    Some(Group { id, up, bracket, digits, left, right, edge })
}

/// Brackets of a measure that are nearly as high stand equally high.
fn level(groups: &mut [Group]) {
    for up in [true, false] {
        let away = if up { -1.0 } else { 1.0 };
        let heights: Vec<f64> =
            groups.iter().filter(|g| g.up == up && g.bracket).map(|group| group.edge * away).collect();
        for group in groups.iter_mut().filter(|group| group.up == up && group.bracket) {
            let own = group.edge * away;
            let height = heights.iter().copied().filter(|other| other - own <= LEVELLED).fold(own, f64::max);
            group.edge = height * away;
        }
    }
}

fn draw_one(sheet: &mut Sheet, group: &Group) {
    let Group { id, up, bracket, ref digits, left, right, edge } = *group;
    let width = width_of(digits);
    let middle = f64::midpoint(left, right);
    let ink = digits.first().and_then(|&digit| font::glyph_box(digit)).map_or((-1.0, 0.0), |ink| (ink.top, ink.bottom));
    let hook = if bracket { HOOK * if up { -1.0 } else { 1.0 } } else { 0.0 };
    let base = match (bracket, up) {
        (false, true) => edge - ink.1,
        (false, false) => edge - ink.0,
        // The bracket's line passes through the middle of the number.
        (true, _) => edge + hook - f64::midpoint(ink.0, ink.1),
    };
    let mut at = middle - width / 2.0;
    for &digit in digits {
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
