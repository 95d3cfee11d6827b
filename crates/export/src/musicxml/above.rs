//! What stands above and below a measure: tempo, swing, rehearsal letters, words, dynamics and hairpins.
//!
//! Conventions: what stands above is written at the bar line, dynamics and hairpins before the event they belong to, since some
//! readers pass over offsets; a place inside an event is told as an offset from its start.

use super::{Divisions, Own, type_name};
use crate::element_name;
use crate::written::{written_bpm, written_ratio};
use crate::xml::Xml;
use drums::Ticks;
use score::{DynamicMark, DynamicSign, Measure, Score, Swing, SwingUnit, TempoMark};

/// How long a mark lasts: a hairpin its length, a letter nothing.
pub(super) fn length_of(mark: &DynamicMark) -> Ticks {
    match mark.sign {
        DynamicSign::Level(_) => Ticks::ZERO,
        DynamicSign::Crescendo(length) | DynamicSign::Diminuendo(length) => length,
    }
}

/// For each measure the places where hairpins end in it.
pub(super) fn hairpin_ends(score: &Score) -> Vec<Vec<Ticks>> {
    let mut ends: Vec<Vec<Ticks>> = vec![Vec::new(); score.measures.len()];
    for (measure, mark) in hairpins(score) {
        let at = measure.start + mark.offset + length_of(mark);
        // One that ends with a bar ends there, not at the start of the next.
        let index = score.measures.partition_point(|measure| measure.start < at).saturating_sub(1);
        ends[index].push(at - score.measures[index].start);
    }
    ends
}

fn hairpins(score: &Score) -> impl Iterator<Item = (&Measure, &DynamicMark)> {
    let marks = score.measures.iter().flat_map(|measure| measure.dynamics.iter().map(move |mark| (measure, mark)));
    marks.filter(|(_, mark)| !matches!(mark.sign, DynamicSign::Level(_)))
}

pub(super) fn write(xml: &mut Xml, own: &Own<'_>, feel_before: Option<Swing>) {
    let measure = own.measure;
    if let Some(mark) = measure.tempo {
        direction(xml, |xml| metronome(xml, mark), |xml| xml.empty("sound", &[("tempo", &quarters_a_minute(mark))]));
    }
    let feel = own.feel.map(told);
    match measure.swing {
        Some(swings) => {
            let words = if swings { "Swing" } else { "Straight" };
            direction(xml, |xml| xml.leaf("words", &[], words), |xml| swing(xml, feel));
        }
        None if feel != feel_before.map(told) => swing(xml, feel),
        None => {}
    }
    if let Some(letter) = measure.rehearsal.as_deref().filter(|letter| !letter.trim().is_empty()) {
        direction(xml, |xml| xml.leaf("rehearsal", &[("enclosure", "square")], letter), |_| {});
    }
    if !measure.text.trim().is_empty() {
        direction(xml, |xml| xml.leaf("words", &[], &measure.text), |_| {});
    }
}

/// Dynamics and hairpins of a measure that are still to be written.
pub(super) struct Below<'a> {
    /// In order of place, from the last to the first; the end of a hairpin has no mark.
    marks: Vec<(Ticks, Option<&'a DynamicMark>)>,
    divisions: Divisions,
}

impl<'a> Below<'a> {
    pub(super) fn new(own: &Own<'a>, divisions: Divisions) -> Self {
        let ends = own.hairpin_ends.iter().map(|end| (*end, None));
        let marks = own.measure.dynamics.iter().map(|mark| (mark.offset, Some(mark)));
        let mut marks: Vec<(Ticks, Option<&DynamicMark>)> = ends.chain(marks).collect();
        // Where one hairpin ends and another begins, the end comes first.
        marks.sort_by_key(|(offset, mark)| (*offset, mark.is_some()));
        marks.reverse();
        Self { marks, divisions }
    }

    /// Writes what comes before `until`, or all that is left, where the file stands at `now`.
    pub(super) fn write(&mut self, xml: &mut Xml, now: Ticks, until: Option<Ticks>) {
        while let Some((at, mark)) = self.marks.pop_if(|(at, _)| until.is_none_or(|until| *at < until)) {
            match mark {
                Some(mark) => dynamic(xml, mark, at - now, self.divisions),
                None => below(xml, at - now, self.divisions, |xml| xml.empty("wedge", &[("type", "stop")])),
            }
        }
    }
}

fn told(feel: Swing) -> Swing {
    Swing { ratio: written_ratio(feel.ratio), ..feel }
}

fn direction(xml: &mut Xml, kind: impl FnOnce(&mut Xml), sound: impl FnOnce(&mut Xml)) {
    xml.within("direction", &[("placement", "above")], |xml| {
        xml.within("direction-type", &[], kind);
        sound(xml);
    });
}

fn below(xml: &mut Xml, offset: Ticks, divisions: Divisions, kind: impl FnOnce(&mut Xml)) {
    xml.within("direction", &[("placement", "below")], |xml| {
        xml.within("direction-type", &[], kind);
        if offset != Ticks::ZERO {
            xml.leaf("offset", &[], &divisions.text(offset));
        }
    });
}

fn dynamic(xml: &mut Xml, mark: &DynamicMark, offset: Ticks, divisions: Divisions) {
    let id = element_name(mark.id);
    let wedge = |kind| [("type", kind), ("id", id.as_str())];
    below(xml, offset, divisions, |xml| match mark.sign {
        DynamicSign::Level(level) => xml.within("dynamics", &[("id", &id)], |xml| xml.empty(level.letters(), &[])),
        DynamicSign::Crescendo(_) => xml.empty("wedge", &wedge("crescendo")),
        DynamicSign::Diminuendo(_) => xml.empty("wedge", &wedge("diminuendo")),
    });
}

fn metronome(xml: &mut Xml, mark: TempoMark) {
    xml.within("metronome", &[("parentheses", "no")], |xml| {
        xml.leaf("beat-unit", &[], type_name(mark.beat.base));
        for _ in 0..mark.beat.dots {
            xml.empty("beat-unit-dot", &[]);
        }
        xml.leaf("per-minute", &[], &mark.bpm.get().round().to_string());
    });
}

fn swing(xml: &mut Xml, feel: Option<Swing>) {
    xml.within("sound", &[], |xml| {
        xml.within("swing", &[], |xml| {
            let Some(feel) = feel else { return xml.empty("straight", &[]) };
            let is_triplet = (feel.ratio - 2.0 / 3.0).abs() < 1e-9;
            let first = (feel.ratio * 1000.0).round() as i64;
            let (first, second) = if is_triplet { (2, 1) } else { (first, 1000 - first) };
            let divisor = (1..=second).rev().find(|d| first % d == 0 && second % d == 0).unwrap_or(1);
            xml.leaf("first", &[], &(first / divisor).to_string());
            xml.leaf("second", &[], &(second / divisor).to_string());
            xml.leaf("swing-type", &[], if feel.unit == SwingUnit::Eighths { "eighth" } else { "16th" });
        });
    });
}

/// A tempo in quarters per minute, whatever note its mark counts.
fn quarters_a_minute(mark: TempoMark) -> String {
    let quarters = written_bpm(mark.bpm).get() * mark.beat.ticks().in_quarters();
    ((quarters * 1e6).round() / 1e6).to_string()
}
