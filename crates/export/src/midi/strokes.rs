//! The strokes of a file: from the score as written, or from the performance as played.
//!
//! Conventions: sorted by place, then key; places in our ticks from the first bar line of the file. Grace strokes stand
//! 30 ms apart in front of their chord, whatever the tempo, as hands play them; rolls are written out.

use super::Resolution;
use super::marks::{Marks, PART_OF_ANOTHER, PLAIN};
use super::tempo::Lead;
use crate::Material;
use crate::feel::{feels, sounding};
use crate::played::{GRACE_LEVEL, GRACE_S, main_velocity, roll, sounds};
use drums::{Instrument, Seconds, Ticks, Velocity};
use score::{Chord, Event, Hand, Measure, Score, Swing};

/// One note to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stroke {
    pub(super) at: Ticks,
    pub(super) key: u8,
    /// Velocity of its end. Before the velocity, so that of two strokes at one place the one with marks comes last.
    pub(super) off: u8,
    pub(super) velocity: u8,
    pub(super) instrument: Instrument,
    pub(super) choke: bool,
    pub(super) lyric: Option<&'static str>,
}

impl Stroke {
    fn new(at: Ticks, instrument: Instrument, velocity: Velocity) -> Self {
        let key = instrument.row().midi_key;
        Self { at, key, velocity: velocity.to_midi(), instrument, off: PLAIN, choke: false, lyric: None }
    }
}

/// How far down the pedal is for a sound of the hi-hat, 0 open to 127 closed.
pub(super) fn pedal(instrument: Instrument) -> Option<u8> {
    match instrument {
        Instrument::HihatClosed | Instrument::HihatPedal => Some(127),
        Instrument::HihatHalfOpen => Some(64),
        Instrument::HihatOpen | Instrument::HihatFootSplash => Some(0),
        _ => None,
    }
}

/// Sounds that share their key with a plainer one.
pub(super) fn needs_pedal(instrument: Instrument) -> bool {
    matches!(instrument, Instrument::HihatHalfOpen | Instrument::HihatFootSplash)
}

/// The notes at the times of their hits.
pub(super) fn played(material: &Material<'_>, lead: Lead) -> Vec<Stroke> {
    let timeline = &material.score().timeline;
    let strokes = sounds(material).into_iter().map(|sound| Stroke {
        choke: sound.choke,
        ..Stroke::new(lead.place(timeline, sound.time), sound.instrument, sound.velocity)
    });
    sorted(strokes.collect())
}

/// The notes of the score where they are written.
pub(super) fn written(score: &Score, resolution: Resolution) -> Vec<Stroke> {
    let mut strokes = Vec::new();
    for (measure, feel) in score.measures.iter().zip(feels(score)) {
        for event in measure.voices.iter().flat_map(|voice| &voice.events) {
            if let Some(chord) = event.chord() {
                write_chord(&mut strokes, score, measure, event, chord, feel, resolution);
            }
        }
    }
    sorted(strokes)
}

fn write_chord(
    strokes: &mut Vec<Stroke>,
    score: &Score,
    measure: &Measure,
    event: &Event,
    chord: &Chord,
    feel: Option<Swing>,
    resolution: Resolution,
) {
    let start = measure.start + sounding(measure, event, feel);
    graces(strokes, score, chord, start, resolution);
    for (index, note) in chord.notes.iter().enumerate() {
        for (stroke, at) in roll(event, chord.tremolo).enumerate() {
            let plain = Stroke::new(start + at, note.instrument, note.velocity);
            let is_first = stroke == 0;
            let graces = chord.graces.as_ref().filter(|graces| graces.instrument == note.instrument);
            let marks = Marks {
                ghost: note.ghost,
                accent: chord.accent,
                graces: graces.map(|graces| graces.kind),
                tremolo: chord.tremolo,
            };
            let lyric = chord.sticking.filter(|_| is_first && index == 0);
            strokes.push(Stroke {
                off: if is_first { marks.code() } else { PART_OF_ANOTHER },
                choke: note.choke && is_first,
                lyric: lyric.map(|hand| if hand == Hand::Right { "R" } else { "L" }),
                ..plain
            });
        }
    }
}

fn sorted(mut strokes: Vec<Stroke>) -> Vec<Stroke> {
    strokes.sort();
    strokes
}

fn graces(strokes: &mut Vec<Stroke>, score: &Score, chord: &Chord, start: Ticks, resolution: Resolution) {
    let Some(graces) = &chord.graces else { return };
    let velocity = Velocity::clamped(main_velocity(graces, chord).get() * GRACE_LEVEL);
    let main = score.timeline.time_at(start);
    for early in 1..=graces.kind.strokes() {
        let at = score.timeline.ticks_at(main - Seconds::clamped(GRACE_S * early as f64));
        // In front of the first bar line there is no room; the main stroke stands alone there.
        if at >= Ticks::ZERO && resolution.at(at) < resolution.at(start) {
            strokes.push(Stroke { off: PART_OF_ANOTHER, ..Stroke::new(at, graces.instrument, velocity) });
        }
    }
}
