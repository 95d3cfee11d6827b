//! Voices: chords get their lengths, gaps their rests; everything gets its name.
//!
//! Conventions: rests of neighbouring empty cells join where the meter allows, never across the middle of the bar; a
//! bar without a note has one whole-measure rest in the hands. Three strokes in the time of two beats are a triplet of
//! quarters.

use crate::model::{
    Base, Chord, Content, ElementId, Event, GraceGroup, Measure, Note, NoteValue, Score, Tuplet, Voice,
};
use crate::passes::bars::Bar;
use crate::passes::beams;
use crate::passes::chords::{Line, Onset};
use crate::passes::fill::{Slot, fill};
use crate::passes::grouping::Cell;
use crate::passes::strokes::takes_graces;
use drums::{Instrument, Meter, Notehead, Ticks, Velocity, VoiceRole};

/// Hands out names of elements.
#[derive(Debug, Default)]
pub(crate) struct Names(u32);

impl Names {
    /// Names that the score does not have.
    pub(crate) fn beyond(score: &Score) -> Self {
        let names = score.measures.iter().flat_map(crate::check::names_in);
        Self(names.map(|name| name.0).max().unwrap_or(0))
    }

    pub(crate) fn next(&mut self) -> ElementId {
        self.0 = self.0.saturating_add(1);
        ElementId(self.0)
    }
}

/// A measure with its voices and no marks.
pub(crate) fn write(bar: &Bar, lines: Vec<Line>, cells: &[Cell], number: u32, names: &mut Names) -> Measure {
    let id = names.next();
    let lines = lines.into_iter().map(|line| voice(line.role, line.onsets, cells, bar.meter, names));
    let mut voices: Vec<Voice> = lines.collect();
    if voices.is_empty() {
        voices.push(silence(bar.meter, names));
    }
    Measure { voices, ..Measure::new(id, number, bar.start, bar.meter) }
}

/// The voice of a bar without a note.
pub(crate) fn silence(meter: Meter, names: &mut Names) -> Voice {
    Voice { role: VoiceRole::Hands, events: vec![whole_rest(meter, names)] }
}

/// The rest of a bar without a note. Its value is that of the bar where one value can say it, otherwise a whole.
fn whole_rest(meter: Meter, names: &mut Names) -> Event {
    Event {
        id: names.next(),
        offset: Ticks::ZERO,
        value: NoteValue::of_length(meter.bar_ticks(), 2).unwrap_or(NoteValue::plain(Base::Whole)),
        content: Content::Rest { whole_measure: true },
        beams: Vec::new(),
        tuplet: None,
    }
}

/// What a voice is written from: chords that know their place.
pub(crate) trait Sign {
    /// From the bar line.
    fn offset(&self) -> Ticks;
    /// Whether it must not be longer than a quarter.
    fn is_short(&self) -> bool;
    /// The chord, and the name of its event where it has one.
    fn chord(self, names: &mut Names) -> (Chord, Option<ElementId>);
}

impl Sign for Onset {
    fn offset(&self) -> Ticks {
        self.offset
    }

    fn is_short(&self) -> bool {
        self.strokes.iter().any(|(stroke, _)| is_short(stroke.instrument))
    }

    fn chord(self, names: &mut Names) -> (Chord, Option<ElementId>) {
        (chord(self, names), None)
    }
}

/// Whether a sound is written no longer than a quarter: all whose heads have no open form that drummers know.
pub(crate) fn is_short(instrument: Instrument) -> bool {
    instrument.row().notehead != Notehead::Normal
}

/// Writes a voice of one bar from signs in order of place, no two at one place.
pub(crate) fn voice<S: Sign>(role: VoiceRole, signs: Vec<S>, cells: &[Cell], meter: Meter, names: &mut Names) -> Voice {
    let places: Vec<Ticks> = signs.iter().map(Sign::offset).collect();
    let mut signs = signs.into_iter();
    let mut taken = 0;
    let mut events: Vec<Event> = Vec::new();
    let mut tuplets: Vec<std::ops::Range<usize>> = Vec::new();
    let mut index = 0;
    while index < cells.len() {
        let cell = cells[index];
        let until = |span: Cell| places[taken..].iter().take_while(|place| **place < span.offset + span.length).count();
        let next = cells.get(index + 1).filter(|next| may_join(meter, index) && next.length == cell.length);
        let joined = next.map(|next| Cell { length: cell.length + next.length, ..cell });
        let together = joined.filter(|&pair| {
            let inside = &places[taken..taken + until(pair)];
            inside.is_empty() || is_wide_triplet(inside, pair)
        });
        let span = together.unwrap_or(cell);
        let own: Vec<S> = signs.by_ref().take(until(span)).collect();
        taken += own.len();
        if own.is_empty() {
            rests(span.offset, span.length, &mut events, names);
        } else {
            let first = events.len();
            if write_cell(span, own, &mut events, names) {
                tuplets.push(first..events.len());
            }
        }
        index += if together.is_some() { 2 } else { 1 };
    }
    beams::beam(&mut events, cells, meter);
    for tuplet in tuplets {
        bracket(&mut events[tuplet], names.next());
    }
    Voice { role, events }
}

/// Whether strokes at these places are three in the time of two beats: the second and the third are there, and nothing
/// else but perhaps the first.
fn is_wide_triplet(places: &[Ticks], pair: Cell) -> bool {
    let third = pair.length.get() / 3;
    let inside = || places.iter().map(|place| (*place - pair.offset).get());
    pair.length == Ticks::QUARTER * 2
        && inside().all(|place| place % third == 0)
        && [third, 2 * third].iter().all(|wanted| inside().any(|place| place == *wanted))
}

/// Whether a rest may cover this cell and the next.
fn may_join(meter: Meter, cell: usize) -> bool {
    let four = matches!((meter.numerator(), meter.denominator()), (4, 4) | (12, 8) | (_, 2));
    four && cell.is_multiple_of(2)
}

/// Rests of a stretch, one sign wherever one can say it.
fn rests(offset: Ticks, length: Ticks, events: &mut Vec<Event>, names: &mut Names) {
    let (slots, _) = fill(length, &[], &[]);
    let rest = Content::Rest { whole_measure: false };
    events.extend(slots.iter().map(|slot| event(offset, slot, rest.clone(), names.next())));
}

fn event(offset: Ticks, slot: &Slot, content: Content, id: ElementId) -> Event {
    Event { id, offset: offset + slot.offset, value: slot.value, content, beams: Vec::new(), tuplet: None }
}

/// Writes a cell with notes; whether it is a tuplet.
fn write_cell<S: Sign>(cell: Cell, signs: Vec<S>, events: &mut Vec<Event>, names: &mut Names) -> bool {
    let places: Vec<Ticks> = signs.iter().map(|sign| sign.offset() - cell.offset).collect();
    let short: Vec<bool> = signs.iter().map(Sign::is_short).collect();
    let (slots, tuplet) = fill(cell.length, &places, &short);
    let mut signs = signs.into_iter();
    for slot in &slots {
        let (content, id) = match slot.onset.and_then(|_| signs.next()) {
            Some(sign) => {
                let (chord, id) = sign.chord(names);
                (Content::Chord(chord), id)
            }
            None => (Content::Rest { whole_measure: false }, None),
        };
        let id = id.unwrap_or_else(|| names.next());
        events.push(event(cell.offset, slot, content, id));
    }
    tuplet
}

fn chord(onset: Onset, names: &mut Names) -> Chord {
    let mut chord = Chord { accent: onset.accent, tremolo: onset.tremolo, ..Chord::default() };
    for (stroke, ghost) in onset.strokes {
        let mut hits = stroke.hits;
        match (stroke.graces, &chord.graces) {
            (Some((kind, graces)), None) if takes_graces(stroke.instrument) => {
                let instrument = stroke.instrument;
                chord.graces = Some(GraceGroup { id: names.next(), kind, instrument, hits: graces });
            }
            // A chord has one group of graces; those of a second drum count as part of its note.
            (Some((_, graces)), _) => hits.extend(graces),
            (None, _) => {}
        }
        chord.notes.push(Note {
            id: names.next(),
            instrument: stroke.instrument,
            velocity: Velocity::clamped(stroke.velocity),
            ghost,
            choke: false,
            hits,
        });
    }
    chord
}

/// Marks a tuplet; where a single beam holds all of it the number alone is enough.
fn bracket(events: &mut [Event], id: ElementId) {
    use crate::model::Beam;
    let last = events.len() - 1;
    let outer = |event: &Event| event.beams.first().copied();
    let beamed = outer(&events[0]) == Some(Beam::Begin)
        && outer(&events[last]) == Some(Beam::End)
        && events[1..last].iter().all(|event| outer(event) == Some(Beam::Continue));
    for (index, event) in events.iter_mut().enumerate() {
        event.tuplet = Some(Tuplet { id, starts: index == 0, stops: index == last, bracket: !beamed });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::beams::joins_pairs;

    #[test]
    fn rests_join_only_where_beams_could() {
        for meter in ["2/2", "4/2", "4/4"] {
            let meter: Meter = meter.parse().unwrap();
            assert!(may_join(meter, 0) && joins_pairs(meter), "{meter}");
            assert!(!may_join(meter, 1));
        }
        assert!(!may_join(Meter::THREE_FOUR, 0));
    }
}
