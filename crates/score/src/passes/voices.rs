//! Voices: chords get their lengths, gaps their rests; everything gets its name.
//!
//! Conventions: rests of neighbouring empty cells join where the meter allows, never across the middle of the bar; a
//! bar without a note has one whole-measure rest in the hands.

use crate::model::{Base, Chord, Content, ElementId, Event, GraceGroup, Measure, Note, NoteValue, Tuplet, Voice};
use crate::passes::bars::Bar;
use crate::passes::beams;
use crate::passes::chords::{Line, Onset};
use crate::passes::fill::{Slot, fill};
use crate::passes::grouping::Cell;
use crate::passes::strokes::takes_graces;
use drums::{Meter, Notehead, Ticks, Velocity, VoiceRole};

/// Hands out names of elements.
#[derive(Debug, Default)]
pub(crate) struct Names(u32);

impl Names {
    pub(crate) fn next(&mut self) -> ElementId {
        self.0 += 1;
        ElementId(self.0)
    }
}

/// A measure with its voices and no marks.
pub(crate) fn write(bar: &Bar, lines: Vec<Line>, cells: &[Cell], number: u32, names: &mut Names) -> Measure {
    let id = names.next();
    let mut voices: Vec<Voice> = lines.into_iter().map(|line| voice(line, cells, bar.meter, names)).collect();
    if voices.is_empty() {
        voices.push(Voice { role: VoiceRole::Hands, events: vec![whole_rest(bar.meter, names)] });
    }
    Measure { voices, ..Measure::new(id, number, bar.start, bar.meter) }
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

fn voice(line: Line, cells: &[Cell], meter: Meter, names: &mut Names) -> Voice {
    let mut onsets = line.onsets.into_iter().peekable();
    let mut events: Vec<Event> = Vec::new();
    let mut tuplets: Vec<std::ops::Range<usize>> = Vec::new();
    let mut index = 0;
    while index < cells.len() {
        let cell = cells[index];
        let mut own: Vec<Onset> = Vec::new();
        while let Some(onset) = onsets.next_if(|onset| onset.offset < cell.offset + cell.length) {
            own.push(onset);
        }
        if own.is_empty() {
            let next = cells.get(index + 1).filter(|next| {
                let empty = onsets.peek().is_none_or(|onset| onset.offset >= next.offset + next.length);
                may_join(meter, index) && empty && next.length == cell.length
            });
            let length = next.map_or(cell.length, |next| cell.length + next.length);
            rests(cell.offset, length, &mut events, names);
            index += if next.is_some() { 2 } else { 1 };
            continue;
        }
        let first = events.len();
        if write_cell(cell, own, &mut events, names) {
            tuplets.push(first..events.len());
        }
        index += 1;
    }
    beams::beam(&mut events, cells, meter);
    for tuplet in tuplets {
        bracket(&mut events[tuplet], names.next());
    }
    Voice { role: line.role, events }
}

/// Whether a rest may cover this cell and the next.
fn may_join(meter: Meter, cell: usize) -> bool {
    let four = matches!((meter.numerator(), meter.denominator()), (4, 4) | (12, 8) | (_, 2));
    four && cell.is_multiple_of(2)
}

/// Rests of a stretch, one sign wherever one can say it.
fn rests(offset: Ticks, length: Ticks, events: &mut Vec<Event>, names: &mut Names) {
    let (slots, _) = fill(length, &[], &[]);
    events.extend(slots.iter().map(|slot| event(offset, slot, Content::Rest { whole_measure: false }, names)));
}

fn event(offset: Ticks, slot: &Slot, content: Content, names: &mut Names) -> Event {
    Event {
        id: names.next(),
        offset: offset + slot.offset,
        value: slot.value,
        content,
        beams: Vec::new(),
        tuplet: None,
    }
}

/// Writes a cell with notes; whether it is a tuplet.
fn write_cell(cell: Cell, onsets: Vec<Onset>, events: &mut Vec<Event>, names: &mut Names) -> bool {
    let places: Vec<Ticks> = onsets.iter().map(|onset| onset.offset - cell.offset).collect();
    let short: Vec<bool> = onsets
        .iter()
        .map(|onset| onset.strokes.iter().any(|(stroke, _)| stroke.instrument.row().notehead != Notehead::Normal))
        .collect();
    let (slots, tuplet) = fill(cell.length, &places, &short);
    let mut onsets = onsets.into_iter();
    for slot in &slots {
        let content = match slot.onset.and_then(|_| onsets.next()) {
            Some(onset) => Content::Chord(chord(onset, names)),
            None => Content::Rest { whole_measure: false },
        };
        events.push(event(cell.offset, slot, content, names));
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
