//! Scores written as words, for tests, benches and the example.
//!
//! A voice is a list of events: `8:hihat_closed+snare>` is an eighth with two heads and an accent, `16:r` a rest, `8t:kick`
//! a triplet eighth, `r` a whole-bar rest. After a note: `(` ghost, `!` choked. After the event: `>` accent, `^1` to `^3`
//! flam, drag or ruff on the snare, `~1` to `~4` slashes, `~z` buzz, `/R` or `/L` sticking. Beams are set by the beat.

use drums::{Bpm, Instrument, Meter, Ticks, Velocity, VoiceRole};
use score::{
    Base, Beam, Chord, Content, ElementId, Event, GraceGroup, GraceKind, Hand, KitPiece, Measure, Note, NoteValue,
    Score, TempoMark, Tremolo, Tuplet, TupletRatio, Voice,
};

/// Builds a score measure by measure.
#[derive(Debug, Default)]
pub struct Builder {
    pub score: Score,
    next: u32,
}

impl Builder {
    pub fn new(title: &str, subtitle: &str) -> Self {
        let score = Score { title: title.to_owned(), subtitle: subtitle.to_owned(), ..Score::default() };
        Self { score, next: 0 }
    }

    pub fn id(&mut self) -> ElementId {
        self.next += 1;
        ElementId(self.next)
    }

    /// Adds a measure; an empty voice is left out.
    pub fn measure(&mut self, meter: Meter, hands: &str, feet: &str) -> &mut Measure {
        let mut voices = Vec::new();
        for (role, text) in [(VoiceRole::Hands, hands), (VoiceRole::Feet, feet)] {
            if !text.trim().is_empty() {
                voices.push(self.voice(meter, role, text));
            }
        }
        let number = self.score.measures.len() as u32 + 1;
        let id = self.id();
        let measure = Measure { voices, ..Measure::new(id, number, self.score.length(), meter) };
        self.score.measures.push(measure);
        self.score.measures.last_mut().unwrap()
    }

    /// The score with its kit.
    pub fn finish(mut self) -> Score {
        let voices = self.score.measures.iter().flat_map(|measure| &measure.voices);
        let chords = voices.flat_map(|voice| &voice.events).filter_map(Event::chord);
        let mut used: Vec<Instrument> = chords.flat_map(|chord| &chord.notes).map(|note| note.instrument).collect();
        used.sort();
        used.dedup();
        self.score.kit =
            used.into_iter().map(|instrument| KitPiece { instrument, place: instrument.row().place }).collect();
        self.score
    }

    fn voice(&mut self, meter: Meter, role: VoiceRole, text: &str) -> Voice {
        let mut events = Vec::new();
        let mut offset = Ticks::ZERO;
        for token in text.split_whitespace() {
            let event = self.event(offset, meter, token);
            offset = if token == "r" { meter.bar_ticks() } else { event.end() };
            events.push(event);
        }
        beam(&mut events, meter);
        self.tuplets(&mut events, meter);
        Voice { role, events }
    }

    fn event(&mut self, offset: Ticks, meter: Meter, token: &str) -> Event {
        let id = self.id();
        let event = |value, content| Event { id, offset, value, content, beams: vec![], tuplet: None };
        if token == "r" {
            let value = NoteValue::of_length(meter.bar_ticks(), 1).unwrap_or(NoteValue::plain(Base::Whole));
            return event(value, Content::Rest { whole_measure: true });
        }
        let (length, what) = token.split_once(':').unwrap();
        let value = value(length);
        if what == "r" {
            return event(value, Content::Rest { whole_measure: false });
        }
        let mut chord = Chord::default();
        let mut notes = what;
        if let Some((rest, mark)) = notes.rsplit_once('/') {
            chord.sticking = Some(if mark == "R" { Hand::Right } else { Hand::Left });
            notes = rest;
        }
        if let Some((rest, mark)) = notes.rsplit_once('~') {
            chord.tremolo = Some(if mark == "z" { Tremolo::Buzz } else { Tremolo::Slashes(mark.parse().unwrap()) });
            notes = rest;
        }
        if let Some((rest, mark)) = notes.rsplit_once('^') {
            let kind = [GraceKind::Flam, GraceKind::Drag, GraceKind::Ruff][mark.parse::<usize>().unwrap() - 1];
            chord.graces = Some(GraceGroup { id: self.id(), kind, instrument: Instrument::Snare, hits: vec![] });
            notes = rest;
        }
        if let Some(rest) = notes.strip_suffix('>') {
            chord.accent = true;
            notes = rest;
        }
        chord.notes = notes.split('+').map(|note| self.note(note)).collect();
        chord.notes.sort_by_key(|note| note.instrument);
        event(value, Content::Chord(chord))
    }

    fn note(&mut self, text: &str) -> Note {
        let name = text.trim_end_matches(['(', '!']);
        Note {
            id: self.id(),
            instrument: name.parse().unwrap(),
            velocity: Velocity::clamped(0.7),
            ghost: text.contains('('),
            choke: text.contains('!'),
            hits: vec![],
        }
    }

    /// Tuplets by beat, with a bracket where not all is under one beam.
    fn tuplets(&mut self, events: &mut [Event], meter: Meter) {
        let mut from = 0;
        while from < events.len() {
            let Some(ratio) = events[from].value.tuplet else {
                from += 1;
                continue;
            };
            let span = meter.beat_ticks().get().max(Ticks::QUARTER.get());
            let end = events[from].offset + Ticks(span);
            let to = events.iter().rposition(|event| event.value.tuplet == Some(ratio) && event.end() <= end).unwrap();
            let id = self.id();
            let beamed = events[from].beams.first() == Some(&Beam::Begin)
                && events[to].beams.first() == Some(&Beam::End)
                && events[from..=to].iter().all(|event| !event.beams.is_empty());
            for (index, event) in events.iter_mut().enumerate().take(to + 1).skip(from) {
                event.tuplet = Some(Tuplet { id, starts: index == from, stops: index == to, bracket: !beamed });
            }
            from = to + 1;
        }
    }

    pub fn tempo(bpm: f64) -> Option<TempoMark> {
        Some(TempoMark { beat: NoteValue::plain(Base::Quarter), bpm: Bpm::new(bpm).unwrap() })
    }
}

fn value(text: &str) -> NoteValue {
    let tuplet = match text.chars().last() {
        Some('t') => Some(TupletRatio { actual: 3, normal: 2 }),
        Some('s') => Some(TupletRatio { actual: 6, normal: 4 }),
        Some('q') => Some(TupletRatio { actual: 5, normal: 4 }),
        _ => None,
    };
    let dots = text.matches('.').count() as u8;
    let base = match text.trim_end_matches(['t', 's', 'q', '.']) {
        "1" => Base::Whole,
        "2" => Base::Half,
        "4" => Base::Quarter,
        "8" => Base::Eighth,
        "16" => Base::Sixteenth,
        "32" => Base::ThirtySecond,
        _ => Base::SixtyFourth,
    };
    NoteValue { base, dots, tuplet }
}

/// Beams neighbouring chords within a beat; eighths alone within half a bar of 4/4.
fn beam(events: &mut [Event], meter: Meter) {
    let only_eighths = events.iter().all(|event| event.value.base <= Base::Eighth && event.value.tuplet.is_none());
    let beats = if only_eighths && meter == Meter::FOUR_FOUR { 2 } else { 1 };
    let span = meter.beat_ticks().get().max(Ticks::QUARTER.get()) * beats;
    let levels = |event: &Event| if event.chord().is_some() { event.value.base.flags() } else { 0 };
    let mut from = 0;
    while from < events.len() {
        let beat = events[from].offset.get() / span;
        let run =
            events[from..].iter().take_while(|event| levels(event) > 0 && event.offset.get() / span == beat).count();
        if run >= 2 {
            beam_run(&mut events[from..from + run]);
        }
        from += run.max(1);
    }
}

fn beam_run(run: &mut [Event]) {
    let flags: Vec<usize> = run.iter().map(|event| event.value.base.flags()).collect();
    for (index, event) in run.iter_mut().enumerate() {
        let has = |other: Option<usize>, level: usize| {
            other.is_some_and(|other| flags.get(other).is_some_and(|n| *n > level))
        };
        event.beams = (0..flags[index])
            .map(|level| match (has(index.checked_sub(1), level), has(Some(index + 1), level)) {
                (false, true) => Beam::Begin,
                (true, true) => Beam::Continue,
                (true, false) => Beam::End,
                (false, false) if index == 0 => Beam::HookForward,
                (false, false) => Beam::HookBackward,
            })
            .collect();
    }
}

/// A page that shows everything the engraver can draw.
pub fn showcase() -> Score {
    let four = Meter::FOUR_FOUR;
    let mut b = Builder::new("Everything on One Page", "a study for the engraver");
    let rock = "8:hihat_closed 8:hihat_closed 8:hihat_closed+snare> 8:hihat_open 8:hihat_closed \
        8:hihat_closed 8:hihat_closed+snare> 8:hihat_closed";
    let kicks = "4:kick 4:r 8:kick 8:kick 4:r";
    let m = b.measure(four, &rock.replacen("hihat_closed", "crash", 1), kicks);
    m.tempo = Builder::tempo(104.0);
    m.rehearsal = Some("A".into());
    m.swing = Some(true);
    b.measure(four, rock, "8:kick 8:r 8:r 8:kick 8:r 8:kick 4:r");
    b.measure(four, rock, kicks).repeat = Some(score::BarRepeat::One);
    b.measure(
        four,
        "16:snare>/R 16:snare(/L 16:snare(/R 16:snare/L 8:snare^1/R 16:tom_high/R 16:tom_high/L 8t:tom_low/R \
            8t:tom_low/L 8t:tom_floor/R 4:crash!+snare>/R",
        "4:kick 4:kick 4:kick 4:kick",
    );
    let funk = "16:hihat_closed 16:hihat_closed+snare( 8:hihat_closed 16:hihat_closed+snare> 16:hihat_closed \
        16:hihat_closed 16:hihat_half_open 8:hihat_closed 16:snare( 16:hihat_closed 16:hihat_closed+snare> \
        16:hihat_closed 8:hihat_open";
    let m = b.measure(four, funk, "8.:kick 16:kick 8:r 8:hihat_pedal 16:r 16:kick 8:kick 4:hihat_pedal");
    m.rehearsal = Some("B".into());
    m.text = "funky".into();
    b.measure(four, funk, "8.:kick 16:kick 8:r 8:hihat_pedal 16:r 16:kick 8:kick 4:hihat_foot_splash");
    b.measure(
        four,
        "4:ride 8:ride 8:ride_bell 4:ride+cross_stick 8:ride 8:ride",
        "8:kick 8:r 4:hihat_pedal 4:kick 4:hihat_pedal",
    );
    b.measure(four, "4:china+rimshot 8:cowbell 8:splash 4:crash_2+crash 4:r", "r");
    let m = b.measure(Meter::SIX_EIGHT, "8:ride 8:ride 8:ride 8:ride+snare 8:ride 8:ride", "4.:kick 8:r 8:r 8:kick");
    m.tempo = Some(TempoMark { beat: NoteValue::dotted(Base::Quarter, 1), bpm: Bpm::new(84.0).unwrap() });
    m.swing = Some(false);
    b.measure(Meter::SIX_EIGHT, "4:tom_high 8:tom_high 4.:tom_floor", "r");
    b.measure(
        four,
        "4:snare~z 4:snare~3 8:snare^2 8:snare^3 8:snare~2 8:snare~1",
        "4:kick 4:hihat_pedal 4:kick 4:hihat_pedal",
    );
    b.measure(
        four,
        "4t:snare 8t:tom_high 8t:r 8t:tom_low 8t:tom_low 16s:snare 16s:snare 16s:snare \
        16s:tom_floor 16s:tom_floor 16s:tom_floor 32:snare 32:snare 32:snare 32:snare 16:snare \
        16:snare",
        "2:kick 4:r 4:kick",
    );
    b.measure(four, "2:snare 4:tom_floor+tom_floor_low 4:snare+cross_stick", "2:kick 4:kick 4:r");
    b.measure(four, "4:r 4:r 2:r", "4:r 4:r 2:r");
    b.measure(four, "r", "r").text = "count-in".into();
    b.measure(four, rock, kicks);
    b.measure(four, rock, kicks).repeat = Some(score::BarRepeat::TwoFirst);
    b.measure(four, rock, kicks).repeat = Some(score::BarRepeat::TwoSecond);
    b.measure(four, "4:crash 4:r 2:r", "4:kick 4:r 2:r");
    b.finish()
}

/// A steady groove of so many bars, with a fill every eighth.
pub fn song(bars: usize) -> Score {
    let mut b = Builder::new("Long Way Home", "");
    let rock = "8:hihat_closed 8:hihat_closed 8:hihat_closed+snare> 8:hihat_closed 8:hihat_closed \
        8:hihat_closed 8:hihat_closed+snare> 8:hihat_open";
    let fill = "16:snare> 16:snare 16:snare 16:snare 16:tom_high 16:tom_high 16:tom_high 16:tom_high \
        16:tom_low 16:tom_low 8:tom_low 16:tom_floor 16:tom_floor 8:snare^1";
    for bar in 0..bars {
        let m = match bar % 8 {
            7 => b.measure(Meter::FOUR_FOUR, fill, "4:kick 4:kick 4:kick 4:kick"),
            0 => b.measure(
                Meter::FOUR_FOUR,
                &rock.replacen("hihat_closed", "crash", 1),
                "8:kick 8:r 4:r 8:kick 8:kick 4:r",
            ),
            _ => b.measure(Meter::FOUR_FOUR, rock, "8:kick 8:r 8:r 8:kick 8:kick 8:r 4:r"),
        };
        if bar == 0 {
            m.tempo = Builder::tempo(96.0);
        }
        if bar % 16 == 0 {
            m.rehearsal = Some(char::from(b'A' + ((bar / 16) % 26) as u8).to_string());
        }
    }
    b.finish()
}
