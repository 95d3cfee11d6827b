//! The frames of a neural model: log-mel bands of several windows, one after the other.
//!
//! Conventions: values are log10 of power (a full-scale sine is 0), floored at -10; frame `n` is centred on sample
//! `n * hop`, each window at its own distance from there.

use super::{LogMel, MelBank, Tape};
use crate::card::StackCard;

/// Power below which a band of a stack counts as silent.
pub const STACK_FLOOR_POWER: f32 = 1e-10;

/// Computes stacked frames one at a time, anywhere in a recording.
#[derive(Clone)]
pub struct Stack {
    hop_samples: i64,
    width: usize,
    /// Samples before and after the centre of a frame that it looks at.
    reach: (i64, i64),
    layers: Vec<Layer>,
}

#[derive(Clone)]
struct Layer {
    mel: LogMel,
    bands: usize,
    centres_samples: Vec<i64>,
}

impl Stack {
    /// Frames as `card` wants them; the card has been checked when it was read.
    #[must_use]
    pub fn new(card: &StackCard) -> Self {
        let rate_hz = f64::from(card.sample_rate_hz);
        let mut reach = (0, 0);
        let layers = card
            .layers
            .iter()
            .map(|layer| {
                let centres_samples: Vec<i64> = layer.centres_samples.iter().copied().map(i64::from).collect();
                let half = layer.window_samples as i64 / 2;
                for centre in &centres_samples {
                    reach = (reach.0.max(half - centre), reach.1.max(half + centre));
                }
                let bank = MelBank::new(layer.bands, layer.window_samples, rate_hz, layer.low_hz, layer.high_hz);
                Layer { mel: LogMel::of(layer.window_samples, bank), bands: layer.bands, centres_samples }
            })
            .collect();
        Self { hop_samples: card.hop_samples as i64, width: card.width(), reach, layers }
    }

    /// Number of values per frame.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// The samples frame `frame` looks at: first, and one past the last.
    #[must_use]
    pub const fn samples_of(&self, frame: i64) -> (i64, i64) {
        let centre = frame * self.hop_samples;
        (centre - self.reach.0, centre + self.reach.1)
    }

    /// The values of frame `frame`; shape of `row`: width.
    pub fn row_at(&mut self, tape: &Tape, frame: i64, row: &mut [f32]) {
        let mut rest = row;
        for layer in &mut self.layers {
            for centre in &layer.centres_samples {
                let Some((bands, after)) = std::mem::take(&mut rest).split_at_mut_checked(layer.bands) else { return };
                layer.mel.power_at(tape, frame * self.hop_samples + centre, bands);
                for value in bands {
                    *value = value.max(STACK_FLOOR_POWER).log10();
                }
                rest = after;
            }
        }
    }
}
