//! Words above the staff, dynamics, similes and repeats as text events, written and read.
//!
//! Conventions: `key: value`, one text event each, at the place they stand over; what belongs to a measure at its bar
//! line. The first event of a file of ours says so; without it nothing here is believed.

use crate::feel::feels;
use crate::folds;
use crate::words::{parse_tempo, value_name};
use drums::{Ticks, VoiceRole};
use score::{BarRepeat, Dynamic, DynamicSign, Repeat, Score, Sketch, Swing, SwingUnit, TempoMark};
use std::collections::BTreeSet;

/// The first text event of a file of ours.
pub(super) const OURS: &str = "Backbeat 1";
/// Longest word read, in bytes.
const TEXT_MAX: usize = 2_000;

/// What a text event says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    Subtitle(String),
    OneVoice,
    PickUp,
    Tempo(TempoMark),
    Swing(bool),
    Feel(Option<Swing>),
    Text(String),
    /// The bar that begins here is a simile.
    Bar(BarRepeat),
    /// A repeat begins here; its first bar is found by its place.
    Repeat(Repeat),
    Dynamic(DynamicSign),
    /// The beat that begins here is a tuplet in a voice, so its notes are not swung.
    Tuplet(VoiceRole),
}

/// The text events of a score as written, each with its place.
pub(super) fn of(score: &Score) -> Vec<(Ticks, String)> {
    let mut words = vec![(Ticks::ZERO, OURS.to_owned())];
    let mut say = |at: Ticks, text: String| words.push((at, text));
    if !score.subtitle.is_empty() {
        say(Ticks::ZERO, format!("subtitle: {}", score.subtitle));
    }
    let sketch = Sketch::of(score);
    if sketch.one_voice {
        say(Ticks::ZERO, "voices: one".into());
    }
    if sketch.pick_up {
        say(Ticks::ZERO, "pick-up".into());
    }
    let mut feel_before = None;
    for (measure, feel) in score.measures.iter().zip(feels(score)) {
        if let Some(mark) = measure.tempo {
            say(measure.start, format!("tempo: {} = {}", value_name(mark.beat), mark.bpm.get()));
        }
        if let Some(swings) = measure.swing {
            say(measure.start, format!("swing: {}", if swings { "on" } else { "off" }));
        }
        if !measure.text.is_empty() {
            say(measure.start, format!("text: {}", measure.text));
        }
        if let Some(repeat) = measure.repeat {
            say(measure.start, format!("bar: {}", folds::bar_words(repeat)));
        }
        for mark in &measure.dynamics {
            say(measure.start + mark.offset, format!("dynamic: {}", dynamic_words(mark.sign)));
        }
        if feel != feel_before {
            say(measure.start, feel_words(feel));
            feel_before = feel;
        }
        if feel.is_none() {
            continue;
        }
        for voice in &measure.voices {
            let name = if voice.role == VoiceRole::Hands { "hands" } else { "feet" };
            let beats = voice.events.iter().filter(|event| event.tuplet.is_some());
            let beats: BTreeSet<i64> = beats.map(|event| event.offset.get() / Ticks::QUARTER.get()).collect();
            for beat in beats {
                say(measure.start + Ticks::QUARTER * beat, format!("tuplet: {name}"));
            }
        }
    }
    for repeat in &score.repeats {
        if let Some(first) = score.measures.get(repeat.first) {
            words.push((first.start, format!("repeat: {}", folds::repeat_words(repeat))));
        }
    }
    words
}

/// Letters, or a hairpin and its length in our ticks.
fn dynamic_words(sign: DynamicSign) -> String {
    match sign {
        DynamicSign::Level(level) => level.letters().to_owned(),
        DynamicSign::Crescendo(length) => format!("crescendo {}", length.get()),
        DynamicSign::Diminuendo(length) => format!("diminuendo {}", length.get()),
    }
}

fn parse_dynamic(value: &str) -> Option<DynamicSign> {
    let Some((kind, length)) = value.split_once(' ') else {
        return Dynamic::ALL.into_iter().find(|level| level.letters() == value).map(DynamicSign::Level);
    };
    let length = length.parse().ok().filter(|length| (1..=i64::from(u32::MAX)).contains(length)).map(Ticks)?;
    match kind {
        "crescendo" => Some(DynamicSign::Crescendo(length)),
        "diminuendo" => Some(DynamicSign::Diminuendo(length)),
        _ => None,
    }
}

fn feel_words(feel: Option<Swing>) -> String {
    match feel {
        Some(Swing { unit: SwingUnit::Eighths, ratio }) => format!("feel: eighths {ratio}"),
        Some(Swing { unit: SwingUnit::Sixteenths, ratio }) => format!("feel: sixteenths {ratio}"),
        None => "feel: straight".into(),
    }
}

/// Reads a text event; `None` where it says nothing of ours.
pub(super) fn parse(text: &[u8]) -> Option<Word> {
    let text = std::str::from_utf8(text.get(..text.len().min(TEXT_MAX))?).ok()?;
    if text == "pick-up" {
        return Some(Word::PickUp);
    }
    let (key, value) = text.split_once(": ")?;
    match key {
        "subtitle" => Some(Word::Subtitle(value.to_owned())),
        "voices" => (value == "one").then_some(Word::OneVoice),
        "tempo" => parse_tempo(value).map(Word::Tempo),
        "swing" => Some(Word::Swing(value == "on")),
        "feel" => parse_feel(value).map(Word::Feel),
        "bar" => folds::parse_bar(value).map(Word::Bar),
        "repeat" => folds::parse_repeat(0, value).map(Word::Repeat),
        "dynamic" => parse_dynamic(value).map(Word::Dynamic),
        "text" => Some(Word::Text(value.to_owned())),
        "tuplet" => Some(Word::Tuplet(if value == "hands" { VoiceRole::Hands } else { VoiceRole::Feet })),
        _ => None,
    }
}

fn parse_feel(value: &str) -> Option<Option<Swing>> {
    if value == "straight" {
        return Some(None);
    }
    let (unit, ratio) = value.split_once(' ')?;
    let unit = match unit {
        "eighths" => SwingUnit::Eighths,
        "sixteenths" => SwingUnit::Sixteenths,
        _ => return None,
    };
    let ratio = ratio.parse().ok().filter(|ratio| (0.5..=0.8).contains(ratio))?;
    Some(Some(Swing { unit, ratio }))
}
