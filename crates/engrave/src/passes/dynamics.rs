//! Dynamic letters and hairpins, in one row under each system.
//!
//! Conventions: a hairpin that goes on in the next system is drawn in both, opening evenly over its whole length.

use crate::font::{self, glyphs};
use crate::mark::Class;
use crate::passes::columns::Plan;
use crate::passes::systems::Placed;
use crate::sheet::Sheet;
use drums::Ticks;
use score::{Dynamic, DynamicSign, ElementId};

/// Opening of a hairpin at its wide end.
const OPENING: f64 = 1.2;
const THICKNESS: f64 = 0.16;
/// Free space above the row.
const GAP: f64 = 0.7;
/// Between a letter and a hairpin.
const BESIDE: f64 = 0.5;

fn x_at(bar: &Placed<'_>, offset: Ticks) -> f64 {
    if offset >= bar.plan.measure.length() { bar.right } else { bar.columns[bar.plan.column_at(offset)] }
}

/// Something of the row, before its height is known.
enum Sign {
    Letters { id: ElementId, dynamic: Dynamic, x: f64 },
    Hairpin { id: ElementId, left: f64, right: f64, from: f64, to: f64 },
}

/// Draws the row of a system. `before` are the bars of earlier systems, from which hairpins may reach over.
pub(crate) fn draw(sheet: &mut Sheet, before: &[Plan<'_>], bars: &[Placed<'_>]) {
    let mut signs = Vec::new();
    let mut letters_right = f64::MIN;
    for plan in before {
        for mark in &plan.measure.dynamics {
            let start = plan.measure.start + mark.offset;
            signs.extend(hairpin(mark.id, mark.sign, start, bars, f64::MIN));
        }
    }
    for bar in bars {
        for mark in &bar.plan.measure.dynamics {
            let x = x_at(bar, mark.offset);
            if let DynamicSign::Level(dynamic) = mark.sign {
                letters_right = x + width_of(dynamic) + BESIDE;
                signs.push(Sign::Letters { id: mark.id, dynamic, x });
            }
            let start = bar.plan.measure.start + mark.offset;
            signs.extend(hairpin(mark.id, mark.sign, start, bars, letters_right));
        }
    }
    let reach = |sign: &Sign| match *sign {
        Sign::Letters { dynamic, x, .. } => (x - 0.4, x + width_of(dynamic)),
        Sign::Hairpin { left, right, .. } => (left, right),
    };
    let clear = signs.iter().map(reach).map(|(left, right)| sheet.bottom_under(left, right)).fold(4.6, f64::max);
    let middle = clear + GAP + OPENING / 2.0;
    for sign in signs {
        match sign {
            Sign::Letters { id, dynamic, x } => letters(sheet, id, dynamic, x, middle),
            Sign::Hairpin { id, left, right, from, to } => {
                for side in [-0.5, 0.5] {
                    let ends = [(left, middle + side * from * OPENING), (right, middle + side * to * OPENING)];
                    sheet.line(Some(id), Class::Dynamic, ends, THICKNESS);
                }
            }
        }
    }
}

/// The part of a hairpin that lies in these bars.
fn hairpin(id: ElementId, sign: DynamicSign, start: Ticks, bars: &[Placed<'_>], free_from: f64) -> Option<Sign> {
    let (length, grows) = match sign {
        DynamicSign::Level(_) => return None,
        DynamicSign::Crescendo(length) => (length, true),
        DynamicSign::Diminuendo(length) => (length, false),
    };
    let inside = |bar: &&Placed<'_>| {
        let (from, to) = (bar.plan.measure.start, bar.plan.measure.start + bar.plan.measure.length());
        from < start + length && start < to
    };
    let (first, last) = (bars.iter().find(inside)?, bars.iter().rfind(inside)?);
    let from = start.max(first.plan.measure.start);
    let to = (start + length).min(last.plan.measure.start + last.plan.measure.length());
    let left = x_at(first, from - first.plan.measure.start).max(free_from);
    let right = x_at(last, to - last.plan.measure.start) - 0.6;
    let share = |at: Ticks| {
        let share = (at - start).get() as f64 / (length.get() as f64).max(1.0);
        if grows { share } else { 1.0 - share }
    };
    (right > left + 1.0).then(|| Sign::Hairpin { id, left, right, from: share(from), to: share(to) })
}

fn glyphs_of(dynamic: Dynamic) -> impl Iterator<Item = char> {
    dynamic.letters().chars().map(|letter| match letter {
        'p' => glyphs::DYNAMIC_PIANO,
        'm' => glyphs::DYNAMIC_MEZZO,
        _ => glyphs::DYNAMIC_FORTE,
    })
}

fn width_of(dynamic: Dynamic) -> f64 {
    glyphs_of(dynamic).map(font::glyph_advance).sum()
}

fn letters(sheet: &mut Sheet, id: ElementId, dynamic: Dynamic, x: f64, middle: f64) {
    let mut x = x;
    for glyph in glyphs_of(dynamic) {
        // The letters stand on their base line; half a space above it is their middle.
        sheet.glyph(Some(id), Class::Dynamic, glyph, x, middle + 0.5);
        x += font::glyph_advance(glyph);
    }
}
