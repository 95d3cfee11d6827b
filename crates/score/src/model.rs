//! The notation model: what stands on the page, before anybody decides where.
//!
//! Laws (checked by `check`): a measure is full in each of its voices; events of a voice do not overlap; a
//! chord's notes are in score order and differ in instrument; every tuplet begins and ends in its voice and measure; beams
//! that begin also end.
//!
//! Conventions: [`Event::offset`] is in ticks from the bar line. Beams are listed outermost (eighth) first.

use crate::timeline::Timeline;
use drums::{Bpm, HitId, Instrument, Meter, StaffPlace, Ticks, Velocity, VoiceRole};

/// Names an element of a score for as long as the score lives. Unique within the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementId(pub u32);

/// A piece of drum-set music.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Score {
    /// Title at the head of the first page; may be empty.
    pub title: String,
    /// Smaller line under the title; may be empty.
    pub subtitle: String,
    /// The instruments used, in score order, and where each is written.
    pub kit: Vec<KitPiece>,
    /// The measures in order. Starts and lengths join without a gap.
    pub measures: Vec<Measure>,
    /// Where musical time falls in seconds.
    pub timeline: Timeline,
    /// Passages that our own pages write once between repeat signs, in order and apart from each other. The measures
    /// of every pass stay in the model.
    pub repeats: Vec<Repeat>,
}

/// An instrument the score uses and its line or space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KitPiece {
    /// The instrument.
    pub instrument: Instrument,
    /// Where its noteheads sit.
    pub place: StaffPlace,
}

impl Score {
    /// Where the noteheads of an instrument sit: as the kit says, otherwise as the table does.
    #[must_use]
    pub fn place_of(&self, instrument: Instrument) -> StaffPlace {
        self.kit.iter().find(|piece| piece.instrument == instrument).map_or(instrument.row().place, |piece| piece.place)
    }

    /// Length of the whole score.
    #[must_use]
    pub fn length(&self) -> Ticks {
        self.measures.last().map_or(Ticks::ZERO, |measure| measure.start + measure.length())
    }

    /// The first tempo mark, if any.
    #[must_use]
    pub fn tempo(&self) -> Option<TempoMark> {
        self.measures.iter().find_map(|measure| measure.tempo)
    }
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Its name.
    pub id: ElementId,
    /// Number printed, from 1; a pick-up bar is 0.
    pub number: u32,
    /// Ticks from the start of the score.
    pub start: Ticks,
    /// Its meter. Written out where it differs from the measure before.
    pub meter: Meter,
    /// Tempo mark above its first beat.
    pub tempo: Option<TempoMark>,
    /// "Swing" or "Straight" above its first beat; `Some(true)` swings from here on, `Some(false)` ends it.
    pub swing: Option<bool>,
    /// Rehearsal letter, boxed.
    pub rehearsal: Option<String>,
    /// Words above the staff, such as "count-in"; may be empty.
    pub text: String,
    /// Written as a simile sign in our own pages; the events stay in the model all the same.
    pub repeat: Option<BarRepeat>,
    /// How its off-beats are played where they are written straight; `None` where they are straight or nobody knows.
    pub feel: Option<Swing>,
    /// Dynamic marks and hairpins that begin in it, in order of offset.
    pub dynamics: Vec<DynamicMark>,
    /// The voices in use, hands before feet; a voice without a note may be left out, but not both.
    pub voices: Vec<Voice>,
}

impl Measure {
    /// A measure without marks and without voices; the caller adds at least one.
    #[must_use]
    pub const fn new(id: ElementId, number: u32, start: Ticks, meter: Meter) -> Self {
        Self {
            id,
            number,
            start,
            meter,
            tempo: None,
            swing: None,
            rehearsal: None,
            text: String::new(),
            repeat: None,
            feel: None,
            dynamics: Vec::new(),
            voices: Vec::new(),
        }
    }

    /// Its events, hands before feet.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.voices.iter().flat_map(|voice| &voice.events)
    }

    /// Length as the meter says.
    #[must_use]
    pub const fn length(&self) -> Ticks {
        self.meter.bar_ticks()
    }
}

/// A bar (or a pair of bars) that repeats what came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarRepeat {
    /// The same as the bar before.
    One,
    /// First bar of a pair that repeats the pair before.
    TwoFirst,
    /// Second bar of such a pair.
    TwoSecond,
}

/// A passage played several times and written once, with another ending for some of the passes where they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// Index of the first measure of the first pass.
    pub first: usize,
    /// Measures of one pass, the ending included.
    pub length: usize,
    /// How often it is played, at least 2; the passes follow each other.
    pub times: usize,
    /// Measures at the end of each pass that differ between passes, less than `length`; 0 where all are alike.
    pub ending: usize,
    /// The endings in the order they are written: for each the passes that take it, from 1. Empty where `ending` is 0.
    pub endings: Vec<Vec<usize>>,
}

impl Repeat {
    /// Index of the first measure after the last pass.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.first + self.length * self.times
    }
}

/// A habit of playing off-beats late.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Swing {
    /// What is late.
    pub unit: SwingUnit,
    /// Place of the off-beat in the beat (of sixteenths: in the eighth), 0.5 straight, 2/3 a full triplet swing.
    pub ratio: f64,
}

/// Which off-beats swing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SwingUnit {
    /// The second eighth of a beat.
    Eighths,
    /// The second and fourth sixteenth.
    Sixteenths,
}

impl Swing {
    /// Where a straight place within a beat, 0 to 1, is played.
    #[must_use]
    pub fn bend(self, place: f64) -> f64 {
        let half = |place: f64| {
            if place <= 0.5 { place * 2.0 * self.ratio } else { 1.0 - (1.0 - place) * 2.0 * (1.0 - self.ratio) }
        };
        match self.unit {
            SwingUnit::Eighths => half(place),
            SwingUnit::Sixteenths if place < 0.5 => half(place * 2.0) / 2.0,
            SwingUnit::Sixteenths => 0.5 + half(place * 2.0 - 1.0) / 2.0,
        }
    }
}

/// How loud a passage is, or is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DynamicMark {
    /// Its name.
    pub id: ElementId,
    /// Ticks from the bar line.
    pub offset: Ticks,
    /// What it says.
    pub sign: DynamicSign,
}

/// A letter or a hairpin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DynamicSign {
    /// From here on this loud.
    Level(Dynamic),
    /// Louder over this length, which may reach into later measures.
    Crescendo(Ticks),
    /// Softer over this length.
    Diminuendo(Ticks),
}

/// Levels of loudness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the letters are the names musicians use")]
pub enum Dynamic {
    Pp,
    P,
    Mp,
    Mf,
    F,
    Ff,
}

impl Dynamic {
    /// All of them, softest first.
    pub const ALL: [Self; 6] = [Self::Pp, Self::P, Self::Mp, Self::Mf, Self::F, Self::Ff];

    /// As it is written, such as `mf`.
    #[must_use]
    pub const fn letters(self) -> &'static str {
        match self {
            Self::Pp => "pp",
            Self::P => "p",
            Self::Mp => "mp",
            Self::Mf => "mf",
            Self::F => "f",
            Self::Ff => "ff",
        }
    }
}

/// "quarter = 104".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TempoMark {
    /// The note that is counted.
    pub beat: NoteValue,
    /// How many of them a minute has.
    pub bpm: Bpm,
}

/// A line of music within a measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Voice {
    /// Hands (stems up) or feet (stems down).
    pub role: VoiceRole,
    /// Chords and rests in order, without gaps or overlaps, filling the measure.
    pub events: Vec<Event>,
}

/// A chord or a rest with its length.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name.
    pub id: ElementId,
    /// Ticks from the bar line.
    pub offset: Ticks,
    /// Written length.
    pub value: NoteValue,
    /// What stands there.
    pub content: Content,
    /// One entry per beam level, outermost first; empty where unbeamed.
    pub beams: Vec<Beam>,
    /// Tuplet bracket this event is part of.
    pub tuplet: Option<Tuplet>,
}

impl Event {
    /// Sounding length in ticks, tuplets taken into account.
    #[must_use]
    pub const fn length(&self) -> Ticks {
        self.value.ticks()
    }

    /// Where it ends, in ticks from the bar line.
    #[must_use]
    pub fn end(&self) -> Ticks {
        self.offset + self.length()
    }

    /// The chord, if it is one.
    #[must_use]
    pub const fn chord(&self) -> Option<&Chord> {
        match &self.content {
            Content::Chord(chord) => Some(chord),
            Content::Rest { .. } => None,
        }
    }
}

/// What stands at an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Silence.
    Rest {
        /// A whole-bar rest, centred in the measure whatever the meter.
        whole_measure: bool,
    },
    /// One or more noteheads on a stem.
    Chord(Chord),
}

/// Noteheads struck together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chord {
    /// The notes in score order, each of another instrument; at least one.
    pub notes: Vec<Note>,
    /// Accent above the chord.
    pub accent: bool,
    /// Grace notes in front.
    pub graces: Option<GraceGroup>,
    /// Roll.
    pub tremolo: Option<Tremolo>,
    /// Hand that plays, one per stroke of the hands, printed under the staff.
    pub sticking: Option<Hand>,
}

/// One notehead.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Its name.
    pub id: ElementId,
    /// What is struck; gives head, place and open / half-open marks.
    pub instrument: Instrument,
    /// How hard.
    pub velocity: Velocity,
    /// Ghost note: in parentheses.
    pub ghost: bool,
    /// Let-ring is never written; a choked cymbal is marked.
    pub choke: bool,
    /// The hits this note stands for, none where a user wrote it in.
    pub hits: Vec<HitId>,
}

/// Flam, drag or ruff in front of a chord.
#[derive(Debug, Clone, PartialEq)]
pub struct GraceGroup {
    /// Its name.
    pub id: ElementId,
    /// Which ornament.
    pub kind: GraceKind,
    /// What the grace strokes are played on.
    pub instrument: Instrument,
    /// The hits of the grace strokes.
    pub hits: Vec<HitId>,
}

/// The grace ornaments of the drum set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GraceKind {
    /// One grace note, slashed.
    Flam,
    /// Two.
    Drag,
    /// Three.
    Ruff,
}

impl GraceKind {
    /// Number of grace notes.
    #[must_use]
    pub const fn strokes(self) -> usize {
        match self {
            Self::Flam => 1,
            Self::Drag => 2,
            Self::Ruff => 3,
        }
    }
}

/// A roll on a chord.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tremolo {
    /// Measured roll with this many slashes, 1 to 4.
    Slashes(u8),
    /// Buzz roll, a z on the stem.
    Buzz,
}

/// Which hand plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hand {
    /// R.
    Right,
    /// L.
    Left,
}

/// What a beam level does at an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Beam {
    /// A beam starts.
    Begin,
    /// It goes on.
    Continue,
    /// It ends.
    End,
    /// A short beam to the right.
    HookForward,
    /// A short beam to the left.
    HookBackward,
}

/// Place of an event in a tuplet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuplet {
    /// Names the tuplet; the same for all its events.
    pub id: ElementId,
    /// The tuplet begins here.
    pub starts: bool,
    /// The tuplet ends here.
    pub stops: bool,
    /// Whether a bracket is drawn; where all events are beamed together the number alone is enough.
    pub bracket: bool,
}

/// Plain note values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Base {
    Whole,
    Half,
    Quarter,
    Eighth,
    Sixteenth,
    ThirtySecond,
    SixtyFourth,
}

impl Base {
    /// All of them, longest first.
    pub const ALL: [Self; 7] =
        [Self::Whole, Self::Half, Self::Quarter, Self::Eighth, Self::Sixteenth, Self::ThirtySecond, Self::SixtyFourth];

    /// Length without dots in half ticks, so that the sixty-fourth is whole too.
    const fn half_ticks(self) -> i64 {
        (Ticks::QUARTER.get() * 8) >> (self as i64)
    }

    /// Number of flags or beams.
    #[must_use]
    pub const fn flags(self) -> usize {
        (self as usize).saturating_sub(Self::Quarter as usize)
    }
}

/// Notes played in the time of others: 3 in the time of 2 for a triplet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TupletRatio {
    /// Notes played, 2..=15.
    pub actual: u8,
    /// Notes they replace, 1..=16.
    pub normal: u8,
}

/// A written length: base value, dots, tuplet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoteValue {
    /// Plain value.
    pub base: Base,
    /// Dots, 0..=2.
    pub dots: u8,
    /// Tuplet it is part of.
    pub tuplet: Option<TupletRatio>,
}

impl NoteValue {
    /// A plain value without dots.
    #[must_use]
    pub const fn plain(base: Base) -> Self {
        Self { base, dots: 0, tuplet: None }
    }

    /// The same with dots.
    #[must_use]
    pub const fn dotted(base: Base, dots: u8) -> Self {
        Self { base, dots, tuplet: None }
    }

    /// Sounding length. Exact for every value the passes write.
    #[must_use]
    pub const fn ticks(self) -> Ticks {
        let plain = self.base.half_ticks();
        let dotted = match self.dots {
            0 => plain,
            1 => plain + plain / 2,
            _ => plain + plain / 2 + plain / 4,
        };
        match self.tuplet {
            None => Ticks(dotted / 2),
            Some(ratio) => Ticks(dotted * ratio.normal as i64 / ratio.actual as i64 / 2),
        }
    }

    /// The untupled value of at most `dots_max` dots that lasts exactly `length`, if there is one.
    #[must_use]
    pub fn of_length(length: Ticks, dots_max: u8) -> Option<Self> {
        Base::ALL
            .into_iter()
            .flat_map(|base| (0..=dots_max).map(move |dots| Self::dotted(base, dots)))
            .find(|value| value.ticks() == length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_notes() {
        assert_eq!(NoteValue::plain(Base::Quarter).ticks(), Ticks::QUARTER);
        assert_eq!(NoteValue::dotted(Base::Eighth, 1).ticks(), Ticks::quarters(3, 4));
        let triplet = Some(TupletRatio { actual: 3, normal: 2 });
        assert_eq!(NoteValue { base: Base::Eighth, dots: 0, tuplet: triplet }.ticks(), Ticks::quarters(1, 3));
        assert_eq!(NoteValue::of_length(Ticks::quarters(3, 2), 1), Some(NoteValue::dotted(Base::Quarter, 1)));
        assert_eq!(NoteValue::of_length(Ticks::quarters(5, 4), 1), None);
    }
}
