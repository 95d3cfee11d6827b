//! The passes of the engraver, one file each, named after what it settles.
//!
//! Order: [`columns`] measures what every onset needs; [`line_breaks`] deals the measures to systems; [`measures`] draws
//! a measure with the passes from [`notes`] to [`tuplets`]; [`systems`] adds what belongs to a whole line; [`page_breaks`]
//! stacks systems on pages.
//!
//! Conventions: within a system y = 0 is the top line of the staff and y = 4 the bottom line; x is that of the page.

pub(crate) mod articulations;
pub(crate) mod barlines;
pub(crate) mod beams;
pub(crate) mod closing;
pub(crate) mod columns;
pub(crate) mod dots;
pub(crate) mod drum_key;
pub(crate) mod dynamics;
pub(crate) mod flags;
pub(crate) mod graces;
pub(crate) mod line_breaks;
pub(crate) mod measures;
pub(crate) mod notes;
pub(crate) mod overlays;
pub(crate) mod page_breaks;
pub(crate) mod rests;
pub(crate) mod signatures;
pub(crate) mod similes;
pub(crate) mod stems;
pub(crate) mod sticking;
pub(crate) mod systems;
pub(crate) mod text;
pub(crate) mod tremolos;
pub(crate) mod tuplets;
pub(crate) mod voltas;
pub(crate) mod words;
pub(crate) mod written;
