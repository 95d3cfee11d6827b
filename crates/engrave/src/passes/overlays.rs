//! Confidence and timing over a finished system.

use crate::bounds::Rect;
use crate::mark::{Anchor, Class, Face, Point, Segment};
use crate::overlay::{AUDIBLE_S, DOUBTFUL_BELOW, Overlay, Tint, UNSURE_BELOW};
use crate::sheet::Sheet;
use score::ElementId;
use std::collections::BTreeMap;

const QUESTION_SIZE: f64 = 1.6;
/// Heads lower than this belong to the feet.
const FEET_BELOW: f64 = 3.2;
/// Length of an arrow for each second a note is off, in staff spaces.
const SPACES_PER_S: f64 = 45.0;
const ARROW_MIN: f64 = 0.55;
const ARROW_MAX: f64 = 2.0;
const ARROW_HALF_HEIGHT: f64 = 0.38;
/// Free space above the row of arrows.
const ROW_GAP: f64 = 0.6;

/// Tints uncertain heads, sets question marks and a row of arrows under the staff.
pub(crate) fn draw(sheet: &mut Sheet, overlay: &Overlay) {
    let heads = tint_heads(sheet, overlay);
    for (id, ink) in &heads {
        if overlay.confidence.get(id).is_some_and(|confidence| *confidence < DOUBTFUL_BELOW) {
            question(sheet, *id, *ink);
        }
    }
    arrows(sheet, &heads, overlay);
}

/// Boxes of all heads, tinted where the listener was not sure.
fn tint_heads(sheet: &mut Sheet, overlay: &Overlay) -> Vec<(ElementId, Rect)> {
    let mut heads = Vec::new();
    for mark in &mut sheet.marks {
        let Some(id) = mark.element.filter(|_| matches!(mark.class, Class::Notehead | Class::Parenthesis)) else {
            continue;
        };
        mark.tint = match overlay.confidence.get(&id) {
            Some(confidence) if *confidence < DOUBTFUL_BELOW => Some(Tint::Doubtful),
            Some(confidence) if *confidence < UNSURE_BELOW => Some(Tint::Unsure),
            _ => None,
        };
        if mark.class == Class::Notehead {
            heads.push((id, mark.bounds()));
        }
    }
    heads
}

fn question(sheet: &mut Sheet, id: ElementId, head: Rect) {
    let middle = f64::midpoint(head.left, head.right);
    // What the feet play is doubted under the staff.
    let y = if f64::midpoint(head.top, head.bottom) > FEET_BELOW {
        sheet.bottom_under(head.left, head.right) + 0.35 + 0.73 * QUESTION_SIZE
    } else {
        sheet.top_over(head.left, head.right) - 0.35
    };
    sheet.words(Some(id), Class::Overlay, "?", middle, y, QUESTION_SIZE, Face::Bold, Anchor::Middle);
    sheet.tint_last(Tint::Doubtful);
}

/// One arrow for each column: of the notes struck together the one farthest off.
fn arrows(sheet: &mut Sheet, heads: &[(ElementId, Rect)], overlay: &Overlay) {
    // Columns by the left edge of their heads, in tenths of a space.
    let mut columns: BTreeMap<i64, (ElementId, f64, f64)> = BTreeMap::new();
    for (id, ink) in heads {
        let Some(&late_s) = overlay.deviation_s.get(id).filter(|late_s| late_s.abs() >= AUDIBLE_S) else { continue };
        let column = (ink.left * 2.0).round() as i64;
        let entry = columns.entry(column).or_insert((*id, late_s, f64::midpoint(ink.left, ink.right)));
        if late_s.abs() > entry.1.abs() {
            *entry = (*id, late_s, f64::midpoint(ink.left, ink.right));
        }
    }
    let reach = ARROW_MAX;
    let clear = columns.values().map(|(_, _, x)| sheet.bottom_under(x - reach, x + reach)).fold(5.0, f64::max);
    let y = clear + ROW_GAP + ARROW_HALF_HEIGHT;
    for (id, late_s, x) in columns.into_values() {
        let length = (late_s.abs() * SPACES_PER_S).clamp(ARROW_MIN, ARROW_MAX) * late_s.signum();
        let at = |x, y| Point { x, y };
        // The foot stands under the note, the point shows where it was played.
        let arrow = vec![
            Segment::Move(at(x, y - ARROW_HALF_HEIGHT)),
            Segment::Line(at(x + length, y)),
            Segment::Line(at(x, y + ARROW_HALF_HEIGHT)),
            Segment::Close,
        ];
        sheet.filled(Some(id), Class::Overlay, arrow);
        sheet.tint_last(if late_s < 0.0 { Tint::Early } else { Tint::Late });
    }
}
