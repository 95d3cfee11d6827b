//! The drum key on page one: every instrument of the piece with its head, its place and its name.
//!
//! Conventions: drawn from y = 0 downwards; a row of short staves, each with the name under it.

use crate::dialect::Dialect;
use crate::font::{self, defaults};
use crate::mark::{Anchor, Class, Face, Point, Shape};
use crate::passes::notes::{HEAD_WIDTH, height_of};
use crate::sheet::Sheet;
use crate::style::PageStyle;
use drums::{Instrument, VoiceRole};
use score::{Base, Score};

/// The key is smaller than the music.
const SCALE: f64 = 0.75;
const NAME_SIZE: f64 = 1.4;
/// Width of a cell, unless a name needs more.
const CELL_MIN: f64 = 5.0;
/// Free space between names.
const NAME_GAP: f64 = 1.6;

/// Instruments in score order: the kit, or where that is empty what the measures use.
fn instruments(score: &Score) -> Vec<Instrument> {
    let of_kit: Vec<Instrument> = score.kit.iter().map(|piece| piece.instrument).collect();
    let mut found = if of_kit.is_empty() {
        let voices = score.measures.iter().flat_map(|measure| &measure.voices);
        let chords = voices.flat_map(|voice| &voice.events).filter_map(score::Event::chord);
        chords.flat_map(|chord| &chord.notes).map(|note| note.instrument).collect()
    } else {
        of_kit
    };
    found.sort();
    found.dedup();
    found
}

/// Draws the key between two margins; an empty sheet where the score uses no instrument.
pub(crate) fn draw(score: &Score, left: f64, right: f64, style: &PageStyle) -> Sheet {
    let mut sheet = Sheet::default();
    let all = instruments(score);
    if all.is_empty() {
        return sheet;
    }
    let rows = rows(&all, right - left);
    for (row, members) in rows.iter().enumerate() {
        let top = row as f64 * row_height();
        let staff_right = left + members.iter().map(|(_, width)| width).sum::<f64>();
        for line in 0..5 {
            let y = top + f64::from(line) * SCALE;
            let thickness = defaults::STAFF_LINE_THICKNESS * SCALE;
            sheet.line(None, Class::Key, [(left, y), (staff_right, y)], thickness);
        }
        let mut x = left;
        for (instrument, width) in members {
            draw_cell(&mut sheet, score, style.dialect, *instrument, x + width / 2.0, top);
            x += width;
        }
    }
    let rows = rows.len();
    if style.left_handed {
        let base = rows as f64 * row_height() + 0.2;
        sheet.words(None, Class::Key, "Left-handed kit", left, base, NAME_SIZE, Face::Italic, Anchor::Start);
    }
    sheet
}

/// The instruments with the widths of their cells in as few rows as hold them, all rows about equally wide.
fn rows(all: &[Instrument], room: f64) -> Vec<Vec<(Instrument, f64)>> {
    let width = |one: &Instrument| (font::text_width(one.name(), Face::Regular, NAME_SIZE) + NAME_GAP).max(CELL_MIN);
    let dealt = |room: f64| {
        let mut rows: Vec<Vec<(Instrument, f64)>> = vec![Vec::new()];
        let mut used = 0.0;
        for instrument in all {
            let own = width(instrument);
            if used + own > room && used > 0.0 {
                rows.push(Vec::new());
                used = 0.0;
            }
            used += own;
            rows.last_mut().expect("there is a row from the start").push((*instrument, own));
        }
        rows
    };
    let fewest = dealt(room);
    let share = all.iter().map(width).sum::<f64>() / fewest.len() as f64;
    // The narrowest rows that are as few.
    let narrower = (0..20).map(|step| dealt(share + (room - share).max(0.0) * f64::from(step) / 20.0));
    narrower.into_iter().find(|rows| rows.len() == fewest.len()).unwrap_or(fewest)
}

fn row_height() -> f64 {
    4.0 * SCALE + 4.8
}

fn draw_cell(sheet: &mut Sheet, score: &Score, dialect: Dialect, instrument: Instrument, middle: f64, top: f64) {
    let row = instrument.row();
    let look = dialect.look(score, instrument, Base::Quarter);
    let (glyph, y) = (look.glyph, height_of(look.steps));
    let ink = font::glyph_box(glyph).map_or((0.0, HEAD_WIDTH), |ink| (ink.left, ink.right));
    let mut put = |glyph, x, y: f64| {
        let at = Point { x, y: top + y * SCALE };
        sheet.put(None, Class::Key, Shape::Glyph { glyph, at, scale: SCALE });
    };
    put(glyph, middle - f64::midpoint(ink.0, ink.1) * SCALE, y);
    if let Some(mark) = look.mark
        && let Some(ink) = font::glyph_box(mark)
    {
        let half = f64::midpoint(ink.left, ink.right);
        match row.voice {
            VoiceRole::Hands => put(mark, middle - half * SCALE, y.min(0.0) - 0.8 - ink.bottom),
            // Under the staff is the name, so the feet's mark stands beside the head.
            VoiceRole::Feet => put(mark, middle + HEAD_WIDTH * SCALE, y - f64::midpoint(ink.top, ink.bottom)),
        }
    }
    let thickness = defaults::LEDGER_LINE_THICKNESS * SCALE;
    let reach = (HEAD_WIDTH / 2.0 + 0.35) * SCALE;
    let mut ledger = |line: f64| {
        let y = top + line * SCALE;
        sheet.line(None, Class::Key, [(middle - reach, y), (middle + reach, y)], thickness);
    };
    (1..=((-y).max(0.0) as i32)).for_each(|line| ledger(-f64::from(line)));
    (5..=(y as i32)).for_each(|line| ledger(f64::from(line)));
    let base = top + 4.0 * SCALE + 2.4;
    let name = instrument.name();
    sheet.words(None, Class::Key, name, middle, base, NAME_SIZE, Face::Regular, Anchor::Middle);
}
