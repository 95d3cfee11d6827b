//! A stream of samples through a network, window by window.
//!
//! Conventions: window `k` answers for the frames `k * window .. (k + 1) * window`, and is run with the network's context on
//! both sides, as far as the recording goes; the last is halved where it is longer than half of one, so that short recordings
//! have work for two. Frames are counted in multiples of [`ALIGN_FRAMES`] where a window begins, so
//! that a network that strides over time sees every frame at the same place of its stride.

use super::network::{Activations, Network};
use crate::features::{Stack, Tape};
use rten::ThreadPool;
use std::ops::Range;
use std::sync::Arc;

/// Frames a window answers for (61 s): long enough that the context, some five seconds, costs little, short enough that
/// memory stays small.
pub const WINDOW_FRAMES: usize = 6144;
/// Windows begin at multiples of so many frames.
pub(super) const ALIGN_FRAMES: usize = 16;
/// Samples taken in at a time, so that a long block does not make a long tape.
const PIECE_SAMPLES: usize = 1 << 16;
/// Most windows run at a time.
const THREADS_MAX: usize = 64;

/// Runs a network over a stream of samples.
#[derive(Clone)]
pub struct Stream {
    stack: Stack,
    hop_samples: usize,
    window_frames: i64,
    tape: Tape,
    /// The first frame not yet given to a window.
    next_frame: i64,
    waiting: Vec<Window>,
    pools: Vec<Arc<ThreadPool>>,
}

/// Frames to run and the sound they need.
#[derive(Clone)]
struct Window {
    /// Frames the network sees.
    seen: Range<i64>,
    /// Frames it answers for.
    kept: Range<i64>,
    sound: Tape,
}

impl Stream {
    /// A stream at its start. `window_frames` is rounded up to a multiple of 16, `threads` brought to 1..=64.
    #[must_use]
    pub fn new(stack: &Stack, hop_samples: usize, window_frames: usize, threads: usize) -> Self {
        let pools = (0..threads.clamp(1, THREADS_MAX)).map(|_| Arc::new(ThreadPool::with_num_threads(1))).collect();
        Self {
            stack: stack.clone(),
            hop_samples,
            window_frames: window_frames.clamp(1, 1 << 20).next_multiple_of(ALIGN_FRAMES) as i64,
            tape: Tape::default(),
            next_frame: 0,
            waiting: Vec::new(),
            pools,
        }
    }

    /// Takes the next samples, any number of them; `hear` gets the activations that became known, in order.
    ///
    /// # Errors
    /// What the engine says, as a phrase.
    pub fn push(&mut self, block: &[f32], network: &Network, hear: &mut dyn FnMut(&Activations)) -> Result<(), String> {
        for piece in block.chunks(PIECE_SAMPLES) {
            self.tape.extend(piece);
            loop {
                let seen_to = self.next_frame + self.window_frames + aligned_context(network);
                // The last frame of all may lie as late as the last sample; only then do we know that it is the last.
                if self.stack.samples_of(seen_to).1 >= self.tape.end() {
                    break;
                }
                self.cut(self.next_frame + self.window_frames, seen_to, network);
                if self.waiting.len() == self.pools.len() {
                    self.run_waiting(network, hear)?;
                }
            }
        }
        Ok(())
    }

    /// Ends the stream; `hear` gets the activations still missing.
    ///
    /// # Errors
    /// What the engine says, as a phrase.
    pub fn finish(mut self, network: &Network, hear: &mut dyn FnMut(&Activations)) -> Result<(), String> {
        let frames = self.tape.end() / self.hop_samples as i64 + 1;
        let align = ALIGN_FRAMES as i64;
        let half = (self.window_frames + align) / (2 * align) * align;
        while self.next_frame < frames {
            let left = frames - self.next_frame;
            let kept_to = self.next_frame + left.min(if left > self.window_frames { self.window_frames } else { half });
            self.cut(kept_to, frames.min(kept_to + aligned_context(network)), network);
            if self.waiting.len() == self.pools.len() {
                self.run_waiting(network, hear)?;
            }
        }
        self.run_waiting(network, hear)
    }

    /// Bytes of sound kept at the moment; they do not grow with the recording.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        self.tape.kept_bytes() + self.waiting.iter().map(|window| window.sound.kept_bytes()).sum::<usize>()
    }

    /// Makes a window of the frames up to `kept_to` that sees those up to `seen_to`.
    fn cut(&mut self, kept_to: i64, seen_to: i64, network: &Network) {
        let seen = (self.next_frame - aligned_context(network)).max(0)..seen_to;
        let (first, last) =
            (self.stack.samples_of(seen.start).0, self.stack.samples_of(seen.end).1.min(self.tape.end()));
        let mut samples = vec![0.0; usize::try_from(last - first).unwrap_or(0)];
        self.tape.read(first, &mut samples);
        let mut sound = Tape::starting_at(first);
        sound.extend(&samples);
        self.waiting.push(Window { seen, kept: self.next_frame..kept_to, sound });
        self.next_frame = kept_to;
        self.tape.forget_before(self.stack.samples_of((self.next_frame - aligned_context(network)).max(0)).0);
    }

    fn run_waiting(&mut self, network: &Network, hear: &mut dyn FnMut(&Activations)) -> Result<(), String> {
        let windows = std::mem::take(&mut self.waiting);
        if let [window] = windows.as_slice() {
            hear(&window.run(self.stack.clone(), network, &self.pools[0])?);
            return Ok(());
        }
        let stack = &self.stack;
        let answers: Vec<Result<Activations, String>> = std::thread::scope(|scope| {
            let run = |(window, pool): (Window, _)| scope.spawn(move || window.run(stack.clone(), network, pool));
            let threads: Vec<_> = windows.into_iter().zip(&self.pools).map(run).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|_| Err("a thread ended early".to_owned()))
            };
            threads.into_iter().map(join).collect()
        });
        for answer in answers {
            hear(&answer?);
        }
        Ok(())
    }
}

/// The network's context, rounded up so that windows begin at multiples of [`ALIGN_FRAMES`].
pub(super) fn aligned_context(network: &Network) -> i64 {
    network.context_frames().next_multiple_of(ALIGN_FRAMES) as i64
}

impl Window {
    fn run(&self, mut stack: Stack, network: &Network, pool: &Arc<ThreadPool>) -> Result<Activations, String> {
        let width = stack.width();
        let mut rows = vec![0.0; usize::try_from(self.seen.end - self.seen.start).unwrap_or(0) * width];
        for (frame, row) in self.seen.clone().zip(rows.chunks_exact_mut(width)) {
            stack.row_at(&self.sound, frame, row);
        }
        let mut answer = network.run(rows, pool)?;
        let skip = usize::try_from(self.kept.start - self.seen.start).unwrap_or(0);
        let keep = usize::try_from(self.kept.end - self.kept.start).unwrap_or(0);
        for (list, columns) in answer.lists_mut().into_iter().zip(network.columns()) {
            list.truncate((skip + keep) * columns);
            list.drain(..(skip * columns).min(list.len()));
        }
        Ok(answer)
    }
}
