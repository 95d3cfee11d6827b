//! The laws of the notation model, and who breaks them.

use crate::model::{Beam, Content, DynamicMark, DynamicSign, ElementId, Event, Measure, Score, Voice};
use drums::{Ticks, VoiceRole};
use std::collections::BTreeSet;
use std::fmt;

/// A broken law and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Index of the measure, from 0.
    pub measure: usize,
    /// Voice it happened in, if in one.
    pub voice: Option<VoiceRole>,
    /// The law.
    pub law: Law,
}

/// Laws of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Law {
    /// A score has at least one measure.
    NoMeasure,
    /// Measures follow each other without a gap, the first from 0.
    MeasureStart,
    /// Names are used once.
    NameTwice(ElementId),
    /// A measure has a voice; hands come before feet, each at most once.
    VoiceOrder,
    /// An event starts where the one before ends.
    GapOrOverlap(ElementId),
    /// The events of a voice fill the measure.
    NotFull {
        /// Where the last event ends.
        end: Ticks,
    },
    /// A whole-measure rest is alone in its voice.
    WholeRestNotAlone(ElementId),
    /// A chord has at least one note; its notes are in score order, each of another instrument.
    ChordOrder(ElementId),
    /// A tuplet starts once and stops once, its events stand side by side and its length is a plain one.
    Tuplet(ElementId),
    /// Beams that begin also end, and every event has as many as its value has flags.
    Beam(ElementId),
    /// Velocity, graces and tremolo are within their ranges.
    Marks(ElementId),
    /// Each instrument of a note is part of the kit.
    NotInKit(ElementId),
    /// A dynamic mark begins in its measure, a hairpin is longer than nothing.
    Dynamics(ElementId),
    /// The off-beat of a swing lies between the middle and four fifths of its beat.
    Feel,
    /// A repeat lies within the score behind the one before, is played at least twice, and each pass has one ending.
    Repeat {
        /// Its place in the list of repeats.
        index: usize,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "measure at index {}, voice {:?}: {:?}", self.measure, self.voice, self.law)
    }
}

/// All violations of the laws, in order of measures; none in a score made by [`crate::notate`].
#[must_use]
pub fn check(score: &Score) -> Vec<Violation> {
    let mut found = Vec::new();
    if score.measures.is_empty() {
        found.push(Violation { measure: 0, voice: None, law: Law::NoMeasure });
    }
    let mut names = BTreeSet::new();
    let mut start = Ticks::ZERO;
    for (index, measure) in score.measures.iter().enumerate() {
        let mut report = |voice, law| found.push(Violation { measure: index, voice, law });
        if measure.start != start {
            report(None, Law::MeasureStart);
        }
        start = measure.start + measure.length();
        let roles: Vec<VoiceRole> = measure.voices.iter().map(|voice| voice.role).collect();
        if roles.is_empty() || roles.windows(2).any(|pair| pair[0] >= pair[1]) {
            report(None, Law::VoiceOrder);
        }
        for name in names_in(measure) {
            if !names.insert(name) {
                report(None, Law::NameTwice(name));
            }
        }
        if measure.feel.is_some_and(|feel| !(0.5..=0.8).contains(&feel.ratio)) {
            report(None, Law::Feel);
        }
        for mark in measure.dynamics.iter().filter(|mark| !stands_in(mark, measure)) {
            report(None, Law::Dynamics(mark.id));
        }
        for voice in &measure.voices {
            let mut report = |law| report(Some(voice.role), law);
            lengths(voice, measure.length(), &mut report);
            chords(voice, score, &mut report);
            tuplets(voice, &mut report);
            beams(voice, &mut report);
        }
    }
    found.extend(repeats(score));
    found
}

fn stands_in(mark: &DynamicMark, measure: &Measure) -> bool {
    let inside = mark.offset >= Ticks::ZERO && mark.offset < measure.length();
    inside
        && match mark.sign {
            DynamicSign::Level(_) => true,
            DynamicSign::Crescendo(length) | DynamicSign::Diminuendo(length) => length > Ticks::ZERO,
        }
}

fn repeats(score: &Score) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut free_from = 0;
    for (index, repeat) in score.repeats.iter().enumerate() {
        let mut passes: Vec<usize> = repeat.endings.iter().flatten().copied().collect();
        passes.sort_unstable();
        let endings_fit =
            if repeat.ending == 0 { passes.is_empty() } else { passes.iter().copied().eq(1..=repeat.times) };
        let end = repeat.length.checked_mul(repeat.times).and_then(|length| length.checked_add(repeat.first));
        let fits = repeat.first >= free_from
            && end.is_some_and(|end| end <= score.measures.len())
            && repeat.times >= 2
            && repeat.ending < repeat.length
            && endings_fit;
        if !fits {
            found.push(Violation { measure: repeat.first, voice: None, law: Law::Repeat { index } });
        }
        free_from = end.unwrap_or(usize::MAX);
    }
    found
}

/// Every name in a measure; a tuplet counts once.
pub(crate) fn names_in(measure: &Measure) -> Vec<ElementId> {
    let mut names = vec![measure.id];
    names.extend(measure.dynamics.iter().map(|mark| mark.id));
    for event in measure.voices.iter().flat_map(|voice| &voice.events) {
        names.push(event.id);
        names.extend(event.tuplet.filter(|tuplet| tuplet.starts).map(|tuplet| tuplet.id));
        if let Some(chord) = event.chord() {
            names.extend(chord.notes.iter().map(|note| note.id));
            names.extend(chord.graces.as_ref().map(|graces| graces.id));
        }
    }
    names
}

fn lengths(voice: &Voice, length: Ticks, report: &mut impl FnMut(Law)) {
    let mut end = Ticks::ZERO;
    for event in &voice.events {
        if event.offset != end {
            report(Law::GapOrOverlap(event.id));
        }
        let whole = matches!(event.content, Content::Rest { whole_measure: true });
        if whole && voice.events.len() > 1 {
            report(Law::WholeRestNotAlone(event.id));
        }
        end = if whole { event.offset + length } else { event.end() };
    }
    if end != length {
        report(Law::NotFull { end });
    }
}

fn chords(voice: &Voice, score: &Score, report: &mut impl FnMut(Law)) {
    for event in &voice.events {
        let Some(chord) = event.chord() else { continue };
        if chord.notes.is_empty() || chord.notes.windows(2).any(|pair| pair[0].instrument >= pair[1].instrument) {
            report(Law::ChordOrder(event.id));
        }
        for note in &chord.notes {
            if !score.kit.iter().any(|piece| piece.instrument == note.instrument) {
                report(Law::NotInKit(note.id));
            }
        }
        let slashes = match chord.tremolo {
            Some(crate::model::Tremolo::Slashes(slashes)) => (1..=4).contains(&slashes),
            _ => true,
        };
        if !slashes || event.value.dots > 2 {
            report(Law::Marks(event.id));
        }
    }
}

fn tuplets(voice: &Voice, report: &mut impl FnMut(Law)) {
    let mut open: Option<(ElementId, Ticks)> = None;
    for event in &voice.events {
        let inside = event.value.tuplet.is_some();
        match event.tuplet {
            None if inside || open.is_some() => report(Law::Tuplet(event.id)),
            None => {}
            Some(tuplet) => {
                let opens_rightly = tuplet.starts == open.is_none();
                let start = open.filter(|_| !tuplet.starts).map_or(event.offset, |(_, start)| start);
                let same = open.is_none_or(|(id, _)| id == tuplet.id);
                if !inside || !opens_rightly || !same {
                    report(Law::Tuplet(event.id));
                }
                let length = event.end() - start;
                if tuplet.stops && crate::model::NoteValue::of_length(length, 1).is_none() {
                    report(Law::Tuplet(event.id));
                }
                open = (!tuplet.stops).then_some((tuplet.id, start));
            }
        }
    }
    if let Some((id, _)) = open {
        report(Law::Tuplet(id));
    }
}

fn beams(voice: &Voice, report: &mut impl FnMut(Law)) {
    let mut open: [bool; 5] = [false; 5];
    for event in &voice.events {
        let beamed = !event.beams.is_empty();
        let fits = !beamed || event.beams.len() == event.value.base.flags() && event.chord().is_some();
        if !fits || !levels_fit(event, &mut open) {
            report(Law::Beam(event.id));
        }
    }
    if let Some(last) = voice.events.last().filter(|_| open.contains(&true)) {
        report(Law::Beam(last.id));
    }
}

/// Follows each beam level through an event; whether all of them go on as they may.
fn levels_fit(event: &Event, open: &mut [bool; 5]) -> bool {
    let mut fits = true;
    for (level, open) in open.iter_mut().enumerate() {
        let beam = event.beams.get(level);
        fits &= match beam {
            Some(Beam::Begin) => !*open,
            Some(Beam::Continue | Beam::End) => *open,
            Some(Beam::HookForward | Beam::HookBackward) => !*open && level > 0,
            None => !*open,
        };
        *open = matches!(beam, Some(Beam::Begin | Beam::Continue));
    }
    fits
}
