//! How much room things take: boxes of outlines, marks and elements.
//!
//! Conventions: staff spaces; y downwards, so `top <= bottom`.

use crate::font;
use crate::mark::{Anchor, Engraving, Mark, Path, Segment, Shape};
use score::ElementId;
use std::collections::BTreeMap;

/// A box in staff spaces.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    /// The box around both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// The same box elsewhere.
    #[must_use]
    pub fn shifted(self, x: f64, y: f64) -> Self {
        Self { left: self.left + x, top: self.top + y, right: self.right + x, bottom: self.bottom + y }
    }

    /// Whether the two share more than an edge.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// The box of an outline and of its control points; `None` where it is empty.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let points = path.iter().flat_map(|segment| match *segment {
            Segment::Move(p) | Segment::Line(p) => vec![p],
            Segment::Cubic(a, b, c) => vec![a, b, c],
            Segment::Close => vec![],
        });
        points.map(|p| Self { left: p.x, top: p.y, right: p.x, bottom: p.y }).reduce(Self::union)
    }

    /// The box of a mark's ink (for words: from the height of capitals to the descenders).
    #[must_use]
    pub fn of_shape(shape: &Shape) -> Self {
        match shape {
            Shape::Glyph { glyph, at, scale } => {
                let ink = font::glyph_box(*glyph).unwrap_or(Self { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 });
                let sized = Self {
                    left: ink.left * scale,
                    top: ink.top * scale,
                    right: ink.right * scale,
                    bottom: ink.bottom * scale,
                };
                sized.shifted(at.x, at.y)
            }
            Shape::Line { from, to, thickness } => {
                let half = thickness / 2.0;
                let (grow_x, grow_y) = if from.y == to.y { (0.0, half) } else { (half, 0.0) };
                Self {
                    left: from.x.min(to.x) - grow_x,
                    top: from.y.min(to.y) - grow_y,
                    right: from.x.max(to.x) + grow_x,
                    bottom: from.y.max(to.y) + grow_y,
                }
            }
            Shape::Filled(path) => Self::of_path(path).unwrap_or(Self { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 }),
            Shape::Text { text, at, size, face, anchor } => {
                let ink = font::text_box(text, *face, *size);
                let back = match anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => ink.right / 2.0,
                    Anchor::End => ink.right,
                };
                ink.shifted(at.x - back, at.y)
            }
        }
    }
}

impl Mark {
    /// The box of the mark's ink.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        Rect::of_shape(&self.shape)
    }
}

/// Where an element of the score stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ElementBox {
    /// The element.
    pub element: ElementId,
    /// Its page, from 0.
    pub page: usize,
    /// The box around all its marks on that page.
    pub bounds: Rect,
}

/// One box per element and page, in order of element.
#[must_use]
pub fn boxes(engraving: &Engraving) -> Vec<ElementBox> {
    let mut found: BTreeMap<(ElementId, usize), Rect> = BTreeMap::new();
    for (page, marks) in engraving.pages.iter().enumerate() {
        for mark in &marks.marks {
            let Some(element) = mark.element else { continue };
            let bounds = mark.bounds();
            found.entry((element, page)).and_modify(|all| *all = all.union(bounds)).or_insert(bounds);
        }
    }
    found.into_iter().map(|((element, page), bounds)| ElementBox { element, page, bounds }).collect()
}
