//! Similes: bars that repeat the bar before, or pairs that repeat the pair before.

use crate::model::{BarRepeat, Content, Measure, Score};
use crate::passes::repeats;
use drums::{HitId, Ticks};

/// Marks repeated bars. A single repeat wins over a pair; a bar with a mark of its own above the staff is written out.
pub(crate) fn mark(measures: &mut [Measure]) {
    let faces: Vec<_> = measures.iter().map(face).collect();
    let plain = |measure: &Measure| {
        measure.tempo.is_none() && measure.swing.is_none() && measure.rehearsal.is_none() && measure.text.is_empty()
    };
    let mut bar = 1;
    while bar < measures.len() {
        if plain(&measures[bar]) && faces[bar] == faces[bar - 1] {
            measures[bar].repeat = Some(BarRepeat::One);
            bar += 1;
        } else if bar >= 2
            && bar + 1 < measures.len()
            && plain(&measures[bar])
            && plain(&measures[bar + 1])
            && faces[bar] == faces[bar - 2]
            && faces[bar + 1] == faces[bar - 1]
        {
            measures[bar].repeat = Some(BarRepeat::TwoFirst);
            measures[bar + 1].repeat = Some(BarRepeat::TwoSecond);
            bar += 2;
        } else {
            bar += 1;
        }
    }
}

/// Takes away the signs that do not tell the truth: similes of bars that differ, repeats of passes that differ. The
/// repeats must obey the laws of [`crate::check`].
pub fn keep_true(score: &mut Score) {
    for bar in 0..score.measures.len() {
        let like = |distance: usize| {
            bar.checked_sub(distance).is_some_and(|before| face(&score.measures[bar]) == face(&score.measures[before]))
        };
        let lies = match score.measures[bar].repeat {
            None => false,
            Some(BarRepeat::One) => !like(1),
            Some(BarRepeat::TwoFirst | BarRepeat::TwoSecond) => !like(2),
        };
        if lies {
            score.measures[bar].repeat = None;
        }
    }
    for bar in 0..score.measures.len() {
        let repeat = |bar: Option<usize>| bar.and_then(|bar| score.measures.get(bar)).and_then(|m| m.repeat);
        let halved = match score.measures[bar].repeat {
            Some(BarRepeat::TwoFirst) => repeat(bar.checked_add(1)) != Some(BarRepeat::TwoSecond),
            Some(BarRepeat::TwoSecond) => repeat(bar.checked_sub(1)) != Some(BarRepeat::TwoFirst),
            _ => false,
        };
        if halved {
            score.measures[bar].repeat = None;
        }
    }
    let measures = &score.measures;
    score.repeats.retain(|repeat| repeats::holds(repeat, measures));
}

/// A measure without what differs between any two: names, hits, exact velocities.
pub(crate) fn face(measure: &Measure) -> Measure {
    let mut face = measure.clone();
    let nameless = crate::model::ElementId(0);
    face.id = nameless;
    face.number = 0;
    face.start = Ticks::ZERO;
    (face.tempo, face.swing, face.rehearsal, face.repeat, face.feel) = (None, None, None, None, None);
    face.text.clear();
    for mark in &mut face.dynamics {
        mark.id = nameless;
    }
    for event in face.voices.iter_mut().flat_map(|voice| &mut voice.events) {
        event.id = nameless;
        if let Some(tuplet) = &mut event.tuplet {
            tuplet.id = nameless;
        }
        if let Content::Chord(chord) = &mut event.content {
            for note in &mut chord.notes {
                note.id = nameless;
                note.velocity = drums::Velocity::MAX;
                note.hits = Vec::<HitId>::new();
            }
            if let Some(graces) = &mut chord.graces {
                graces.id = nameless;
                graces.hits.clear();
            }
        }
    }
    face
}
