//! The shape of an edit.

use super::super::score::PartEntry;
use super::super::score::entries::Word;
use score::{ElementId, GraceKind, Hand, Tremolo};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

#[derive(Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum EditEntry {
    Add {
        measure: Element,
        offset_ticks: i64,
        instrument: String,
        velocity: f32,
    },
    Remove {
        element: Element,
    },
    Move {
        element: Element,
        measure: Element,
        offset_ticks: i64,
    },
    Instrument {
        element: Element,
        instrument: String,
    },
    Velocity {
        element: Element,
        velocity: f32,
    },
    Ghost {
        element: Element,
        on: bool,
    },
    Choke {
        element: Element,
        on: bool,
    },
    Accent {
        element: Element,
        on: bool,
    },
    /// None where the hand is null.
    Sticking {
        element: Element,
        hand: Option<Word<Hand>>,
    },
    Graces {
        element: Element,
        kind: Option<Word<GraceKind>>,
    },
    Roll {
        element: Element,
        slashes: Option<Roll>,
    },
    Rehearsal {
        measure: Element,
        letter: Option<String>,
    },
    HalfTempo,
    DoubleTempo,
    ShiftBarOne {
        beats: i32,
    },
    Meter {
        measure: Element,
        meter: String,
        #[serde(default)]
        keep_beat: bool,
    },
    Restore(Box<PartEntry>),
}

/// The name of an element: `n` and its number, or the number alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Element(pub(super) u32);

impl Element {
    pub(super) const fn id(self) -> ElementId {
        ElementId(self.0)
    }
}

impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::element_name(self.id()))
    }
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl Visitor<'_> for Names {
            type Value = Element;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an element, such as \"n12\"")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Element, E> {
                let number = name.strip_prefix('n').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
                let number = number.and_then(|digits| digits.parse().ok());
                number.map(Element).ok_or_else(|| E::invalid_value(de::Unexpected::Other("another text"), &self))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Element, E> {
                let known = u32::try_from(number).ok();
                known.map(Element).ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Element, E> {
                let known = u32::try_from(number).ok();
                known.map(Element).ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
            }
        }
        deserializer.deserialize_any(Names)
    }
}

/// A roll: 1 to 4 slashes, or `"buzz"`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Roll {
    Slashes(u8),
    Buzz,
}

impl Roll {
    pub(super) const fn tremolo(self) -> Tremolo {
        match self {
            Self::Slashes(slashes) => Tremolo::Slashes(slashes),
            Self::Buzz => Tremolo::Buzz,
        }
    }
}

impl Serialize for Roll {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Slashes(slashes) => serializer.serialize_u8(*slashes),
            Self::Buzz => serializer.serialize_str("buzz"),
        }
    }
}

impl<'de> Deserialize<'de> for Roll {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rolls;
        impl Visitor<'_> for Rolls {
            type Value = Roll;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("1 to 4 slashes or \"buzz\"")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Roll, E> {
                match word {
                    "buzz" => Ok(Roll::Buzz),
                    _ => Err(E::invalid_value(de::Unexpected::Other("another word"), &self)),
                }
            }

            fn visit_u64<E: de::Error>(self, slashes: u64) -> Result<Roll, E> {
                let known = u8::try_from(slashes).ok().filter(|slashes| (1..=4).contains(slashes));
                known.map(Roll::Slashes).ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(slashes), &self))
            }
        }
        deserializer.deserialize_any(Rolls)
    }
}
