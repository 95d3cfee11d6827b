//! Peaks of an activation curve.
//!
//! Conventions: all spans are in seconds, so that they mean the same at any frame rate. Source: the conditions are
//! those of S. Böck, F. Krebs and M. Schedl, "Evaluating the Online Capabilities of Onset Detection Methods" (2012).

use drums::{FrameRate, Seconds};

/// When a frame of an activation curve is a peak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeakPicking {
    /// Least height over the mean around it, 0..1.
    pub threshold: f32,
    /// It is the largest of so many seconds before ..
    pub pre_max_s: f64,
    /// .. and after it.
    pub post_max_s: f64,
    /// The mean is taken over so many seconds before ..
    pub pre_avg_s: f64,
    /// .. and after it.
    pub post_avg_s: f64,
    /// Peaks closer than this are one: the first counts.
    pub combine_s: f64,
}

impl Default for PeakPicking {
    fn default() -> Self {
        Self { threshold: 0.3, pre_max_s: 0.02, post_max_s: 0.02, pre_avg_s: 0.0, post_avg_s: 0.0, combine_s: 0.03 }
    }
}

/// A peak of an activation curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// When, refined between frames.
    pub time: Seconds,
    /// Height of the curve there.
    pub value: f32,
}

/// The peaks of `curve`, in order of time.
#[must_use]
pub fn pick_peaks(curve: &[f32], rate: FrameRate, picking: &PeakPicking) -> Vec<Peak> {
    let frames = |seconds: f64| (seconds.max(0.0) * rate.get()).round() as usize;
    let (pre_max, post_max) = (frames(picking.pre_max_s), frames(picking.post_max_s));
    let (pre_avg, post_avg) = (frames(picking.pre_avg_s), frames(picking.post_avg_s));
    let around = |at: usize, before: usize, after: usize| {
        &curve[at.saturating_sub(before)..(at.saturating_add(after).saturating_add(1)).min(curve.len())]
    };
    let mut peaks: Vec<Peak> = Vec::new();
    for (at, &value) in curve.iter().enumerate() {
        let highest = around(at, pre_max, post_max).iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let neighbours = around(at, pre_avg, post_avg);
        let with_mean = pre_avg + post_avg > 0;
        let mean = if with_mean { neighbours.iter().sum::<f32>() / neighbours.len() as f32 } else { 0.0 };
        // On a plateau the first frame counts.
        let first = at == 0 || curve[at - 1] < value || pre_max == 0;
        if value < highest || !first || value < mean + picking.threshold || value <= 0.0 {
            continue;
        }
        let time = Seconds::clamped((at as f64 + f64::from(vertex(curve, at))) / rate.get());
        if peaks.last().is_none_or(|last| (time - last.time).get() >= picking.combine_s) {
            peaks.push(Peak { time, value });
        }
    }
    peaks
}

/// Where between frames the parabola through three frames has its top, in frames, -0.5..=0.5.
fn vertex(curve: &[f32], at: usize) -> f32 {
    let (Some(before), Some(after)) = (at.checked_sub(1).and_then(|i| curve.get(i)), curve.get(at + 1)) else {
        return 0.0;
    };
    let bend = before - 2.0 * curve[at] + after;
    if bend < -1e-9 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 }
}
