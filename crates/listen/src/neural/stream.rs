//! A stream of samples through a network, window by window.
//!
//! Conventions: the windows are those of [`super::windows`].

use super::network::{Activations, Network};
use super::windows::{Window, Windows};
use crate::features::{Stack, Tape};
use rten::ThreadPool;
use std::sync::Arc;

/// Frames a window answers for (61 s): long enough that the context, some five seconds, costs little, short enough that
/// memory stays small.
pub const WINDOW_FRAMES: usize = 6144;
/// Samples taken in at a time, so that a long block does not make a long tape.
const PIECE_SAMPLES: usize = 1 << 16;
/// Most windows run at a time.
const THREADS_MAX: usize = 64;

/// Runs a network over a stream of samples.
#[derive(Clone)]
pub struct Stream {
    stack: Stack,
    hop_samples: usize,
    windows: Windows,
    tape: Tape,
    waiting: Vec<Passage>,
    pools: Vec<Arc<ThreadPool>>,
}

/// A window and the sound it needs.
#[derive(Clone)]
struct Passage {
    window: Window,
    sound: Tape,
}

impl Stream {
    /// A stream at its start, for this network. `window_frames` is rounded up to a multiple of 16, `threads` brought to 1..=64.
    #[must_use]
    pub fn new(network: &Network, stack: &Stack, hop_samples: usize, window_frames: usize, threads: usize) -> Self {
        let pools = (0..threads.clamp(1, THREADS_MAX)).map(|_| Arc::new(ThreadPool::with_num_threads(1))).collect();
        Self {
            stack: stack.clone(),
            hop_samples,
            windows: Windows::new(window_frames, network.context_frames()),
            tape: Tape::default(),
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
            // The last frame of all may lie as late as the last sample; only then do we know that it is the last.
            while let Some(window) =
                self.windows.next_whole(|seen_to| self.stack.samples_of(seen_to).1 < self.tape.end())
            {
                self.take(window, network, hear)?;
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
        while let Some(window) = self.windows.next_of(frames) {
            self.take(window, network, hear)?;
        }
        self.run_waiting(network, hear)
    }

    /// Bytes of sound kept at the moment; they do not grow with the recording.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        self.tape.kept_bytes() + self.waiting.iter().map(|passage| passage.sound.kept_bytes()).sum::<usize>()
    }

    /// Puts a window with its sound among those waiting, and runs these once there is one for every thread.
    fn take(&mut self, window: Window, network: &Network, hear: &mut dyn FnMut(&Activations)) -> Result<(), String> {
        let (first, last) =
            (self.stack.samples_of(window.seen.start).0, self.stack.samples_of(window.seen.end).1.min(self.tape.end()));
        let mut samples = vec![0.0; usize::try_from(last - first).unwrap_or(0)];
        self.tape.read(first, &mut samples);
        let mut sound = Tape::starting_at(first);
        sound.extend(&samples);
        self.waiting.push(Passage { window, sound });
        self.tape.forget_before(self.stack.samples_of(self.windows.first_needed()).0);
        if self.waiting.len() == self.pools.len() { self.run_waiting(network, hear) } else { Ok(()) }
    }

    fn run_waiting(&mut self, network: &Network, hear: &mut dyn FnMut(&Activations)) -> Result<(), String> {
        let passages = std::mem::take(&mut self.waiting);
        if let [passage] = passages.as_slice() {
            hear(&passage.run(self.stack.clone(), network, &self.pools[0])?);
            return Ok(());
        }
        let stack = &self.stack;
        let answers: Vec<Result<Activations, String>> = std::thread::scope(|scope| {
            let run = |(passage, pool): (Passage, _)| scope.spawn(move || passage.run(stack.clone(), network, pool));
            let threads: Vec<_> = passages.into_iter().zip(&self.pools).map(run).collect();
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

impl Passage {
    fn run(&self, mut stack: Stack, network: &Network, pool: &Arc<ThreadPool>) -> Result<Activations, String> {
        let width = stack.width();
        let mut rows = vec![0.0; self.window.seen_frames() * width];
        for (frame, row) in self.window.seen.clone().zip(rows.chunks_exact_mut(width)) {
            stack.row_at(&self.sound, frame, row);
        }
        let mut answer = network.run(rows, pool)?;
        for (list, columns) in answer.lists_mut().into_iter().zip(network.columns()) {
            self.window.keep(list, columns);
        }
        Ok(answer)
    }
}
