//! The sound of a recording as samples, block by block or all at once.
//!
//! Conventions: sound comes out at 44.1 kHz, 1 or 2 channels, planar. Sample 0 is the file's time 0
//! ([`MediaInfo::zero_s`]), or `from_s` after it. Gaps in the file's time stamps of 0.1 s and more become silence, so
//! that time stays true. Memory does not grow with the length of the recording.

use crate::child::{Budget, Child};
use crate::error::{Error, Result};
use crate::ffmpeg::{Arguments, FFMPEG, complaint, grievances};
use crate::info::{AudioInfo, MediaInfo, Warning};
use crate::limits::Limits;
use crate::mix::{Channels, pan};
use crate::source::Source;
use drums::{Pcm, SampleRate};
use std::ops::ControlFlow;

/// Samples per second and channel of everything that is decoded.
const RATE: u32 = SampleRate::LISTENING.get();
/// Samples per channel of a block, but for the last: one second.
const BLOCK_SAMPLES: usize = RATE as usize;
/// Bytes asked for at once; a pipe holds as many.
const READ_BYTES: usize = 64 << 10;
/// A sound that ends this much before the header says is called cut off...
const SHORT_S: f64 = 0.5;
/// ...if it is also this part of the whole.
const SHORT_PART: f64 = 0.02;
/// A sound that begins at most this late is not called late: time stamps of Matroska are whole milliseconds.
const LATE_S: f64 = 0.001;
/// Up to this length the whole of a sound gets its memory at once; a header that says more is not believed.
const RESERVE_S: f64 = 1200.0;

/// What to decode.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DecodeOptions {
    /// One channel or two.
    pub channels: Channels,
    /// Start in seconds of the file; 0 if nothing is said.
    pub from_s: Option<f64>,
    /// End in seconds of the file; its end if nothing is said.
    pub to_s: Option<f64>,
}

/// A second of sound or the rest of one.
#[derive(Debug)]
pub struct Block<'a> {
    /// Shape: channels x samples. Empty rows while the part before `from_s` goes by.
    pub channels: &'a [Vec<f32>],
    /// Number of the first sample, counted from `from_s`.
    pub start_samples: u64,
    /// How much of the work is done, 0..=1, where the length is known.
    pub fraction: Option<f64>,
}

/// What came out of a decode.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DecodeReport {
    /// Samples per channel.
    pub samples: u64,
    /// Length of what was decoded in seconds.
    pub duration_s: f64,
    /// Largest magnitude of a sample; 0 is digital silence.
    pub peak: f32,
    /// What its owner should know, those of [`MediaInfo`] included.
    pub warnings: Vec<Warning>,
}

/// Decodes the sound and hands it out in blocks; the callback says `Break` to cancel.
///
/// A recording that is cut off or damaged gives what can be decoded and a warning. The part before `from_s` is decoded,
/// too, and dropped: seeking would not be exact to the sample.
///
/// # Errors
/// [`Error::NoAudio`], [`Error::CodecUnsupported`], [`Error::Malformed`] where not one sample can be decoded,
/// [`Error::LimitReached`], [`Error::TimedOut`], [`Error::Cancelled`], [`Error::ToolMissing`], [`Error::Io`].
pub fn decode_audio(
    source: &Source,
    info: &MediaInfo,
    limits: &Limits,
    options: &DecodeOptions,
    on_block: &mut dyn FnMut(Block<'_>) -> ControlFlow<()>,
) -> Result<DecodeReport> {
    let audio = usable_sound(info)?;
    let mut arguments = Arguments::default();
    let filters = filters(info, audio, RATE, Some(options.channels));
    arguments.add_sound(source, info.container, audio.stream_index, &filters, limits);
    arguments.add(["-c:a", "pcm_f32le", "-f", "f32le", "pipe:1"]);

    let mut child = Child::start(FFMPEG, &arguments.0, Budget::of_decode(limits))?;
    let mut blocks = Blocks::new(info, audio, options, limits);
    let mut buffer = vec![0; READ_BYTES];
    let mut held = 0;
    loop {
        let count = held + child.read(&mut buffer[held..])?;
        if count == held {
            break;
        }
        let whole = count - count % blocks.sample_bytes();
        if blocks.take(&buffer[..whole], on_block)?.is_break() {
            // All that was asked for is here; the rest of the file is of no interest.
            drop(child);
            return Ok(blocks.report(info, true));
        }
        buffer.copy_within(whole..count, 0);
        held = count - whole;
    }
    let ended = child.finish()?;
    let said = grievances(&ended.said);
    blocks.flush(on_block)?;
    if blocks.decoded == 0 {
        return Err(match complaint(&said) {
            Error::Malformed { .. } => Error::Malformed { why: "none of its sound can be decoded".into() },
            other => other,
        });
    }
    Ok(blocks.report(info, ended.status.success() && said.is_empty()))
}

/// Decodes the sound into memory; the callback hears of progress (0..=1) and says `Break` to cancel.
///
/// # Errors
/// As [`decode_audio`].
pub fn decode_to_pcm(
    source: &Source,
    info: &MediaInfo,
    limits: &Limits,
    options: &DecodeOptions,
    on_progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<(Pcm, DecodeReport)> {
    let expected_s = info.duration_s.unwrap_or(0.0).clamp(0.0, RESERVE_S);
    let expected_samples = (expected_s * f64::from(RATE)) as usize + BLOCK_SAMPLES;
    let mut channels: Vec<Vec<f32>> =
        (0..options.channels.count()).map(|_| Vec::with_capacity(expected_samples)).collect();
    let report = decode_audio(source, info, limits, options, &mut |block| {
        for (all, new) in channels.iter_mut().zip(block.channels) {
            all.extend_from_slice(new);
        }
        on_progress(block.fraction.unwrap_or(0.0))
    })?;
    let pcm = Pcm::new(SampleRate::LISTENING, channels).expect("all channels grow by the same number of samples");
    Ok((pcm, report))
}

/// The sound track, if there is one that can be decoded.
pub(crate) fn usable_sound(info: &MediaInfo) -> Result<&AudioInfo> {
    let audio = info.audio.as_ref().ok_or(Error::NoAudio)?;
    if !audio.decodable {
        return Err(Error::CodecUnsupported { codec: audio.codec.clone() });
    }
    if audio.sample_rate == 0 || audio.channels == 0 {
        return Err(Error::Malformed { why: "none of its sound can be decoded".into() });
    }
    Ok(audio)
}

/// The chain of ffmpeg's filters: mix, silence for gaps and a late start, rate. Without `channels` all are kept.
pub(crate) fn filters(info: &MediaInfo, audio: &AudioInfo, rate: u32, channels: Option<Channels>) -> String {
    let mix = channels.and_then(|wanted| pan(audio.channels, audio.layout.as_deref(), wanted));
    let mix = mix.map_or_else(String::new, |pan| format!("aformat=sample_fmts=fltp,{pan},"));
    let start = if audio.start_s > LATE_S {
        format!(":first_pts={}", (info.zero_s * f64::from(rate)).round() as i64)
    } else {
        String::new()
    };
    format!("{mix}aresample={rate}:async=1{start}")
}

/// Where the sound should end by its header, in seconds of the file.
pub(crate) fn expected_end_s(info: &MediaInfo, audio: &AudioInfo) -> Option<f64> {
    audio.duration_s.map(|seconds| audio.start_s + seconds).or(info.duration_s)
}

/// The warning for a sound that ends at `end_s`, if it ends too early.
pub(crate) fn cut_off(info: &MediaInfo, audio: &AudioInfo, end_s: f64) -> Option<Warning> {
    let header_s = expected_end_s(info, audio)?;
    let short_s = header_s - end_s;
    (short_s > SHORT_S && short_s > SHORT_PART * header_s).then_some(Warning::Truncated { header_s, decoded_s: end_s })
}

/// Interleaved bytes in, planar blocks out.
struct Blocks<'a> {
    audio: &'a AudioInfo,
    channels: Vec<Vec<f32>>,
    /// Samples per channel that came from the decoder.
    decoded: u64,
    /// Samples per channel that were handed out.
    delivered: u64,
    from: u64,
    to: u64,
    decoded_max: u64,
    duration_s_max: f64,
    expected: Option<f64>,
    peak: f32,
}

impl<'a> Blocks<'a> {
    fn new(info: &MediaInfo, audio: &'a AudioInfo, options: &DecodeOptions, limits: &Limits) -> Self {
        let samples = |seconds: f64| (seconds.max(0.0) * f64::from(RATE)).round() as u64;
        let to = options.to_s.map_or(u64::MAX, samples);
        let end = expected_end_s(info, audio).map(|seconds| seconds * f64::from(RATE));
        Self {
            audio,
            channels: (0..options.channels.count()).map(|_| Vec::with_capacity(BLOCK_SAMPLES)).collect(),
            decoded: 0,
            delivered: 0,
            from: options.from_s.map_or(0, samples),
            to,
            // A second more than allowed: headers round, and the last packet is filled up.
            decoded_max: samples(limits.duration_s_max + 1.0),
            duration_s_max: limits.duration_s_max,
            expected: end.map(|end| end.min(to as f64)),
            peak: 0.0,
        }
    }

    /// Bytes of one sample of all channels.
    fn sample_bytes(&self) -> usize {
        4 * self.channels.len()
    }

    /// Takes whole samples; `Break` means that `to_s` is reached and everything was handed out.
    fn take(
        &mut self,
        bytes: &[u8],
        on_block: &mut dyn FnMut(Block<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>> {
        for sample in bytes.chunks_exact(self.sample_bytes()) {
            if self.decoded >= self.to {
                self.flush(on_block)?;
                return Ok(ControlFlow::Break(()));
            }
            if self.decoded >= self.from {
                self.push(sample);
            }
            self.decoded += 1;
            if self.decoded > self.decoded_max {
                let value = self.decoded as f64 / f64::from(RATE);
                let max = self.duration_s_max;
                return Err(Error::LimitReached { limit: "duration_s_max", value, max, unit: "s" });
            }
            let passing_by = self.decoded <= self.from && self.decoded.is_multiple_of(BLOCK_SAMPLES as u64);
            if passing_by || self.channels[0].len() == BLOCK_SAMPLES {
                self.hand_out(on_block)?;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn push(&mut self, sample: &[u8]) {
        for (channel, bytes) in self.channels.iter_mut().zip(sample.chunks_exact(4)) {
            let value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let value = if value.is_finite() { value } else { 0.0 };
            self.peak = self.peak.max(value.abs());
            channel.push(value);
        }
    }

    fn flush(&mut self, on_block: &mut dyn FnMut(Block<'_>) -> ControlFlow<()>) -> Result<()> {
        if self.channels[0].is_empty() { Ok(()) } else { self.hand_out(on_block) }
    }

    fn hand_out(&mut self, on_block: &mut dyn FnMut(Block<'_>) -> ControlFlow<()>) -> Result<()> {
        let fraction = self.expected.filter(|&end| end > 0.0).map(|end| (self.decoded as f64 / end).min(1.0));
        let block = Block { channels: &self.channels, start_samples: self.delivered, fraction };
        if on_block(block).is_break() {
            return Err(Error::Cancelled);
        }
        self.delivered += self.channels[0].len() as u64;
        self.channels.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    fn report(self, info: &MediaInfo, clean: bool) -> DecodeReport {
        let mut warnings = info.warnings.clone();
        let end_s = self.decoded as f64 / f64::from(RATE);
        let complete = self.decoded >= self.to;
        match cut_off(info, self.audio, end_s).filter(|_| !complete) {
            Some(cut) => warnings.push(cut),
            None if !clean => warnings.push(Warning::Damaged),
            None => {}
        }
        let duration_s = self.delivered as f64 / f64::from(RATE);
        DecodeReport { samples: self.delivered, duration_s, peak: self.peak, warnings }
    }
}
