//! Beams: by cell; plain eighths join the two cells of a half bar where nothing shorter is among them.

use crate::model::{Base, Beam, Content, Event};
use crate::passes::grouping::Cell;
use drums::{Meter, Ticks};

/// Beams the events of one voice of a bar. `cells` are those of the bar.
pub(crate) fn beam(events: &mut [Event], cells: &[Cell], meter: Meter) {
    let mut first_cell = 0;
    while first_cell < cells.len() {
        let joined = joins_pairs(meter)
            && first_cell % 2 == 0
            && first_cell + 1 < cells.len()
            && [first_cell, first_cell + 1].iter().all(|&cell| is_plain_eighths(events_in(events, cells[cell])));
        let last_cell = if joined { first_cell + 1 } else { first_cell };
        let span = Cell {
            offset: cells[first_cell].offset,
            length: cells[last_cell].offset + cells[last_cell].length - cells[first_cell].offset,
        };
        let mut group = Vec::new();
        for index in range_of(events, span) {
            if is_beamable(&events[index]) {
                group.push(index);
            } else {
                beam_group(events, &group, span);
                group.clear();
            }
        }
        beam_group(events, &group, span);
        first_cell = last_cell + 1;
    }
}

/// Whether beats 1-2 and 3-4 (and so on) may share beams.
pub(crate) fn joins_pairs(meter: Meter) -> bool {
    matches!((meter.numerator(), meter.denominator()), (2 | 4, 4) | (_, 2))
}

fn range_of(events: &[Event], span: Cell) -> std::ops::Range<usize> {
    let from = events.partition_point(|event| event.offset < span.offset);
    from..events.partition_point(|event| event.offset < span.offset + span.length)
}

fn events_in(events: &[Event], span: Cell) -> &[Event] {
    &events[range_of(events, span)]
}

fn is_beamable(event: &Event) -> bool {
    matches!(event.content, Content::Chord(_)) && event.value.base.flags() > 0
}

fn is_plain_eighths(events: &[Event]) -> bool {
    let eighth = |event: &Event| {
        is_beamable(event) && event.value.base == Base::Eighth && event.value.dots == 0 && event.value.tuplet.is_none()
    };
    events.len() == 2 && events.iter().all(eighth)
}

/// Joins neighbouring events; one alone keeps its flag.
fn beam_group(events: &mut [Event], group: &[usize], span: Cell) {
    if group.len() < 2 {
        return;
    }
    let flags: Vec<usize> = group.iter().map(|&index| events[index].value.base.flags()).collect();
    for (place, &index) in group.iter().enumerate() {
        let beams = (0..flags[place])
            .map(|level| {
                let before = place > 0 && flags[place - 1] > level;
                let after = place + 1 < flags.len() && flags[place + 1] > level;
                match (before, after) {
                    (true, true) => Beam::Continue,
                    (true, false) => Beam::End,
                    (false, true) => Beam::Begin,
                    (false, false) if place == 0 => Beam::HookForward,
                    (false, false) if place + 1 == flags.len() => Beam::HookBackward,
                    (false, false) => hook(&events[index], span, level),
                }
            })
            .collect();
        events[index].beams = beams;
    }
}

/// A hook points into the part of the beat its note belongs to: forward from the start of a part, otherwise back.
fn hook(event: &Event, span: Cell, level: usize) -> Beam {
    let part = Ticks::QUARTER.get() >> level.min(5);
    let into = (event.offset - span.offset).get();
    if into % part == 0 { Beam::HookForward } else { Beam::HookBackward }
}
