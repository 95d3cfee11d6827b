//! What stands above a system: section letters, tempo, swing, words and measure numbers.
//!
//! Conventions: what belongs to one measure stands in one row, and all rows of a system share a base line where they can.

use crate::bounds::Rect;
use crate::font::{self, defaults, glyphs};
use crate::mark::{Anchor, Class, Face, Point, Shape};
use crate::passes::beams::rectangle;
use crate::passes::text;
use crate::sheet::Sheet;
use score::{Base, Measure, TempoMark};

const SIZE: f64 = 2.1;
const REHEARSAL_SIZE: f64 = 2.4;
const NUMBER_SIZE: f64 = 1.6;
/// Between the parts of a row.
const GAP: f64 = 1.2;
/// Between a row and the ink below it.
const CLEARANCE: f64 = 0.8;
/// Ink nearer than this to either side counts as below.
const BESIDE: f64 = 2.5;
/// No row is nearer to the staff.
const BASE_LOWEST: f64 = -2.4;

/// The number of a system's first measure, just above the clef.
pub(crate) fn draw_number(sheet: &mut Sheet, measure: &Measure, left: f64) {
    let text = measure.number.to_string();
    let right = left + font::text_width(&text, Face::Italic, NUMBER_SIZE);
    let y = sheet.top_over(left, right) - 0.7;
    let id = Some(measure.id);
    sheet.words(id, Class::MeasureNumber, &text, left, y, NUMBER_SIZE, Face::Italic, Anchor::Start);
}

/// Draws the rows of a system's measures. Each entry is a measure and where its row would like to begin.
pub(crate) fn draw_rows(sheet: &mut Sheet, measures: &[(&Measure, f64)], left: f64, right: f64) {
    let mut rows: Vec<(Sheet, Rect)> = Vec::new();
    for (measure, x) in measures {
        let scratch = row(measure, right - left);
        let Some(ink) = scratch.ink() else { continue };
        let at = x.min(right - ink.right).max(left);
        rows.push((scratch, ink.shifted(at, 0.0)));
    }
    let apart = rows.windows(2).all(|pair| pair[0].1.right + GAP <= pair[1].1.left);
    // A word must not stand beside a beam either, where it would read as part of the music.
    let base_of = |sheet: &Sheet, ink: Rect| {
        (sheet.top_over(ink.left - BESIDE, ink.right + BESIDE) - CLEARANCE - ink.bottom).min(BASE_LOWEST)
    };
    let common = rows.iter().map(|(_, ink)| base_of(sheet, *ink)).fold(f64::MAX, f64::min);
    for (scratch, ink) in rows {
        let base = if apart { common } else { base_of(sheet, ink) };
        let own_left = scratch.ink().map_or(0.0, |own| own.left);
        sheet.append(scratch, ink.left - own_left, base);
    }
}

/// The row of a measure on base line 0 from x = 0.
fn row(measure: &Measure, width: f64) -> Sheet {
    let mut sheet = Sheet::default();
    let mut x = 0.0;
    let id = Some(measure.id);
    if let Some(letter) = measure.rehearsal.as_deref().filter(|letter| !letter.trim().is_empty()) {
        x = rehearsal(&mut sheet, measure, letter, width * 0.6) + GAP;
    }
    if let Some(tempo) = measure.tempo {
        x = tempo_mark(&mut sheet, measure, tempo, x) + GAP;
    }
    if let Some(swings) = measure.swing {
        x = swing_mark(&mut sheet, measure, swings, x) + GAP;
    }
    if !measure.text.trim().is_empty() {
        let text = text::cut(measure.text.trim(), Face::Italic, SIZE, (width - x).max(6.0));
        sheet.words(id, Class::Text, &text, x, 0.0, SIZE, Face::Italic, Anchor::Start);
    }
    sheet
}

/// "Swing" and what it means, "Light swing" where off-beats are hardly late, or "Straight"; returns its right end.
fn swing_mark(sheet: &mut Sheet, measure: &Measure, swings: bool, x: f64) -> f64 {
    let light = measure.feel.is_some_and(|feel| feel.ratio < LIGHT_BELOW);
    let word = match (swings, light) {
        (true, true) => "Light swing",
        (true, false) => "Swing",
        (false, _) => "Straight",
    };
    let id = Some(measure.id);
    sheet.words(id, Class::Tempo, word, x, 0.0, SIZE, Face::Bold, Anchor::Start);
    let end = x + font::text_width(word, Face::Bold, SIZE);
    if swings && !light { swing_equation(sheet, measure, end + 0.9) } else { end }
}

/// Swings below this ratio are light: nobody would count them as triplets.
const LIGHT_BELOW: f64 = 0.59;
/// Size of the notes in a tempo or swing mark.
const NOTE_SCALE: f64 = 0.68;
const SWING_SCALE: f64 = 0.5;

/// Two eighths are played as the quarter and the eighth of a triplet; returns the right end.
fn swing_equation(sheet: &mut Sheet, measure: &Measure, x: f64) -> f64 {
    let id = Some(measure.id);
    let quarter = glyphs::MET_NOTE_QUARTER_UP;
    let ink = font::glyph_box(quarter).map_or((1.2, -3.0), |ink| (ink.right * SWING_SCALE, ink.top * SWING_SCALE));
    let (width, top) = ink;
    let base = -0.2;
    let mut note = |glyph, x: f64| {
        sheet.put(id, Class::Tempo, Shape::Glyph { glyph, at: Point { x, y: base }, scale: SWING_SCALE });
    };
    let (second, equals) = (x + width + 0.55, x + 2.0 * width + 1.15);
    let third = equals + 1.6;
    let fourth = third + width + 0.55;
    note(quarter, x);
    note(quarter, second);
    note(quarter, third);
    note(glyphs::MET_NOTE_8TH_UP, fourth);
    let beam = rectangle(x + width - 0.07, base + top, second + width, base + top + 0.36);
    sheet.filled(id, Class::Tempo, beam);
    sheet.words(id, Class::Tempo, "=", equals, base + 0.1, SIZE * 0.8, Face::Regular, Anchor::Start);
    let flag = font::glyph_box(glyphs::MET_NOTE_8TH_UP).map_or(width, |ink| ink.right * SWING_SCALE);
    let end = fourth + flag;
    let (left, right, line) = (third + 0.2, fourth + width, base + top - 0.55);
    let middle = f64::midpoint(left, right);
    for ends in [
        [(left, line), (left, line + 0.35)],
        [(left, line), (middle - 0.5, line)],
        [(middle + 0.5, line), (right, line)],
        [(right, line), (right, line + 0.35)],
    ] {
        sheet.line(id, Class::Tempo, ends, 0.1);
    }
    sheet.words(id, Class::Tempo, "3", middle, line + 0.4, SIZE * 0.55, Face::Italic, Anchor::Middle);
    end
}

/// A boxed letter; returns its right end.
fn rehearsal(sheet: &mut Sheet, measure: &Measure, letter: &str, width: f64) -> f64 {
    let id = Some(measure.id);
    let letter = text::cut(letter.trim(), Face::Bold, REHEARSAL_SIZE, width);
    let pad = 0.55;
    let thickness = defaults::TEXT_ENCLOSURE_THICKNESS;
    let ink = font::text_box(&letter, Face::Bold, REHEARSAL_SIZE);
    let right = ink.right.max(1.6) + 2.0 * pad;
    let (top, bottom) = (-0.67 * REHEARSAL_SIZE - pad, pad);
    sheet.words(id, Class::Rehearsal, &letter, right / 2.0, 0.0, REHEARSAL_SIZE, Face::Bold, Anchor::Middle);
    let half = thickness / 2.0;
    for ends in [
        [(0.0, top), (right, top)],
        [(0.0, bottom), (right, bottom)],
        [(half, top), (half, bottom)],
        [(right - half, top), (right - half, bottom)],
    ] {
        sheet.line(id, Class::Rehearsal, ends, thickness);
    }
    right
}

/// "note = 120"; returns its right end.
fn tempo_mark(sheet: &mut Sheet, measure: &Measure, tempo: TempoMark, x: f64) -> f64 {
    let id = Some(measure.id);
    let glyph = match tempo.beat.base {
        Base::Whole => glyphs::MET_NOTE_WHOLE,
        Base::Half => glyphs::MET_NOTE_HALF_UP,
        Base::Quarter => glyphs::MET_NOTE_QUARTER_UP,
        Base::Eighth => glyphs::MET_NOTE_8TH_UP,
        Base::Sixteenth => glyphs::MET_NOTE_16TH_UP,
        _ => glyphs::MET_NOTE_32ND_UP,
    };
    let scale = NOTE_SCALE;
    let mut put = |glyph, x, y| {
        let shape = Shape::Glyph { glyph, at: Point { x, y }, scale };
        sheet.put(id, Class::Tempo, shape);
    };
    put(glyph, x, -0.3);
    let mut end = x + font::glyph_box(glyph).map_or(1.0, |ink| ink.right) * scale;
    for _ in 0..tempo.beat.dots.min(2) {
        put(glyphs::MET_AUGMENTATION_DOT, end + 0.3, -0.45);
        end += 0.6;
    }
    let end = end + 0.25;
    let text = format!("= {}", tempo.bpm.get().round());
    sheet.words(id, Class::Tempo, &text, end + 0.5, 0.0, SIZE, Face::Bold, Anchor::Start);
    end + 0.5 + font::text_width(&text, Face::Bold, SIZE)
}
