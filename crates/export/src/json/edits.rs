//! The document of edits: changes to a score as a list, applied in order.
//!
//! Conventions: an edit is an object whose `op` names it. Elements are named as in SVG and the timemap (`"n12"`); the bare
//! number of the score document will do as well. Places are ticks from the bar line (10 080 to the quarter), velocities
//! 0 to 1. `restore` is what an undo stores; it holds a part of a score document.

mod entries;

use super::score::entries::Word;
use super::score::{bounded_ticks, instrument, malformed, part_entry, read_part, text};
use super::{EDITS_MAX, at, open};
use crate::{Result, limit};
use drums::{Ticks, Velocity};
use entries::{EditEntry, Element, Roll};
use score::{Edit, Tremolo};
use serde::{Deserialize, Serialize};

const FORMAT: &str = "backbeat-edits";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Body {
    edits: Vec<EditEntry>,
}

/// Edits as a document.
///
/// # Errors
/// [`crate::Error::Malformed`] for a kind of edit this version of the document has no word for.
pub fn write_edits(edits: &[Edit]) -> Result<Vec<u8>> {
    let edits = edits.iter().enumerate().map(|(index, edit)| {
        entry(edit).ok_or_else(|| malformed(&format!("edits[{index}]"), "this kind of edit has no document"))
    });
    let body = Body { edits: edits.collect::<Result<_>>()? };
    Ok(serde_json::to_vec(&super::Enveloped { format: FORMAT, version: VERSION, body })?)
}

/// Reads a document of edits; whether they fit a score is for [`score::apply`] to say.
///
/// # Errors
/// - [`crate::Error::Json`], [`crate::Error::NotThisDocument`] where it is not one of version 1;
/// - [`crate::Error::LimitReached`] where it is larger than [`super::BYTES_MAX`] or has more than [`EDITS_MAX`] edits;
/// - [`crate::Error::Value`] and [`crate::Error::Malformed`] where a value breaks a rule of its type.
pub fn read_edits(bytes: &[u8]) -> Result<Vec<Edit>> {
    open(bytes, FORMAT, VERSION)?;
    let body: Body = serde_json::from_slice(bytes)?;
    limit("list", body.edits.len(), EDITS_MAX, "edits")?;
    body.edits.iter().enumerate().map(|(index, entry)| read_edit(&format!("edits[{index}]"), entry)).collect()
}

fn entry(edit: &Edit) -> Option<EditEntry> {
    let element = |id: &score::ElementId| Element(id.0);
    Some(match edit {
        Edit::Add { measure, offset, instrument, velocity } => EditEntry::Add {
            measure: element(measure),
            offset_ticks: offset.get(),
            instrument: instrument.id().to_owned(),
            velocity: velocity.get(),
        },
        Edit::Remove(id) => EditEntry::Remove { element: element(id) },
        Edit::Move { note, measure, offset } => {
            EditEntry::Move { element: element(note), measure: element(measure), offset_ticks: offset.get() }
        }
        Edit::Instrument(id, other) => {
            EditEntry::Instrument { element: element(id), instrument: other.id().to_owned() }
        }
        Edit::Velocity(id, velocity) => EditEntry::Velocity { element: element(id), velocity: velocity.get() },
        Edit::Ghost(id, on) => EditEntry::Ghost { element: element(id), on: *on },
        Edit::Choke(id, on) => EditEntry::Choke { element: element(id), on: *on },
        Edit::Accent(id, on) => EditEntry::Accent { element: element(id), on: *on },
        Edit::Sticking(id, hand) => EditEntry::Sticking { element: element(id), hand: hand.map(Word) },
        Edit::Graces(id, kind) => EditEntry::Graces { element: element(id), kind: kind.map(Word) },
        Edit::Roll(id, tremolo) => EditEntry::Roll {
            element: element(id),
            slashes: tremolo.map(|tremolo| match tremolo {
                Tremolo::Slashes(slashes) => Roll::Slashes(slashes),
                Tremolo::Buzz => Roll::Buzz,
            }),
        },
        Edit::Rehearsal(id, letter) => {
            EditEntry::Rehearsal { measure: element(id), letter: Some(letter.clone()).filter(|one| !one.is_empty()) }
        }
        Edit::HalfTempo => EditEntry::HalfTempo,
        Edit::DoubleTempo => EditEntry::DoubleTempo,
        Edit::ShiftBarOne { beats } => EditEntry::ShiftBarOne { beats: *beats },
        Edit::Meter { measure, meter, keep_beat } => {
            EditEntry::Meter { measure: element(measure), meter: meter.to_string(), keep_beat: *keep_beat }
        }
        Edit::Restore(part) => EditEntry::Restore(Box::new(part_entry(part))),
        _ => return None,
    })
}

fn read_edit(place: &str, entry: &EditEntry) -> Result<Edit> {
    let velocity = |velocity: f32| at(|| format!("{place}.velocity"), Velocity::new(velocity));
    let offset = |ticks: i64| -> Result<Ticks> { bounded_ticks(&format!("{place}.offset_ticks"), ticks) };
    let instrument = |name: &str| instrument(&format!("{place}.instrument"), name);
    Ok(match entry {
        EditEntry::Add { measure, offset_ticks, instrument: name, velocity: hard } => Edit::Add {
            measure: measure.id(),
            offset: offset(*offset_ticks)?,
            instrument: instrument(name)?,
            velocity: velocity(*hard)?,
        },
        EditEntry::Remove { element } => Edit::Remove(element.id()),
        EditEntry::Move { element, measure, offset_ticks } => {
            Edit::Move { note: element.id(), measure: measure.id(), offset: offset(*offset_ticks)? }
        }
        EditEntry::Instrument { element, instrument: name } => Edit::Instrument(element.id(), instrument(name)?),
        EditEntry::Velocity { element, velocity: hard } => Edit::Velocity(element.id(), velocity(*hard)?),
        EditEntry::Ghost { element, on } => Edit::Ghost(element.id(), *on),
        EditEntry::Choke { element, on } => Edit::Choke(element.id(), *on),
        EditEntry::Accent { element, on } => Edit::Accent(element.id(), *on),
        EditEntry::Sticking { element, hand } => Edit::Sticking(element.id(), hand.map(|word| word.0)),
        EditEntry::Graces { element, kind } => Edit::Graces(element.id(), kind.map(|word| word.0)),
        EditEntry::Roll { element, slashes } => Edit::Roll(element.id(), slashes.map(Roll::tremolo)),
        EditEntry::Rehearsal { measure, letter } => {
            Edit::Rehearsal(measure.id(), text("rehearsal mark", letter.as_deref().unwrap_or_default())?)
        }
        EditEntry::HalfTempo => Edit::HalfTempo,
        EditEntry::DoubleTempo => Edit::DoubleTempo,
        EditEntry::ShiftBarOne { beats } => Edit::ShiftBarOne { beats: *beats },
        EditEntry::Meter { measure, meter, keep_beat } => Edit::Meter {
            measure: measure.id(),
            meter: at(|| format!("{place}.meter"), meter.parse())?,
            keep_beat: *keep_beat,
        },
        EditEntry::Restore(part) => Edit::Restore(Box::new(read_part(place, part)?)),
    })
}
