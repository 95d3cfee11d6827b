//! The display list: what an engraving consists of.
//!
//! Conventions: staff spaces; y downwards; colours are left to the writer, which chooses them by [`Class`].

use crate::overlay::Tint;
use drums::Ticks;
use score::ElementId;

/// A place on the page in staff spaces.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// One step of an outline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Segment {
    /// Lift the pen and start here.
    Move(Point),
    /// Straight line.
    Line(Point),
    /// Cubic curve: two control points, then the end.
    Cubic(Point, Point, Point),
    /// Back to the start of the figure.
    Close,
}

/// An outline, filled by the non-zero rule.
pub type Path = Vec<Segment>;

/// Faces of the bundled text font.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Face {
    /// Upright.
    Regular,
    /// Bold.
    Bold,
    /// Italic.
    Italic,
}

/// Which point of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Anchor {
    /// The left end.
    Start,
    /// The middle.
    Middle,
    /// The right end.
    End,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A glyph of the music font, by its SMuFL code point, its origin at a place.
    Glyph {
        /// SMuFL code point.
        glyph: char,
        /// Where the glyph's origin stands.
        at: Point,
        /// 1 is the size that fits the staff; grace notes are smaller.
        scale: f64,
    },
    /// A straight stroke with butt ends.
    Line {
        /// From here.
        from: Point,
        /// To here.
        to: Point,
        /// Thickness in staff spaces.
        thickness: f64,
    },
    /// A filled outline: beams, brackets' hooks, slurs.
    Filled(Path),
    /// Words on a base line.
    Text {
        /// The words.
        text: String,
        /// Where the anchor stands, on the base line.
        at: Point,
        /// Size of the em in staff spaces.
        size: f64,
        /// Face of the text font.
        face: Face,
        /// Which point of the text stands at `at`.
        anchor: Anchor,
    },
}

/// What a mark is, for styling and for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Class {
    Staff,
    Barline,
    Clef,
    TimeSignature,
    Notehead,
    Stem,
    Flag,
    Beam,
    Rest,
    Dot,
    LedgerLine,
    Tuplet,
    Articulation,
    Grace,
    Tremolo,
    Parenthesis,
    Sticking,
    Tempo,
    Rehearsal,
    MeasureNumber,
    Repeat,
    Title,
    Text,
    Key,
    Dynamic,
    Overlay,
}

impl Class {
    /// Name in kebab case, as SVG writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Barline => "barline",
            Self::Clef => "clef",
            Self::TimeSignature => "time-signature",
            Self::Notehead => "notehead",
            Self::Stem => "stem",
            Self::Flag => "flag",
            Self::Beam => "beam",
            Self::Rest => "rest",
            Self::Dot => "dot",
            Self::LedgerLine => "ledger-line",
            Self::Tuplet => "tuplet",
            Self::Articulation => "articulation",
            Self::Grace => "grace",
            Self::Tremolo => "tremolo",
            Self::Parenthesis => "parenthesis",
            Self::Sticking => "sticking",
            Self::Tempo => "tempo",
            Self::Rehearsal => "rehearsal",
            Self::MeasureNumber => "measure-number",
            Self::Repeat => "repeat",
            Self::Title => "title",
            Self::Text => "text",
            Self::Key => "key",
            Self::Dynamic => "dynamic",
            Self::Overlay => "overlay",
        }
    }
}

/// One thing on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The element of the score it draws: a note, an event, a measure. `None` for staff lines and page furniture.
    pub element: Option<ElementId>,
    /// What it is.
    pub class: Class,
    /// How it looks.
    pub shape: Shape,
    /// Why it is coloured, if it is.
    pub tint: Option<Tint>,
}

impl Mark {
    /// Moves the mark.
    pub fn shift(&mut self, x: f64, y: f64) {
        let move_by = |point: &mut Point| {
            point.x += x;
            point.y += y;
        };
        match &mut self.shape {
            Shape::Glyph { at, .. } | Shape::Text { at, .. } => move_by(at),
            Shape::Line { from, to, .. } => {
                move_by(from);
                move_by(to);
            }
            Shape::Filled(path) => path.iter_mut().for_each(|segment| match segment {
                Segment::Move(point) | Segment::Line(point) => move_by(point),
                Segment::Cubic(a, b, c) => [a, b, c].into_iter().for_each(move_by),
                Segment::Close => {}
            }),
        }
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Width in staff spaces.
    pub width: f64,
    /// Height in staff spaces.
    pub height: f64,
    /// The marks in drawing order.
    pub marks: Vec<Mark>,
}

/// A score on paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Engraving {
    /// The pages in order, at least one.
    pub pages: Vec<Page>,
    /// Size of a staff space on paper, in millimetres; turns page sizes into paper sizes.
    pub space_mm: f64,
    /// The lines of music in order, with their measures; none where the score has no measure.
    pub systems: Vec<System>,
    /// Where the cursor stops: one per onset of every measure, in playing order.
    pub stops: Vec<Stop>,
}

/// A line of music on its page.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    /// Its page, from 0.
    pub page: usize,
    /// Left end of the staff.
    pub left: f64,
    /// Right end of the staff.
    pub right: f64,
    /// Top of the highest ink.
    pub top: f64,
    /// Bottom of the lowest ink.
    pub bottom: f64,
    /// The top line of the staff.
    pub staff_top: f64,
    /// The bottom line of the staff.
    pub staff_bottom: f64,
    /// Its measures in order of place; after each, at the same place, those that are played from it later.
    pub measures: Vec<MeasureSpan>,
}

/// A measure in its system.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasureSpan {
    /// The measure.
    pub id: ElementId,
    /// Its left bar line, or where the music of the system begins.
    pub left: f64,
    /// Its right bar line.
    pub right: f64,
    /// Where it starts in the score.
    pub start: Ticks,
    /// How long it lasts.
    pub length: Ticks,
}

/// A place where the cursor stands: an onset, written or hidden in a simile sign or in a repeat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// The first event that begins here.
    pub element: ElementId,
    /// Place from the start of the score.
    pub ticks: Ticks,
    /// Index into [`Engraving::systems`].
    pub system: usize,
    /// Middle of the notehead.
    pub x: f64,
}
