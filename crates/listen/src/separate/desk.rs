//! Where frames and masks become stems, whoever made the masks.
//!
//! Memory: the samples that frames to come look at, and of each drum the sound that they may still add to.

use super::Stem;
use super::places::Map;
use super::session::{Quality, StemBlock};
use super::spectra::{Fourier, Grid};
use crate::features::Tape;
use realfft::num_complex::Complex;
use std::ops::Range;

/// How many drums there are.
pub(super) const DRUMS: usize = Stem::DRUMS.len();

/// Sums for [`Quality`].
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    energy: f64,
    wanted: f64,
    foreign: f64,
}

/// Sound in, masked frames laid over each other, stems out.
#[derive(Clone)]
pub(super) struct Desk {
    fourier: Fourier,
    tapes: Vec<Tape>,
    /// The first sample that was not handed out.
    told: i64,
    /// Sound that other frames may still add to: drums x channels x samples from `told` on.
    growing: Vec<Vec<Vec<f32>>>,
    sums: [Sums; Stem::ALL.len()],
}

/// A frame with its masks.
pub(super) struct Masked {
    /// Channels x bins.
    pub(super) spectra: Vec<Vec<Complex<f32>>>,
    /// Drums x bins.
    pub(super) masks: Vec<Vec<f32>>,
}

impl Desk {
    pub(super) fn new(grid: Grid, channels: usize) -> Self {
        Self {
            fourier: Fourier::new(grid),
            tapes: vec![Tape::default(); channels],
            told: 0,
            growing: vec![vec![Vec::new(); channels]; DRUMS],
            sums: [Sums::default(); Stem::ALL.len()],
        }
    }

    pub(super) const fn grid(&self) -> Grid {
        self.fourier.grid()
    }

    /// Takes the samples `range` of a block (channels x samples).
    pub(super) fn take(&mut self, block: &[Vec<f32>], range: Range<usize>) {
        for (tape, channel) in self.tapes.iter_mut().zip(block) {
            tape.extend(channel.get(range.clone()).unwrap_or(&[]));
        }
    }

    /// Samples that came so far.
    pub(super) fn samples(&self) -> i64 {
        self.tapes.first().map_or(0, Tape::end)
    }

    /// Frames whose sound is all there.
    pub(super) fn whole_frames(&self) -> i64 {
        self.tapes.first().map_or(0, |tape| self.grid().whole_frames(tape.end()))
    }

    /// One past the last frame, should the recording end here.
    pub(super) fn end_frame(&self) -> i64 {
        self.grid().end_frame(self.samples())
    }

    /// Adds the magnitudes of a frame to a list of them.
    pub(super) fn see(&mut self, frame: i64, seen: &mut Vec<f32>) {
        self.fourier.magnitudes(&self.tapes, frame, seen);
    }

    /// What a magnitude is multiplied by so that a full-scale sine in the middle of a bin has 1.
    pub(super) fn full_scale(&self) -> f32 {
        self.fourier.full_scale()
    }

    /// Puts a frame under its masks (drums x bins) and notes how sure they are; `drums` are those that are there.
    pub(super) fn mask(&mut self, frame: i64, masks: Vec<Vec<f32>>, drums: &[usize]) -> Masked {
        let mut spectra = vec![vec![Complex::default(); self.grid().bins()]; self.tapes.len()];
        for (spectrum, tape) in spectra.iter_mut().zip(&self.tapes) {
            self.fourier.analyse(tape, frame, spectrum);
            weigh(&mut self.sums, spectrum, &masks, drums);
        }
        Masked { spectra, masks }
    }

    /// Makes room for the sound of the frames before `to`.
    pub(super) fn make_room(&mut self, to: i64) {
        let end = self.grid().start_of(to) + self.grid().window_samples as i64;
        let room = usize::try_from(end - self.told).unwrap_or(0);
        for channel in self.growing.iter_mut().flatten() {
            channel.resize(room.max(channel.len()), 0.0);
        }
    }

    /// Adds the sound of the `drums` in a masked frame to what grows. Where there are two sides and a map of the places,
    /// these tell the drums apart as well; otherwise the masks decide alone.
    pub(super) fn lay(&mut self, frame: i64, mut masked: Masked, drums: &[usize], map: Option<&Map>) {
        let grid = self.grid();
        let at = grid.start_of(frame) - self.told;
        let mut out = vec![Complex::<f32>::default(); grid.bins()];
        let mut sound = vec![0.0_f32; grid.window_samples];
        let map = map.filter(|_| masked.spectra.len() == 2);
        if let (Some(map), [left, right]) = (map, masked.spectra.as_mut_slice()) {
            map.whiten(left, right, &masked.masks);
        }
        for channel in 0..self.tapes.len() {
            for &drum in drums {
                let mask = &masked.masks[drum];
                match (map, masked.spectra.as_slice()) {
                    (Some(map), [left, right]) => map.side(drum, channel, [left, right], mask, &mut out),
                    (_, all) => {
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

    /// Hands out the samples before `done`, which no frame to come adds to.
    pub(super) fn tell(&mut self, done: i64, hand_out: &mut dyn FnMut(StemBlock<'_>)) {
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

    /// Forgets samples before number `sample` that were handed out.
    pub(super) fn forget_before(&mut self, sample: i64) {
        for tape in &mut self.tapes {
            tape.forget_before(sample.min(self.told));
        }
    }

    /// Bytes of sound kept at the moment; they do not grow with the recording.
    pub(super) fn kept_bytes(&self) -> usize {
        let growing = self.growing.iter().flatten().map(|channel| channel.len() * size_of::<f32>()).sum::<usize>();
        growing + self.tapes.iter().map(Tape::kept_bytes).sum::<usize>()
    }

    /// How sure the masks were.
    pub(super) fn quality(&self) -> [Quality; Stem::ALL.len()] {
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
}

/// Adds samples to a row at a place that may lie before its beginning.
fn add_at(row: &mut [f32], at: i64, samples: &[f32]) {
    let skip = usize::try_from(-at).unwrap_or(0).min(samples.len());
    let place = usize::try_from(at).unwrap_or(0).min(row.len());
    for (sum, sample) in row[place..].iter_mut().zip(&samples[skip..]) {
        *sum += sample;
    }
}

/// Adds up how sure the masks of a frame are; `drums` are those that are there.
fn weigh(sums: &mut [Sums], spectrum: &[Complex<f32>], masks: &[Vec<f32>], drums: &[usize]) {
    let mut rest = vec![1.0_f32; spectrum.len()];
    for &drum in drums {
        let (mut wanted, mut foreign) = (0.0_f32, 0.0_f32);
        for ((bin, mask), rest) in spectrum.iter().zip(&masks[drum]).zip(&mut rest) {
            let power = bin.norm_sqr() * mask;
            wanted += power * mask;
            foreign += power * (1.0 - mask);
            *rest -= mask;
        }
        sums[drum].wanted += f64::from(wanted);
        sums[drum].foreign += f64::from(foreign);
    }
    let of_rest = &mut sums[DRUMS];
    for (bin, rest) in spectrum.iter().zip(&rest) {
        let (power, rest) = (f64::from(bin.norm_sqr()), f64::from(rest.clamp(0.0, 1.0)));
        of_rest.wanted += power * rest * rest;
        of_rest.foreign += power * rest * (1.0 - rest);
    }
}
