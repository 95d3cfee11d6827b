//! How loud a recording is from moment to moment, small enough to draw.

use crate::decode::{DecodeOptions, decode_audio};
use crate::error::Result;
use crate::info::MediaInfo;
use crate::limits::Limits;
use crate::mix::Channels;
use crate::source::Source;
use drums::SampleRate;
use std::ops::ControlFlow;

/// The outline of a recording.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Peaks {
    /// Buckets in a second.
    pub buckets_per_s: u32,
    /// Length of the sound in seconds.
    pub duration_s: f64,
    /// Largest magnitude of a sample over both channels, 0..=1, bucket by bucket; bucket `i` begins at
    /// `i / buckets_per_s` seconds.
    pub peaks: Vec<f32>,
}

/// Decodes the sound once and keeps the largest magnitude in each bucket; the callback says `Break` to cancel.
///
/// # Errors
/// As [`decode_audio`].
pub fn peaks(
    source: &Source,
    info: &MediaInfo,
    limits: &Limits,
    buckets_per_s: u32,
    on_progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Peaks> {
    let options = DecodeOptions { channels: Channels::Stereo, ..DecodeOptions::default() };
    let mut peaks: Vec<f32> = Vec::new();
    let report = decode_audio(source, info, limits, &options, &mut |block| {
        for channel in block.channels {
            for (number, sample) in (block.start_samples..).zip(channel) {
                let bucket = bucket_of(number, buckets_per_s);
                if bucket >= peaks.len() {
                    peaks.resize(bucket + 1, 0.0);
                }
                peaks[bucket] = peaks[bucket].max(sample.abs().min(1.0));
            }
        }
        on_progress(block.fraction.unwrap_or(0.0))
    })?;
    Ok(Peaks { buckets_per_s, duration_s: report.duration_s, peaks })
}

/// Which bucket a sample belongs to; whole numbers, so that long recordings do not drift.
fn bucket_of(sample: u64, buckets_per_s: u32) -> usize {
    let bucket = u128::from(sample) * u128::from(buckets_per_s) / u128::from(SampleRate::LISTENING.get());
    usize::try_from(bucket).unwrap_or(usize::MAX)
}
