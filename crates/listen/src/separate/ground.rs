//! What lasts: the median over time of each bin.

use super::spectra::BINS;

/// Running medians over `2 * reach + 1` frames, bin by bin. Beyond either end stands the frame at that end.
///
/// Shape of `frames` and `out`: frames x BINS.
pub(super) fn medians(frames: &[f32], reach: usize, out: &mut [f32]) {
    let count = frames.len() / BINS;
    if count == 0 {
        return;
    }
    let width = 2 * reach + 1;
    let row = |frame: i64| {
        let frame = frame.clamp(0, count as i64 - 1) as usize;
        &frames[frame * BINS..(frame + 1) * BINS]
    };
    // The values under the window, sorted, bin by bin.
    let mut sorted = vec![0.0_f32; BINS * width];
    for (bin, window) in sorted.chunks_exact_mut(width).enumerate() {
        for (place, value) in window.iter_mut().enumerate() {
            *value = row(place as i64 - reach as i64)[bin];
        }
        window.sort_unstable_by(f32::total_cmp);
    }
    for frame in 0..count {
        let (gone, come) = (row(frame as i64 - reach as i64), row((frame + 1 + reach) as i64));
        let medians = &mut out[frame * BINS..(frame + 1) * BINS];
        for (bin, window) in sorted.chunks_exact_mut(width).enumerate() {
            medians[bin] = window[reach];
            exchange(window, gone[bin], come[bin]);
        }
    }
}

/// Takes one value out of a sorted list and puts another in.
fn exchange(sorted: &mut [f32], gone: f32, come: f32) {
    let mut at = sorted.partition_point(|value| *value < gone).min(sorted.len() - 1);
    while at + 1 < sorted.len() && sorted[at + 1] < come {
        sorted[at] = sorted[at + 1];
        at += 1;
    }
    while at > 0 && sorted[at - 1] > come {
        sorted[at] = sorted[at - 1];
        at -= 1;
    }
    sorted[at] = come;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_median_is_the_median_of_each_window() {
        let count = 40;
        let mut seed = 1_u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) as f32
        };
        let frames: Vec<f32> = (0..count * BINS).map(|_| next()).collect();
        let mut out = vec![0.0; frames.len()];
        medians(&frames, 3, &mut out);
        for (frame, bin) in [(0, 0), (1, 7), (20, 500), (38, 3), (39, BINS - 1)] {
            let mut window: Vec<f32> = (-3_i64..=3)
                .map(|by| frames[(frame as i64 + by).clamp(0, count as i64 - 1) as usize * BINS + bin])
                .collect();
            window.sort_unstable_by(f32::total_cmp);
            assert_eq!(out[frame * BINS + bin], window[3], "frame {frame}, bin {bin}");
        }
    }
}
