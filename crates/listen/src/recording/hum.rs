//! Finds a mains tone: 50 or 60 Hz and its multiples, standing out all the time.

use crate::features::decibels;

/// Frequencies of mains, Hz.
const MAINS_HZ: [f32; 2] = [50.0, 60.0];
/// Multiples looked at.
const HARMONICS: usize = 4;
/// Width of a bin of the spectra seen, Hz (16384 samples at 44.1 kHz).
const BIN_HZ: f32 = 44_100.0 / 16_384.0;
/// How far a tone stands out over the mean of its neighbourhood, as a power ratio (10 dB).
const STANDS_OUT: f32 = 10.0;
/// Bins between a tone and the neighbourhood it is compared with, and the width of that.
const NEIGHBOURS: std::ops::RangeInclusive<usize> = 4..=6;
/// A stretch hums where so many multiples stand out; a recording where so large a share of the quieter half of its stretches
/// does.
const HARMONICS_MIN: usize = 2;
const SHARE_MIN: f64 = 0.6;
/// Fewest stretches (about 3 s in all) and lowest level worth a word.
const STRETCHES_MIN: usize = 4;
const LEVEL_MIN_DB: f32 = -75.0;

/// A mains tone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hum {
    /// Frequency of the mains, 50 or 60 Hz.
    pub frequency_hz: f32,
    /// Level of its first four multiples together, dB relative to a full-scale sine.
    pub level_db: f32,
}

/// Notes which stretches hum; 16 bytes each, 160 kB an hour.
#[derive(Debug, Clone, Default)]
pub(super) struct HumMeter {
    stretches: Vec<Stretch>,
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    /// Power of everything above the mains' multiples.
    power: f32,
    /// Power of the multiples of each mains frequency, 0 where it does not hum.
    humming: [f32; MAINS_HZ.len()],
}

impl HumMeter {
    /// Takes in the power spectrum of a stretch.
    pub(super) fn see(&mut self, power: &[f32]) {
        let humming = MAINS_HZ.map(|hz| {
            let tones = (1..=HARMONICS).map(|n| tone(power, hz * n as f32));
            let (count, sum) = tones.flatten().fold((0, 0.0), |(count, sum), tone| (count + 1, sum + tone));
            if count >= HARMONICS_MIN { sum } else { 0.0 }
        });
        let above = power.get((MAINS_HZ[1] * HARMONICS as f32 / BIN_HZ) as usize + 8..).unwrap_or(&[]);
        self.stretches.push(Stretch { power: above.iter().sum(), humming });
    }

    /// The hum, where there is one.
    pub(super) fn hum(mut self) -> Option<Hum> {
        self.stretches.sort_by(|a, b| a.power.total_cmp(&b.power));
        let quieter = &self.stretches[..self.stretches.len() / 2];
        let count = |mains: usize| quieter.iter().filter(|stretch| stretch.humming[mains] > 0.0).count();
        let most = usize::from(count(1) > count(0));
        let power: f32 = quieter.iter().map(|stretch| stretch.humming[most]).sum();
        let level_db = decibels(power / count(most).max(1) as f32);
        let steady = count(most) as f64 >= SHARE_MIN * quieter.len() as f64;
        let there = quieter.len() >= STRETCHES_MIN && steady && level_db >= LEVEL_MIN_DB;
        there.then_some(Hum { frequency_hz: MAINS_HZ[most], level_db })
    }
}

/// Power of a tone, where it stands out.
fn tone(power: &[f32], hz: f32) -> Option<f32> {
    let bin = (hz / BIN_HZ).round() as usize;
    let here = power.get(bin.checked_sub(1)?..=bin + 1)?.iter().copied().fold(0.0, f32::max);
    let sides = NEIGHBOURS.flat_map(|far| [bin.checked_sub(far), bin.checked_add(far)]).flatten();
    let around: Vec<f32> = sides.filter_map(|bin| power.get(bin).copied()).collect();
    let mean = around.iter().sum::<f32>() / around.len().max(1) as f32;
    (here > STANDS_OUT * mean && here > 0.0).then_some(here)
}
