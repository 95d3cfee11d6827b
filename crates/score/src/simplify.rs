//! The same score for less practised hands: five levels, by rule.
//!
//! Conventions: nothing is added, so every name of the result is a name of the original; measures, timeline, sections
//! and tempo stay. What a level leaves out, every lower level leaves out too.

use crate::model::{Chord, GraceGroup, GraceKind, Note, Score, Tremolo};
use crate::passes::{repeats, similes};
use crate::rewrite::{self, Hands, Kept, Writer, chords_of};
use drums::{Instrument, Meter, Piece, Ticks};

/// How much of what was played is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The pulse: what falls on a beat, without ornaments and accents.
    One = 1,
    /// The groove in eighths (or in triplets where the beat has them); kicks and snares in between move to the eighth
    /// before them where it is free. One crash, one ride sound, no percussion.
    Two,
    /// Without ghost notes, grace notes, rolls and the hi-hat foot; hi-hat and ride in eighths.
    Three,
    /// Without quintuplets, septuplets and thirty-seconds, rolls open, drags and ruffs as flams.
    Four,
    /// All that was played.
    Five,
}

impl Level {
    /// All of them, easiest first.
    pub const ALL: [Self; 5] = [Self::One, Self::Two, Self::Three, Self::Four, Self::Five];

    /// By its number, 1 to 5.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.number() == number)
    }

    /// Its number, 1 to 5.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// The score at a level. Where a bar cannot be written anew it stays as it is.
#[must_use]
pub fn simplify(score: &Score, level: Level) -> Score {
    let mut simple = score.clone();
    if level == Level::Five {
        return simple;
    }
    let mut writer = Writer::of(score);
    for (measure, before) in simple.measures.iter_mut().zip(&score.measures) {
        let chords = chords_of(before).map(|voice| thinned(voice, before.meter, level));
        let chords = without_empty(chords);
        if let Ok(voices) = writer.voices(before.meter, chords, Some(before)) {
            measure.voices = voices;
        }
    }
    if score.measures.iter().any(|measure| measure.repeat.is_some()) {
        simple.measures.iter_mut().for_each(|measure| measure.repeat = None);
        similes::mark(&mut simple.measures);
    }
    if !score.repeats.is_empty() {
        simple.repeats = repeats::find(&simple.measures);
    }
    simple.kit = rewrite::kit_of(&simple);
    // What is left stands where it stands in the whole score.
    for piece in &mut simple.kit {
        let own = score.kit.iter().find(|own| own.instrument == piece.instrument);
        piece.place = own.map_or(piece.place, |own| own.place);
    }
    simple
}

fn without_empty(mut chords: Hands) -> Hands {
    chords.iter_mut().for_each(|voice| voice.retain(|kept| !kept.chord.notes.is_empty()));
    chords
}

/// A voice of a bar at a level, in order of place.
fn thinned(voice: Vec<Kept>, meter: Meter, level: Level) -> Vec<Kept> {
    let beat = unit_of(meter);
    let places: Vec<(Ticks, Vec<Instrument>)> = voice
        .iter()
        .map(|kept| (kept.offset, kept.chord.notes.iter().filter_map(|note| sound(note, level)).collect()))
        .collect();
    let mut written: Vec<Kept> = Vec::with_capacity(voice.len());
    for Kept { offset, id, mut chord } in voice {
        let notes = std::mem::take(&mut chord.notes);
        let grid = |instrument| Grid { beat, parts: parts(beat, offset, &places, instrument, level, meter) };
        for note in notes {
            let Some(instrument) = sound(&note, level) else { continue };
            let Some(place) = place(&grid(instrument), offset, instrument, &places, level) else { continue };
            let note = Note { instrument, ghost: note.ghost && level >= Level::Four, ..note };
            let at = written.partition_point(|kept| kept.offset < place);
            if written.get(at).is_none_or(|kept| kept.offset != place) {
                let chord = Chord { notes: Vec::new(), ..marks(&chord, level) };
                written.insert(at, Kept { offset: place, id: None, chord });
            }
            let target = &mut written[at];
            // A chord that stays where it was keeps its name.
            target.id = target.id.or(id.filter(|_| place == offset));
            if let Err(at) = target.chord.notes.binary_search_by_key(&instrument, |note| note.instrument) {
                target.chord.notes.insert(at, note);
            }
        }
    }
    written
}

/// The marks of a chord that a level keeps.
fn marks(chord: &Chord, level: Level) -> Chord {
    let graces = chord.graces.clone().filter(|_| level >= Level::Four);
    let graces = graces.map(|graces| GraceGroup { kind: GraceKind::Flam, ..graces });
    let tremolo = chord.tremolo.filter(|_| level >= Level::Four).map(|tremolo| match tremolo {
        Tremolo::Buzz => Tremolo::Slashes(3),
        slashes @ Tremolo::Slashes(_) => slashes,
    });
    let accent = chord.accent && level >= Level::Two;
    Chord { notes: Vec::new(), accent, graces, tremolo, sticking: chord.sticking }
}

/// What is struck at a level; `None` where the note is left out.
fn sound(note: &Note, level: Level) -> Option<Instrument> {
    use Instrument as I;
    if note.ghost && level <= Level::Three {
        return None;
    }
    let mut sound = match note.instrument {
        I::HihatHalfOpen => I::HihatOpen,
        I::HihatFootSplash => I::HihatPedal,
        other => other,
    };
    if level <= Level::Three {
        sound = match sound {
            I::HihatPedal => return None,
            I::Rimshot => I::Snare,
            I::Kick2 => I::Kick,
            other => other,
        };
    }
    if level <= Level::Two {
        sound = match sound {
            I::Crash2 | I::China | I::Splash => I::Crash,
            I::RideBell | I::Ride2 => I::Ride,
            I::Cowbell | I::Tambourine | I::Clap => return None,
            other => other,
        };
    }
    if level == Level::One && sound == I::HihatOpen {
        sound = I::HihatClosed;
    }
    Some(sound)
}

/// What the grid divides: the beat, the quarter where the beat is longer or shorter, so that 7/8 has quarters and eighths.
fn unit_of(meter: Meter) -> Ticks {
    if meter.is_compound() { meter.beat_ticks() } else { Ticks::QUARTER }
}

/// Places a level allows within each unit.
struct Grid {
    beat: Ticks,
    /// Parts of the unit; more than one where either will do.
    parts: Vec<i64>,
}

impl Grid {
    fn has(&self, offset: Ticks) -> bool {
        let within = offset.get() % self.beat.get();
        self.parts.iter().any(|parts| within * parts % self.beat.get() == 0)
    }

    /// Length of a step.
    fn step(&self) -> i64 {
        self.beat.get() / self.parts.iter().copied().max().unwrap_or(1)
    }
}

/// How a unit is divided for an instrument.
fn parts(
    beat: Ticks,
    offset: Ticks,
    places: &[(Ticks, Vec<Instrument>)],
    instrument: Instrument,
    level: Level,
    meter: Meter,
) -> Vec<i64> {
    let compound = meter.is_compound();
    let unit = offset.get() / beat.get();
    let within = places.iter().map(|(place, _)| place.get()).filter(|place| place / beat.get() == unit);
    let thirds = within.map(|place| place % beat.get()).any(|part| part % (beat.get() / 3) == 0 && part > 0);
    let keeps_time = matches!(instrument.row().piece, Piece::Hihat | Piece::Ride);
    match level {
        Level::Four | Level::Five if compound => vec![6, 4],
        Level::Four | Level::Five => vec![4, 6],
        Level::Three if keeps_time && compound => vec![3],
        Level::Three if keeps_time => vec![if thirds { 3 } else { 2 }],
        Level::Three if compound => vec![6],
        Level::Three => vec![4, 3],
        Level::Two if compound || thirds => vec![3],
        Level::Two => vec![2],
        Level::One => vec![1],
    }
}

/// Where a stroke is written; `None` where it is left out.
fn place(
    grid: &Grid,
    offset: Ticks,
    instrument: Instrument,
    places: &[(Ticks, Vec<Instrument>)],
    level: Level,
) -> Option<Ticks> {
    if grid.has(offset) {
        return Some(offset);
    }
    if level != Level::Two || !matches!(instrument, Instrument::Kick | Instrument::Snare) {
        return None;
    }
    let before = offset.get() / grid.step() * grid.step();
    let near = |place: &Ticks| (before..=before + grid.step()).contains(&place.get()) && *place != offset;
    let taken = places.iter().any(|(place, struck)| near(place) && struck.contains(&instrument));
    (!taken).then_some(Ticks(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_their_numbers() {
        assert_eq!(Level::ALL.map(|level| Level::of(level.number())), Level::ALL.map(Some));
        assert_eq!((Level::of(0), Level::of(6)), (None, None));
        assert_eq!(simplify(&Score::default(), Level::One), Score::default());
    }
}
