//! Any channels at any rate to one channel at 44.1 kHz.
//!
//! Source: J. O. Smith, "Digital Audio Resampling Home Page" (windowed-sinc interpolation).

use drums::{Pcm, SampleRate};

/// Zero crossings of the interpolating sinc on each side.
const LOBES: f64 = 16.0;

/// The mean of all channels.
#[must_use]
pub fn mix_down(pcm: &Pcm) -> Vec<f32> {
    let channels = pcm.channels();
    if let [only] = channels {
        return only.clone();
    }
    let share = 1.0 / channels.len() as f32;
    (0..pcm.len()).map(|n| channels.iter().map(|channel| channel[n]).sum::<f32>() * share).collect()
}

/// `samples` brought from one rate to another, windowed-sinc interpolation.
#[must_use]
pub fn resample(samples: &[f32], from: SampleRate, to: SampleRate) -> Vec<f32> {
    if from == to || samples.is_empty() {
        return samples.to_vec();
    }
    let step = f64::from(from.get()) / f64::from(to.get());
    // Going down, the sinc is stretched so that nothing above the new half rate gets through.
    let cutoff = (1.0 / step).min(1.0) * 0.97;
    let reach = (LOBES / cutoff).ceil() as i64;
    let length = (samples.len() as f64 / step).round().max(1.0) as usize;
    (0..length)
        .map(|n| {
            let centre = n as f64 * step;
            let nearest = centre.round() as i64;
            let sum: f64 = (nearest - reach..=nearest + reach)
                .filter_map(|k| Some((k, *samples.get(usize::try_from(k).ok()?)?)))
                .map(|(k, sample)| f64::from(sample) * kernel(centre - k as f64, cutoff, LOBES / cutoff))
                .sum();
            sum as f32
        })
        .collect()
}

fn kernel(distance: f64, cutoff: f64, reach: f64) -> f64 {
    if distance.abs() >= reach {
        return 0.0;
    }
    let hann = 0.5 + 0.5 * (std::f64::consts::PI * distance / reach).cos();
    let x = std::f64::consts::PI * distance * cutoff;
    let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
    cutoff * sinc * hann
}
