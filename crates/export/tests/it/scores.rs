//! Scores for tests, from short text.
//!
//! Conventions: a bar is two lines, hands and feet, of words such as `8:hh+sd^`: a value, and what is struck. Values are
//! `4` for a quarter, `8.` dotted, `8t` a triplet eighth, `16q` one of five, `16u` one of seven sixteenths to the
//! quarter. `-` is a rest, `R` a bar of rest, an empty line no voice. `^` accents, `(sd)` is a ghost, `cr!` a choke, `/f`
//! `/d` `/r` are flam, drag and ruff, `/z` a buzz roll, `/2` a roll of two slashes, `/R` and `/L` name the hand.

use drums::{
    BeatGrid, Bpm, Hit, HitId, Instrument, Meter, Performance, Seconds, TICKS_PER_QUARTER, Ticks, Velocity, VoiceRole,
};
use score::{
    Anchor, Base, Beam, Chord, Content, ElementId, Event, GraceGroup, GraceKind, Hand, KitPiece, Measure, Note,
    NoteValue, Score, TempoMark, Timeline, Tremolo, Tuplet, TupletRatio, Voice,
};
use std::collections::{BTreeMap, BTreeSet};

/// Builds a score bar by bar; its sound starts half a second in, at the tempo of the first mark.
pub(crate) struct Writer {
    score: Score,
    next_id: u32,
    next_hit: u32,
    meter: Meter,
    tempo: TempoMark,
}

impl Writer {
    pub(crate) fn new(title: &str, meter: &str, bpm: f64) -> Self {
        let meter: Meter = meter.parse().unwrap();
        let beat = NoteValue::of_length(meter.beat_ticks(), 1).unwrap();
        let tempo = TempoMark { beat, bpm: Bpm::new(bpm).unwrap() };
        Self { score: Score { title: title.into(), ..Score::default() }, next_id: 0, next_hit: 0, meter, tempo }
    }

    pub(crate) fn meter(mut self, meter: &str) -> Self {
        self.meter = meter.parse().unwrap();
        self
    }

    pub(crate) fn bar(mut self, hands: &str, feet: &str) -> Self {
        let start = self.score.length();
        let id = self.id();
        let is_first = self.score.measures.is_empty();
        let voices = [(VoiceRole::Hands, hands), (VoiceRole::Feet, feet)];
        let voices = voices.into_iter().filter(|(_, words)| !words.is_empty());
        let voices: Vec<Voice> = voices.map(|(role, words)| self.voice(role, words)).collect();
        for voice in &voices {
            let end = voice.events.last().unwrap().end();
            assert_eq!(end, self.meter.bar_ticks(), "{hands} | {feet} does not fill {}", self.meter);
        }
        let number = self.score.measures.len() as u32 + 1;
        let tempo = is_first.then_some(self.tempo);
        self.score.measures.push(Measure { tempo, voices, ..Measure::new(id, number, start, self.meter) });
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Measure)) -> Self {
        change(self.score.measures.last_mut().unwrap());
        self
    }

    pub(crate) fn done(mut self) -> Score {
        let notes = self.score.measures.iter().flat_map(|measure| &measure.voices).flat_map(|voice| &voice.events);
        let notes = notes.filter_map(Event::chord).flat_map(|chord| &chord.notes);
        let used: BTreeSet<Instrument> = notes.map(|note| note.instrument).collect();
        self.score.kit =
            used.into_iter().map(|instrument| KitPiece { instrument, place: instrument.row().place }).collect();
        let quarter_s = 60.0 / self.tempo.bpm.get() / self.tempo.beat.ticks().in_quarters();
        let anchor = |quarters: i64| Anchor {
            ticks: Ticks(quarters * TICKS_PER_QUARTER),
            time: Seconds::clamped(0.5 + quarters as f64 * quarter_s),
        };
        self.score.timeline = Timeline::new([anchor(0), anchor(1)]);
        number_hits(&mut self.score);
        self.score
    }

    fn id(&mut self) -> ElementId {
        self.next_id += 1;
        ElementId(self.next_id)
    }

    fn hit(&mut self) -> HitId {
        self.next_hit += 1;
        HitId(self.next_hit - 1)
    }

    fn voice(&mut self, role: VoiceRole, words: &str) -> Voice {
        let mut events: Vec<Event> = Vec::new();
        for word in words.split_whitespace() {
            let offset = events.last().map_or(Ticks::ZERO, Event::end);
            events.push(self.event(word, offset));
        }
        beam(&mut events, self.meter);
        self.bracket(&mut events);
        Voice { role, events }
    }

    fn event(&mut self, word: &str, offset: Ticks) -> Event {
        let id = self.id();
        let rest = |value, whole_measure| Event {
            id,
            offset,
            value,
            content: Content::Rest { whole_measure },
            beams: vec![],
            tuplet: None,
        };
        if word == "R" {
            return rest(NoteValue::of_length(self.meter.bar_ticks(), 2).unwrap(), true);
        }
        let (value, struck) = word.split_once(':').unwrap();
        let value = read_value(value);
        if struck == "-" {
            return rest(value, false);
        }
        let content = Content::Chord(self.chord(struck));
        Event { id, offset, value, content, beams: vec![], tuplet: None }
    }

    fn chord(&mut self, struck: &str) -> Chord {
        let mut parts = struck.split('/');
        let names = parts.next().unwrap();
        let mut chord = Chord { accent: names.ends_with('^'), ..Chord::default() };
        for name in names.trim_end_matches('^').split('+') {
            let (ghost, choke) = (name.starts_with('('), name.ends_with('!'));
            let instrument = instrument(name.trim_matches(['(', ')', '!']));
            let velocity = Velocity::from_midi(if ghost {
                30
            } else if chord.accent {
                115
            } else {
                90
            });
            let hits = vec![self.hit()];
            chord.notes.push(Note { id: self.id(), instrument, velocity, ghost, choke, hits });
        }
        chord.notes.sort_by_key(|note| note.instrument);
        for mark in parts {
            match mark {
                "f" => chord.graces = Some(self.graces(GraceKind::Flam)),
                "d" => chord.graces = Some(self.graces(GraceKind::Drag)),
                "r" => chord.graces = Some(self.graces(GraceKind::Ruff)),
                "z" => chord.tremolo = Some(Tremolo::Buzz),
                "R" => chord.sticking = Some(Hand::Right),
                "L" => chord.sticking = Some(Hand::Left),
                slashes => chord.tremolo = Some(Tremolo::Slashes(slashes.parse().unwrap())),
            }
        }
        chord
    }

    fn graces(&mut self, kind: GraceKind) -> GraceGroup {
        let hits = (0..kind.strokes()).map(|_| self.hit()).collect();
        GraceGroup { id: self.id(), kind, instrument: Instrument::Snare, hits }
    }

    /// Puts equal tuplet values that fill a beat (or more) under one bracket.
    fn bracket(&mut self, events: &mut [Event]) {
        let mut from = 0;
        while from < events.len() {
            let Some(ratio) = events[from].value.tuplet else {
                from += 1;
                continue;
            };
            let unit = Ticks::QUARTER.get();
            let is_full = |to: &usize| (events[*to].end() - events[from].offset).get() % unit == 0;
            let to = (from..events.len()).find(is_full).expect("a tuplet fills its beat");
            assert!(events[from..=to].iter().all(|event| event.value.tuplet == Some(ratio)));
            let id = self.id();
            let bracket = events[from..=to].iter().any(|event| event.beams.is_empty());
            for (index, event) in events[from..=to].iter_mut().enumerate() {
                event.tuplet = Some(Tuplet { id, starts: index == 0, stops: from + index == to, bracket });
            }
            from = to + 1;
        }
    }
}

fn read_value(text: &str) -> NoteValue {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let base = match digits {
        "1" => Base::Whole,
        "2" => Base::Half,
        "4" => Base::Quarter,
        "8" => Base::Eighth,
        "16" => Base::Sixteenth,
        "32" => Base::ThirtySecond,
        other => panic!("no value {other}"),
    };
    let tuplet = match &text[digits.len()..] {
        "t" => Some(TupletRatio { actual: 3, normal: 2 }),
        "q" => Some(TupletRatio { actual: 5, normal: 4 }),
        "u" => Some(TupletRatio { actual: 7, normal: 4 }),
        _ => None,
    };
    NoteValue { base, dots: text.matches('.').count() as u8, tuplet }
}

fn instrument(name: &str) -> Instrument {
    let id = match name {
        "hh" => "hihat_closed",
        "ho" => "hihat_open",
        "hf" => "hihat_pedal",
        "sd" => "snare",
        "bd" => "kick",
        "cr" => "crash",
        "rd" => "ride",
        "ft" => "tom_floor",
        other => other,
    };
    id.parse().unwrap()
}

/// Beams neighbouring chords of a beat.
fn beam(events: &mut [Event], meter: Meter) {
    let beat = |event: &Event| event.offset.get() / meter.beat_ticks().get().max(TICKS_PER_QUARTER);
    let flags: Vec<usize> =
        events.iter().map(|event| if event.chord().is_some() { event.value.base.flags() } else { 0 }).collect();
    let joined = |a: usize, b: usize, level: usize| {
        b < events.len() && flags[a] > level && flags[b] > level && beat(&events[a]) == beat(&events[b])
    };
    let beams_of = |index: usize| -> Vec<Beam> {
        let left = |level| index > 0 && joined(index - 1, index, level);
        let right = |level| joined(index, index + 1, level);
        let beams = (0..flags[index]).map(|level| match (left(level), right(level)) {
            (true, true) => Beam::Continue,
            (true, false) => Beam::End,
            (false, true) => Beam::Begin,
            (false, false) if left(0) => Beam::HookBackward,
            (false, false) => Beam::HookForward,
        });
        if left(0) || right(0) { beams.collect() } else { vec![] }
    };
    let all: Vec<Vec<Beam>> = (0..flags.len()).map(beams_of).collect();
    for (event, beams) in events.iter_mut().zip(all) {
        event.beams = beams;
    }
}

/// The hits of a score as written, each with the id it has there; graces 30 ms apart.
fn hits_of(score: &Score) -> Vec<(HitId, Hit)> {
    let mut hits = Vec::new();
    for measure in &score.measures {
        for event in measure.voices.iter().flat_map(|voice| &voice.events) {
            let Some(chord) = event.chord() else { continue };
            let at = score.timeline.time_at(measure.start + event.offset);
            for note in &chord.notes {
                hits.push((note.hits[0], Hit::new(at, note.instrument, note.velocity)));
            }
            if let Some(graces) = &chord.graces {
                for (index, &id) in graces.hits.iter().rev().enumerate() {
                    let time = at - Seconds::clamped(0.03 * (index + 1) as f64);
                    hits.push((id, Hit::new(time, graces.instrument, Velocity::from_midi(40))));
                }
            }
        }
    }
    hits.sort_by(|(_, a), (_, b)| a.time.total_cmp(&b.time).then(a.instrument.cmp(&b.instrument)));
    hits
}

/// Gives the hits of a score the ids that a performance of it gives them.
pub(crate) fn number_hits(score: &mut Score) {
    let ids: BTreeMap<HitId, HitId> = hits_of(score).into_iter().map(|(old, _)| old).zip((0..).map(HitId)).collect();
    let events = score.measures.iter_mut().flat_map(|measure| &mut measure.voices).flat_map(|voice| &mut voice.events);
    for event in events {
        let Content::Chord(chord) = &mut event.content else { continue };
        let notes = chord.notes.iter_mut().flat_map(|note| &mut note.hits);
        for hit in notes.chain(chord.graces.iter_mut().flat_map(|graces| &mut graces.hits)) {
            *hit = ids[hit];
        }
    }
}

/// A performance that plays a score exactly as written.
pub(crate) fn played(score: &Score) -> Performance {
    let hits: Vec<Hit> = hits_of(score).into_iter().map(|(_, hit)| hit).collect();
    let end = score.timeline.time_at(score.length());
    Performance::new(end + Seconds::clamped(1.0), hits, BeatGrid::default()).unwrap()
}

/// Two bars of rock with a crash, an open hi-hat, ghosts and a fill.
pub(crate) fn rock() -> Score {
    Writer::new("Rock", "4/4", 104.0)
        .bar("8:cr 8:hh 8:hh+sd^ 16:hh 16:(sd) 8:hh 8:hh 8:hh+sd^ 8:ho", "4:bd 4:hf 8:bd 8:bd 4:hf")
        .bar("8:hh 8:hh 8:hh+sd^ 8:hh 16:sd 16:sd 16:tom_high 16:tom_high 8t:ft 8t:ft 8t:ft", "4:bd 4:- 2:-")
        .done()
}

/// Everything a page can hold, in several meters.
pub(crate) fn kitchen() -> Score {
    Writer::new("Kitchen sink", "4/4", 96.0)
        .bar(
            "8:hh 8:hihat_half_open 8:ho 8:crash_2 8:china 8:splash 8:rd 8:ride_bell",
            "4:bd 4:kick_2 4:hf 4:hihat_foot_splash",
        )
        .with(|bar| bar.rehearsal = Some("A".into()))
        .with(|bar| bar.text = "count-in".into())
        .bar("4:sd/f 4:sd/d 4:sd^/r 8:cross_stick/R 8:rimshot/L", "4:bd 2:- 4:bd")
        .with(|bar| bar.swing = Some(true))
        .bar("2:sd/z 4:sd/3 4:cr!", "R")
        .with(|bar| bar.swing = Some(false))
        .bar(
            "8t:sd 8t:tom_high 8t:tom_high_mid 4t:sd 8t:sd 16q:sd 16q:sd 16q:sd 16q:sd 16q:sd 8:cowbell 8:clap",
            "4:bd 2.:-",
        )
        .bar("16u:sd 16u:sd 16u:sd 16u:sd 16u:sd 16u:sd 16u:sd 4:tambourine 2:ride_2+sd", "2:bd 2:-")
        .meter("6/8")
        .bar("8:hh 8:hh 8:hh 8:hh+sd^ 8:hh 16:hh 16:hh", "4.:bd 4:- 8:bd")
        .meter("7/8")
        .bar("8:hh 8:hh 8:hh+sd 8:hh 8:hh+sd 8:hh 8:hh", "4:bd 4:bd 4.:bd")
        .meter("3/4")
        .bar("4:rd 8:rd 8:rd 4:rd+sd", "4:bd 2:-")
        .bar("R", "")
        .done()
}

/// A score of many bars.
pub(crate) fn long(bars: usize) -> Score {
    let writer = Writer::new("Long", "4/4", 120.0);
    let bar = |writer: Writer, _| writer.bar("8:hh 8:hh 8:hh+sd 8:hh 8:hh 8:hh 8:hh+sd 8:hh", "4:bd 4:- 8:bd 8:bd 4:-");
    (0..bars).fold(writer, bar).done()
}
