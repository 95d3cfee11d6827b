//! WAV: the transcription played on a small drum kit, so that the ear can compare it with the recording.
//!
//! Conventions: one channel of 16 bits at 44.1 kHz; second 0 is second 0 of the recording. Every note sounds at the time of
//! its hits, louder and brighter with velocity; a hi-hat that closes stops one that rings, a choked cymbal is stopped, and
//! nothing clips. Sound is mixed a second at a time, so that memory holds the file and no more.

mod kit;
mod limiter;
mod mix;

use crate::played::sounds;
use crate::{Error, FormatInfo, Material, Options, Result};
use drums::{Performance, Seconds};
use limiter::Limiter;
use mix::Mixer;

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "wav",
    extension: "wav",
    media_type: "audio/wav",
    name: "WAV",
    description: "The transcription played on a drum kit, to hear it beside the recording.",
    pages: false,
    write,
};

/// Samples per second of the file and of the kit.
const RATE_HZ: u32 = 44_100;
/// Longest sound, in seconds.
const SECONDS_MAX: u64 = 1_800;
/// How long the last stroke may ring.
const TAIL_S: f64 = 1.5;

fn write(material: &Material<'_>, options: &Options) -> Result<Vec<u8>> {
    let strokes = sounds(material);
    let clicks = if options.click { beats(material) } else { Vec::new() };
    let last = strokes.iter().map(|sound| sound.time.get() + TAIL_S).fold(0.0, f64::max);
    let clicked = clicks.last().map_or(0.0, |(time, _)| time.get() + 0.1);
    let seconds = last.max(clicked).max(material.performance().duration().get());
    if seconds > SECONDS_MAX as f64 {
        let value = seconds.ceil() as u64;
        return Err(Error::LimitReached { what: "sound", value, limit: SECONDS_MAX, unit: "seconds" });
    }
    let length = (seconds * f64::from(RATE_HZ)).ceil() as usize;
    let mut mixer = Mixer::new(&strokes, &clicks);
    let mut limiter = Limiter::default();
    let mut samples: Vec<i16> = Vec::with_capacity(length);
    let mut block = vec![0.0_f32; RATE_HZ as usize];
    // What the limiter holds back comes out behind the end.
    let mut at = 0;
    while samples.len() < length {
        block.fill(0.0);
        mixer.add_to(&mut block, at);
        at += block.len();
        limiter.run(&block, &mut samples);
    }
    samples.truncate(length);
    Ok(file(&samples))
}

/// The beats that were heard, otherwise those of the score, and which begin a bar.
fn beats(material: &Material<'_>) -> Vec<(Seconds, bool)> {
    let heard: &Performance = material.performance();
    if !heard.grid().is_empty() {
        return heard.grid().beats().iter().map(|beat| (beat.time, beat.is_downbeat())).collect();
    }
    let score = material.score();
    let beats = score.measures.iter().flat_map(|measure| {
        let beat = measure.meter.beat_ticks();
        (0..i64::from(measure.meter.beats_per_bar()))
            .map(move |index| (score.timeline.time_at(measure.start + beat * index), index == 0))
    });
    beats.collect()
}

fn file(samples: &[i16]) -> Vec<u8> {
    let size = samples.len() * 2;
    let mut bytes = Vec::with_capacity(44 + size);
    bytes.extend(b"RIFF");
    bytes.extend((36 + size as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    // Plain numbers, one channel.
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(RATE_HZ.to_le_bytes());
    bytes.extend((RATE_HZ * 2).to_le_bytes());
    bytes.extend(2_u16.to_le_bytes());
    bytes.extend(16_u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((size as u32).to_le_bytes());
    for sample in samples {
        bytes.extend(sample.to_le_bytes());
    }
    bytes
}
