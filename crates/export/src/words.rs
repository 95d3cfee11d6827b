//! Note values and tempo marks in words, written and read.

use drums::Bpm;
use score::{Base, NoteValue, TempoMark};

const NAMES: [(Base, &str); 7] = [
    (Base::Whole, "whole"),
    (Base::Half, "half"),
    (Base::Quarter, "quarter"),
    (Base::Eighth, "eighth"),
    (Base::Sixteenth, "sixteenth"),
    (Base::ThirtySecond, "thirty-second"),
    (Base::SixtyFourth, "sixty-fourth"),
];

/// "dotted quarter"; tempo marks count no tuplets.
pub(crate) fn value_name(value: NoteValue) -> String {
    let name = NAMES.iter().find(|(base, _)| *base == value.base).map_or("quarter", |(_, name)| name);
    format!("{}{name}", "dotted ".repeat(usize::from(value.dots.min(2))))
}

/// Reads "dotted quarter = 80".
pub(crate) fn parse_tempo(text: &str) -> Option<TempoMark> {
    let (beat, bpm) = text.split_once('=')?;
    let mut words: Vec<&str> = beat.split_whitespace().collect();
    let base = words.pop()?;
    let base = NAMES.iter().find(|(_, name)| *name == base)?.0;
    let dots = words.len();
    let is_dotted = dots <= 2 && words.iter().all(|word| *word == "dotted");
    let bpm = Bpm::new(bpm.trim().parse().ok()?).ok()?;
    is_dotted.then(|| TempoMark { beat: NoteValue::dotted(base, dots as u8), bpm })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tempo_marks_come_back() {
        for text in ["quarter = 104", "dotted quarter = 80.1", "dotted dotted half = 33"] {
            let mark = parse_tempo(text).unwrap();
            assert_eq!(format!("{} = {}", value_name(mark.beat), mark.bpm.get()), text);
        }
        for text in ["quarter", "quarter = 0", "breve = 10", "very fast = 200", "= 3"] {
            assert_eq!(parse_tempo(text), None, "{text}");
        }
    }
}
