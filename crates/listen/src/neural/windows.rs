//! Which windows a row of frames is cut into, so that a network runs over a recording of any length.
//!
//! Conventions: window `k` answers for the frames `k * window .. (k + 1) * window`, and sees the network's context on
//! both sides, as far as the recording goes; the last is halved where it is longer than half of one, so that short
//! recordings have work for two. Frames are counted in multiples of [`ALIGN_FRAMES`] where a window begins, so
//! that a network that strides over time sees every frame at the same place of its stride.

use std::ops::Range;

/// Windows begin at multiples of so many frames.
pub(crate) const ALIGN_FRAMES: usize = 16;

/// A context, rounded up so that windows begin at multiples of [`ALIGN_FRAMES`].
pub(crate) const fn aligned(context_frames: usize) -> usize {
    context_frames.next_multiple_of(ALIGN_FRAMES)
}

/// Frames to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    /// Frames the network sees.
    pub(crate) seen: Range<i64>,
    /// Frames it answers for.
    pub(crate) kept: Range<i64>,
}

impl Window {
    /// Leaves of a list over the frames seen those it answers for; `columns` values a frame.
    pub(crate) fn keep(&self, list: &mut Vec<f32>, columns: usize) {
        let skip = usize::try_from(self.kept.start - self.seen.start).unwrap_or(0);
        let keep = usize::try_from(self.kept.end - self.kept.start).unwrap_or(0);
        list.truncate((skip + keep) * columns);
        list.drain(..(skip * columns).min(list.len()));
    }

    /// How many frames it sees.
    pub(crate) fn seen_frames(&self) -> usize {
        usize::try_from(self.seen.end - self.seen.start).unwrap_or(0)
    }
}

/// The windows of a recording, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Windows {
    window_frames: i64,
    context_frames: i64,
    /// The first frame not yet given to a window.
    next: i64,
}

impl Windows {
    /// Windows that answer for `window_frames` frames, rounded up to a multiple of [`ALIGN_FRAMES`], and see
    /// `context_frames` further.
    pub(crate) fn new(window_frames: usize, context_frames: usize) -> Self {
        let window_frames = window_frames.clamp(1, 1 << 20).next_multiple_of(ALIGN_FRAMES) as i64;
        Self { window_frames, context_frames: aligned(context_frames) as i64, next: 0 }
    }

    /// The first frame that a window to come sees.
    pub(crate) fn first_needed(&self) -> i64 {
        (self.next - self.context_frames).max(0)
    }

    /// The next window while the recording goes on, where the frames before a number are all `known`.
    pub(crate) fn next_whole(&mut self, known: impl FnOnce(i64) -> bool) -> Option<Window> {
        let kept_to = self.next + self.window_frames;
        let seen_to = kept_to + self.context_frames;
        known(seen_to).then(|| self.cut(kept_to, seen_to))
    }

    /// The next window of a recording that ended after `frames` frames; nothing once it answered for all.
    pub(crate) fn next_of(&mut self, frames: i64) -> Option<Window> {
        let left = frames - self.next;
        if left <= 0 {
            return None;
        }
        let align = ALIGN_FRAMES as i64;
        let half = (self.window_frames + align) / (2 * align) * align;
        let kept_to = self.next + left.min(if left > self.window_frames { self.window_frames } else { half });
        Some(self.cut(kept_to, frames.min(kept_to + self.context_frames)))
    }

    fn cut(&mut self, kept_to: i64, seen_to: i64) -> Window {
        let window = Window { seen: self.first_needed()..seen_to, kept: self.next..kept_to };
        self.next = kept_to;
        window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_answer_for_every_frame_once_and_see_their_context() {
        for (window, context, frames) in [(64, 13, 1000), (512, 0, 512), (16, 100, 7), (100, 5, 113)] {
            let mut windows = Windows::new(window, context);
            let mut all = Vec::new();
            while let Some(window) = windows.next_whole(|seen_to| seen_to < frames) {
                all.push(window);
            }
            all.extend(std::iter::from_fn(|| windows.next_of(frames)));
            assert_eq!((all[0].kept.start, all.last().unwrap().kept.end), (0, frames));
            assert!(all.windows(2).all(|pair| pair[0].kept.end == pair[1].kept.start), "{all:?}");
            for Window { seen, kept } in all {
                let context = context as i64;
                assert_eq!(seen.start % ALIGN_FRAMES as i64, 0);
                assert!(seen.start <= (kept.start - context).max(0) && seen.end >= (kept.end + context).min(frames));
            }
        }
    }
}
