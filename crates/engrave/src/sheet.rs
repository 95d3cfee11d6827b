//! A growing list of marks that knows its skyline: how high and how low the ink reaches over any stretch.
//!
//! Conventions: staff spaces; y downwards; the staff itself (0 to 4) is always in the way.

use crate::bounds::Rect;
use crate::font;
use crate::mark::{Anchor, Class, Face, Mark, Path, Point, Shape};
use crate::overlay::Tint;
use score::ElementId;

/// Height of the staff.
pub(crate) const STAFF_HEIGHT: f64 = 4.0;

#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) marks: Vec<Mark>,
    rects: Vec<Rect>,
}

impl Sheet {
    pub(crate) fn put(&mut self, element: Option<ElementId>, class: Class, shape: Shape) {
        self.rects.push(Rect::of_shape(&shape));
        self.marks.push(Mark { element, class, shape, tint: None });
    }

    pub(crate) fn glyph(&mut self, element: Option<ElementId>, class: Class, glyph: char, x: f64, y: f64) {
        self.put(element, class, Shape::Glyph { glyph, at: Point { x, y }, scale: 1.0 });
    }

    /// A glyph whose ink is centred on `x`.
    pub(crate) fn centred(&mut self, element: Option<ElementId>, class: Class, glyph: char, x: f64, y: f64) {
        let middle = font::glyph_box(glyph).map_or(0.0, |ink| (ink.left + ink.right) / 2.0);
        self.glyph(element, class, glyph, x - middle, y);
    }

    pub(crate) fn line(&mut self, element: Option<ElementId>, class: Class, ends: [(f64, f64); 2], thickness: f64) {
        let [from, to] = ends.map(|(x, y)| Point { x, y });
        self.put(element, class, Shape::Line { from, to, thickness });
    }

    pub(crate) fn filled(&mut self, element: Option<ElementId>, class: Class, path: Path) {
        self.put(element, class, Shape::Filled(path));
    }

    pub(crate) fn words(
        &mut self,
        element: Option<ElementId>,
        class: Class,
        text: &str,
        x: f64,
        y: f64,
        size: f64,
        face: Face,
        anchor: Anchor,
    ) {
        self.put(element, class, Shape::Text { text: text.to_owned(), at: Point { x, y }, size, face, anchor });
    }

    /// Colours the mark put last.
    pub(crate) fn tint_last(&mut self, tint: Tint) {
        if let Some(mark) = self.marks.last_mut() {
            mark.tint = Some(tint);
        }
    }

    /// The highest ink between two places, at most the top line.
    pub(crate) fn top_over(&self, left: f64, right: f64) -> f64 {
        let over = self.rects.iter().filter(|rect| rect.left < right && left < rect.right);
        over.map(|rect| rect.top).fold(0.0, f64::min)
    }

    /// The lowest ink between two places, at least the bottom line.
    pub(crate) fn bottom_under(&self, left: f64, right: f64) -> f64 {
        let under = self.rects.iter().filter(|rect| rect.left < right && left < rect.right);
        under.map(|rect| rect.bottom).fold(STAFF_HEIGHT, f64::max)
    }

    /// The box of everything, at least as high as the staff.
    pub(crate) fn bounds(&self) -> Rect {
        let staff = Rect { left: f64::MAX, top: 0.0, right: f64::MIN, bottom: STAFF_HEIGHT };
        self.rects.iter().copied().fold(staff, Rect::union)
    }

    /// The box of the ink; `None` where there is none.
    pub(crate) fn ink(&self) -> Option<Rect> {
        self.rects.iter().copied().reduce(Rect::union)
    }

    /// Adds all marks of another sheet, moved.
    pub(crate) fn append(&mut self, other: Self, x: f64, y: f64) {
        for (mut mark, rect) in other.marks.into_iter().zip(other.rects) {
            mark.shift(x, y);
            self.marks.push(mark);
            self.rects.push(rect.shifted(x, y));
        }
    }
}
