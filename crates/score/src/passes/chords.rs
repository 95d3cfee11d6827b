//! Chords: strokes at one place and in one voice become noteheads on one stem.

use crate::model::Tremolo;
use crate::passes::bars::Plan;
use crate::passes::dynamics::Marks;
use crate::passes::quantize::Placed;
use crate::passes::strokes::Stroke;
use drums::{Ticks, VoiceRole};

/// A chord before it has a length.
#[derive(Debug, Clone)]
pub(crate) struct Onset {
    /// From the bar line.
    pub offset: Ticks,
    /// In score order, with whether each is a ghost.
    pub strokes: Vec<(Stroke, bool)>,
    pub accent: bool,
    pub tremolo: Option<Tremolo>,
}

/// Chords of one voice in one bar, in order.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub role: VoiceRole,
    pub onsets: Vec<Onset>,
}

/// For each bar its lines with notes, hands before feet. `placed` is in order of place, then score order.
pub(crate) fn gather(placed: Vec<Placed>, marks: &[Marks], plan: &Plan, one_voice: bool) -> Vec<Vec<Line>> {
    let mut bars: Vec<[Line; 2]> = (0..plan.bars.len())
        .map(|_| [VoiceRole::Hands, VoiceRole::Feet].map(|role| Line { role, onsets: Vec::new() }))
        .collect();
    for (stroke, marks) in placed.into_iter().zip(marks) {
        let feet = !one_voice && stroke.stroke.instrument.row().voice == VoiceRole::Feet;
        let line = &mut bars[stroke.bar][usize::from(feet)];
        let offset = stroke.at - plan.bars[stroke.bar].start;
        if line.onsets.last().is_none_or(|onset| onset.offset != offset) {
            line.onsets.push(Onset { offset, strokes: Vec::new(), accent: false, tremolo: None });
        }
        if let Some(onset) = line.onsets.last_mut() {
            onset.accent |= marks.accent;
            onset.tremolo = onset.tremolo.or(stroke.stroke.roll);
            onset.strokes.push((stroke.stroke, marks.ghost));
        }
    }
    bars.into_iter().map(|lines| lines.into_iter().filter(|line| !line.onsets.is_empty()).collect()).collect()
}
