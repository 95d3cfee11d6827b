//! A MIDI file read back.
//!
//! Conventions: a file we wrote gives the score it was written from, see [`crate::as_written`]. Of any other, the notes of
//! channel 10 (or, where there are none, of the only channel) become a performance over the file's own beats, which is
//! then written down like one that was heard. Sizes have limits, and nothing in a file can make reading panic.

use super::marks::{Marks, PART_OF_ANOTHER};
use super::words::{self, Word};
use crate::feel::bend;
use crate::written::largest_name;
use crate::{Error, Result, folds};
use drums::{
    Beat, BeatGrid, Confidence, Hit, Instrument, Meter, MeterSpan, Performance, Seconds, TICKS_PER_QUARTER, Ticks,
    Velocity, VoiceRole,
};
use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};
use score::{
    Anchor, DynamicMark, ElementId, Hand, NotationOptions, Repeat, Score, Sketch, SketchBar, SketchStroke, Swing,
    Timeline, notate,
};
use std::collections::{BTreeMap, BTreeSet};

/// Largest file read, in bytes: 16 MiB.
pub const BYTES_MAX: usize = 16 << 20;
/// Most notes read.
pub const NOTES_MAX: usize = 200_000;
/// Most measures read.
pub const MEASURES_MAX: usize = 20_000;

/// What a MIDI file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The score.
    pub score: Score,
    /// The notes in seconds and the beats of the file.
    pub performance: Performance,
    /// Notes whose keys are no drum of ours.
    pub unknown_notes: usize,
}

/// Reads a MIDI file.
///
/// # Errors
/// - [`Error::Midi`] where it is none, or counts in frames instead of quarters;
/// - [`Error::LimitReached`] beyond [`BYTES_MAX`], [`NOTES_MAX`] or [`MEASURES_MAX`];
/// - [`Error::NoDrums`] where it has no note of a drum of ours and is none of our own empty scores.
pub fn read(bytes: &[u8]) -> Result<Reading> {
    crate::limit("MIDI file", bytes.len(), BYTES_MAX, "bytes")?;
    let file = Smf::parse(bytes).map_err(|error| Error::Midi { why: error.to_string() })?;
    let Timing::Metrical(per_quarter) = file.header.timing else {
        return Err(Error::Midi { why: "it counts in frames, not in quarters".into() });
    };
    if per_quarter.as_int() == 0 {
        return Err(Error::Midi { why: "a quarter has no ticks".into() });
    }
    let content = Content::of(&file, u64::from(per_quarter.as_int()))?;
    if content.notes.is_empty() && !content.is_ours {
        return Err(Error::NoDrums { what: "MIDI file" });
    }
    let bars = content.bars()?;
    let performance = content.performance(&bars)?;
    let score = if content.is_ours { content.written(&bars) } else { content.notated(&performance, &bars) };
    Ok(Reading { score, performance, unknown_notes: content.unknown_notes })
}

/// A note.
#[derive(Debug, Clone, Copy)]
struct Note {
    at: u64,
    instrument: Instrument,
    velocity: u8,
    off: u8,
    choke: bool,
}

/// A bar of the file.
#[derive(Debug, Clone, Copy)]
struct Bar {
    at: u64,
    end: u64,
    meter: Meter,
}

/// Everything of the file that matters here, with places in its ticks.
#[derive(Debug, Default)]
struct Content {
    per_quarter: u64,
    end: u64,
    is_ours: bool,
    title: String,
    meters: BTreeMap<u64, Meter>,
    tempi: BTreeMap<u64, u32>,
    letters: BTreeMap<u64, String>,
    words: Vec<(u64, Word)>,
    lyrics: BTreeMap<u64, Hand>,
    notes: Vec<Note>,
    unknown_notes: usize,
}

impl Content {
    fn of(file: &Smf<'_>, per_quarter: u64) -> Result<Self> {
        let mut content = Self { per_quarter, ..Self::default() };
        for (index, track) in file.tracks.iter().enumerate() {
            let mut now = 0_u64;
            for event in track {
                now += u64::from(event.delta.as_int());
                if let TrackEventKind::Meta(message) = event.kind {
                    content.meta(now, message, index == 0);
                }
            }
            // The first track ends with the last measure; the last note may ring on behind it.
            content.end = if index == 0 { now } else { content.end };
        }
        let channel = drum_channel(file);
        for track in &file.tracks {
            content.read_notes(track, channel)?;
        }
        content.notes.sort_by_key(|note| (note.at, note.instrument));
        Ok(content)
    }

    fn meta(&mut self, at: u64, message: MetaMessage<'_>, is_first_track: bool) {
        match message {
            MetaMessage::TrackName(name) if is_first_track => self.title = String::from_utf8_lossy(name).into_owned(),
            MetaMessage::Text(text) if text == words::OURS.as_bytes() => self.is_ours = true,
            MetaMessage::Text(text) => self.words.extend(words::parse(text).map(|word| (at, word))),
            MetaMessage::Marker(letter) => {
                self.letters.insert(at, String::from_utf8_lossy(letter).into_owned());
            }
            MetaMessage::Lyric(text) => {
                let hand = match text {
                    b"R" => Hand::Right,
                    b"L" => Hand::Left,
                    _ => return,
                };
                self.lyrics.insert(at, hand);
            }
            MetaMessage::Tempo(micros) => {
                self.tempi.insert(at, micros.as_int().max(1));
            }
            MetaMessage::TimeSignature(numerator, denominator_log2, _, _) => {
                let denominator = 1_u8.checked_shl(u32::from(denominator_log2)).unwrap_or(0);
                if let Ok(meter) = Meter::new(numerator, denominator) {
                    self.meters.insert(at, meter);
                }
            }
            _ => {}
        }
    }

    fn read_notes(&mut self, track: &[midly::TrackEvent<'_>], drums: u8) -> Result<()> {
        let (mut now, mut pedal) = (0_u64, 127_u8);
        let mut last_of_key: [Option<usize>; 128] = [None; 128];
        for event in track {
            now += u64::from(event.delta.as_int());
            let TrackEventKind::Midi { channel, message } = event.kind else { continue };
            if channel.as_int() != drums {
                continue;
            }
            match message {
                MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => {
                    let Some(instrument) = instrument(key.as_int(), pedal, self.is_ours) else {
                        self.unknown_notes += 1;
                        continue;
                    };
                    last_of_key[usize::from(key.as_int())] = Some(self.notes.len());
                    let velocity = vel.as_int();
                    self.notes.push(Note { at: now, instrument, velocity, off: 0, choke: false });
                    crate::limit("MIDI file", self.notes.len(), NOTES_MAX, "notes")?;
                }
                MidiMessage::NoteOff { key, vel } => {
                    let ended = last_of_key[usize::from(key.as_int())].and_then(|index| self.notes.get_mut(index));
                    if let Some(note) = ended {
                        note.off = vel.as_int();
                    }
                }
                MidiMessage::Aftertouch { key, vel } if vel.as_int() > 0 => {
                    let choked = last_of_key[usize::from(key.as_int())].and_then(|index| self.notes.get_mut(index));
                    if let Some(note) = choked {
                        note.choke = true;
                    }
                }
                MidiMessage::Controller { controller, value } if controller == super::PEDAL => pedal = value.as_int(),
                _ => {}
            }
        }
        Ok(())
    }

    /// Ticks of the file in a bar, at least 1.
    fn bar_length(&self, meter: Meter) -> u64 {
        let exact = meter.bar_ticks().get() as u64 * self.per_quarter;
        (exact / TICKS_PER_QUARTER as u64).max(1)
    }

    /// The bars up to the end of the file, and up to the last note where that comes later. A meter that begins inside a
    /// bar ends that bar where the file is not ours.
    fn bars(&self) -> Result<Vec<Bar>> {
        let last = self.notes.last().map_or(0, |note| note.at + 1);
        let end = if self.is_ours { self.end } else { last };
        let mut bars = Vec::new();
        let (mut at, mut meter) = (0, Meter::FOUR_FOUR);
        while at < end {
            if let Some((_, next)) = self.meters.range(..=at).next_back() {
                meter = *next;
            }
            let full = at + self.bar_length(meter);
            let cut = self.meters.range(at + 1..full).next().map(|(at, _)| *at).filter(|_| !self.is_ours);
            let bar_end = cut.unwrap_or(full);
            bars.push(Bar { at, end: bar_end, meter });
            crate::limit("MIDI file", bars.len(), MEASURES_MAX, "measures")?;
            at = bar_end;
        }
        Ok(bars)
    }

    /// Seconds at each of `places`, which are in order.
    fn times(&self, places: impl Iterator<Item = u64>) -> Vec<Seconds> {
        let mut changes = self.tempi.iter().map(|(at, micros)| (*at, *micros)).peekable();
        let (mut from, mut from_s, mut micros) = (0_u64, 0.0, 500_000_u32);
        let per_quarter = self.per_quarter as f64;
        let seconds = |ticks: u64, micros: u32| ticks as f64 * f64::from(micros) / 1e6 / per_quarter;
        let times = places.map(|place| {
            while let Some((at, next)) = changes.next_if(|(at, _)| *at <= place) {
                from_s += seconds(at - from, micros);
                (from, micros) = (at, next);
            }
            Seconds::clamped(from_s + seconds(place - from, micros))
        });
        times.collect()
    }

    fn performance(&self, bars: &[Bar]) -> Result<Performance> {
        let mut beats: Vec<(u64, u8)> = Vec::new();
        let mut spans: Vec<MeterSpan> = Vec::new();
        for bar in bars {
            if spans.last().is_none_or(|span| span.meter != bar.meter) {
                spans.push(MeterSpan { first_beat: beats.len(), meter: bar.meter });
            }
            let length = (self.bar_length(bar.meter) / u64::from(bar.meter.beats_per_bar())).max(1);
            let places = (0..bar.meter.beats_per_bar()).map(|beat| (bar.at + length * u64::from(beat), beat + 1));
            beats.extend(places.filter(|(at, _)| *at < bar.end));
        }
        // One beat more ends the last bar.
        beats.extend(bars.last().map(|bar| (bar.end, 1)));
        let times = self.times(beats.iter().map(|(at, _)| *at));
        let mut grid: Vec<Beat> = Vec::with_capacity(beats.len());
        for (time, (_, position)) in times.into_iter().zip(&beats) {
            // Beyond the longest time there is, beats would stand still.
            if grid.last().is_none_or(|last| last.time < time) {
                grid.push(Beat { time, position: *position, confidence: Confidence::MAX });
            }
        }
        spans.retain(|span| span.first_beat < grid.len());
        let wrong = |source| Error::Value { place: "beats of the MIDI file".into(), source };
        let grid = BeatGrid::new(grid, spans).map_err(wrong)?;
        let end = grid.beats().last().map_or(Seconds::ZERO, |beat| beat.time);
        let times = self.times(self.notes.iter().map(|note| note.at));
        let hits = self.notes.iter().zip(times);
        let hits = hits.map(|(note, time)| Hit::new(time, note.instrument, Velocity::from_midi(note.velocity)));
        Performance::new(end, hits.collect(), grid).map_err(wrong)
    }

    /// The score of a file that is not ours.
    fn notated(&self, performance: &Performance, bars: &[Bar]) -> Score {
        let options = NotationOptions { title: self.title.trim().to_owned(), ..NotationOptions::default() };
        let mut score = notate(performance, &options).0;
        let first_s = score.timeline.time_at(Ticks::ZERO);
        let times = self.times(bars.iter().map(|bar| bar.at));
        let first = times.iter().position(|time| (*time - first_s).get().abs() < 1e-3).unwrap_or(0);
        for (measure, bar) in score.measures.iter_mut().zip(&bars[first..]) {
            measure.rehearsal = self.letters.get(&bar.at).cloned();
        }
        score
    }

    /// The score of a file of ours; its timeline is the tempo map.
    fn written(&self, bars: &[Bar]) -> Score {
        let mut score = self.sketch(bars).write();
        self.sign(bars, &mut score);
        let places =
            bars.iter().map(|bar| bar.at).chain(self.tempi.keys().copied()).chain(bars.last().map(|bar| bar.end));
        let end = bars.last().map_or(0, |bar| bar.end);
        let places: BTreeSet<u64> = places.filter(|at| *at <= end).collect();
        let ticks = |at: u64| Ticks((at * TICKS_PER_QUARTER as u64 / self.per_quarter) as i64);
        let times = self.times(places.iter().copied());
        let anchors = places.iter().zip(times).map(|(at, time)| Anchor { ticks: ticks(*at), time });
        score.timeline = Timeline::new(anchors);
        score
    }

    /// Similes, repeats and dynamics of a file of ours.
    fn sign(&self, bars: &[Bar], score: &mut Score) {
        let mut name = largest_name(score);
        for (at, word) in &self.words {
            let index = bars.partition_point(|bar| bar.at <= *at).saturating_sub(1);
            let Some((bar, measure)) = bars.get(index).zip(score.measures.get_mut(index)) else { continue };
            match word {
                Word::Bar(repeat) => measure.repeat = Some(*repeat),
                Word::Repeat(repeat) => score.repeats.push(Repeat { first: index, ..repeat.clone() }),
                Word::Dynamic(sign) if *at < bar.end => {
                    name = name.saturating_add(1);
                    let offset = Ticks(((at - bar.at) * TICKS_PER_QUARTER as u64 / self.per_quarter) as i64);
                    measure.dynamics.push(DynamicMark { id: ElementId(name), offset, sign: *sign });
                }
                _ => {}
            }
        }
        folds::keep_true(score);
    }

    /// The strokes of a file of ours.
    fn sketch(&self, bars: &[Bar]) -> Sketch {
        let mut sketch = Sketch { title: self.title.clone(), ..Sketch::default() };
        sketch.bars = bars.iter().map(|bar| SketchBar::plain(bar.meter)).collect();
        let mut tuplets: BTreeSet<(u64, VoiceRole)> = BTreeSet::new();
        let mut feels: BTreeMap<usize, Option<Swing>> = BTreeMap::new();
        for (at, word) in &self.words {
            let index = bars.partition_point(|bar| bar.at <= *at).saturating_sub(1);
            match word {
                Word::Subtitle(text) => sketch.subtitle.clone_from(text),
                Word::OneVoice => sketch.one_voice = true,
                Word::PickUp => sketch.pick_up = true,
                Word::Tuplet(role) => drop(tuplets.insert((*at, *role))),
                Word::Feel(feel) => drop(feels.insert(index, *feel)),
                word => {
                    if let Some(bar) = sketch.bars.get_mut(index) {
                        put(bar, word);
                    }
                }
            }
        }
        for (at, letter) in &self.letters {
            let index = bars.partition_point(|bar| bar.at <= *at).saturating_sub(1);
            if let Some(bar) = sketch.bars.get_mut(index) {
                bar.rehearsal = Some(letter.clone());
            }
        }
        let mut feel = None;
        for (index, bar) in sketch.bars.iter_mut().enumerate() {
            feel = feels.get(&index).copied().unwrap_or(feel);
            bar.feel = feel;
        }
        sketch.strokes = self.strokes(bars, &sketch, &tuplets);
        sketch
    }

    fn strokes(&self, bars: &[Bar], sketch: &Sketch, tuplets: &BTreeSet<(u64, VoiceRole)>) -> Vec<SketchStroke> {
        let mut strokes = Vec::with_capacity(self.notes.len());
        let end = bars.last().map_or(0, |bar| bar.end);
        for note in self.notes.iter().filter(|note| note.off != PART_OF_ANOTHER && note.at < end) {
            let index = bars.partition_point(|bar| bar.at <= note.at).saturating_sub(1);
            let Some(bar) = bars.get(index) else { continue };
            let feet = !sketch.one_voice && note.instrument.row().voice == VoiceRole::Feet;
            let role = if feet { VoiceRole::Feet } else { VoiceRole::Hands };
            let beat = (note.at - bar.at) / self.per_quarter * self.per_quarter;
            let feel = sketch.bars[index].feel.filter(|_| !tuplets.contains(&(bar.at + beat, role)));
            let marks = Marks::of_code(note.off);
            strokes.push(SketchStroke {
                ghost: marks.ghost,
                accent: marks.accent,
                choke: note.choke,
                graces: marks.graces,
                tremolo: marks.tremolo,
                sticking: self.lyrics.get(&note.at).copied().filter(|_| !feet || sketch.one_voice),
                ..SketchStroke::plain(
                    index,
                    self.straight(note.at - bar.at, feel),
                    note.instrument,
                    Velocity::from_midi(note.velocity),
                )
            });
        }
        strokes
    }

    /// The place as written of a place as it sounds, from the bar line.
    fn straight(&self, inside: u64, feel: Option<Swing>) -> Ticks {
        let exact = |ticks: u64| Ticks((ticks * TICKS_PER_QUARTER as u64 / self.per_quarter) as i64);
        let Some(feel) = feel else { return exact(inside) };
        let (beat, rest) = (inside / self.per_quarter, inside % self.per_quarter);
        let sounding = exact(rest);
        // Straight places are eighths of a beat; the one that swings nearest to where the note sounds is meant.
        let places = (0..8).map(|eighth| Ticks::quarters(eighth, 8));
        let distance = |place: &Ticks| (bend(*place, Ticks::QUARTER, feel) - sounding).get().abs();
        let nearest = places.min_by_key(distance).unwrap_or(sounding);
        let is_swung = distance(&nearest) <= TICKS_PER_QUARTER / self.per_quarter as i64;
        Ticks::QUARTER * beat as i64 + if is_swung { nearest } else { sounding }
    }
}

fn put(bar: &mut SketchBar, word: &Word) {
    match word {
        Word::Tempo(mark) => bar.tempo = Some(*mark),
        Word::Swing(swings) => bar.swing = Some(*swings),
        Word::Text(text) => bar.text.clone_from(text),
        _ => {}
    }
}

/// Channel 10 where it has notes, otherwise the first channel that has one, counted from 0.
fn drum_channel(file: &Smf<'_>) -> u8 {
    let channels = file.tracks.iter().flatten().filter_map(|event| match event.kind {
        TrackEventKind::Midi { channel, message: MidiMessage::NoteOn { .. } } => Some(channel.as_int()),
        _ => None,
    });
    let channels: BTreeSet<u8> = channels.collect();
    if channels.contains(&9) { 9 } else { channels.first().copied().unwrap_or(9) }
}

/// The instrument of a key; in a file of ours the pedal tells apart what shares a key.
fn instrument(key: u8, pedal: u8, is_ours: bool) -> Option<Instrument> {
    let instrument = Instrument::from_midi_key(key)?;
    Some(match instrument {
        Instrument::HihatOpen if is_ours && (33..=96).contains(&pedal) => Instrument::HihatHalfOpen,
        Instrument::HihatPedal if is_ours && pedal <= 32 => Instrument::HihatFootSplash,
        other => other,
    })
}
