//! From what was played to what is written: the notation model and the passes that fill it.
//!
//! A [`Score`] is bars, voices, chords and rests in [`drums::Ticks`]; it knows no sound, no font and no file format.
//! Seconds occur in one place only, its [`Timeline`].
//!
//! Conventions: places are ticks from the start of the score or, within a measure, from its bar line; a quarter note has
//! [`drums::TICKS_PER_QUARTER`] ticks. Every element has an [`ElementId`] that no edit and no export changes.

#![deny(missing_docs)]

mod check;
mod edit;
mod error;
mod fills;
pub mod model;
mod notate;
mod passes;
mod placement;
mod remark;
mod rewrite;
mod simplify;
mod sketch;
mod timeline;

pub use check::{Law, Violation, check};
pub use edit::{Edit, Restored, apply, difference};
pub use error::{Error, Result};
pub use fills::is_fill;
pub use model::{
    BarRepeat, Base, Beam, Chord, Content, Dynamic, DynamicMark, DynamicSign, ElementId, Event, GraceGroup, GraceKind,
    Hand, KitPiece, Measure, Note, NoteValue, Repeat, Score, Swing, SwingUnit, TempoMark, Tremolo, Tuplet, TupletRatio,
    Voice,
};
pub use notate::{NotationOptions, notate};
pub use passes::similes::keep_true as keep_signs_true;
pub use placement::{Placement, placements};
pub use remark::Remark;
pub use simplify::{Level, simplify};
pub use sketch::{Sketch, SketchBar, SketchStroke};
pub use timeline::{Anchor, Timeline};
