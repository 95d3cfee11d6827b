//! What a notation file holds of a score, so that reading one back can be compared with what was written.

use crate::feel::feels;
use drums::Bpm;
use score::{Content, ElementId, Measure, Score, Sketch, SketchBar, Swing, TempoMark, Timeline};
use std::collections::BTreeMap;

/// A score as far as a file for other programs can say it: the page without the sound.
///
/// Notes no longer name the hits they stand for, velocities are whole numbers of 127, the timeline runs at the tempo
/// marks from 0, and elements are numbered as they come. Reading MusicXML that was written from a score gives exactly
/// this; MIDI gives it apart from the timeline, which follows the recording there.
#[must_use]
pub fn as_written(score: &Score) -> Score {
    let mut written = score.clone();
    written.timeline = timeline_of_marks(score);
    let mut names = Names::default();
    for (measure, feel) in written.measures.iter_mut().zip(feels(score)) {
        measure.feel = feel.map(|feel| Swing { ratio: written_ratio(feel.ratio), ..feel });
        measure.tempo = measure.tempo.map(|mark| TempoMark { bpm: written_bpm(mark.bpm), ..mark });
        measure.id = names.of(measure.id);
        for mark in &mut measure.dynamics {
            mark.id = names.of(mark.id);
        }
        for event in measure.voices.iter_mut().flat_map(|voice| &mut voice.events) {
            event.id = names.of(event.id);
            if let Some(tuplet) = &mut event.tuplet {
                tuplet.id = names.of(tuplet.id);
            }
            let Content::Chord(chord) = &mut event.content else { continue };
            if let Some(graces) = &mut chord.graces {
                graces.id = names.of(graces.id);
                graces.hits.clear();
            }
            for note in &mut chord.notes {
                note.id = names.of(note.id);
                note.hits.clear();
                note.velocity = drums::Velocity::from_midi(note.velocity.to_midi());
            }
        }
    }
    written
}

/// Swing is told to a thousandth, and as a full triplet where it is near one.
pub(crate) fn written_ratio(ratio: f64) -> f64 {
    let triplet = 2.0 / 3.0;
    let told = (ratio * 1000.0).round() / 1000.0;
    if (told - triplet).abs() < 0.004 { triplet } else { told }
}

/// A tempo is told to a thousandth of a beat.
pub(crate) fn written_bpm(bpm: Bpm) -> Bpm {
    Bpm::new((bpm.get() * 1000.0).round() / 1000.0).unwrap_or(bpm)
}

/// Seconds as the tempo marks say, from 0.
pub(crate) fn timeline_of_marks(score: &Score) -> Timeline {
    let bars = score.measures.iter().map(|measure| SketchBar {
        tempo: measure.tempo.map(|mark| TempoMark { bpm: written_bpm(mark.bpm), ..mark }),
        ..SketchBar::plain(measure.meter)
    });
    Sketch { bars: bars.collect(), ..Sketch::default() }.write().timeline
}

/// The largest number among the names of measures, events, tuplets, notes and graces.
pub(crate) fn largest_name(score: &Score) -> u32 {
    let events = score.measures.iter().flat_map(Measure::events);
    let names = events.flat_map(|event| {
        let chord = event.chord().into_iter();
        let notes =
            chord.flat_map(|chord| chord.notes.iter().map(|note| note.id).chain(chord.graces.iter().map(|g| g.id)));
        notes.chain([event.id]).chain(event.tuplet.map(|tuplet| tuplet.id))
    });
    names.chain(score.measures.iter().map(|measure| measure.id)).map(|name| name.0).max().unwrap_or(0)
}

/// New names in order of first use.
#[derive(Default)]
struct Names(BTreeMap<ElementId, ElementId>);

impl Names {
    fn of(&mut self, old: ElementId) -> ElementId {
        let next = ElementId(self.0.len() as u32 + 1);
        *self.0.entry(old).or_insert(next)
    }
}
