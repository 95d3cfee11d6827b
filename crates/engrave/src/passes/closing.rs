//! A plus over the first closed stroke behind an open hi-hat, for readers who want the end of its sound told.
//!
//! Conventions: the pedal closes an open hi-hat too; its own note says so and needs no plus.

use drums::Instrument;
use score::{ElementId, Event, Note, Score};
use std::collections::BTreeSet;

/// The notes that close an open hi-hat with the stick.
pub(crate) fn notes(score: &Score) -> BTreeSet<ElementId> {
    let mut closing = BTreeSet::new();
    let mut open = false;
    for measure in &score.measures {
        let mut events: Vec<&Event> = measure.events().collect();
        events.sort_by_key(|event| event.offset);
        for struck in events.chunk_by(|a, b| a.offset == b.offset) {
            let notes = || struck.iter().filter_map(|event| event.chord()).flat_map(|chord| &chord.notes);
            let of = |wanted: &[Instrument]| notes().find(|note: &&Note| wanted.contains(&note.instrument));
            if of(&[Instrument::HihatOpen, Instrument::HihatHalfOpen, Instrument::HihatFootSplash]).is_some() {
                open = true;
            } else if of(&[Instrument::HihatPedal]).is_some() {
                open = false;
            } else if let Some(note) = of(&[Instrument::HihatClosed]).filter(|_| open) {
                open = false;
                closing.insert(note.id);
            }
        }
    }
    closing
}
