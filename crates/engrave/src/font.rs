//! The two embedded fonts: outlines, boxes and widths, so that every writer only ever draws paths.
//!
//! Conventions: staff spaces; y downwards; a glyph's origin is (0, 0); a music glyph at scale 1 fits the staff. Source:
//! subsets of Bravura and Source Serif 4 under other names, both OFL 1.1, made by `fonts/subset.py`.

mod metrics;

use crate::bounds::Rect;
use crate::mark::{Face, Path, Point, Segment};
pub(crate) use metrics::{defaults, glyphs};
use std::collections::HashMap;
use std::sync::OnceLock;

static MUSIC: &[u8] = include_bytes!("../fonts/BackbeatMusic-Regular.otf");
static REGULAR: &[u8] = include_bytes!("../fonts/BackbeatText-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../fonts/BackbeatText-Bold.ttf");
static ITALIC: &[u8] = include_bytes!("../fonts/BackbeatText-Italic.ttf");

/// Staff spaces in an em of the music font.
const SPACES_PER_EM: f64 = 4.0;

/// The outline of a music glyph by its SMuFL code point; `None` where the subset has no such glyph.
#[must_use]
pub fn glyph(glyph: char) -> Option<&'static Path> {
    static OUTLINES: OnceLock<HashMap<char, Path>> = OnceLock::new();
    OUTLINES.get_or_init(all_glyphs).get(&glyph)
}

/// The ink box of a music glyph at scale 1; `None` where the subset has no such glyph.
#[must_use]
pub fn glyph_box(glyph: char) -> Option<Rect> {
    let [left, bottom, right, top] = find(glyph)?.bounds;
    Some(Rect { left, top: -top, right, bottom: -bottom })
}

/// How far a music glyph moves the pen; 0 where the subset has no such glyph.
#[must_use]
pub fn glyph_advance(glyph: char) -> f64 {
    find(glyph).map_or(0.0, |row| row.advance)
}

/// Where a stem meets a notehead, relative to the head's origin: the right side for stems up, the left for stems down.
pub(crate) fn stem_anchor(glyph: char, up: bool) -> Point {
    let row = find(glyph);
    let anchor = row.and_then(|row| if up { row.stem_up } else { row.stem_down });
    let [x, y] = anchor.unwrap_or([if up { 1.18 } else { 0.0 }, 0.0]);
    Point { x, y: -y }
}

/// Width of a text with its kerning, at an em of `size` staff spaces.
#[must_use]
pub fn text_width(text: &str, face: Face, size: f64) -> f64 {
    let mut width = 0.0;
    walk(text, face, |_, pen, advance| width = pen + advance);
    width * size
}

/// The outline of a text from (0, 0) along its base line. Characters the font lacks become boxes.
#[must_use]
pub fn text_outline(text: &str, face: Face, size: f64) -> Path {
    let parsed = text_face(face);
    let mut path = Path::new();
    let scale = size / parsed.em;
    walk(text, face, |glyph, pen, _| {
        let mut pen = Pen { path: &mut path, scale, x: pen * size, last: Point::default() };
        parsed.face.outline_glyph(glyph, &mut pen);
    });
    path
}

/// The box of a text from (0, 0) along its base line: its width, and the height of capitals and descenders.
#[must_use]
pub fn text_box(text: &str, face: Face, size: f64) -> Rect {
    Rect { left: 0.0, top: -0.73 * size, right: text_width(text, face, size), bottom: 0.22 * size }
}

fn find(glyph: char) -> Option<&'static metrics::Metrics> {
    let table = &metrics::METRICS;
    table.binary_search_by_key(&glyph, |row| row.glyph).ok().map(|index| &table[index])
}

fn all_glyphs() -> HashMap<char, Path> {
    let Ok(face) = ttf_parser::Face::parse(MUSIC, 0) else { return HashMap::new() };
    let scale = SPACES_PER_EM / f64::from(face.units_per_em());
    let outline = |glyph: char| {
        let mut path = Path::new();
        let mut pen = Pen { path: &mut path, scale, x: 0.0, last: Point::default() };
        face.outline_glyph(face.glyph_index(glyph)?, &mut pen)?;
        Some((glyph, path))
    };
    metrics::METRICS.iter().filter_map(|row| outline(row.glyph)).collect()
}

struct TextFace {
    face: ttf_parser::Face<'static>,
    em: f64,
}

fn text_face(face: Face) -> &'static TextFace {
    static FACES: OnceLock<[TextFace; 3]> = OnceLock::new();
    let faces = FACES.get_or_init(|| {
        [REGULAR, BOLD, ITALIC].map(|bytes| {
            let face = ttf_parser::Face::parse(bytes, 0).expect("the embedded fonts are whole; a test parses them");
            TextFace { em: f64::from(face.units_per_em()), face }
        })
    });
    match face {
        Face::Regular => &faces[0],
        Face::Bold => &faces[1],
        Face::Italic => &faces[2],
    }
}

/// Calls `visit` with every glyph, its pen position and its advance, both in ems.
fn walk(text: &str, face: Face, mut visit: impl FnMut(ttf_parser::GlyphId, f64, f64)) {
    let TextFace { face, em } = text_face(face);
    let kerning = face.tables().kern.and_then(|table| table.subtables.into_iter().next());
    let mut pen = 0.0;
    let mut last = None;
    for character in text.chars() {
        // Joiners and variation selectors have no picture of their own.
        if matches!(character, '\u{200B}'..='\u{200F}' | '\u{FE00}'..='\u{FE0F}') {
            continue;
        }
        let shown = if character.is_control() || character.is_whitespace() { ' ' } else { character };
        let glyph = face.glyph_index(shown).unwrap_or(ttf_parser::GlyphId(0));
        let pair = last.and_then(|last| kerning.as_ref().and_then(|table| table.glyphs_kerning(last, glyph)));
        pen += f64::from(pair.unwrap_or(0)) / em;
        let advance = f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) / em;
        visit(glyph, pen, advance);
        pen += advance;
        last = Some(glyph);
    }
}

/// Turns the font's drawing into a path: scaled, moved to the right and with y downwards.
struct Pen<'a> {
    path: &'a mut Path,
    scale: f64,
    x: f64,
    last: Point,
}

impl Pen<'_> {
    fn at(&self, x: f32, y: f32) -> Point {
        Point { x: self.x + f64::from(x) * self.scale, y: -f64::from(y) * self.scale }
    }
}

impl ttf_parser::OutlineBuilder for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.last = self.at(x, y);
        self.path.push(Segment::Move(self.last));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.last = self.at(x, y);
        self.path.push(Segment::Line(self.last));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (from, control, to) = (self.last, self.at(x1, y1), self.at(x, y));
        let towards = |end: Point| Point {
            x: end.x + (control.x - end.x) * 2.0 / 3.0,
            y: end.y + (control.y - end.y) * 2.0 / 3.0,
        };
        self.path.push(Segment::Cubic(towards(from), towards(to), to));
        self.last = to;
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.last = self.at(x, y);
        self.path.push(Segment::Cubic(self.at(x1, y1), self.at(x2, y2), self.last));
    }

    fn close(&mut self) {
        self.path.push(Segment::Close);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_of_the_table_has_an_outline_that_fills_its_box() {
        for row in &metrics::METRICS {
            let outline = glyph(row.glyph).unwrap();
            let (drawn, stated) = (Rect::of_path(outline).unwrap(), glyph_box(row.glyph).unwrap());
            // Control points may lie outside the ink, so the drawn box is only ever larger.
            assert!(drawn.left < stated.left + 0.02 && drawn.right > stated.right - 0.02, "U+{:X}", row.glyph as u32);
        }
    }

    #[test]
    fn all_faces_can_be_read_and_differ() {
        let widths = [Face::Regular, Face::Bold, Face::Italic].map(|face| text_width("Backbeat", face, 2.0));
        assert!(widths.iter().all(|width| (5.0..12.0).contains(width)), "{widths:?}");
        assert!(widths[1] > widths[0]);
    }

    #[test]
    fn kerning_draws_a_and_v_together() {
        let apart = text_width("A", Face::Regular, 1.0) + text_width("V", Face::Regular, 1.0);
        assert!(text_width("AV", Face::Regular, 1.0) < apart - 0.02);
    }

    #[test]
    fn a_character_the_font_lacks_is_a_visible_box() {
        assert!(!text_outline("🥁", Face::Bold, 2.0).is_empty());
        assert!(text_width("🥁", Face::Bold, 2.0) > 0.5);
        assert!(text_outline("Größe Łódź Ψ Ж", Face::Regular, 2.0).len() > 60);
    }
}
