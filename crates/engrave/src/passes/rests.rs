//! Where rests hang: in the middle of the staff when alone, above for the hands and below for the feet when not, and only
//! one where both voices rest alike.

use crate::font::{self, glyphs};
use crate::mark::Class;
use crate::passes::beams::rectangle;
use crate::passes::notes::Stand;
use crate::passes::signatures::glyph_of;
use crate::sheet::Sheet;
use drums::VoiceRole;
use score::{Base, Content, Measure};

/// A rest with its height.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rest {
    pub(crate) glyph: char,
    /// Of the glyph's origin.
    pub(crate) y: f64,
    pub(crate) whole_measure: bool,
}

/// How far a voice's rests leave the middle where the other voice plays.
const ASIDE: f64 = 1.0;
/// Free space between a rest and the other voice's heads.
const GAP: f64 = 0.25;

/// One entry per stand: its rest, or `None` for chords and for rests that the other voice already shows.
pub(crate) fn settle(stands: &[Stand<'_>]) -> Vec<Option<Rest>> {
    let voices = [VoiceRole::Hands, VoiceRole::Feet].map(|role| stands.iter().any(|stand| stand.role == role));
    let two_voices = voices == [true, true];
    let mut rests: Vec<Option<Rest>> = stands.iter().map(|stand| settle_one(stand, stands, two_voices)).collect();
    part(stands, &mut rests);
    rests
}

/// Different rests of both voices at one place: the hands' go up until the two are apart.
fn part(stands: &[Stand<'_>], rests: &mut [Option<Rest>]) {
    let ink =
        |rest: Rest| font::glyph_box(rest.glyph).map_or((-1.0, 1.0), |ink| (ink.top + rest.y, ink.bottom + rest.y));
    for feet in (0..stands.len()).filter(|&index| !stands[index].up()) {
        let Some(below) = rests[feet].filter(|rest| !rest.whole_measure) else { continue };
        let hands = (0..stands.len()).find(|&index| {
            let same = stands[index].up() && stands[index].event.offset == stands[feet].event.offset;
            same && rests[index].is_some_and(|rest| !rest.whole_measure)
        });
        let Some(above) = hands.and_then(|index| rests[index].as_mut()) else { continue };
        for _ in 0..4 {
            if ink(*above).1 + GAP <= ink(below).0 {
                break;
            }
            above.y -= 1.0;
        }
    }
}

fn settle_one(stand: &Stand<'_>, stands: &[Stand<'_>], two_voices: bool) -> Option<Rest> {
    let Content::Rest { whole_measure } = stand.event.content else { return None };
    let glyph = if whole_measure { glyphs::REST_WHOLE } else { glyph(stand.event.value.base) };
    let middle = if glyph == glyphs::REST_WHOLE { 1.0 } else { 2.0 };
    let twin = stands.iter().any(|other| {
        let alike = other.event.offset == stand.event.offset && other.event.value == stand.event.value;
        other.role != stand.role && alike && other.chord().is_none()
    });
    if twin && !stand.up() {
        return None;
    }
    if twin || !two_voices {
        return Some(Rest { glyph, y: middle, whole_measure });
    }
    let away = if stand.up() { -1.0 } else { 1.0 };
    let mut y = middle + away * if stand.up() { ASIDE } else { 2.0 * ASIDE };
    let ink = font::glyph_box(glyph).map_or((-1.0, 1.0), |ink| (ink.top, ink.bottom));
    // Whole spaces only, so that the rest keeps its place between the lines.
    for _ in 0..6 {
        let touches = others(stand, stands).any(|(top, bottom)| y + ink.0 - GAP < bottom && top < y + ink.1 + GAP);
        if !touches {
            break;
        }
        y += away;
    }
    Some(Rest { glyph, y, whole_measure })
}

/// Top and bottom of the other voice's heads that stand over or under a rest.
fn others<'a>(stand: &'a Stand<'_>, stands: &'a [Stand<'_>]) -> impl Iterator<Item = (f64, f64)> + 'a {
    let whole = matches!(stand.event.content, Content::Rest { whole_measure: true });
    let here =
        move |other: &&Stand<'_>| other.role != stand.role && (whole || other.event.offset == stand.event.offset);
    stands.iter().filter(here).filter_map(|other| Some((other.top()? - 0.5, other.bottom()? + 0.5)))
}

fn glyph(base: Base) -> char {
    match base {
        Base::Whole => glyphs::REST_WHOLE,
        Base::Half => glyphs::REST_HALF,
        Base::Quarter => glyphs::REST_QUARTER,
        Base::Eighth => glyphs::REST_8TH,
        Base::Sixteenth => glyphs::REST_16TH,
        Base::ThirtySecond => glyphs::REST_32ND,
        Base::SixtyFourth => glyphs::REST_64TH,
    }
}

/// Draws a rest at its column, or in the middle of the measure where it stands for all of it.
pub(crate) fn draw(sheet: &mut Sheet, stand: &Stand<'_>, rest: Rest, x: f64, measure: (f64, f64)) {
    let id = Some(stand.event.id);
    if rest.whole_measure {
        sheet.centred(id, Class::Rest, rest.glyph, f64::midpoint(measure.0, measure.1), rest.y);
    } else {
        sheet.glyph(id, Class::Rest, rest.glyph, x, rest.y);
    }
    // Whole and half rests outside the staff need a line to hang from or lie on.
    let outside = !(0.0..=4.0).contains(&rest.y);
    if outside && matches!(rest.glyph, glyphs::REST_WHOLE | glyphs::REST_HALF) {
        let ink = sheet.marks.last().map(crate::mark::Mark::bounds);
        if let Some(ink) = ink {
            sheet.line(id, Class::LedgerLine, [(ink.left - 0.4, rest.y), (ink.right + 0.4, rest.y)], 0.16);
        }
    }
}

/// One sign for several bars of silence: a bar between serifs, the number above.
pub(crate) fn draw_silence(sheet: &mut Sheet, measure: &Measure, bars: usize, span: (f64, f64)) {
    let id = measure.events().next().map(|event| event.id);
    let (left, right) = (span.0 + SILENCE_MARGIN, span.1 - SILENCE_MARGIN);
    sheet.filled(id, Class::Rest, rectangle(left, 1.55, right, 2.45));
    for x in [left, right] {
        sheet.line(id, Class::Rest, [(x, 1.0), (x, 3.0)], 0.2);
    }
    let digits: Vec<char> = bars.to_string().bytes().map(|digit| glyph_of(glyphs::TIME_SIG_0, digit - b'0')).collect();
    let width: f64 = digits.iter().copied().map(font::glyph_advance).sum();
    let mut x = f64::midpoint(left, right) - width / 2.0;
    for digit in digits {
        sheet.glyph(id, Class::Rest, digit, x, -1.5);
        x += font::glyph_advance(digit);
    }
}

/// From the bar lines to a sign for several bars.
const SILENCE_MARGIN: f64 = 1.4;
