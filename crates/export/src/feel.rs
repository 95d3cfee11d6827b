//! Swing as it sounds: where off-beats that are written straight are played.
//!
//! Conventions: what the score knows of the habit is used; where only the word stands there, "light" means 0.6 of the
//! beat and anything else the full triplet, 2/3. Events of tuplets are played where they are written.

use drums::Ticks;
use score::{Event, Measure, Score, Swing, SwingUnit};

/// Place of the off-beat where a word says "light" swing...
const LIGHT: f64 = 0.6;
/// ... and where it says nothing more.
const FULL: f64 = 2.0 / 3.0;

/// For each measure its swing, or none where off-beats are played as written.
pub(crate) fn feels(score: &Score) -> Vec<Option<Swing>> {
    let mut by_word: Option<Swing> = None;
    let feels = score.measures.iter().map(|measure| {
        let words = measure.text.to_ascii_lowercase();
        let ratio = if words.contains("light") { LIGHT } else { FULL };
        match measure.swing {
            Some(true) => by_word = Some(Swing { unit: SwingUnit::Eighths, ratio }),
            Some(false) => by_word = None,
            None => {}
        }
        if words.contains("swing 16") {
            by_word = Some(Swing { unit: SwingUnit::Sixteenths, ratio });
        } else if words.contains("straight 16") {
            by_word = None;
        }
        let swings = measure.meter.beat_ticks() == Ticks::QUARTER;
        measure.feel.or(by_word).filter(|feel| swings && (0.5..=0.8).contains(&feel.ratio))
    });
    feels.collect()
}

/// Where an event sounds, from its bar line.
pub(crate) fn sounding(measure: &Measure, event: &Event, feel: Option<Swing>) -> Ticks {
    match feel.filter(|_| event.value.tuplet.is_none()) {
        Some(feel) => bend(event.offset, measure.meter.beat_ticks(), feel),
        None => event.offset,
    }
}

/// A straight place moved by the swing, to the nearest tick.
pub(crate) fn bend(offset: Ticks, beat: Ticks, feel: Swing) -> Ticks {
    let (whole, inside) = (offset.get().div_euclid(beat.get()), offset.get().rem_euclid(beat.get()));
    let place = feel.bend(inside as f64 / beat.get() as f64);
    beat * whole + Ticks((place * beat.get() as f64).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_beats_move_and_beats_stay() {
        let feel = Swing { unit: SwingUnit::Eighths, ratio: 0.6 };
        let bent = |numerator, denominator| bend(Ticks::quarters(numerator, denominator), Ticks::QUARTER, feel);
        assert_eq!(bent(1, 1), Ticks::QUARTER);
        assert_eq!(bent(3, 2), Ticks::quarters(8, 5));
        assert_eq!(bent(1, 4), Ticks::quarters(3, 10));
        let sixteenths = Swing { unit: SwingUnit::Sixteenths, ratio: 0.6 };
        assert_eq!(bend(Ticks::quarters(1, 4), Ticks::QUARTER, sixteenths), Ticks::quarters(3, 10));
        assert_eq!(bend(Ticks::quarters(1, 2), Ticks::QUARTER, sixteenths), Ticks::quarters(1, 2));
    }
}
