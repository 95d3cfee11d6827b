//! The kit: recordings of single strokes, soft to loud, and which of them stands for which instrument.
//!
//! Conventions: WAV files with one channel of IMA ADPCM at 44.1 kHz, each beginning 1 ms before its stroke. Layers go from
//! soft to loud, alternatives of a layer take turns. Sources and licences: `kit/README.md`.
//!
//! Source of the packing: IMA Digital Audio Focus and Technical Working Groups, *Recommended Practices for Enhancing
//! Digital Audio Compatibility in Multimedia Systems*, revision 3.00 (1992).

use drums::Instrument;
use std::collections::BTreeMap;
use std::sync::OnceLock;

macro_rules! recording {
    ($name:literal) => {
        include_bytes!(concat!("../../kit/", $name, ".wav"))
    };
}

/// Files by name, then layer, then alternative.
type Files = &'static [(&'static str, &'static [&'static [&'static [u8]]])];

#[rustfmt::skip]
const FILES: Files = &[
    ("china", &[
        &[recording!("china_1a")],
        &[recording!("china_2a")],
    ]),
    ("clap", &[
        &[recording!("clap_1a")],
    ]),
    ("cowbell", &[
        &[recording!("cowbell_1a")],
    ]),
    ("crash", &[
        &[recording!("crash_1a")],
        &[recording!("crash_2a")],
    ]),
    ("cross_stick", &[
        &[recording!("cross_stick_1a")],
        &[recording!("cross_stick_2a")],
    ]),
    ("hihat_closed", &[
        &[recording!("hihat_closed_1a"), recording!("hihat_closed_1b")],
        &[recording!("hihat_closed_2a"), recording!("hihat_closed_2b")],
        &[recording!("hihat_closed_3a"), recording!("hihat_closed_3b")],
    ]),
    ("hihat_open", &[
        &[recording!("hihat_open_1a")],
        &[recording!("hihat_open_2a")],
        &[recording!("hihat_open_3a")],
    ]),
    ("hihat_pedal", &[
        &[recording!("hihat_pedal_1a")],
        &[recording!("hihat_pedal_2a")],
    ]),
    ("kick", &[
        &[recording!("kick_1a")],
        &[recording!("kick_2a")],
        &[recording!("kick_3a")],
    ]),
    ("ride", &[
        &[recording!("ride_1a")],
        &[recording!("ride_2a")],
        &[recording!("ride_3a")],
    ]),
    ("ride_bell", &[
        &[recording!("ride_bell_1a")],
        &[recording!("ride_bell_2a")],
    ]),
    ("rimshot", &[
        &[recording!("rimshot_1a")],
        &[recording!("rimshot_2a")],
    ]),
    ("snare", &[
        &[recording!("snare_1a"), recording!("snare_1b")],
        &[recording!("snare_2a"), recording!("snare_2b")],
        &[recording!("snare_3a"), recording!("snare_3b")],
        &[recording!("snare_4a"), recording!("snare_4b")],
    ]),
    ("splash", &[
        &[recording!("splash_1a")],
    ]),
    ("tambourine", &[
        &[recording!("tambourine_1a")],
        &[recording!("tambourine_2a")],
    ]),
    ("tom_floor", &[
        &[recording!("tom_floor_1a")],
        &[recording!("tom_floor_2a")],
        &[recording!("tom_floor_3a")],
    ]),
    ("tom_high", &[
        &[recording!("tom_high_1a")],
        &[recording!("tom_high_2a")],
        &[recording!("tom_high_3a")],
    ]),
];

/// A stroke as it was recorded.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) samples: Vec<f32>,
    peak: f32,
}

/// What an instrument sounds like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sounding {
    file: &'static str,
    /// Speed of playing: 2 is an octave higher.
    pub(super) speed: f64,
    gain_db: f32,
    /// Seconds in which it falls to a third, where it is damped.
    pub(super) decay_s: Option<f32>,
}

const fn sounding(file: &'static str, speed: f64, gain_db: f32) -> Sounding {
    Sounding { file, speed, gain_db, decay_s: None }
}

const fn damped(file: &'static str, gain_db: f32, decay_s: f32) -> Sounding {
    Sounding { file, speed: 1.0, gain_db, decay_s: Some(decay_s) }
}

/// Which recording stands for an instrument, and how.
pub(super) fn of(instrument: Instrument) -> Sounding {
    match instrument {
        Instrument::Kick => sounding("kick", 1.0, 0.0),
        Instrument::Kick2 => sounding("kick", 0.93, 0.0),
        Instrument::Snare => sounding("snare", 1.0, 0.0),
        Instrument::CrossStick => sounding("cross_stick", 1.0, 3.0),
        Instrument::Rimshot => sounding("rimshot", 1.0, 3.0),
        Instrument::HihatClosed => sounding("hihat_closed", 1.0, 0.0),
        Instrument::HihatHalfOpen => damped("hihat_open", 0.0, 0.16),
        Instrument::HihatOpen => sounding("hihat_open", 1.0, 0.0),
        Instrument::HihatPedal => sounding("hihat_pedal", 1.0, 2.0),
        Instrument::HihatFootSplash => damped("hihat_open", -8.0, 0.4),
        Instrument::Ride => sounding("ride", 1.0, 0.0),
        Instrument::Ride2 => sounding("ride", 0.92, 0.0),
        Instrument::RideBell => sounding("ride_bell", 1.0, 0.0),
        Instrument::Crash => sounding("crash", 1.0, 0.0),
        Instrument::Crash2 => sounding("crash", 0.9, 0.0),
        Instrument::Splash => sounding("splash", 1.0, -2.0),
        Instrument::China => sounding("china", 1.0, 0.0),
        Instrument::Cowbell => sounding("cowbell", 1.0, -6.0),
        Instrument::Clap => sounding("clap", 1.0, -6.0),
        Instrument::Tambourine => sounding("tambourine", 1.0, -8.0),
        Instrument::TomHigh => sounding("tom_high", 1.2, 0.0),
        Instrument::TomHighMid => sounding("tom_high", 1.06, 0.0),
        Instrument::TomLowMid => sounding("tom_high", 0.93, 0.0),
        Instrument::TomLow => sounding("tom_high", 0.84, 0.0),
        Instrument::TomFloor => sounding("tom_floor", 1.0, 0.0),
        Instrument::TomFloorLow => sounding("tom_floor", 0.85, 0.0),
    }
}

type Layers = Vec<Vec<Recording>>;

fn kit() -> &'static BTreeMap<&'static str, Layers> {
    static KIT: OnceLock<BTreeMap<&'static str, Layers>> = OnceLock::new();
    KIT.get_or_init(|| {
        let layers = |layers: &[&[&[u8]]]| -> Layers {
            layers.iter().map(|files| files.iter().map(|file| recording(file)).collect()).collect()
        };
        FILES.iter().map(|(name, files)| (*name, layers(files))).collect()
    })
}

fn recording(file: &[u8]) -> Recording {
    let samples = decode(file).unwrap_or_default();
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs())).max(1e-3);
    Recording { samples, peak }
}

/// Loudness from the softest to the hardest stroke, in decibels.
const RANGE_DB: f32 = 28.0;

/// The recording of a stroke and its gain. `turn` counts the strokes of the instrument.
pub(super) fn stroke(sounding: Sounding, velocity: f32, turn: usize) -> Option<(&'static Recording, f32)> {
    let layers = kit().get(sounding.file)?;
    let layer = ((velocity * layers.len() as f32) as usize).min(layers.len() - 1);
    let recording = layers[layer].get(turn % layers[layer].len().max(1))?;
    let loudest = layers.last()?.iter().map(|recording| recording.peak).fold(0.0, f32::max);
    let level_db = sounding.gain_db - (1.0 - velocity) * RANGE_DB;
    Some((recording, loudest / recording.peak * 10.0_f32.powf(level_db / 20.0)))
}

const STEPS: [i32; 89] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107,
    118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963,
    1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894,
    6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794,
    32767,
];
const MOVES: [i32; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];
const BLOCK_BYTES: usize = 1_024;

/// The samples of a WAV file of IMA ADPCM; `None` where it is none.
fn decode(file: &[u8]) -> Option<Vec<f32>> {
    let at = file.windows(4).position(|window| window == b"data")?;
    let data = file.get(at + 8..)?;
    let mut samples = Vec::with_capacity(data.len() * 2);
    for block in data.chunks_exact(BLOCK_BYTES) {
        let mut value = i32::from(i16::from_le_bytes([block[0], block[1]]));
        let mut index = i32::from(block[2]).clamp(0, 88);
        samples.push(value as f32 / 32_768.0);
        for nibble in block[4..].iter().flat_map(|byte| [byte & 15, byte >> 4]) {
            let step = STEPS[index as usize];
            let mut change = step >> 3;
            for (bit, shift) in [(4, 0), (2, 1), (1, 2)] {
                if nibble & bit != 0 {
                    change += step >> shift;
                }
            }
            value = (if nibble & 8 == 0 { value + change } else { value - change }).clamp(-32_768, 32_767);
            index = (index + MOVES[usize::from(nibble & 7)]).clamp(0, 88);
            samples.push(value as f32 / 32_768.0);
        }
    }
    Some(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use drums::instruments;

    #[test]
    fn every_instrument_has_a_sound_that_dies_away() {
        for row in instruments() {
            for velocity in [0.0, 0.4, 1.0] {
                let (recording, gain) = stroke(of(row.instrument), velocity, 3).unwrap();
                let samples = &recording.samples;
                let loud = |range: std::ops::Range<usize>| samples[range].iter().fold(0.0_f32, |m, s| m.max(s.abs()));
                let (attack, end) = (loud(0..4_000), loud(samples.len() - 400..samples.len()));
                assert!(samples.len() > 8_000 && attack > 20.0 * end, "{}: {attack} {end}", row.id);
                assert!((0.0..=40.0).contains(&gain), "{}: {gain}", row.id);
            }
        }
    }
}
