//! Finds a mains tone: 50 or 60 Hz and its multiples, standing out all the time.

use crate::features::decibels;

/// Frequencies of mains, Hz.
const MAINS_HZ: [f32; 2] = [50.0, 60.0];
/// Multiples looked at.
const HARMONICS: usize = 4;
/// Width of a bin of the spectra seen, Hz (16384 samples at 44.1 kHz).
const BIN_HZ: f32 = 44_100.0 / 16_384.0;
/// How far a tone stands out over its neighbourhood, as a power ratio (13 dB).
const STANDS_OUT: f32 = 20.0;
/// Bins between a tone and the neighbourhood it is compared with, and the width of that.
const NEIGHBOURS: std::ops::RangeInclusive<usize> = 4..=6;
/// A stretch hums where so many multiples stand out; a recording where so large a share of its stretches does.
const HARMONICS_MIN: usize = 2;
const SHARE_MIN: f64 = 0.6;
/// Fewest stretches (about 1.5 s) and lowest level worth a word.
const STRETCHES_MIN: u32 = 4;
const LEVEL_MIN_DB: f32 = -75.0;

/// A mains tone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hum {
    /// Frequency of the mains, 50 or 60 Hz.
    pub frequency_hz: f32,
    /// Level of its first four multiples together, dB relative to a full-scale sine.
    pub level_db: f32,
}

/// Counts the stretches that hum.
#[derive(Debug, Clone, Default)]
pub(super) struct HumMeter {
    stretches: u32,
    humming: [u32; MAINS_HZ.len()],
    power: [f64; MAINS_HZ.len()],
}

impl HumMeter {
    /// Takes in the power spectrum of a stretch.
    pub(super) fn see(&mut self, power: &[f32]) {
        self.stretches += 1;
        for (mains, hz) in MAINS_HZ.iter().enumerate() {
            let tones = (1..=HARMONICS).map(|n| tone(power, hz * n as f32));
            let (count, sum) = tones.flatten().fold((0, 0.0), |(count, sum), tone| (count + 1, sum + tone));
            if count >= HARMONICS_MIN {
                self.humming[mains] += 1;
                self.power[mains] += f64::from(sum);
            }
        }
    }

    /// The hum, where there is one.
    pub(super) fn hum(&self) -> Option<Hum> {
        let most = usize::from(self.humming[1] > self.humming[0]);
        let count = self.humming[most];
        let level_db = decibels((self.power[most] / f64::from(count.max(1))) as f32);
        let steady = f64::from(count) >= SHARE_MIN * f64::from(self.stretches);
        let there = self.stretches >= STRETCHES_MIN && steady && level_db >= LEVEL_MIN_DB;
        there.then_some(Hum { frequency_hz: MAINS_HZ[most], level_db })
    }
}

/// Power of a tone, where it stands out.
fn tone(power: &[f32], hz: f32) -> Option<f32> {
    let bin = (hz / BIN_HZ).round() as usize;
    let here = power.get(bin.checked_sub(1)?..=bin + 1)?.iter().copied().fold(0.0, f32::max);
    let around = NEIGHBOURS.flat_map(|far| [bin.checked_sub(far), bin.checked_add(far)]).flatten();
    let loudest = around.filter_map(|bin| power.get(bin).copied()).fold(0.0, f32::max);
    (here > STANDS_OUT * loudest && here > 0.0).then_some(here)
}
