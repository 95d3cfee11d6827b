//! The figures of the masks, chosen on rendered mixes of training and validation kits.

/// How the masks are made.
#[derive(Debug, Clone, PartialEq)]
pub struct MaskSettings {
    /// How far a median over time reaches to each side, frames: what lasts longer than half of it is no drum.
    pub ground_reach_frames: usize,
    /// Rounds of: ground from what the drums leave, drums from what the ground leaves.
    pub rounds: usize,
    /// Steps in which templates and gains come to fit in each round.
    pub steps: usize,
    /// Frames after a hit that decide how loud it is.
    pub gain_frames: usize,
    /// Which of a template's first sights counts, as a quantile over hits, 0..=1: low, because others sound with it.
    pub first_quantile: f32,
    /// Exponent of the magnitudes in a mask: 1 soft, 2 Wiener's.
    pub exponent: f32,
    /// How much the ground counts in a mask, against the drums.
    pub ground_weight: f32,
}

impl Default for MaskSettings {
    fn default() -> Self {
        Self {
            ground_reach_frames: 85,
            rounds: 2,
            steps: 4,
            gain_frames: 12,
            first_quantile: 0.4,
            exponent: 1.6,
            ground_weight: 1.2,
        }
    }
}
