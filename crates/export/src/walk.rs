//! The walk that several formats take through a score.

use score::{Chord, Event, GraceKind, Measure, Score};

/// Every chord of the score with its event and measure, measure by measure, hands before feet.
pub(crate) fn chords(score: &Score) -> impl Iterator<Item = (&Measure, &Event, &Chord)> {
    score.measures.iter().flat_map(|measure| {
        let events = measure.voices.iter().flat_map(|voice| &voice.events);
        events.filter_map(move |event| event.chord().map(|chord| (measure, event, chord)))
    })
}

/// "flam", "drag" or "ruff".
pub(crate) const fn grace_name(kind: GraceKind) -> &'static str {
    match kind {
        GraceKind::Flam => "flam",
        GraceKind::Drag => "drag",
        GraceKind::Ruff => "ruff",
    }
}
