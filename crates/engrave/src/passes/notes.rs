//! Which heads a chord has and where they stand: seconds apart, ghosts in parentheses, ledger lines.
//!
//! Conventions: before spacing, x is relative to the column, whose x is the left edge of an ordinary notehead.

use crate::dialect::Dialect;
use crate::font::{self, defaults, glyphs};
use crate::mark::Class;
use crate::sheet::Sheet;
use drums::{Notehead, VoiceRole};
use score::{Base, Chord, Event, Measure, Note, Score, Voice};

/// Width of the ordinary notehead.
pub(crate) const HEAD_WIDTH: f64 = 1.18;
/// Gap between a head and its parentheses.
const PARENTHESIS_GAP: f64 = 0.1;

/// A notehead.
#[derive(Debug, Clone)]
pub(crate) struct Head<'a> {
    pub(crate) note: &'a Note,
    pub(crate) glyph: char,
    /// The sound's own mark beyond the stem.
    pub(crate) mark: Option<char>,
    /// Of the glyph's origin, from the column.
    pub(crate) x: f64,
    /// From the top line of the staff.
    pub(crate) y: f64,
}

/// An event with what it draws at its column; a rest has no heads.
#[derive(Debug, Clone)]
pub(crate) struct Stand<'a> {
    pub(crate) event: &'a Event,
    pub(crate) role: VoiceRole,
    /// In order from the highest to the lowest.
    pub(crate) heads: Vec<Head<'a>>,
    /// Where the stem side of an ordinary head stands, from the column.
    pub(crate) stem_x: f64,
    /// The feet's chord stands to the right of the hands'.
    pub(crate) shift: f64,
}

impl<'a> Stand<'a> {
    pub(crate) fn up(&self) -> bool {
        self.role == VoiceRole::Hands
    }

    pub(crate) fn chord(&self) -> Option<&'a Chord> {
        self.event.chord()
    }

    pub(crate) fn top(&self) -> Option<f64> {
        self.heads.iter().map(|head| head.y).reduce(f64::min)
    }

    pub(crate) fn bottom(&self) -> Option<f64> {
        self.heads.iter().map(|head| head.y).reduce(f64::max)
    }

    /// Left and right end of the heads with their parentheses, from the column.
    pub(crate) fn head_extent(&self) -> (f64, f64) {
        let reach = parenthesis_width() + PARENTHESIS_GAP;
        self.heads.iter().fold((0.0, HEAD_WIDTH), |(left, right), head| {
            let ink = font::glyph_box(head.glyph).map_or((0.0, HEAD_WIDTH), |ink| (ink.left, ink.right));
            let around = if head.note.ghost { reach } else { 0.0 };
            (f64::min(left, head.x + ink.0 - around), f64::max(right, head.x + ink.1 + around))
        })
    }
}

fn parenthesis_width() -> f64 {
    font::glyph_box(glyphs::NOTEHEAD_PARENTHESIS_LEFT).map_or(0.4, |ink| ink.right - ink.left)
}

/// The music glyph of a head shape in a note value.
pub(crate) fn head_glyph(head: Notehead, base: Base) -> char {
    let [whole, half, black] = match head {
        Notehead::Normal => [glyphs::NOTEHEAD_WHOLE, glyphs::NOTEHEAD_HALF, glyphs::NOTEHEAD_BLACK],
        Notehead::X => [glyphs::NOTEHEAD_X_WHOLE, glyphs::NOTEHEAD_X_HALF, glyphs::NOTEHEAD_X_BLACK],
        Notehead::CircleX => {
            [glyphs::NOTEHEAD_CIRCLE_X_WHOLE, glyphs::NOTEHEAD_CIRCLE_X_HALF, glyphs::NOTEHEAD_CIRCLE_X]
        }
        Notehead::Plus => [glyphs::NOTEHEAD_PLUS_WHOLE, glyphs::NOTEHEAD_PLUS_HALF, glyphs::NOTEHEAD_PLUS_BLACK],
        Notehead::Diamond => {
            [glyphs::NOTEHEAD_DIAMOND_WHOLE, glyphs::NOTEHEAD_DIAMOND_HALF, glyphs::NOTEHEAD_DIAMOND_BLACK]
        }
        Notehead::Triangle => {
            [glyphs::NOTEHEAD_TRIANGLE_UP_WHOLE, glyphs::NOTEHEAD_TRIANGLE_UP_HALF, glyphs::NOTEHEAD_TRIANGLE_UP_BLACK]
        }
        Notehead::Slashed => {
            [glyphs::NOTEHEAD_SLASHED_WHOLE_1, glyphs::NOTEHEAD_SLASHED_HALF_1, glyphs::NOTEHEAD_SLASHED_BLACK_1]
        }
    };
    match base {
        Base::Whole => whole,
        Base::Half => half,
        _ => black,
    }
}

/// Height of a staff place: half a space per step.
pub(crate) fn height_of(steps_above_bottom_line: i32) -> f64 {
    4.0 - f64::from(steps_above_bottom_line) / 2.0
}

/// All events of a measure with their heads, hands first.
pub(crate) fn stands<'a>(score: &Score, measure: &'a Measure, dialect: Dialect) -> Vec<Stand<'a>> {
    let of_voice = |voice: &'a Voice| voice.events.iter().map(move |event| stand(score, event, voice.role, dialect));
    let mut all: Vec<Stand<'a>> = measure.voices.iter().flat_map(of_voice).collect();
    move_feet_aside(&mut all);
    all
}

fn stand<'a>(score: &Score, event: &'a Event, role: VoiceRole, dialect: Dialect) -> Stand<'a> {
    let notes = event.chord().map_or(&[][..], |chord| &chord.notes);
    let mut heads: Vec<Head<'a>> = notes
        .iter()
        .map(|note| {
            let look = dialect.look(score, note.instrument, event.value.base);
            Head { note, glyph: look.glyph, mark: look.mark, x: 0.0, y: height_of(look.steps) }
        })
        .collect();
    heads.sort_by(|a, b| a.y.total_cmp(&b.y));
    let up = role == VoiceRole::Hands;
    let half = defaults::STEM_THICKNESS / 2.0;
    let stem_x = if up { HEAD_WIDTH - half } else { half };
    settle_seconds(&mut heads, up);
    for head in &mut heads {
        // Narrow heads hang on the stem by their own anchor.
        let anchor = font::stem_anchor(head.glyph, up).x;
        head.x += if up { HEAD_WIDTH - anchor } else { -anchor };
    }
    Stand { event, role, heads, stem_x, shift: 0.0 }
}

/// Heads a step apart or at one place stand side by side; the one nearest the stem's foot keeps its place, and the next
/// goes to the other side of the stem.
fn settle_seconds(heads: &mut [Head<'_>], up: bool) {
    let direction = if up { 1.0 } else { -1.0 };
    let order: Vec<usize> = if up { (0..heads.len()).rev().collect() } else { (0..heads.len()).collect() };
    let mut taken: Vec<(usize, f64)> = Vec::new();
    for index in order {
        let y = heads[index].y;
        let is_free = |side: &usize| !taken.iter().any(|(other, at)| other == side && (at - y).abs() < 0.75);
        let side = (0..=taken.len()).find(is_free).unwrap_or(0);
        heads[index].x = direction * side as f64 * (HEAD_WIDTH - defaults::STEM_THICKNESS);
        taken.push((side, y));
    }
}

/// Where the feet's heads would touch the hands', the feet step to the right, so that both stems stay in line.
fn move_feet_aside(stands: &mut [Stand<'_>]) {
    let hands: Vec<_> = stands
        .iter()
        .filter(|stand| stand.up())
        .filter_map(|stand| Some((stand.event.offset, stand.bottom()?, stand.head_extent().1)))
        .collect();
    for feet in stands.iter_mut().filter(|stand| !stand.up()) {
        let Some(top) = feet.top() else { continue };
        let touched = hands.iter().find(|(offset, bottom, _)| *offset == feet.event.offset && top - bottom < 0.75);
        if let Some((_, _, right)) = touched {
            let shift = (right - defaults::STEM_THICKNESS - feet.head_extent().0).max(0.0);
            feet.shift = shift;
            feet.stem_x += shift;
            feet.heads.iter_mut().for_each(|head| head.x += shift);
        }
    }
}

/// Heads, parentheses and ledger lines.
pub(crate) fn draw(sheet: &mut Sheet, stand: &Stand<'_>, x: f64) {
    draw_ledger_lines(sheet, stand, x);
    for head in &stand.heads {
        sheet.glyph(Some(head.note.id), Class::Notehead, head.glyph, x + head.x, head.y);
        if head.note.ghost {
            let ink = font::glyph_box(head.glyph).map_or((0.0, HEAD_WIDTH), |ink| (ink.left, ink.right));
            let (left, right) = (x + head.x + ink.0 - PARENTHESIS_GAP, x + head.x + ink.1 + PARENTHESIS_GAP);
            let reach = |glyph| font::glyph_box(glyph).map_or((0.0, 0.4), |ink| (ink.left, ink.right));
            let (open, close) = (glyphs::NOTEHEAD_PARENTHESIS_LEFT, glyphs::NOTEHEAD_PARENTHESIS_RIGHT);
            sheet.glyph(Some(head.note.id), Class::Parenthesis, open, left - reach(open).1, head.y);
            sheet.glyph(Some(head.note.id), Class::Parenthesis, close, right - reach(close).0, head.y);
        }
    }
}

fn draw_ledger_lines(sheet: &mut Sheet, stand: &Stand<'_>, x: f64) {
    let mut line = |y: f64, beyond: &dyn Fn(f64) -> bool| {
        let covered = stand.heads.iter().filter(|head| beyond(head.y)).map(|head| head.x).fold(None, |span, x| {
            let (left, right) = span.unwrap_or((x, x));
            Some((f64::min(left, x), f64::max(right, x)))
        });
        if let Some((left, right)) = covered {
            let reach = defaults::LEDGER_LINE_EXTENSION * 0.8;
            let ends = [(x + left - reach, y), (x + right + HEAD_WIDTH + reach, y)];
            sheet.line(Some(stand.event.id), Class::LedgerLine, ends, defaults::LEDGER_LINE_THICKNESS);
        }
    };
    let (top, bottom) = (stand.top().unwrap_or(2.0), stand.bottom().unwrap_or(2.0));
    let mut y = -1.0;
    while y >= top {
        line(y, &|head| head <= y);
        y -= 1.0;
    }
    let mut y = 5.0;
    while y <= bottom {
        line(y, &|head| head >= y);
        y += 1.0;
    }
}
