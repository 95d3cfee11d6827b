//! The first time a recording goes by: how its instruments sound, for the masks.

use super::kit::{Kit, Stroke};
use super::passage::{Passage, learn};
use super::settings::MaskSettings;
use super::spectra::{BINS, FIRST_FRAME, Fourier, HOP_SAMPLES, MASK_GRID, frame_at};
use crate::features::Tape;
use drums::{Hit, Instrument, SampleRate};
use std::ops::Range;

/// Most of a recording that is learnt from, seconds; its memory is 0.85 MB a second.
pub const STUDY_S_MAX: f64 = 80.0;
/// Length of the stretches it is taken from, seconds.
const STRETCH_S: f64 = 8.0;
/// Hits of an instrument that are enough to know it.
const ENOUGH_HITS: usize = 40;
/// Samples taken in at a time, so that a long block does not make a long tape.
const PIECE_SAMPLES: usize = 1 << 15;

/// A recording being learnt.
#[derive(Clone)]
pub(super) struct Learning {
    kit: Kit,
    /// Frames wanted, in order, apart from each other.
    wanted: Vec<Range<i64>>,
    passages: Vec<Passage>,
    tapes: Vec<Tape>,
    fourier: Fourier,
    /// The next frame to look at, and what was seen of its passage so far.
    next: i64,
    seen: Vec<f32>,
}

impl Learning {
    pub(super) fn new(hits: &[Hit], settings: &MaskSettings) -> Self {
        Self {
            kit: Kit::new(hits, settings),
            wanted: wanted(hits),
            passages: Vec::new(),
            tapes: Vec::new(),
            fourier: Fourier::new(MASK_GRID),
            next: FIRST_FRAME,
            seen: Vec::new(),
        }
    }

    /// Takes the next samples; shape: channels x samples, as many channels each time.
    pub(super) fn push(&mut self, block: &[Vec<f32>]) {
        let samples = block.first().map_or(0, Vec::len);
        self.tapes.resize_with(block.len(), Tape::default);
        for start in (0..samples).step_by(PIECE_SAMPLES) {
            let end = (start + PIECE_SAMPLES).min(samples);
            for (tape, channel) in self.tapes.iter_mut().zip(block) {
                tape.extend(channel.get(start..end).unwrap_or(&[]));
            }
            let whole = self.tapes.first().map_or(0, |tape| MASK_GRID.whole_frames(tape.end()));
            self.look(whole);
        }
    }

    /// Looks at frames before `end`, as far as they are wanted.
    fn look(&mut self, end: i64) {
        while self.next < end {
            let Some(range) = self.wanted.get(self.passages.len()).cloned() else { break };
            self.next = self.next.max(range.start).min(end);
            while self.next < end.min(range.end) {
                self.fourier.magnitudes(&self.tapes, self.next, &mut self.seen);
                self.next += 1;
            }
            if self.next < range.end {
                break;
            }
            self.close(range.start);
        }
        for tape in &mut self.tapes {
            tape.forget_before(MASK_GRID.start_of(self.next));
        }
    }

    fn close(&mut self, from: i64) {
        let seen = std::mem::take(&mut self.seen);
        let to = from + (seen.len() / BINS) as i64;
        let strokes = strokes_in(&self.kit, from, to);
        self.passages.push(Passage::new(&self.kit, from, seen, strokes, 0));
    }

    /// How much is kept so far to be learnt from, seconds; at most [`STUDY_S_MAX`].
    pub(super) fn seconds_learnt(&self) -> f64 {
        let frames = self.passages.iter().map(Passage::frames).sum::<usize>() + self.seen.len() / BINS;
        (frames * HOP_SAMPLES) as f64 / f64::from(SampleRate::LISTENING.get())
    }

    /// The instruments that are learnt, in score order.
    pub(super) fn instruments(&self) -> impl Iterator<Item = Instrument> {
        self.kit.timbres.iter().map(|timbre| timbre.instrument)
    }

    /// Ends the recording and says how its instruments sound.
    pub(super) fn finish(mut self) -> Kit {
        let end = self.tapes.first().map_or(FIRST_FRAME, |tape| MASK_GRID.end_frame(tape.end()));
        self.look(end);
        if !self.seen.is_empty() {
            let from = self.next - (self.seen.len() / BINS) as i64;
            self.close(from);
        }
        learn(&mut self.kit, &mut self.passages);
        self.kit
    }
}

/// The strokes that sound in frames `from..to`.
pub(super) fn strokes_in(kit: &Kit, from: i64, to: i64) -> Vec<Stroke> {
    let first = kit.strokes.partition_point(|stroke| stroke.from + kit.frames_max() <= from);
    let until = kit.strokes.partition_point(|stroke| stroke.from < to);
    kit.strokes[first.min(until)..until].iter().filter(|stroke| stroke.end > from).copied().collect()
}

/// Which frames to learn from: stretches with hits of instruments that are not known well enough yet, the best first.
fn wanted(hits: &[Hit]) -> Vec<Range<i64>> {
    let stretch_of = |hit: &Hit| (hit.time.get() / STRETCH_S) as usize;
    let count = hits.iter().map(stretch_of).max().map_or(0, |last| last + 1);
    let mut strokes = vec![std::collections::BTreeMap::new(); count];
    for hit in hits {
        *strokes[stretch_of(hit)].entry(hit.instrument).or_insert(0_usize) += 1;
    }
    let mut known = std::collections::BTreeMap::new();
    let mut chosen: Vec<usize> = Vec::new();
    let most = (STUDY_S_MAX / STRETCH_S) as usize;
    while chosen.len() < most {
        let news = |index: usize| {
            let new = strokes[index].iter().map(|(instrument, hits)| {
                let missing = ENOUGH_HITS.saturating_sub(known.get(instrument).copied().unwrap_or(0));
                (*hits).min(missing) as f64 / ENOUGH_HITS as f64
            });
            new.sum::<f64>()
        };
        let free = (0..count).filter(|index| !chosen.contains(index));
        // Of equals the first.
        let Some(best) = free.max_by(|a, b| news(*a).total_cmp(&news(*b)).then(b.cmp(a))) else { break };
        if news(best) <= 0.0 {
            break;
        }
        for (instrument, hits) in &strokes[best] {
            *known.entry(*instrument).or_insert(0) += hits;
        }
        chosen.push(best);
    }
    chosen.sort_unstable();
    let mut ranges: Vec<Range<i64>> = Vec::new();
    for index in chosen {
        let (from, to) = (frame_at(index as f64 * STRETCH_S), frame_at((index + 1) as f64 * STRETCH_S));
        match ranges.last_mut().filter(|last| last.end == from) {
            Some(last) => last.end = to,
            None => ranges.push(from..to),
        }
    }
    ranges
}
