//! The drum vocabulary: one row per sound that has a symbol of its own.
//!
//! Adding an instrument is adding a row to [`instruments!`](self) below; staff, MIDI, MusicXML, tab, legend and
//! command line all read it from here.
//!
//! Conventions: ids are readable snake case and never change; stored data names instruments by id. Score order, top of
//! the page to bottom, is the order of the rows. Staff places are treble-clef names (the bottom line is E4, the top line
//! F5). Sources: General MIDI Level 2 percussion keys; staff places after the Percussive Arts Society's guide
//! (N. Weinberg, *Guide to Standardized Drumset Notation*, 1998).

use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// The thing that is struck. Several instruments (sounds) can share one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Piece {
    /// A crash, splash or china cymbal.
    Cymbal,
    /// The ride cymbal.
    Ride,
    /// The pair of hi-hat cymbals.
    Hihat,
    /// The snare drum.
    Snare,
    /// A tom.
    Tom,
    /// The bass drum.
    Kick,
    /// Cowbell, tambourine, hands.
    Percussion,
}

/// The five classes that published drum transcription scores use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Bass drum (KD).
    Kick,
    /// Snare, cross-stick, rimshot, clap (SD).
    Snare,
    /// All toms (TT).
    Toms,
    /// All hi-hat sounds (HH).
    Hihat,
    /// Crash, splash, china, ride (CY).
    Cymbals,
}

/// Who plays it, and so which voice it is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VoiceRole {
    /// Stems up.
    Hands,
    /// Stems down.
    Feet,
}

/// Shape of a notehead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notehead {
    /// Oval.
    Normal,
    /// An x.
    X,
    /// An x in a circle.
    CircleX,
    /// A plus.
    Plus,
    /// A diamond.
    Diamond,
    /// A triangle.
    Triangle,
    /// An oval with a slash.
    Slashed,
}

/// A mark that belongs to the sound and is written at every note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Articulation {
    /// A small circle: open.
    Open,
    /// A circle with a bar through it: half open.
    HalfOpen,
}

/// Letter of a staff place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the letters speak for themselves")]
pub enum Step {
    C,
    D,
    E,
    F,
    G,
    A,
    B,
}

impl Step {
    /// The letter, upper case.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::C => 'C',
            Self::D => 'D',
            Self::E => 'E',
            Self::F => 'F',
            Self::G => 'G',
            Self::A => 'A',
            Self::B => 'B',
        }
    }
}

/// A line or space of the staff, named as if there were a treble clef.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StaffPlace {
    /// Octave; C4 is middle C.
    pub octave: u8,
    /// Letter.
    pub step: Step,
}

impl StaffPlace {
    /// A place on the staff.
    #[must_use]
    pub const fn new(step: Step, octave: u8) -> Self {
        Self { octave, step }
    }

    /// Steps above the bottom line: 0 is the bottom line (E4), 1 the space above it, 8 the top line (F5).
    #[must_use]
    pub const fn steps_above_bottom_line(self) -> i32 {
        self.octave as i32 * 7 + self.step as i32 - (4 * 7 + Step::E as i32)
    }
}

/// Everything known about an instrument, one row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The instrument the row describes.
    pub instrument: Instrument,
    /// Readable id, snake case.
    pub id: &'static str,
    /// Other names accepted on input.
    pub aliases: &'static [&'static str],
    /// Name for people.
    pub name: &'static str,
    /// The thing struck.
    pub piece: Piece,
    /// The scoring class; `None` where published scores leave the sound out.
    pub family: Option<Family>,
    /// General MIDI key written.
    pub midi_key: u8,
    /// Further keys read as this instrument.
    pub midi_keys_read: &'static [u8],
    /// Where the notehead sits, unless the score arranges the toms otherwise.
    pub place: StaffPlace,
    /// Shape of the notehead.
    pub notehead: Notehead,
    /// Voice it is written in.
    pub voice: VoiceRole,
    /// Mark written at every note.
    pub articulation: Option<Articulation>,
    /// Two-letter label of its line in a drum tab.
    pub tab_label: &'static str,
    /// Stroke in a drum tab.
    pub tab_stroke: char,
    /// Shortest time between two strokes that are not a flam or a roll, in seconds.
    pub gap_min_s: f64,
}

macro_rules! instruments {
    ($($variant:ident {
        $id:literal $aliases:tt, $name:literal, $piece:ident, $family:expr,
        midi $key:literal $keys:tt, place $step:ident $octave:literal, head $head:ident, $voice:ident,
        mark $mark:expr, tab $label:literal $stroke:literal, gap $gap:literal
    })*) => {
        /// A sound with a symbol of its own. Order is score order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each row of the table carries the name")]
        pub enum Instrument {
            $($variant,)*
        }

        static TABLE: &[Row] = &[$(Row {
            instrument: Instrument::$variant,
            id: $id,
            aliases: &$aliases,
            name: $name,
            piece: Piece::$piece,
            family: $family,
            midi_key: $key,
            midi_keys_read: &$keys,
            place: StaffPlace::new(Step::$step, $octave),
            notehead: Notehead::$head,
            voice: VoiceRole::$voice,
            articulation: $mark,
            tab_label: $label,
            tab_stroke: $stroke,
            gap_min_s: $gap,
        },)*];
    };
}

instruments! {
    Splash { "splash" ["splash_cymbal"], "Splash cymbal", Cymbal, Some(Family::Cymbals),
        midi 55 [], place C 6, head X, Hands, mark None, tab "SP" 'x', gap 0.06 }
    Crash2 { "crash_2" ["crash2", "crash_cymbal_2"], "Crash cymbal 2", Cymbal, Some(Family::Cymbals),
        midi 57 [], place B 5, head X, Hands, mark None, tab "C2" 'x', gap 0.06 }
    China { "china" ["china_cymbal", "chinese_cymbal"], "China cymbal", Cymbal, Some(Family::Cymbals),
        midi 52 [], place B 5, head CircleX, Hands, mark None, tab "CH" 'x', gap 0.06 }
    Crash { "crash" ["crash1", "crash_cymbal", "crash_cymbal_1"], "Crash cymbal", Cymbal, Some(Family::Cymbals),
        midi 49 [], place A 5, head X, Hands, mark None, tab "CR" 'x', gap 0.06 }
    HihatClosed { "hihat_closed" ["hh_closed", "hihat", "hi_hat", "closed_hi_hat"], "Hi-hat, closed", Hihat,
        Some(Family::Hihat),
        midi 42 [22], place G 5, head X, Hands, mark None, tab "HH" 'x', gap 0.04 }
    HihatHalfOpen { "hihat_half_open" ["hh_half", "half_open_hi_hat"], "Hi-hat, half open", Hihat, Some(Family::Hihat),
        midi 46 [], place G 5, head X, Hands, mark Some(Articulation::HalfOpen), tab "HH" '%', gap 0.04 }
    HihatOpen { "hihat_open" ["hh_open", "open_hi_hat"], "Hi-hat, open", Hihat, Some(Family::Hihat),
        midi 46 [26], place G 5, head X, Hands, mark Some(Articulation::Open), tab "HH" 'o', gap 0.04 }
    Ride2 { "ride_2" ["ride2", "ride_cymbal_2"], "Ride cymbal 2", Ride, Some(Family::Cymbals),
        midi 59 [], place F 5, head X, Hands, mark None, tab "R2" 'x', gap 0.05 }
    RideBell { "ride_bell" ["bell"], "Ride bell", Ride, Some(Family::Cymbals),
        midi 53 [], place F 5, head Diamond, Hands, mark None, tab "RD" 'b', gap 0.05 }
    Ride { "ride" ["ride_cymbal", "ride_cymbal_1"], "Ride cymbal", Ride, Some(Family::Cymbals),
        midi 51 [], place F 5, head X, Hands, mark None, tab "RD" 'x', gap 0.05 }
    Cowbell { "cowbell" [], "Cowbell", Percussion, None,
        midi 56 [], place E 5, head Triangle, Hands, mark None, tab "CB" 'x', gap 0.05 }
    Clap { "clap" ["hand_clap"], "Hand clap", Percussion, Some(Family::Snare),
        midi 39 [], place E 5, head Plus, Hands, mark None, tab "CL" 'x', gap 0.05 }
    Tambourine { "tambourine" [], "Tambourine", Percussion, None,
        midi 54 [], place D 5, head Diamond, Hands, mark None, tab "TB" 'x', gap 0.05 }
    TomHigh { "tom_high" ["high_tom"], "High tom", Tom, Some(Family::Toms),
        midi 50 [], place E 5, head Normal, Hands, mark None, tab "T1" 'o', gap 0.03 }
    TomHighMid { "tom_high_mid" ["tom_himid", "hi_mid_tom"], "High-mid tom", Tom, Some(Family::Toms),
        midi 48 [], place E 5, head Normal, Hands, mark None, tab "T2" 'o', gap 0.03 }
    TomLowMid { "tom_low_mid" ["tom_mid", "low_mid_tom"], "Low-mid tom", Tom, Some(Family::Toms),
        midi 47 [], place D 5, head Normal, Hands, mark None, tab "T3" 'o', gap 0.03 }
    TomLow { "tom_low" ["low_tom"], "Low tom", Tom, Some(Family::Toms),
        midi 45 [], place D 5, head Normal, Hands, mark None, tab "T4" 'o', gap 0.03 }
    CrossStick { "cross_stick" ["snare_xstick", "side_stick", "xstick"], "Cross-stick", Snare, Some(Family::Snare),
        midi 37 [], place C 5, head X, Hands, mark None, tab "SS" 'x', gap 0.05 }
    Rimshot { "rimshot" ["snare_rimshot", "rim_shot"], "Snare, rimshot", Snare, Some(Family::Snare),
        midi 40 [], place C 5, head Slashed, Hands, mark None, tab "SD" 'R', gap 0.03 }
    Snare { "snare" ["snare_drum", "acoustic_snare"], "Snare drum", Snare, Some(Family::Snare),
        midi 38 [], place C 5, head Normal, Hands, mark None, tab "SD" 'o', gap 0.03 }
    TomFloor { "tom_floor" ["floor_tom", "high_floor_tom"], "Floor tom", Tom, Some(Family::Toms),
        midi 43 [58], place A 4, head Normal, Hands, mark None, tab "FT" 'o', gap 0.03 }
    TomFloorLow { "tom_floor_low" ["tom_floor2", "low_floor_tom"], "Low floor tom", Tom, Some(Family::Toms),
        midi 41 [], place G 4, head Normal, Hands, mark None, tab "F2" 'o', gap 0.03 }
    Kick { "kick" ["bass_drum", "bass_drum_1"], "Bass drum", Kick, Some(Family::Kick),
        midi 36 [], place F 4, head Normal, Feet, mark None, tab "BD" 'o', gap 0.05 }
    Kick2 { "kick_2" ["kick2", "acoustic_bass_drum"], "Bass drum 2", Kick, Some(Family::Kick),
        midi 35 [], place E 4, head Normal, Feet, mark None, tab "B2" 'o', gap 0.05 }
    HihatPedal { "hihat_pedal" ["hh_pedal", "pedal_hi_hat"], "Hi-hat, pedal", Hihat, Some(Family::Hihat),
        midi 44 [], place D 4, head X, Feet, mark None, tab "HF" 'x', gap 0.08 }
    HihatFootSplash { "hihat_foot_splash" ["hh_splash"], "Hi-hat, foot splash", Hihat, Some(Family::Hihat),
        midi 44 [], place D 4, head X, Feet, mark Some(Articulation::Open), tab "HF" 'o', gap 0.08 }
}

/// The whole table in score order.
#[must_use]
pub fn instruments() -> &'static [Row] {
    TABLE
}

impl Instrument {
    /// The instrument's row.
    #[must_use]
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Readable id, such as `hihat_open`.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// Name for people, such as "Hi-hat, open".
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The instrument of a General MIDI percussion key; keys written by an instrument win over keys merely read, and the
    /// first row wins where two write the same key — except that 46 is the open and 44 the pedal hi-hat.
    #[must_use]
    pub fn from_midi_key(key: u8) -> Option<Self> {
        match key {
            46 => return Some(Self::HihatOpen),
            44 => return Some(Self::HihatPedal),
            _ => {}
        }
        let find = |is: &dyn Fn(&Row) -> bool| TABLE.iter().find(|row| is(row)).map(|row| row.instrument);
        find(&|row| row.midi_key == key).or_else(|| find(&|row| row.midi_keys_read.contains(&key)))
    }
}

impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Instrument {
    type Err = Error;

    /// Finds an instrument by id or alias; upper case, hyphens and spaces are forgiven.
    fn from_str(name: &str) -> Result<Self> {
        let wanted = name.trim().to_ascii_lowercase().replace(['-', ' '], "_");
        TABLE
            .iter()
            .find(|row| row.id == wanted || row.aliases.contains(&wanted.as_str()))
            .map(|row| row.instrument)
            .ok_or_else(|| Error::UnknownInstrument { name: name.chars().take(60).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_row_stands_at_its_own_instrument() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.instrument as usize, index, "{}", row.id);
        }
    }

    #[test]
    fn ids_and_aliases_are_unique_and_found() {
        let mut seen = HashSet::new();
        for row in TABLE {
            for name in std::iter::once(&row.id).chain(row.aliases) {
                assert!(seen.insert(*name), "{name} twice");
                assert_eq!(name.parse(), Ok(row.instrument));
            }
        }
        assert_eq!("Hi-Hat Open".replace("Hi-Hat", "hihat").parse(), Ok(Instrument::HihatOpen));
        assert!("theremin".parse::<Instrument>().is_err());
    }

    #[test]
    fn midi_keys_come_back_as_an_instrument_that_writes_them() {
        for row in TABLE {
            let read = Instrument::from_midi_key(row.midi_key).unwrap();
            assert_eq!(read.row().midi_key, row.midi_key, "{}", row.id);
        }
        assert_eq!(Instrument::from_midi_key(26), Some(Instrument::HihatOpen));
        assert_eq!(Instrument::from_midi_key(0), None);
    }

    #[test]
    fn no_two_sounds_look_the_same_on_paper() {
        let mut seen = HashSet::new();
        // Two rides and two neighbouring toms share a place on purpose: the score moves the toms it uses apart.
        for row in TABLE.iter().filter(|row| row.piece != Piece::Tom && row.instrument != Instrument::Ride2) {
            assert!(seen.insert((row.place, row.notehead, row.articulation)), "{} looks like another", row.id);
        }
    }

    #[test]
    fn the_top_line_is_f5() {
        assert_eq!(StaffPlace::new(Step::F, 5).steps_above_bottom_line(), 8);
        assert_eq!(StaffPlace::new(Step::D, 4).steps_above_bottom_line(), -1);
    }
}
