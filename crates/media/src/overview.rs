//! A waveform small enough to draw.

use drums::Pcm;

/// The lowest and the highest sample, over all channels, in each of `buckets` equal stretches of the sound.
///
/// Shape: `buckets` pairs, or none where there is no sample. A sound of fewer samples than buckets repeats them.
#[must_use]
pub fn overview(pcm: &Pcm, buckets: usize) -> Vec<(f32, f32)> {
    let samples = pcm.len();
    if samples == 0 {
        return Vec::new();
    }
    // In 128 bits: samples x buckets may leave 64.
    let edge = |bucket: usize| (bucket as u128 * samples as u128 / buckets as u128) as usize;
    (0..buckets)
        .map(|bucket| {
            let start = edge(bucket);
            let end = edge(bucket + 1).max(start + 1);
            let stretches = pcm.channels().iter().flat_map(|channel| &channel[start..end]);
            stretches.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)))
        })
        .collect()
}
