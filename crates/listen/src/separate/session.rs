//! The second time a recording goes by: it is split, block by block.
//!
//! Memory: the samples and magnitudes of a block and its margins, its spectra and masks, some 50 MB, however long the
//! recording; and 32 bytes per hit.

use super::Stem;
use super::kit::{Kit, LEAD_FRAMES};
use super::passage::Passage;
use super::places::Places;
use super::spectra::{BINS, FIRST_FRAME, Fourier, HALF_SAMPLES, HOP_SAMPLES, WINDOW_SAMPLES, end_frame, whole_frames};
use super::study::{magnitudes, strokes_in};
use crate::features::Tape;
use realfft::num_complex::Complex;

/// Frames that are split at a time (6 s).
const BLOCK_FRAMES: i64 = 512;
/// Samples taken in at a time, so that a long block does not make a long tape.
const PIECE_SAMPLES: usize = 1 << 15;
/// How many drums there are.
const DRUMS: usize = Stem::DRUMS.len();

/// A piece of every stem.
#[derive(Debug)]
pub struct StemBlock<'a> {
    /// Number of its first sample.
    pub start_samples: u64,
    /// The recording itself; shape: channels x samples.
    pub sound: &'a [Vec<f32>],
    /// In the order of [`Stem::ALL`]; shape of each: channels x samples. Their sum is the recording.
    pub stems: &'a [Vec<Vec<f32>>],
}

/// What the masks say of themselves, stem by stem in the order of [`Stem::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Quality {
    /// Energy of the stem, against full scale, summed over samples and channels.
    pub energy: f64,
    /// Part of the recording's energy that is in this stem.
    pub share: f64,
    /// Of this stem, energy wanted over energy that the masks themselves hold to be of others, dB: their own belief,
    /// which is no measurement. -60..=60; 0 where the stem is silent.
    pub certainty_db: f64,
}

/// Sums for [`Quality`].
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    energy: f64,
    wanted: f64,
    foreign: f64,
}

/// A recording being split.
#[derive(Clone)]
pub struct Splitting {
    kit: Kit,
    fourier: Fourier,
    tapes: Vec<Tape>,
    /// The first frame that is not split yet.
    next: i64,
    /// The first sample that was not handed out.
    told: i64,
    /// Sound that other frames may still add to: drums x channels x samples from `told` on.
    growing: Vec<Vec<Vec<f32>>>,
    sums: [Sums; Stem::ALL.len()],
    /// Where the stems are between left and right, as far as is known.
    places: Places,
}

/// A frame with its masks.
struct Masked {
    /// Channels x BINS.
    spectra: Vec<Vec<Complex<f32>>>,
    /// Drums x BINS.
    masks: Vec<Vec<f32>>,
}

impl Splitting {
    pub(super) fn new(kit: Kit, channels: usize) -> Self {
        Self {
            kit,
            fourier: Fourier::new(),
            tapes: vec![Tape::default(); channels],
            next: FIRST_FRAME,
            told: 0,
            growing: vec![vec![Vec::new(); channels]; DRUMS],
            sums: [Sums::default(); Stem::ALL.len()],
            places: Places::default(),
        }
    }

    /// Frames beyond a block that its ground and its gains depend on.
    fn margin(&self) -> i64 {
        let settings = &self.kit.settings;
        (settings.ground_reach_frames * settings.rounds + settings.gain_frames) as i64
    }

    /// Takes the next samples (channels x samples) and hands out what is split.
    pub fn push(&mut self, block: &[Vec<f32>], hand_out: &mut dyn FnMut(StemBlock<'_>)) {
        let samples = block.first().map_or(0, Vec::len);
        for start in (0..samples).step_by(PIECE_SAMPLES) {
            let end = (start + PIECE_SAMPLES).min(samples);
            for (tape, channel) in self.tapes.iter_mut().zip(block) {
                tape.extend(channel.get(start..end).unwrap_or(&[]));
            }
            let whole = self.tapes.first().map_or(0, |tape| whole_frames(tape.end()));
            while self.next + BLOCK_FRAMES + self.margin() <= whole {
                let to = self.next + BLOCK_FRAMES;
                self.split(to, to + self.margin());
                self.tell(to * HOP_SAMPLES as i64 - HALF_SAMPLES, hand_out);
            }
        }
    }

    /// Ends the recording, hands out the last, and says how sure the masks are.
    pub fn finish(mut self, hand_out: &mut dyn FnMut(StemBlock<'_>)) -> [Quality; Stem::ALL.len()] {
        let samples = self.tapes.first().map_or(0, Tape::end);
        let end = end_frame(samples);
        while self.next < end {
            let to = (self.next + BLOCK_FRAMES).min(end);
            self.split(to, (to + self.margin()).min(end));
            let done = if to == end { samples } else { to * HOP_SAMPLES as i64 - HALF_SAMPLES };
            self.tell(done, hand_out);
        }
        let all: f64 = self.sums.iter().map(|sums| sums.energy).sum();
        self.sums.map(|sums| Quality {
            energy: sums.energy,
            share: if all > 0.0 { sums.energy / all } else { 0.0 },
            certainty_db: if sums.wanted > 0.0 {
                (10.0 * (sums.wanted / sums.foreign.max(1e-30)).log10()).clamp(-60.0, 60.0)
            } else {
                0.0
            },
        })
    }

    /// Splits the frames up to `to`, looking as far as `seen_to`.
    fn split(&mut self, to: i64, seen_to: i64) {
        let from = (self.next - self.margin()).max(FIRST_FRAME);
        let mut seen = Vec::with_capacity((seen_to - from).max(0) as usize * BINS);
        for frame in from..seen_to {
            magnitudes(&mut self.fourier, &self.tapes, frame, &mut seen);
        }
        let strokes = strokes_in(&self.kit, from, seen_to);
        let open = strokes.partition_point(|stroke| stroke.from + LEAD_FRAMES < self.next);
        let mut passage = Passage::new(&self.kit, from, seen, strokes, open);
        passage.fit(&self.kit);
        self.settle(&passage);
        self.mask(&passage, to);
        self.next = to;
        let keep = (self.next - self.margin()) * HOP_SAMPLES as i64 - HALF_SAMPLES;
        for tape in &mut self.tapes {
            tape.forget_before(keep.min(self.told));
        }
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

    /// Masks the frames from `next` to `to` and adds their sound to what grows.
    fn mask(&mut self, passage: &Passage, to: i64) {
        let width = self.kit.bands.len();
        let frames = passage.frames();
        let drums: Vec<Option<Vec<f32>>> =
            Stem::DRUMS.iter().map(|stem| self.drum_bands(passage, *stem, frames)).collect();
        let mut masked: Vec<Masked> = Vec::with_capacity((to - self.next).max(0) as usize);
        for frame in self.next..to {
            let row = (frame - passage.from) as usize;
            let ground = &passage.ground[row * BINS..(row + 1) * BINS];
            let of_frame: Vec<Option<&[f32]>> =
                drums.iter().map(|bands| bands.as_ref().map(|bands| &bands[row * width..(row + 1) * width])).collect();
            let mut masks = vec![vec![0.0_f32; BINS]; DRUMS];
            fill_masks(&self.kit, &of_frame, ground, &mut masks);
            let mut spectra = vec![vec![Complex::default(); BINS]; self.tapes.len()];
            for (spectrum, tape) in spectra.iter_mut().zip(&self.tapes) {
                self.fourier.analyse(tape, frame, spectrum);
                weigh(&mut self.sums, spectrum, &masks, &of_frame);
            }
            if let [left, right] = spectra.as_slice() {
                self.places.learn([left, right], &masks);
            }
            masked.push(Masked { spectra, masks });
        }
        let there: Vec<usize> = (0..DRUMS).filter(|drum| drums[*drum].is_some()).collect();
        self.sound(masked, &there, to);
    }

    /// Adds the sound of masked frames, which begin at `next`, to what grows.
    fn sound(&mut self, frames: Vec<Masked>, drums: &[usize], to: i64) {
        let room = (to * HOP_SAMPLES as i64 + HALF_SAMPLES - self.told).max(0) as usize;
        for channel in self.growing.iter_mut().flatten() {
            channel.resize(room.max(channel.len()), 0.0);
        }
        let map = self.places.map();
        let mut out = vec![Complex::<f32>::default(); BINS];
        let mut sound = vec![0.0_f32; WINDOW_SAMPLES];
        for (frame, mut masked) in (self.next..to).zip(frames) {
            let at = frame * HOP_SAMPLES as i64 - HALF_SAMPLES - self.told;
            if let [left, right] = masked.spectra.as_mut_slice() {
                map.whiten(left, right, &masked.masks);
            }
            for channel in 0..self.tapes.len() {
                for &drum in drums {
                    let mask = &masked.masks[drum];
                    match masked.spectra.as_slice() {
                        [left, right] => map.side(drum, channel, [left, right], mask, &mut out),
                        // Where there are no two sides, the mask decides alone.
                        all => {
                            for ((out, bin), mask) in out.iter_mut().zip(&all[channel]).zip(mask) {
                                *out = bin * mask;
                            }
                        }
                    }
                    sound.fill(0.0);
                    self.fourier.add_sound(&mut out, &mut sound);
                    add_at(&mut self.growing[drum][channel], at, &sound);
                }
            }
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

    /// Hands out the samples before `done`, which no frame to come adds to.
    fn tell(&mut self, done: i64, hand_out: &mut dyn FnMut(StemBlock<'_>)) {
        let count = usize::try_from(done - self.told).unwrap_or(0);
        if count == 0 {
            return;
        }
        let mut stems: Vec<Vec<Vec<f32>>> = Vec::with_capacity(Stem::ALL.len());
        for drum in &mut self.growing {
            let take = |channel: &mut Vec<f32>| {
                channel.resize(channel.len().max(count), 0.0);
                channel.drain(..count).collect()
            };
            stems.push(drum.iter_mut().map(take).collect());
        }
        let mut sound = vec![vec![0.0; count]; self.tapes.len()];
        for (channel, tape) in sound.iter_mut().zip(&self.tapes) {
            tape.read(self.told, channel);
        }
        let mut rest = sound.clone();
        for channel in 0..rest.len() {
            for drum in &stems {
                for (rest, drum) in rest[channel].iter_mut().zip(&drum[channel]) {
                    *rest -= drum;
                }
            }
        }
        stems.push(rest);
        for (sums, stem) in self.sums.iter_mut().zip(&stems) {
            sums.energy += stem.iter().flatten().map(|sample| f64::from(sample * sample)).sum::<f64>();
        }
        hand_out(StemBlock { start_samples: self.told as u64, sound: &sound, stems: &stems });
        self.told = done;
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

/// Adds samples to a row at a place that may lie before its beginning.
fn add_at(row: &mut [f32], at: i64, samples: &[f32]) {
    let skip = usize::try_from(-at).unwrap_or(0).min(samples.len());
    let place = usize::try_from(at).unwrap_or(0).min(row.len());
    for (sum, sample) in row[place..].iter_mut().zip(&samples[skip..]) {
        *sum += sample;
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

/// Adds up how sure the masks of a frame are.
fn weigh(sums: &mut [Sums], spectrum: &[Complex<f32>], masks: &[Vec<f32>], of_frame: &[Option<&[f32]>]) {
    let mut rest = vec![1.0_f32; BINS];
    for ((mask, there), sums) in masks.iter().zip(of_frame).zip(sums.iter_mut()) {
        if there.is_none() {
            continue;
        }
        let (mut wanted, mut foreign) = (0.0_f32, 0.0_f32);
        for ((bin, mask), rest) in spectrum.iter().zip(mask).zip(&mut rest) {
            let power = bin.norm_sqr() * mask;
            wanted += power * mask;
            foreign += power * (1.0 - mask);
            *rest -= mask;
        }
        sums.wanted += f64::from(wanted);
        sums.foreign += f64::from(foreign);
    }
    let of_rest = &mut sums[DRUMS];
    for (bin, rest) in spectrum.iter().zip(&rest) {
        let (power, rest) = (f64::from(bin.norm_sqr()), f64::from(rest.clamp(0.0, 1.0)));
        of_rest.wanted += power * rest * rest;
        of_rest.foreign += power * rest * (1.0 - rest);
    }
}
