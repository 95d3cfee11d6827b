//! Sections: where the song moves on, by how alike bars are, and their rehearsal letters.
//!
//! Dynamic programming over the bars: a border gains what the groove changes there, more after a fill, with a crash or
//! at a new meter or tempo; a section costs where its length is none that songs have.
//!
//! Source: ours; the profiles compared are strokes per drum and sixteenth of the bar.

use crate::fills::is_fill;
use crate::model::Measure;
use drums::{Instrument, Piece};

/// Kinds of strokes in a profile.
const KINDS: usize = 8;
/// Places of a bar in a profile.
const SLOTS: usize = 16;
/// Bars compared on either side of a border.
const AROUND: usize = 4;
/// Shortest section in bars.
const SHORTEST: usize = 4;
/// Longest section looked at.
const LONGEST: usize = 64;
/// What a border must gain.
const THRESHOLD: f64 = 0.42;
const CRASH: f64 = 0.16;
const AFTER_FILL: f64 = 0.12;
const NEW_METER: f64 = 1.0;
const NEW_TEMPO: f64 = 0.5;
/// What a change of the groove alone counts at most.
const CHANGE: f64 = 1.4;
/// Pieces with fewer bars have no letters.
const BARS_MIN: usize = 12;

type Profile = [f32; KINDS * SLOTS];

/// Writes the letters; `from` is the first bar of music.
pub(crate) fn letter(measures: &mut [Measure], from: usize) {
    let music = &measures[from.min(measures.len())..];
    if music.len() < BARS_MIN {
        return;
    }
    let starts = borders(music);
    if starts.len() < 2 {
        return;
    }
    for (number, start) in starts.into_iter().enumerate() {
        measures[from + start].rehearsal = Some(name(number));
    }
}

/// A to Z, then AA, BB and so on.
fn name(number: usize) -> String {
    let letter = char::from(b'A' + (number % 26) as u8);
    std::iter::repeat_n(letter, number / 26 + 1).collect()
}

/// First bars of all sections.
fn borders(music: &[Measure]) -> Vec<usize> {
    let profiles: Vec<Profile> = music.iter().map(profile).collect();
    let fills: Vec<bool> = music.iter().map(is_fill).collect();
    let gains: Vec<f64> = (0..music.len()).map(|bar| gain(bar, music, &profiles, &fills)).collect();
    // best[end]: value of the best sections up to `end`, and where the last of them starts.
    let mut best = vec![(f64::NEG_INFINITY, 0); music.len() + 1];
    best[0] = (0.0, 0);
    for end in 1..=music.len() {
        for start in end.saturating_sub(LONGEST)..end {
            let last = end == music.len();
            let length = end - start;
            // A last stroke alone is the end, not a section.
            if length < SHORTEST && start > 0 && !(last && length + 1 == SHORTEST) {
                continue;
            }
            let gain = if start == 0 { 0.0 } else { gains[start] - THRESHOLD };
            let value = best[start].0 + gain - unusual(length, last);
            if value > best[end].0 {
                best[end] = (value, start);
            }
        }
        // Longer sections than are looked at go on without a border.
        if best[end].0 == f64::NEG_INFINITY {
            best[end] = best[end - 1];
        }
    }
    let mut starts = Vec::new();
    let mut end = music.len();
    while end > 0 {
        starts.push(best[end].1);
        end = best[end].1;
    }
    starts.reverse();
    starts
}

/// How odd a length is for a section.
fn unusual(length: usize, last: bool) -> f64 {
    match length {
        _ if last => 0.0,
        _ if length.is_multiple_of(8) => 0.0,
        _ if length.is_multiple_of(4) => 0.06,
        _ if length.is_multiple_of(2) => 0.3,
        _ => 0.4,
    }
}

fn gain(bar: usize, music: &[Measure], profiles: &[Profile], fills: &[bool]) -> f64 {
    if bar == 0 {
        return 0.0;
    }
    let mean = |bars: std::ops::Range<usize>| -> Profile {
        let mut sum = [0.0; KINDS * SLOTS];
        let all_fills = fills[bars.clone()].iter().all(|fill| *fill);
        for bar in bars.filter(|&bar| all_fills || !fills[bar]) {
            sum.iter_mut().zip(&profiles[bar]).for_each(|(sum, own)| *sum += own);
        }
        sum
    };
    let left = mean(bar.saturating_sub(AROUND)..bar);
    let right = mean(bar..(bar + AROUND).min(music.len()));
    let crash = |measure: &Measure| {
        let mut first = measure.events().filter(|event| event.offset.get() == 0).filter_map(|event| event.chord());
        first.any(|chord| chord.notes.iter().any(|note| is_crash(note.instrument)))
    };
    let mut gain = CHANGE * (1.0 - likeness(&left, &right));
    gain += if crash(&music[bar]) { CRASH } else { 0.0 };
    gain += if fills[bar - 1] { AFTER_FILL } else { 0.0 };
    gain += if music[bar].meter == music[bar - 1].meter { 0.0 } else { NEW_METER };
    gain + if music[bar].tempo.is_some() { NEW_TEMPO } else { 0.0 }
}

fn is_crash(instrument: Instrument) -> bool {
    instrument.row().piece == Piece::Cymbal
}

/// Strokes of a bar by kind and place. Crashes are left out: they mark a border, they are no groove.
fn profile(measure: &Measure) -> Profile {
    let mut profile = [0.0; KINDS * SLOTS];
    let length = measure.length().get().max(1);
    for event in measure.events() {
        let slot = (event.offset.get() * SLOTS as i64 / length).clamp(0, SLOTS as i64 - 1) as usize;
        for note in event.chord().map_or(&[][..], |chord| &chord.notes) {
            if let Some(kind) = kind_of(note.instrument) {
                profile[kind * SLOTS + slot] = if note.ghost { 0.3 } else { 1.0 };
            }
        }
    }
    profile
}

fn kind_of(instrument: Instrument) -> Option<usize> {
    Some(match (instrument.row().piece, instrument) {
        (Piece::Cymbal, _) => return None,
        (Piece::Kick, _) => 0,
        (Piece::Snare, Instrument::CrossStick) => 1,
        (Piece::Snare, _) => 2,
        (Piece::Hihat, Instrument::HihatOpen | Instrument::HihatHalfOpen) => 3,
        (Piece::Hihat, _) => 4,
        (Piece::Ride, _) => 5,
        (Piece::Tom, _) => 6,
        (Piece::Percussion, _) => 7,
    })
}

/// Cosine of two profiles; silence is like silence and unlike all else.
fn likeness(a: &Profile, b: &Profile) -> f64 {
    let dot = |x: &Profile, y: &Profile| x.iter().zip(y).map(|(x, y)| f64::from(x * y)).sum::<f64>();
    let (aa, bb) = (dot(a, a), dot(b, b));
    match (aa > 0.0, bb > 0.0) {
        (true, true) => dot(a, b) / (aa * bb).sqrt(),
        (false, false) => 1.0,
        _ => 0.0,
    }
}
