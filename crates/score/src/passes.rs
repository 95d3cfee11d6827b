//! The passes between hits and paper, one file each, in the order [`crate::notate`] runs them.

pub(crate) mod bars;
pub(crate) mod beams;
pub(crate) mod chords;
pub(crate) mod count_in;
pub(crate) mod dynamics;
pub(crate) mod fill;
pub(crate) mod grouping;
pub(crate) mod kit;
pub(crate) mod loudness;
pub(crate) mod marks;
pub(crate) mod quantize;
pub(crate) mod repeats;
pub(crate) mod sections;
pub(crate) mod similes;
pub(crate) mod strokes;
pub(crate) mod swing;
pub(crate) mod tempo;
pub(crate) mod voices;
