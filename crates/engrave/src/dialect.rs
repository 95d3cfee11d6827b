//! Notation dialects: where and how each sound is drawn by our own habit and by those of two widespread programs.
//!
//! Conventions: a place counts steps above the bottom line, 0 is the line itself. Source: the default drum maps of
//! MuseScore 3 and Guitar Pro as their public readers show them; sounds that they do not tell apart keep our head.

use crate::font::glyphs;
use crate::passes::articulations;
use crate::passes::notes::head_glyph;
use drums::Instrument;
use score::{Base, Score};

/// Whose habits the page follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Dialect {
    /// Ours: places of the score's kit, toms by role.
    #[default]
    Backbeat,
    /// Like MuseScore's default drum set.
    MuseScore,
    /// Like Guitar Pro: the head alone tells open from half-open and crash from ride.
    GuitarPro,
}

/// How a sound is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Look {
    pub(crate) glyph: char,
    pub(crate) steps: i32,
    /// Mark beyond the stem.
    pub(crate) mark: Option<char>,
}

impl Dialect {
    pub(crate) fn look(self, score: &Score, instrument: Instrument, base: Base) -> Look {
        let row = instrument.row();
        let own = Look {
            glyph: head_glyph(row.notehead, base),
            steps: score.place_of(instrument).steps_above_bottom_line(),
            mark: row.articulation.map(articulations::glyph),
        };
        match self {
            Self::Backbeat => own,
            Self::MuseScore => {
                let (line, glyph) = musescore(instrument);
                Look { glyph: glyph.unwrap_or(own.glyph), steps: 8 - line, mark: own.mark }
            }
            Self::GuitarPro => {
                let (line, glyph) = guitar_pro(instrument);
                let mark = own.mark.filter(|_| glyph.is_none());
                Look { glyph: glyph.unwrap_or(own.glyph), steps: 8 - line, mark }
            }
        }
    }
}

/// Steps below the top line, and a head where it is not ours.
fn musescore(instrument: Instrument) -> (i32, Option<char>) {
    use Instrument as I;
    match instrument {
        I::Kick | I::Kick2 => (7, None),
        I::Snare | I::Rimshot | I::CrossStick => (3, None),
        I::HihatClosed | I::HihatOpen | I::HihatHalfOpen => (-1, None),
        I::HihatPedal | I::HihatFootSplash => (9, None),
        I::Ride | I::RideBell => (0, None),
        I::Ride2 => (2, None),
        I::Crash => (-2, None),
        I::Crash2 | I::Splash | I::China => (-3, None),
        I::TomHigh | I::TomHighMid => (0, None),
        I::TomLowMid => (1, None),
        I::TomLow => (2, None),
        I::TomFloor | I::TomFloorLow => (5, None),
        I::Cowbell => (1, Some(glyphs::NOTEHEAD_TRIANGLE_DOWN_BLACK)),
        I::Tambourine => (2, None),
        I::Clap => (1, None),
    }
}

/// The same for Guitar Pro.
fn guitar_pro(instrument: Instrument) -> (i32, Option<char>) {
    use Instrument as I;
    match instrument {
        I::Kick => (7, None),
        I::Kick2 => (8, None),
        I::Snare | I::CrossStick => (3, None),
        I::Rimshot => (3, Some(glyphs::NOTEHEAD_DIAMOND_WHITE)),
        I::HihatClosed => (-1, None),
        I::HihatHalfOpen => (-1, Some(glyphs::NOTEHEAD_CIRCLE_SLASH)),
        I::HihatOpen => (-1, Some(glyphs::NOTEHEAD_CIRCLE_X)),
        I::HihatPedal => (9, None),
        I::HihatFootSplash => (9, Some(glyphs::NOTEHEAD_CIRCLE_X)),
        I::Ride => (0, None),
        I::RideBell => (0, Some(glyphs::NOTEHEAD_DIAMOND_WHITE)),
        I::Ride2 => (2, None),
        I::Splash => (-2, None),
        I::China => (-3, Some(glyphs::NOTEHEAD_HEAVY_X_HAT)),
        I::Crash => (-2, Some(glyphs::NOTEHEAD_HEAVY_X)),
        I::Crash2 => (-1, Some(glyphs::NOTEHEAD_HEAVY_X)),
        I::TomHigh => (1, None),
        I::TomHighMid => (2, None),
        I::TomLowMid => (4, None),
        I::TomLow => (5, None),
        I::TomFloor => (6, None),
        I::TomFloorLow => (7, None),
        I::Cowbell => (1, None),
        I::Tambourine => (2, None),
        I::Clap => (3, None),
    }
}
