//! R and L under the staff, in one row per system.

use crate::mark::{Anchor, Class, Face};
use crate::passes::notes::{HEAD_WIDTH, Stand};
use crate::sheet::Sheet;
use score::{ElementId, Hand};

const SIZE: f64 = 1.7;
/// Half the width of a letter with some air.
pub(crate) const HALF_WIDTH: f64 = 0.75;

pub(crate) fn is_written(stand: &Stand<'_>) -> bool {
    stand.chord().is_some_and(|chord| chord.sticking.is_some())
}

/// A letter waiting for its row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Letter {
    event: ElementId,
    hand: Hand,
    middle: f64,
}

pub(crate) fn letter(stand: &Stand<'_>, x: f64) -> Option<Letter> {
    let hand = stand.chord()?.sticking?;
    Some(Letter { event: stand.event.id, hand, middle: x + HEAD_WIDTH / 2.0 })
}

/// Draws the letters of a system on the highest row that clears all ink above them.
pub(crate) fn draw(sheet: &mut Sheet, letters: &[Letter], left_handed: bool) {
    let clear = letters
        .iter()
        .map(|letter| sheet.bottom_under(letter.middle - HALF_WIDTH, letter.middle + HALF_WIDTH))
        .fold(4.6, f64::max);
    let base = clear + 0.5 + 0.7 * SIZE;
    for letter in letters {
        let right = (letter.hand == Hand::Right) != left_handed;
        let text = if right { "R" } else { "L" };
        let element = Some(letter.event);
        sheet.words(element, Class::Sticking, text, letter.middle, base, SIZE, Face::Bold, Anchor::Middle);
    }
}
