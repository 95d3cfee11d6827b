//! Splitting by masks from templates: gains that fit, block by block.
//!
//! Memory: the magnitudes of a block and its margins, its spectra and masks, some 50 MB, however long the recording; and
//! 32 bytes per hit.

use super::Stem;
use super::desk::{DRUMS, Desk, Masked};
use super::kit::{Kit, LEAD_FRAMES};
use super::passage::Passage;
use super::places::Places;
use super::session::StemBlock;
use super::spectra::{BINS, FIRST_FRAME};
use super::study::strokes_in;

/// Frames that are split at a time (6 s).
const BLOCK_FRAMES: i64 = 512;

/// A recording being split by what was learnt of it.
#[derive(Clone)]
pub(super) struct Masks {
    kit: Kit,
    /// The first frame that is not split yet.
    next: i64,
    /// Where the stems are between left and right, as far as is known.
    places: Places,
}

impl Masks {
    pub(super) fn new(kit: Kit) -> Self {
        Self { kit, next: FIRST_FRAME, places: Places::default() }
    }

    /// Frames beyond a block that its ground and its gains depend on.
    fn margin(&self) -> i64 {
        let settings = &self.kit.settings;
        (settings.ground_reach_frames * settings.rounds + settings.gain_frames) as i64
    }

    /// Splits the blocks whose sound is all there.
    pub(super) fn split_known(&mut self, desk: &mut Desk, hand_out: &mut dyn FnMut(StemBlock<'_>)) {
        while self.next + BLOCK_FRAMES + self.margin() <= desk.whole_frames() {
            let to = self.next + BLOCK_FRAMES;
            self.split(desk, to, to + self.margin());
            desk.tell(desk.grid().start_of(to), hand_out);
            desk.forget_before(desk.grid().start_of(self.next - self.margin()));
        }
    }

    /// Splits what is left of a recording that ended.
    pub(super) fn split_rest(&mut self, desk: &mut Desk, hand_out: &mut dyn FnMut(StemBlock<'_>)) {
        let end = desk.end_frame();
        while self.next < end {
            let to = (self.next + BLOCK_FRAMES).min(end);
            self.split(desk, to, (to + self.margin()).min(end));
            let done = if to == end { desk.samples() } else { desk.grid().start_of(to) };
            desk.tell(done, hand_out);
        }
    }

    /// Splits the frames up to `to`, looking as far as `seen_to`.
    fn split(&mut self, desk: &mut Desk, to: i64, seen_to: i64) {
        let from = (self.next - self.margin()).max(FIRST_FRAME);
        let mut seen = Vec::with_capacity((seen_to - from).max(0) as usize * BINS);
        for frame in from..seen_to {
            desk.see(frame, &mut seen);
        }
        let strokes = strokes_in(&self.kit, from, seen_to);
        let open = strokes.partition_point(|stroke| stroke.from + LEAD_FRAMES < self.next);
        let mut passage = Passage::new(&self.kit, from, seen, strokes, open);
        passage.fit(&self.kit);
        self.settle(&passage);
        self.mask(desk, &passage, to);
        self.next = to;
    }

    /// Keeps the gains that were found.
    fn settle(&mut self, passage: &Passage) {
        let Some(first) = passage.strokes.first() else { return };
        // Same order as in the kit, but for those that ended before the passage.
        let start = self.kit.strokes.partition_point(|stroke| stroke.from < first.from);
        let mut found = passage.strokes.iter().peekable();
        for stroke in &mut self.kit.strokes[start..] {
            let Some(next) = found.peek() else { break };
            if (next.from, next.timbre, next.end) == (stroke.from, stroke.timbre, stroke.end) {
                stroke.gain = next.gain;
                found.next();
            }
        }
    }

    /// Masks the frames from `next` to `to` and lays down their sound.
    fn mask(&mut self, desk: &mut Desk, passage: &Passage, to: i64) {
        let width = self.kit.bands.len();
        let frames = passage.frames();
        let drums: Vec<Option<Vec<f32>>> =
            Stem::DRUMS.iter().map(|stem| self.drum_bands(passage, *stem, frames)).collect();
        let there: Vec<usize> = (0..DRUMS).filter(|drum| drums[*drum].is_some()).collect();
        let mut masked: Vec<Masked> = Vec::with_capacity((to - self.next).max(0) as usize);
        for frame in self.next..to {
            let row = (frame - passage.from) as usize;
            let ground = &passage.ground[row * BINS..(row + 1) * BINS];
            let of_frame: Vec<Option<&[f32]>> =
                drums.iter().map(|bands| bands.as_ref().map(|bands| &bands[row * width..(row + 1) * width])).collect();
            let mut masks = vec![vec![0.0_f32; BINS]; DRUMS];
            fill_masks(&self.kit, &of_frame, ground, &mut masks);
            let frame = desk.mask(frame, masks, &there);
            if let [left, right] = frame.spectra.as_slice() {
                self.places.learn([left, right], &frame.masks);
            }
            masked.push(frame);
        }
        let map = self.places.map();
        desk.make_room(to);
        for (frame, masked) in (self.next..to).zip(masked) {
            desk.lay(frame, masked, &there, Some(&map));
        }
    }

    /// The bands of a drum over a passage; nothing where it is silent.
    fn drum_bands(&self, passage: &Passage, stem: Stem, frames: usize) -> Option<Vec<f32>> {
        let of_stem = |timbre: usize| Stem::of(self.kit.timbres[timbre].instrument) == stem;
        if !passage.strokes.iter().any(|stroke| of_stem(stroke.timbre)) {
            return None;
        }
        let mut bands = vec![0.0; frames * self.kit.bands.len()];
        passage.add_drums(&self.kit, of_stem, &mut bands);
        widen(&self.kit, &mut bands);
        Some(bands)
    }
}

/// The masks of a frame, drum by drum.
fn fill_masks(kit: &Kit, drums: &[Option<&[f32]>], ground: &[f32], masks: &mut [Vec<f32>]) {
    let (exponent, weight) = (kit.settings.exponent, kit.settings.ground_weight);
    for (band, range) in kit.bands.ranges().enumerate() {
        let (mut sum, mut powers, mut shares) = (0.0_f32, 0.0_f32, [0.0_f32; DRUMS]);
        for (share, drum) in shares.iter_mut().zip(drums) {
            let Some(bands) = drum else { continue };
            sum += bands[band];
            *share = bands[band].powf(exponent);
            powers += *share;
        }
        let drum = (sum / range.len() as f32).powf(exponent);
        for bin in range {
            let other = (ground[bin] * weight).powf(exponent);
            let all = if drum > 0.0 && powers > 0.0 { drum / (drum + other) / powers } else { 0.0 };
            for (mask, share) in masks.iter_mut().zip(&shares) {
                mask[bin] = all * share;
            }
        }
    }
}

/// Lets a drum reach one frame and, where bands are single bins, one band further to each side: strokes are never quite
/// where the template says, and what is missed of a drum is worse than what is taken too much.
fn widen(kit: &Kit, bands: &mut [f32]) {
    let width = kit.bands.len();
    let narrow = kit.bands.ranges().take_while(|range| range.len() == 1).count();
    let mut wide = bands.to_vec();
    for (row, bands) in wide.chunks_exact_mut(width).zip(bands.chunks_exact(width)) {
        for band in 0..narrow {
            let near = &bands[band.saturating_sub(1)..(band + 2).min(narrow)];
            row[band] = near.iter().copied().fold(0.0, f32::max);
        }
    }
    let frames = bands.len() / width;
    for (frame, row) in bands.chunks_exact_mut(width).enumerate() {
        let near = frame.saturating_sub(1)..(frame + 2).min(frames);
        for (band, value) in row.iter_mut().enumerate() {
            *value = near.clone().map(|frame| wide[frame * width + band]).fold(0.0, f32::max);
        }
    }
}
