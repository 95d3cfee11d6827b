//! What stands above the staff and follows from the music: numbers, words of swing, the note a tempo counts.

use crate::model::{Base, Event, Measure, NoteValue, SwingUnit};
use drums::Meter;

/// Number of the first measure: 0 where it is a pick-up, with nothing in its first half and more measures to follow.
pub(crate) fn first_number(measures: &[Measure]) -> u32 {
    let Some(first) = measures.first() else { return 1 };
    let half = first.length().get() / 2;
    let starts = |event: &&Event| event.chord().is_some();
    let picked_up = first.events().filter(starts).map(|event| event.offset.get()).min().is_some_and(|at| at >= half);
    let goes_on = measures[1..].iter().any(|measure| measure.events().any(|event| event.chord().is_some()));
    if picked_up && goes_on { 0 } else { 1 }
}

/// Words of sixteenths that swing, and no longer do.
const SIXTEENTHS: [&str; 2] = ["swing 16ths", "straight 16ths"];

/// Writes where swing begins and ends, after the feel of the measures.
pub(crate) fn swing_words(measures: &mut [Measure]) {
    let (mut eighths, mut sixteenths) = (false, false);
    for measure in measures {
        measure.swing = None;
        if SIXTEENTHS.contains(&measure.text.as_str()) {
            measure.text.clear();
        }
        let here = |unit| measure.feel.is_some_and(|feel| feel.unit == unit);
        if here(SwingUnit::Eighths) != eighths {
            eighths = !eighths;
            measure.swing = Some(eighths);
        }
        if here(SwingUnit::Sixteenths) != sixteenths {
            sixteenths = !sixteenths;
            measure.text = SIXTEENTHS[usize::from(!sixteenths)].to_owned();
        }
    }
}

/// The note a tempo mark counts in a meter.
pub(crate) fn beat_value(meter: Meter) -> NoteValue {
    if meter.is_compound() { NoteValue::dotted(Base::Quarter, 1) } else { NoteValue::plain(Base::Quarter) }
}
