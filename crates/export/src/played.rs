//! The score as it was played: every note at the time of its hits.
//!
//! Conventions: seconds from the start of the sound, in order of time. A note without a hit, written in by hand, sounds
//! where it is written, its roll and grace strokes played out. Where there is no measure yet, the hits of the performance
//! stand for the score.

use crate::Material;
use crate::feel::{feels, sounding};
use drums::{Hit, HitId, Instrument, Seconds, Ticks, Velocity};
use score::{Chord, Event, GraceGroup, Note, Tremolo};

/// One stroke that sounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sound {
    pub(crate) time: Seconds,
    pub(crate) instrument: Instrument,
    pub(crate) velocity: Velocity,
    /// Whether the hand stops the cymbal at once.
    pub(crate) choke: bool,
}

/// Time between grace strokes, and from the last to its main stroke.
pub(crate) const GRACE_S: f64 = 0.03;
/// A grace stroke nobody heard is this much softer than its main stroke.
pub(crate) const GRACE_LEVEL: f32 = 0.5;

/// All strokes in order of time, then score order.
pub(crate) fn sounds(material: &Material<'_>) -> Vec<Sound> {
    let hits = material.performance().hits();
    let of_hit = |hit: &Hit| Sound { time: hit.time, instrument: hit.instrument, velocity: hit.velocity, choke: false };
    let score = material.score();
    if score.measures.is_empty() {
        return hits.iter().map(of_hit).collect();
    }
    let mut sounds = Vec::with_capacity(hits.len());
    for (measure, feel) in score.measures.iter().zip(feels(score)) {
        for event in measure.voices.iter().flat_map(|voice| &voice.events) {
            let Some(chord) = event.chord() else { continue };
            let written = |at: Ticks| score.timeline.time_at(measure.start + sounding(measure, event, feel) + at);
            for note in &chord.notes {
                of_note(note, event, chord, hits, &written, &mut sounds);
            }
            if let Some(graces) = &chord.graces {
                of_graces(graces, chord, hits, written(Ticks::ZERO), &mut sounds);
            }
        }
    }
    sounds.sort_by(|a, b| a.time.total_cmp(&b.time).then(a.instrument.cmp(&b.instrument)));
    sounds
}

fn known<'a>(hits: &'a [Hit], ids: &'a [HitId]) -> impl Iterator<Item = &'a Hit> + Clone {
    ids.iter().filter_map(|id| hits.get(id.0 as usize))
}

fn of_note(
    note: &Note,
    event: &Event,
    chord: &Chord,
    hits: &[Hit],
    written: &impl Fn(Ticks) -> Seconds,
    out: &mut Vec<Sound>,
) {
    let sound = |time, velocity| Sound { time, instrument: note.instrument, velocity, choke: note.choke };
    let heard = known(hits, &note.hits);
    match heard.clone().count() {
        0 => out.extend(roll(event, chord.tremolo).map(|at| sound(written(at), note.velocity))),
        1 => out.extend(heard.map(|hit| sound(hit.time, note.velocity))),
        _ => out.extend(heard.map(|hit| sound(hit.time, hit.velocity))),
    }
}

fn of_graces(graces: &GraceGroup, chord: &Chord, hits: &[Hit], main: Seconds, out: &mut Vec<Sound>) {
    let sound = |time, velocity| Sound { time, instrument: graces.instrument, velocity, choke: false };
    let heard = known(hits, &graces.hits);
    if heard.clone().next().is_some() {
        out.extend(heard.map(|hit| sound(hit.time, hit.velocity)));
        return;
    }
    let count = graces.kind.strokes();
    let velocity = Velocity::clamped(main_velocity(graces, chord).get() * GRACE_LEVEL);
    let early = (1..=count).rev().map(|k| main - Seconds::clamped(GRACE_S * k as f64));
    out.extend(early.filter(|time| *time >= Seconds::ZERO).map(|time| sound(time, velocity)));
}

/// How hard the stroke behind a group of graces is.
pub(crate) fn main_velocity(graces: &GraceGroup, chord: &Chord) -> Velocity {
    let main = chord.notes.iter().find(|note| note.instrument == graces.instrument).or(chord.notes.first());
    main.map_or(Velocity::MAX, |note| note.velocity)
}

/// Where the strokes of a chord fall, from its start: one, or as many as its roll has.
pub(crate) fn roll(event: &Event, tremolo: Option<Tremolo>) -> impl Iterator<Item = Ticks> + use<> {
    let length = event.length().get();
    let slashes = match tremolo {
        None => None,
        Some(Tremolo::Slashes(slashes)) => Some(usize::from(slashes.clamp(1, 4)) + event.value.base.flags()),
        // A buzz roll has no measure; thirty-seconds come near.
        Some(Tremolo::Buzz) => Some(3),
    };
    let step = slashes.map_or(length, |slashes| Ticks::QUARTER.get() >> slashes.min(4)).max(1);
    let count = (length / step).max(1);
    (0..count).map(move |stroke| Ticks(stroke * step))
}
