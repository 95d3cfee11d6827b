//! Fills: bars in which the drummer leaves the groove.

use crate::model::{Event, Measure};
use drums::{Instrument, Piece};

/// Fewest strokes on toms and snare in the second half of a bar.
const STROKES_MIN: usize = 4;

/// Whether a bar ends in a fill: in its second half snare and toms are busy, more than hi-hat and ride, and a tom or a
/// run on the snare is among them.
#[must_use]
pub fn is_fill(measure: &Measure) -> bool {
    let half = measure.length().get() / 2;
    let late = measure.events().filter(|event| event.offset.get() >= half).filter_map(Event::chord);
    let (mut drums, mut toms, mut time) = (0, 0, 0);
    for note in late.flat_map(|chord| &chord.notes).filter(|note| !note.ghost) {
        match (note.instrument.row().piece, note.instrument) {
            (Piece::Tom, _) => {
                toms += 1;
                drums += 1;
            }
            (Piece::Snare, Instrument::CrossStick) | (Piece::Hihat, Instrument::HihatPedal) => {}
            (Piece::Snare, _) => drums += 1,
            (Piece::Hihat | Piece::Ride, _) => time += 1,
            _ => {}
        }
    }
    let rolls = measure.events().filter_map(Event::chord).any(|chord| chord.tremolo.is_some());
    (drums >= STROKES_MIN || rolls) && drums > time && (toms > 0 || drums >= STROKES_MIN + 2 || rolls)
}
