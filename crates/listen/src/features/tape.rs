//! The last stretch of a stream of samples, addressed by sample number.

/// A window on a stream: samples by their number, silence outside.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    first: i64,
    samples: Vec<f32>,
}

impl Tape {
    /// A tape that starts with sample number `first`; what was before is silence.
    #[must_use]
    pub fn starting_at(first: i64) -> Self {
        Self { first, samples: Vec::new() }
    }

    /// Adds samples at the end; whatever is not finite becomes silence.
    pub fn extend(&mut self, block: &[f32]) {
        self.samples.extend(block.iter().map(|s| if s.is_finite() { *s } else { 0.0 }));
    }

    /// Number of samples that have come so far.
    #[must_use]
    pub const fn end(&self) -> i64 {
        self.first + self.samples.len() as i64
    }

    /// Bytes of the samples kept.
    #[must_use]
    pub const fn kept_bytes(&self) -> usize {
        self.samples.len() * size_of::<f32>()
    }

    /// Forgets samples before number `sample`, when that is worth a move.
    pub fn forget_before(&mut self, sample: i64) {
        let stale = usize::try_from(sample - self.first).unwrap_or(0).min(self.samples.len());
        if stale > 16_384 {
            self.samples.drain(..stale);
            self.first += stale as i64;
        }
    }

    /// Copies `out.len()` samples from number `from` on; those before the start, forgotten or yet to come read as 0.
    pub fn read(&self, from: i64, out: &mut [f32]) {
        out.fill(0.0);
        let begin = from.max(self.first);
        let end = (from + out.len() as i64).min(self.end());
        if begin < end {
            let source = &self.samples[(begin - self.first) as usize..(end - self.first) as usize];
            let at = (begin - from) as usize;
            out[at..at + source.len()].copy_from_slice(source);
        }
    }
}
