//! The kit: which instruments are used and where each is written. Toms take their places by role, high to low.

use crate::model::KitPiece;
use drums::{Instrument, Piece, StaffPlace, Step};
use std::collections::BTreeSet;

/// Places for one to five toms, high to low.
const TOM_PLACES: [&[(Step, u8)]; 5] = [
    &[(Step::A, 4)],
    &[(Step::E, 5), (Step::A, 4)],
    &[(Step::E, 5), (Step::D, 5), (Step::A, 4)],
    &[(Step::E, 5), (Step::D, 5), (Step::A, 4), (Step::G, 4)],
    &[(Step::E, 5), (Step::D, 5), (Step::B, 4), (Step::A, 4), (Step::G, 4)],
];

/// The kit in score order.
pub(crate) fn arrange(used: &BTreeSet<Instrument>) -> Vec<KitPiece> {
    let is_tom = |instrument: &Instrument| instrument.row().piece == Piece::Tom;
    // The table lists toms high to low.
    let toms = used.iter().filter(|instrument| is_tom(instrument)).count();
    let places = TOM_PLACES[toms.clamp(1, TOM_PLACES.len()) - 1];
    let mut next = 0;
    used.iter()
        .map(|&instrument| {
            let mut place = instrument.row().place;
            if is_tom(&instrument) {
                // A sixth tom shares the lowest place.
                let (step, octave) = places[next.min(places.len() - 1)];
                place = StaffPlace::new(step, octave);
                next += 1;
            }
            KitPiece { instrument, place }
        })
        .collect()
}
