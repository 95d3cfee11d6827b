//! Flams, drags and ruffs: small notes in front of their chord, stems up, the flam slashed.

use crate::dialect::Dialect;
use crate::font::{defaults, glyphs};
use crate::mark::{Class, Path, Point, Segment, Shape};
use crate::passes::beams::rectangle;
use crate::passes::notes::{HEAD_WIDTH, Stand, height_of};
use crate::sheet::Sheet;
use score::{Base, GraceGroup, Score};

const SCALE: f64 = 0.62;
/// From one grace note to the next.
const STEP: f64 = 0.95;
/// From the last grace note to the chord's ink.
const GAP: f64 = 0.45;
/// Between the note before and the first grace note, more than between other notes.
const BEFORE: f64 = 0.2;
const STEM: f64 = 2.2;

/// Room graces take in front of the chord's own ink; 0 where there are none.
pub(crate) fn width(stand: &Stand<'_>) -> f64 {
    let strokes = stand.chord().and_then(|chord| chord.graces.as_ref()).map_or(0, |group| group.kind.strokes());
    // A single flag reaches over the gap, so the flam needs a little more.
    let flag = if strokes == 1 { 0.35 } else { 0.0 };
    if strokes == 0 { 0.0 } else { (strokes - 1) as f64 * STEP + HEAD_WIDTH * SCALE + GAP + flag }
}

/// The same with the free space that keeps graces from reading as part of the note before.
pub(crate) fn room(stand: &Stand<'_>) -> f64 {
    let width = width(stand);
    if width > 0.0 { width + BEFORE } else { 0.0 }
}

pub(crate) fn draw(sheet: &mut Sheet, score: &Score, stand: &Stand<'_>, x: f64, dialect: Dialect) {
    let Some(group) = stand.chord().and_then(|chord| chord.graces.as_ref()) else { return };
    let look = dialect.look(score, group.instrument, Base::Eighth);
    let (glyph, y) = (look.glyph, height_of(look.steps));
    let left = x + stand.head_extent().0 - width(stand);
    let strokes = group.kind.strokes();
    let thickness = defaults::STEM_THICKNESS * 0.8;
    let end = y - STEM;
    let stem_x = |index: usize| left + index as f64 * STEP + HEAD_WIDTH * SCALE - thickness / 2.0;
    let id = Some(group.id);
    for index in 0..strokes {
        let at = Point { x: left + index as f64 * STEP, y };
        sheet.put(id, Class::Grace, Shape::Glyph { glyph, at, scale: SCALE });
        sheet.line(id, Class::Grace, [(stem_x(index), y - 0.1), (stem_x(index), end)], thickness);
    }
    if strokes == 1 {
        let at = Point { x: stem_x(0) - thickness / 2.0, y: end };
        sheet.put(id, Class::Grace, Shape::Glyph { glyph: glyphs::FLAG_8TH_UP, at, scale: SCALE });
        let across = [(stem_x(0) - 0.5, end + 1.3), (stem_x(0) + 0.75, end + 0.35)];
        sheet.line(id, Class::Grace, across, thickness);
    } else {
        let (from, to) = (stem_x(0) - thickness / 2.0, stem_x(strokes - 1) + thickness / 2.0);
        for level in 0..2 {
            let top = end + 0.75 * SCALE * f64::from(level);
            sheet.filled(id, Class::Grace, rectangle(from, top, to, top + defaults::BEAM_THICKNESS * SCALE));
        }
    }
    draw_slur(sheet, group, (left + HEAD_WIDTH * SCALE / 2.0, y + 0.55), (x + HEAD_WIDTH * 0.35, y + 0.75));
}

/// A small arc under the graces to their chord.
fn draw_slur(sheet: &mut Sheet, group: &GraceGroup, from: (f64, f64), to: (f64, f64)) {
    let at = |x: f64, y: f64| Point { x, y };
    let span = to.0 - from.0;
    let depth = 0.45 + 0.06 * span;
    let half = defaults::SLUR_MIDPOINT_THICKNESS * 0.35;
    let arc = |lower: f64| {
        (at(from.0 + span * 0.25, from.1 + depth + lower), at(to.0 - span * 0.25, to.1 + depth * 0.8 + lower))
    };
    let (outer, inner) = (arc(half), arc(-half));
    let path: Path = vec![
        Segment::Move(at(from.0, from.1)),
        Segment::Cubic(outer.0, outer.1, at(to.0, to.1)),
        Segment::Cubic(inner.1, inner.0, at(from.0, from.1)),
        Segment::Close,
    ];
    sheet.filled(Some(group.id), Class::Grace, path);
}
