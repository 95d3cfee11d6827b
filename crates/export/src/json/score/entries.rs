//! The shape of a score document.
//!
//! Conventions: what is false, empty or absent is left out. Words are written in snake case.

use drums::VoiceRole;
use score::{BarRepeat, Base, Beam, Dynamic, GraceKind, Hand, SwingUnit};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[derive(Serialize, Deserialize)]
pub(super) struct Body {
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) subtitle: String,
    #[serde(default)]
    pub(super) kit: Vec<KitEntry>,
    pub(super) timeline: Vec<AnchorEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) repeats: Vec<RepeatEntry>,
    pub(super) measures: Vec<MeasureEntry>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct KitEntry {
    pub(super) instrument: String,
    pub(super) place: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct AnchorEntry {
    pub(super) ticks: i64,
    pub(super) time_s: f64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct MeasureEntry {
    pub(super) id: u32,
    pub(super) number: u32,
    pub(super) start: i64,
    pub(super) meter: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tempo: Option<TempoEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) swing: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rehearsal: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) repeat: Option<Word<BarRepeat>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) feel: Option<SwingEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) dynamics: Vec<DynamicEntry>,
    pub(super) voices: Vec<VoiceEntry>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct SwingEntry {
    pub(super) unit: Word<SwingUnit>,
    pub(super) ratio: f64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct DynamicEntry {
    pub(super) id: u32,
    pub(super) offset: i64,
    /// Absent for a hairpin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) level: Option<Word<Dynamic>>,
    /// Length in ticks of growing louder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) crescendo: Option<i64>,
    /// Length in ticks of growing softer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) diminuendo: Option<i64>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RepeatEntry {
    pub(super) first: usize,
    pub(super) length: usize,
    pub(super) times: usize,
    #[serde(default, skip_serializing_if = "is_none_of")]
    pub(super) ending: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) endings: Vec<Vec<usize>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct TempoEntry {
    pub(super) beat: ValueEntry,
    pub(super) bpm: f64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct VoiceEntry {
    pub(super) role: Word<VoiceRole>,
    pub(super) events: Vec<EventEntry>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct EventEntry {
    pub(super) id: u32,
    pub(super) offset: i64,
    pub(super) value: ValueEntry,
    /// Absent for a rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) chord: Option<ChordEntry>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) whole_measure: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) beams: Vec<Word<Beam>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tuplet: Option<TupletEntry>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ChordEntry {
    pub(super) notes: Vec<NoteEntry>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) accent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) graces: Option<GraceEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) slashes: Option<u8>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) buzz: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sticking: Option<Word<Hand>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct NoteEntry {
    pub(super) id: u32,
    pub(super) instrument: String,
    pub(super) velocity: f32,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) ghost: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) choke: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) hits: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct GraceEntry {
    pub(super) id: u32,
    pub(super) kind: Word<GraceKind>,
    pub(super) instrument: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) hits: Vec<u32>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct TupletEntry {
    pub(super) id: u32,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) starts: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) stops: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) bracket: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ValueEntry {
    pub(super) base: Word<Base>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) dots: u8,
    /// Notes played, notes they replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tuplet: Option<(u8, u8)>,
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn is_zero(value: &u8) -> bool {
    *value == 0
}

fn is_none_of(count: &usize) -> bool {
    *count == 0
}

/// A value of the model that has a fixed set of names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::json) struct Word<T>(pub(in crate::json) T);

/// The names of a set of values.
pub(in crate::json) trait Words: Sized + Copy + PartialEq + 'static {
    /// What the set is, for error messages.
    const WHAT: &'static str;
    /// Every value with its name.
    const NAMES: &'static [(Self, &'static str)];
}

impl<T: Words> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = T::NAMES.iter().find(|(value, _)| *value == self.0).map_or("", |(_, name)| name);
        serializer.serialize_str(name)
    }
}

impl<'de, T: Words> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let found = T::NAMES.iter().find(|(_, name)| *name == wanted);
        found.map(|(value, _)| Self(*value)).ok_or_else(|| {
            let known: Vec<&str> = T::NAMES.iter().map(|(_, name)| *name).collect();
            let wanted: String = wanted.chars().take(40).collect();
            de::Error::custom(format!("{wanted:?} is not a {}, known are {}", T::WHAT, known.join(", ")))
        })
    }
}

macro_rules! words {
    ($type:ty, $what:literal: $($value:path = $name:literal),+ $(,)?) => {
        impl Words for $type {
            const WHAT: &'static str = $what;
            const NAMES: &'static [(Self, &'static str)] = &[$(($value, $name)),+];
        }
    };
}

words!(VoiceRole, "voice": VoiceRole::Hands = "hands", VoiceRole::Feet = "feet");
words!(Hand, "hand": Hand::Right = "right", Hand::Left = "left");
words!(GraceKind, "grace ornament": GraceKind::Flam = "flam", GraceKind::Drag = "drag", GraceKind::Ruff = "ruff");
words!(BarRepeat, "bar repeat":
    BarRepeat::One = "one", BarRepeat::TwoFirst = "two_first", BarRepeat::TwoSecond = "two_second");
words!(SwingUnit, "unit of swing": SwingUnit::Eighths = "eighths", SwingUnit::Sixteenths = "sixteenths");
words!(Dynamic, "dynamic":
    Dynamic::Pp = "pp", Dynamic::P = "p", Dynamic::Mp = "mp",
    Dynamic::Mf = "mf", Dynamic::F = "f", Dynamic::Ff = "ff");
words!(Beam, "beam":
    Beam::Begin = "begin", Beam::Continue = "continue", Beam::End = "end",
    Beam::HookForward = "hook_forward", Beam::HookBackward = "hook_backward");
words!(Base, "note value":
    Base::Whole = "whole", Base::Half = "half", Base::Quarter = "quarter", Base::Eighth = "eighth",
    Base::Sixteenth = "sixteenth", Base::ThirtySecond = "thirty_second", Base::SixtyFourth = "sixty_fourth");
