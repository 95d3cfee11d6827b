//! Where stems begin and end: hands up, feet down, one per chord.

use crate::font::{self, defaults};
use crate::mark::Class;
use crate::passes::notes::Stand;
use crate::sheet::Sheet;
use score::{Base, Tremolo};

/// Length of an ordinary stem beyond the outermost head.
const LENGTH: f64 = 3.25;
/// With flags, which hang down along the stem.
const LENGTH_FLAGGED: f64 = 3.5;
/// From the outermost head to a single beam's outer edge.
const LENGTH_BEAMED: f64 = 3.0;

/// A stem in the system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stem {
    pub(crate) x: f64,
    /// At the head.
    pub(crate) from: f64,
    /// At the free end.
    pub(crate) to: f64,
}

/// The stem of a chord on its own; `None` for rests and whole notes.
pub(crate) fn stem(stand: &Stand<'_>, x: f64) -> Option<Stem> {
    if stand.event.value.base == Base::Whole {
        return None;
    }
    let (top, bottom) = (stand.top()?, stand.bottom()?);
    let foot = if stand.up() { stand.heads.last()? } else { stand.heads.first()? };
    let from = foot.y + font::stem_anchor(foot.glyph, stand.up()).y;
    let length = own_length(stand);
    let to = if stand.up() { top - length } else { bottom + length };
    Some(Stem { x: x + stand.stem_x, from, to })
}

fn own_length(stand: &Stand<'_>) -> f64 {
    let flags = stand.event.value.base.flags();
    let plain = if flags == 0 { LENGTH } else { LENGTH_FLAGGED };
    plain + 0.75 * flags.saturating_sub(2) as f64 + tremolo_room(stand)
}

/// Length a stem needs below a beam of so many levels.
pub(crate) fn beamed_length(stand: &Stand<'_>, levels: usize) -> f64 {
    let step = defaults::BEAM_THICKNESS + defaults::BEAM_SPACING;
    let more = match levels {
        0 | 1 => 0.0,
        _ => 0.25 + step * (levels - 2) as f64,
    };
    LENGTH_BEAMED + more + tremolo_room(stand)
}

fn tremolo_room(stand: &Stand<'_>) -> f64 {
    match stand.chord().and_then(|chord| chord.tremolo) {
        None => 0.0,
        Some(Tremolo::Slashes(slashes)) => 0.1 + 0.4 * f64::from(slashes.clamp(1, 4)),
        Some(Tremolo::Buzz) => 0.6,
    }
}

pub(crate) fn draw(sheet: &mut Sheet, stand: &Stand<'_>, stem: Stem) {
    let ends = [(stem.x, stem.from), (stem.x, stem.to)];
    sheet.line(Some(stand.event.id), Class::Stem, ends, defaults::STEM_THICKNESS);
}
