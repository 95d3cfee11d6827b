//! Sound as numbers.

use crate::error::{Error, Result};
use crate::units::{SampleRate, Seconds};

/// Sound: `channels` channels of samples, each channel a row of its own.
///
/// Shape: channels x samples, planar. Range: nominally -1..=1, finite; louder samples are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Pcm {
    rate: SampleRate,
    channels: Vec<Vec<f32>>,
}

impl Pcm {
    /// Sound from one row of samples per channel.
    ///
    /// Samples that are not finite become 0: one broken sample must not spoil a recording.
    ///
    /// # Errors
    /// [`Error::WrongLength`] where there is no channel or the channels differ in length.
    pub fn new(rate: SampleRate, mut channels: Vec<Vec<f32>>) -> Result<Self> {
        let Some(expected) = channels.first().map(Vec::len) else {
            return Err(Error::WrongLength { what: "list of channels", actual: 0, expected: 1 });
        };
        for channel in &mut channels {
            if channel.len() != expected {
                return Err(Error::WrongLength { what: "channel", actual: channel.len(), expected });
            }
            for sample in channel.iter_mut().filter(|sample| !sample.is_finite()) {
                *sample = 0.0;
            }
        }
        Ok(Self { rate, channels })
    }

    /// Sound with a single channel.
    #[must_use]
    pub fn mono(rate: SampleRate, samples: Vec<f32>) -> Self {
        Self::new(rate, vec![samples]).expect("one channel is as long as itself")
    }

    /// Samples per second and channel.
    #[must_use]
    pub const fn rate(&self) -> SampleRate {
        self.rate
    }

    /// The channels, each a row of samples, at least one.
    #[must_use]
    pub fn channels(&self) -> &[Vec<f32>] {
        &self.channels
    }

    /// Samples per channel.
    #[must_use]
    pub fn len(&self) -> usize {
        self.channels[0].len()
    }

    /// Whether there is no sample at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How long the sound lasts.
    #[must_use]
    pub fn duration(&self) -> Seconds {
        self.rate.duration(self.len())
    }
}
