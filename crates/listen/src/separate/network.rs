//! Splitting by a network: magnitudes in, a mask per stem out, window by window.
//!
//! Conventions: the network's frame 0 is the first that touches the recording, as is its last; a magnitude is the root of
//! the mean power over channels, and 1 for a full-scale sine in the middle of a bin. Where the masks of a bin add up to
//! more than 1 they are divided by their sum. Phase and place stay those of the recording.

use super::Stem;
use super::card::SeparatorCard;
use super::desk::{DRUMS, Desk};
use super::session::StemBlock;
use super::spectra::Grid;
use crate::card::check_weights;
use crate::error::{Error, Result};
use crate::listener::Model;
use crate::neural::{Contract, Engine, Limits, Output, ThreadPool, Trial, Window, Windows};
use drums::SampleRate;
use std::fmt;
use std::sync::Arc;

/// Name of the one input, f32, shape 1 x frames x bins.
const INPUT: &str = "magnitudes";
/// Name of the one output, f32, shape 1 x frames x (stems x bins): the bins of the first stem, then those of the next.
const OUTPUT: &str = "masks";
/// What is split in one run, seconds; no more than [`WINDOW_FRAMES_MAX`].
const WINDOW_S: usize = 6;
/// Most frames that are split in one run.
const WINDOW_FRAMES_MAX: usize = 512;
/// Most numbers that all values of a graph hold together, per frame: 1.2 GB in the longest window.
const NUMBERS_PER_FRAME_MAX: u64 = 200_000;
/// Most multiplications per second of sound: what one core does in about two seconds.
const WORK_PER_S_MAX: u64 = 8_000_000_000;
/// Made-up magnitudes: noise lies between 0 and 1, most of it near 0.
const TRIAL: Trial = Trial { silence: 0.0, noise: |chance| chance * chance * chance * chance };

/// A network that takes recordings apart, made ready.
///
/// Two are equal where their cards are: a card holds the SHA-256 of its weights.
pub struct StemNetwork {
    card: SeparatorCard,
    /// Name and version.
    name: String,
    engine: Engine,
}

impl PartialEq for StemNetwork {
    fn eq(&self, other: &Self) -> bool {
        self.card == other.card
    }
}

impl fmt::Debug for StemNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StemNetwork").field("card", &self.card).finish_non_exhaustive()
    }
}

impl StemNetwork {
    /// Reads and checks a model: its card, its weights against the card, its graph, and what it says to silence and noise.
    ///
    /// # Errors
    /// [`Error::Card`], [`Error::Unusable`] or [`Error::Weights`] where the model is damaged or wants what we cannot compute.
    pub fn new(model: &Model) -> Result<Self> {
        let card = SeparatorCard::parse(&model.card)?;
        check_weights(&card.name, &card.sha256, &model.weights)?;
        let contract = contract(&card);
        let made = contract.read(&model.weights).and_then(|graph| Engine::new(contract, graph, &model.weights));
        let engine = made.map_err(|reason| Error::Unusable { model: card.name.clone(), reason })?;
        Ok(Self { name: format!("{} {}", card.name, card.version), card, engine })
    }

    /// Its card.
    #[must_use]
    pub const fn card(&self) -> &SeparatorCard {
        &self.card
    }

    /// Name and version, such as `apart 1`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Multiplications per frame of a long stretch.
    #[must_use]
    pub const fn work_per_frame(&self) -> u64 {
        self.engine.work_per_frame()
    }

    pub(super) const fn grid(&self) -> Grid {
        self.card.grid()
    }
}

fn contract(card: &SeparatorCard) -> Contract {
    let (bins, hop_samples) = (card.spectra.bins(), card.spectra.hop_samples);
    let rate_hz = SampleRate::LISTENING.get();
    let window_frames = (WINDOW_S * rate_hz as usize / hop_samples).min(WINDOW_FRAMES_MAX);
    Contract {
        input: INPUT,
        width: bins,
        outputs: vec![Output { name: OUTPUT, columns: card.stems.len() * bins, range: Some((0.0, 1.0)) }],
        listed: "stems",
        context_frames: card.context_frames,
        window_frames: window_frames.next_multiple_of(crate::neural::ALIGN_FRAMES),
        limits: Limits {
            numbers_per_frame_max: NUMBERS_PER_FRAME_MAX,
            work_per_frame_max: WORK_PER_S_MAX * hop_samples as u64 / u64::from(rate_hz),
        },
        trial: TRIAL,
    }
}

/// A recording being split by a network.
#[derive(Clone)]
pub(super) struct Networked {
    network: Arc<StemNetwork>,
    windows: Windows,
    pool: Arc<ThreadPool>,
    /// The stems of the masks, as places in [`Stem::DRUMS`].
    drums: Vec<usize>,
}

impl Networked {
    pub(super) fn new(network: Arc<StemNetwork>) -> Self {
        let contract = network.engine.contract();
        let windows = Windows::new(contract.window_frames, contract.context_frames);
        let drums = network.card.stems.iter().map(|stem| *stem as usize).collect();
        Self { network, windows, pool: Arc::new(ThreadPool::with_num_threads(1)), drums }
    }

    /// Splits the windows whose sound is all there.
    pub(super) fn split_known(&mut self, desk: &mut Desk, hand_out: &mut dyn FnMut(StemBlock<'_>)) -> Result<()> {
        let grid = desk.grid();
        // Even where the recording ends here, the frames over its end are still to come.
        let known = desk.whole_frames() - grid.first_frame();
        while let Some(window) = self.windows.next_whole(|seen_to| seen_to <= known) {
            self.split(desk, &window)?;
            desk.tell(grid.start_of(grid.first_frame() + window.kept.end), hand_out);
            desk.forget_before(grid.start_of(grid.first_frame() + self.windows.first_needed()));
        }
        Ok(())
    }

    /// Splits what is left of a recording that ended.
    pub(super) fn split_rest(&mut self, desk: &mut Desk, hand_out: &mut dyn FnMut(StemBlock<'_>)) -> Result<()> {
        let grid = desk.grid();
        let frames = desk.end_frame() - grid.first_frame();
        while let Some(window) = self.windows.next_of(frames) {
            self.split(desk, &window)?;
            let done = grid.start_of(grid.first_frame() + window.kept.end);
            desk.tell(if window.kept.end == frames { desk.samples() } else { done }, hand_out);
        }
        Ok(())
    }

    fn split(&mut self, desk: &mut Desk, window: &Window) -> Result<()> {
        let (grid, engine) = (desk.grid(), &self.network.engine);
        let (first, bins) = (grid.first_frame(), grid.bins());
        let mut rows = Vec::with_capacity(window.seen_frames() * bins);
        for frame in window.seen.clone() {
            desk.see(first + frame, &mut rows);
        }
        let scale = desk.full_scale();
        rows.iter_mut().for_each(|magnitude| *magnitude *= scale);
        let failed = |reason: String| Error::Run { model: self.network.card.name.clone(), reason };
        let mut masks = engine.run(rows, &self.pool).map_err(failed)?.swap_remove(0);
        let columns = bins * self.drums.len();
        window.keep(&mut masks, columns);
        desk.make_room(first + window.kept.end);
        for (frame, row) in window.kept.clone().zip(masks.chunks_exact(columns)) {
            let masks = self.read(row, bins).ok_or_else(|| {
                let at_s = (frame as usize * grid.hop_samples) as f64 / f64::from(SampleRate::LISTENING.get());
                failed(format!("its masks at {at_s:.1} s are no numbers"))
            })?;
            let masked = desk.mask(first + frame, masks, &self.drums);
            desk.lay(first + frame, masked, &self.drums, None);
        }
        Ok(())
    }

    /// The masks of a frame, drums x bins, between 0 and 1 and no more than 1 together; nothing where they are no numbers.
    fn read(&self, row: &[f32], bins: usize) -> Option<Vec<Vec<f32>>> {
        if row.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let mut masks = vec![vec![0.0_f32; bins]; DRUMS];
        let mut sums = vec![0.0_f32; bins];
        for (drum, found) in self.drums.iter().zip(row.chunks_exact(bins)) {
            for ((mask, sum), value) in masks[*drum].iter_mut().zip(&mut sums).zip(found) {
                *mask = value.clamp(0.0, 1.0);
                *sum += *mask;
            }
        }
        for drum in &self.drums {
            for (mask, sum) in masks[*drum].iter_mut().zip(&sums) {
                *mask /= sum.max(1.0);
            }
        }
        Some(masks)
    }
}

const _: () = assert!(Stem::Percussion as usize + 1 == DRUMS, "drums come first among the stems, in the same order");
