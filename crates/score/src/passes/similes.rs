//! Similes: bars that repeat the bar before, or pairs that repeat the pair before.

use crate::model::{BarRepeat, Content, Measure};
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

/// A measure without what differs between any two: names, hits, exact velocities.
fn face(measure: &Measure) -> Measure {
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
