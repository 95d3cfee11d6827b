//! Which instrument is written where: a user's own kit over a score.

use drums::{Instrument, StaffPlace, Step};
use score::{Edit, Error, Event, KitPiece, Score, apply};
use serde::{Deserialize, Serialize};

/// One line of a kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Instrument by id or alias.
    pub instrument: String,
    /// Line or space, such as `C5`, named as in a treble clef; the usual one where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Written as another instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_as: Option<String>,
}

/// A line of a kit, checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    instrument: Instrument,
    place: Option<StaffPlace>,
    write_as: Option<Instrument>,
}

/// The usual place of every instrument.
pub(crate) fn default_pieces() -> Vec<Piece> {
    let piece = |row: &drums::Row| Piece {
        instrument: row.id.to_owned(),
        place: Some(format!("{}{}", row.place.step.letter(), row.place.octave)),
        write_as: None,
    };
    drums::instruments().iter().map(piece).collect()
}

/// A line of a kit that breaks a rule: which, from 0, the field, the kind of mistake, and what is wrong.
pub(crate) type WrongLine = (usize, &'static str, &'static str, String);

/// Checks a kit.
pub(crate) fn read(pieces: &[Piece]) -> Result<Vec<Line>, WrongLine> {
    let mut lines: Vec<Line> = Vec::with_capacity(pieces.len());
    for (index, piece) in pieces.iter().enumerate() {
        let instrument: Instrument =
            piece.instrument.parse().map_err(|error: drums::Error| (index, "instrument", "enum", error.to_string()))?;
        if lines.iter().any(|line| line.instrument == instrument) {
            return Err((index, "instrument", "rule", format!("{instrument} is in the kit twice")));
        }
        let place = match &piece.place {
            None => None,
            Some(name) => Some(staff_place(name).ok_or_else(|| {
                (
                    index,
                    "place",
                    "value_error",
                    "a place is a letter A to G and an octave 2 to 7, such as C5".to_owned(),
                )
            })?),
        };
        let write_as = piece.write_as.as_deref().map(str::parse).transpose();
        let write_as = write_as.map_err(|error: drums::Error| (index, "write_as", "enum", error.to_string()))?;
        lines.push(Line { instrument, place, write_as });
    }
    Ok(lines)
}

fn staff_place(name: &str) -> Option<StaffPlace> {
    let mut characters = name.chars();
    let letter = characters.next()?;
    let steps = [Step::C, Step::D, Step::E, Step::F, Step::G, Step::A, Step::B];
    let step = steps.into_iter().find(|step| step.letter() == letter)?;
    let octave = characters.as_str().parse().ok().filter(|octave| (2..=7).contains(octave))?;
    Some(StaffPlace::new(step, octave))
}

/// A score as a kit has it. A note that would meet another of the same instrument is written once.
pub(crate) fn apply_kit(score: &Score, lines: &[Line]) -> Result<Score, Error> {
    let mut written = score.clone();
    for (from, to) in lines.iter().filter_map(|line| Some((line.instrument, line.write_as?))) {
        let chords = written.measures.iter().flat_map(score::Measure::events).filter_map(Event::chord);
        let notes = chords.flat_map(|chord| &chord.notes).filter(|note| note.instrument == from);
        let notes: Vec<_> = notes.map(|note| note.id).collect();
        for id in notes {
            written = match apply(&written, Edit::Instrument(id, to)) {
                Ok((changed, _)) => changed,
                Err(Error::AlreadyThere { .. }) => apply(&written, Edit::Remove(id))?.0,
                Err(error) => return Err(error),
            };
        }
    }
    let place_of = |instrument: Instrument| {
        let line = lines.iter().find(|line| line.instrument == instrument)?;
        line.place
    };
    let place = |piece: &KitPiece| KitPiece { place: place_of(piece.instrument).unwrap_or(piece.place), ..*piece };
    written.kit = written.kit.iter().map(place).collect();
    Ok(written)
}
