//! From a sound and the hits heard in it to files: stems, drums and rest, or another mix of them.
//!
//! Conventions: files are 44.1 kHz, with two channels, or one where the sound has one. Samples are whole numbers, and
//! what is handed out together adds up to the sound exactly: the rest is what the rounded drums leave of the rounded
//! sound.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use drums::{Hit, SampleRate};
use listen::separate::{Quality, Separator, Splitting, Stem};

use super::PipelineError;

/// Bits of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// 16.
    Sixteen,
    /// 24.
    TwentyFour,
    /// 32; in WAV alone.
    ThirtyTwo,
}

impl Bits {
    /// Every number of bits.
    pub const ALL: [Self; 3] = [Self::Sixteen, Self::TwentyFour, Self::ThirtyTwo];

    /// How many.
    pub const fn count(self) -> u16 {
        match self {
            Self::Sixteen => 16,
            Self::TwentyFour => 24,
            Self::ThirtyTwo => 32,
        }
    }

    /// So many bits, where there is such a thing.
    pub fn of(count: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|bits| bits.count() == count)
    }

    fn full_scale(self) -> f64 {
        f64::from(1_u32 << (self.count() - 1))
    }
}

/// How files of sound are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundFormat {
    /// Compressed without loss; 16 or 24 bits.
    Flac,
    /// As it is; 16, 24 or 32 bits.
    Wav,
}

impl SoundFormat {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Flac, Self::Wav];

    /// The end of a file's name, and the word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flac => "flac",
            Self::Wav => "wav",
        }
    }

    /// The format of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Flac => "audio/flac",
            Self::Wav => "audio/wav",
        }
    }
}

/// Something to be written: stems added up, each at a gain.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// Its name, and that of its file.
    pub name: String,
    /// Gain of each stem in the order of [`Stem::ALL`]; 0 leaves it out.
    pub gains: [f32; Stem::ALL.len()],
}

impl Product {
    /// One stem.
    pub fn stem(stem: Stem) -> Self {
        Self { name: stem.id().to_owned(), gains: Stem::ALL.map(|other| if other == stem { 1.0 } else { 0.0 }) }
    }

    /// All drums together.
    pub fn drums() -> Self {
        Self { name: "drums".to_owned(), gains: Stem::ALL.map(|stem| if stem == Stem::Rest { 0.0 } else { 1.0 }) }
    }

    /// The product of this name: a stem, or `drums`.
    pub fn named(name: &str) -> Option<Self> {
        if name == "drums" {
            return Some(Self::drums());
        }
        Stem::ALL.into_iter().find(|stem| stem.id() == name).map(Self::stem)
    }

    /// Whether each stem is in it as it is or not at all, so that products can add up exactly.
    fn is_plain(&self) -> bool {
        self.gains.iter().all(|gain| [0.0, 1.0].contains(gain))
    }
}

/// What is wanted of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What to write.
    pub products: Vec<Product>,
    /// How.
    pub format: SoundFormat,
    /// With how many bits.
    pub bits: Bits,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Name of the product.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Bytes.
    pub size_bytes: u64,
    /// Samples that were too loud for the bits and were cut off.
    pub clipped_samples: u64,
    /// How much the whole was turned down so that nothing clips, dB; 0 for plain stems, which stay as loud as they are.
    pub turned_down_db: f64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The files, in the order they were wanted.
    pub files: Vec<Written>,
    /// What the masks say of each stem, in the order of [`Stem::ALL`].
    pub quality: [Quality; Stem::ALL.len()],
    /// How many hits each stem has.
    pub hits: [usize; Stem::ALL.len()],
    /// Length, seconds.
    pub duration_s: f64,
    /// 1 or 2.
    pub channels: usize,
}

/// Says how far the work is, 0..=1, with the name of what is being done; `Break` ends it.
pub type Told<'a> = &'a mut dyn FnMut(&'static str, f64) -> ControlFlow<()>;

/// Shares of the time: learning, splitting, writing.
const STUDY_SHARE: f64 = 0.4;
const SPLIT_SHARE: f64 = 0.5;

/// Takes a sound apart and writes what is wanted into `folder`, as `NAME.flac` or `NAME.wav`. `hits` are those heard in it:
/// masks go by them, and they are counted by stem.
///
/// # Errors
/// `Stopped`; `Media` where the sound cannot be read or a file not be written; `Separate` where a network failed. No file
/// is left then.
pub fn split(
    separator: &Separator,
    sound: &Path,
    hits: &[Hit],
    wanted: &Wanted,
    limits: &media::Limits,
    folder: &Path,
    told: Told<'_>,
) -> Result<Split, PipelineError> {
    let mut works: Vec<Work> = Vec::new();
    let done = split_into(separator, sound, hits, wanted, limits, folder, told, &mut works);
    if done.is_err() {
        for work in &works {
            work.remove();
        }
    }
    done
}

fn split_into(
    separator: &Separator,
    sound: &Path,
    hits: &[Hit],
    wanted: &Wanted,
    limits: &media::Limits,
    folder: &Path,
    told: Told<'_>,
    works: &mut Vec<Work>,
) -> Result<Split, PipelineError> {
    let source = media::Source::file(sound)?;
    let info = media::probe(&source, limits)?;
    let mono = info.audio.as_ref().is_some_and(|audio| audio.channels == 1);
    let channels = if mono { media::Channels::Mono } else { media::Channels::Stereo };
    let decode = media::DecodeOptions { channels, ..Default::default() };
    let mut study = separator.study(hits);
    if study.wants_sound() {
        media::decode_audio(&source, &info, limits, &decode, &mut |block| {
            study.push(block.channels);
            told("learning the drums", block.fraction.unwrap_or(0.0) * STUDY_SHARE)
        })?;
    }
    let splitting = study.split(channels.count());
    for product in &wanted.products {
        works.push(Work::begin(product, wanted, channels.count(), folder)?);
    }
    let (quality, samples) = write_works(splitting, &source, &info, limits, &decode, wanted.bits, works, told)?;
    let mut files = Vec::new();
    let count = works.len().max(1) as f64;
    for (number, work) in works.iter_mut().enumerate() {
        let from = STUDY_SHARE + SPLIT_SHARE + (1.0 - STUDY_SHARE - SPLIT_SHARE) * number as f64 / count;
        if told("writing the stems", from).is_break() {
            return Err(PipelineError::Stopped);
        }
        files.push(work.end(wanted, limits)?);
    }
    let duration_s = samples as f64 / f64::from(SampleRate::LISTENING.get());
    Ok(Split { files, quality, hits: Stem::count(hits), duration_s, channels: channels.count() })
}

/// Splits the sound and adds it to the files under way.
fn write_works(
    mut splitting: Splitting,
    source: &media::Source,
    info: &media::MediaInfo,
    limits: &media::Limits,
    decode: &media::DecodeOptions,
    bits: Bits,
    works: &mut [Work],
    told: Told<'_>,
) -> Result<([Quality; Stem::ALL.len()], u64), PipelineError> {
    let (mut failed, mut samples) = (None, 0);
    let mut hand_out = |block: listen::separate::StemBlock<'_>| {
        samples += block.stems.first().and_then(|stem| stem.first()).map_or(0, Vec::len) as u64;
        let rounded = round_stems(block.sound, block.stems, bits);
        for work in works.iter_mut() {
            if failed.is_none() {
                failed = work.add(block.stems, &rounded).err();
            }
        }
    };
    media::decode_audio(source, info, limits, decode, &mut |block| {
        splitting.push(block.channels, &mut hand_out);
        told("taking the sound apart", STUDY_SHARE + block.fraction.unwrap_or(0.0) * SPLIT_SHARE)
    })?;
    let quality = splitting.finish(&mut hand_out)?;
    match failed {
        Some(error) => Err(error.into()),
        None => Ok((quality, samples)),
    }
}

/// Stems as whole numbers that add up to the rounded sound.
fn round_stems(sound: &[Vec<f32>], stems: &[Vec<Vec<f32>>], bits: Bits) -> Vec<Vec<Vec<i64>>> {
    let scale = bits.full_scale();
    let round = |value: &f32| (f64::from(*value) * scale).round() as i64;
    let drums = &stems[..stems.len().saturating_sub(1)];
    let mut rounded: Vec<Vec<Vec<i64>>> =
        drums.iter().map(|stem| stem.iter().map(|row| row.iter().map(round).collect()).collect()).collect();
    let mut rest = Vec::with_capacity(sound.len());
    for (channel, row) in sound.iter().enumerate() {
        let left = row.iter().enumerate().map(|(at, sample)| {
            round(sample) - rounded.iter().map(|drum: &Vec<Vec<i64>>| drum[channel][at]).sum::<i64>()
        });
        rest.push(left.collect());
    }
    rounded.push(rest);
    rounded
}

/// A file under way.
#[derive(Debug)]
struct Work {
    product: Product,
    bits: Bits,
    /// The finished file.
    path: PathBuf,
    /// Samples as whole numbers, for plain products; a WAV that is the finished file or will be made into it.
    whole: Option<media::WavWriter>,
    /// Samples as fractions, for others, whose loudness is known only at the end.
    fractions: Option<BufWriter<File>>,
    scratch: PathBuf,
    channels: usize,
    peak: f32,
    clipped: u64,
}

/// Samples brought to whole numbers at a time.
const PIECE_SAMPLES: usize = 1 << 15;

impl Work {
    fn begin(product: &Product, wanted: &Wanted, channels: usize, folder: &Path) -> Result<Self, media::Error> {
        let path = folder.join(format!("{}.{}", product.name, wanted.format.as_str()));
        let scratch = folder.join(format!("{}.part", product.name));
        let mut work = Self {
            product: product.clone(),
            bits: wanted.bits,
            whole: None,
            fractions: None,
            channels,
            peak: 0.0,
            clipped: 0,
            path,
            scratch,
        };
        if product.is_plain() {
            work.whole = Some(work.wav(wanted)?);
        } else {
            work.fractions = Some(BufWriter::new(File::create(&work.scratch)?));
        }
        Ok(work)
    }

    /// The WAV file: the finished one, or what FLAC is made from.
    fn wav(&self, wanted: &Wanted) -> Result<media::WavWriter, media::Error> {
        let rate = SampleRate::LISTENING.get();
        media::WavWriter::create(&self.wav_path(wanted), rate, self.channels as u16, self.bits.count())
    }

    fn wav_path(&self, wanted: &Wanted) -> PathBuf {
        match wanted.format {
            SoundFormat::Wav => self.path.clone(),
            SoundFormat::Flac => self.path.with_extension("wav.part"),
        }
    }

    fn add(&mut self, stems: &[Vec<Vec<f32>>], rounded: &[Vec<Vec<i64>>]) -> Result<(), media::Error> {
        let samples = rounded.first().and_then(|stem| stem.first()).map_or(0, Vec::len);
        if let Some(wav) = &mut self.whole {
            let mut rows = vec![vec![0_i32; samples]; self.channels];
            for (channel, row) in rows.iter_mut().enumerate() {
                for (at, out) in row.iter_mut().enumerate() {
                    let taken = rounded.iter().zip(&self.product.gains).filter(|(_, gain)| **gain > 0.0);
                    let sum = taken.map(|(stem, _)| stem[channel][at]).sum();
                    *out = cut_off(sum, self.bits, &mut self.clipped);
                }
            }
            return wav.write(&rows);
        }
        let Some(file) = &mut self.fractions else { return Ok(()) };
        for at in 0..samples {
            for channel in 0..self.channels {
                let parts = stems.iter().zip(&self.product.gains);
                let sum: f32 = parts.map(|(stem, gain)| stem[channel][at] * gain).sum();
                self.peak = self.peak.max(sum.abs());
                file.write_all(&sum.to_le_bytes())?;
            }
        }
        Ok(())
    }

    /// Finishes the file.
    fn end(&mut self, wanted: &Wanted, limits: &media::Limits) -> Result<Written, media::Error> {
        let mut turned_down_db = 0.0;
        if let Some(mut file) = self.fractions.take() {
            file.flush()?;
            drop(file);
            // One value short of full scale, so that rounding cannot pass it.
            let gain = f64::from(1.0 - 2.0_f32.powi(-15)) / f64::from(self.peak.max(1e-9));
            let gain = gain.min(1.0);
            turned_down_db = -20.0 * gain.log10();
            self.whole = Some(self.louder(wanted, gain)?);
            std::fs::remove_file(&self.scratch)?;
        }
        if let Some(wav) = self.whole.take() {
            wav.finish()?;
        }
        if wanted.format == SoundFormat::Flac {
            let wav = self.wav_path(wanted);
            let source = media::Source::file(&wav)?;
            // Our own file may be larger than what is taken in.
            let limits = media::Limits { size_bytes_max: limits.output_bytes_max, ..limits.clone() };
            let info = media::probe(&source, &limits)?;
            media::extract_audio_flac(&source, &info, &limits, &self.path, &mut |_| ControlFlow::Continue(()))?;
            std::fs::remove_file(wav)?;
        }
        Ok(Written {
            name: self.product.name.clone(),
            size_bytes: std::fs::metadata(&self.path)?.len(),
            path: self.path.clone(),
            clipped_samples: self.clipped,
            turned_down_db,
        })
    }

    /// The fractions as whole numbers at a gain.
    fn louder(&mut self, wanted: &Wanted, gain: f64) -> Result<media::WavWriter, media::Error> {
        let mut wav = self.wav(wanted)?;
        let mut file = BufReader::new(File::open(&self.scratch)?);
        let mut bytes = vec![0; PIECE_SAMPLES * self.channels * 4];
        loop {
            let count = read_up_to(&mut file, &mut bytes)?;
            if count == 0 {
                return Ok(wav);
            }
            let mut rows = vec![Vec::with_capacity(PIECE_SAMPLES); self.channels];
            for (number, sample) in bytes[..count].as_chunks::<4>().0.iter().enumerate() {
                let value = f64::from(f32::from_le_bytes(*sample)) * gain * self.bits.full_scale();
                rows[number % self.channels].push(cut_off(value.round() as i64, self.bits, &mut self.clipped));
            }
            wav.write(&rows)?;
        }
    }

    fn remove(&self) {
        for path in [&self.path, &self.scratch, &self.path.with_extension("wav.part")] {
            // Whatever was not made yet cannot be removed.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A whole number within its bits.
fn cut_off(value: i64, bits: Bits, clipped: &mut u64) -> i32 {
    let full = 1_i64 << (bits.count() - 1);
    let kept = value.clamp(-full, full - 1);
    *clipped += u64::from(kept != value);
    kept as i32
}

fn read_up_to(file: &mut impl Read, bytes: &mut [u8]) -> std::io::Result<usize> {
    let mut count = 0;
    while count < bytes.len() {
        match file.read(&mut bytes[count..])? {
            0 => break,
            more => count += more,
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_stems_add_up_to_the_rounded_sound() {
        let mut seed = 7_u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let sound: Vec<f32> = (0..500).map(|_| noise()).collect();
        let mut stems: Vec<Vec<Vec<f32>>> = (0..6).map(|_| vec![(0..500).map(|_| noise() / 6.0).collect()]).collect();
        let rest = (0..500).map(|at| sound[at] - stems.iter().map(|stem| stem[0][at]).sum::<f32>()).collect();
        stems.push(vec![rest]);
        for bits in [Bits::Sixteen, Bits::TwentyFour, Bits::ThirtyTwo] {
            let rounded = round_stems(std::slice::from_ref(&sound), &stems, bits);
            for (at, sample) in sound.iter().enumerate() {
                let sum: i64 = rounded.iter().map(|stem| stem[0][at]).sum();
                let whole = (f64::from(*sample) * bits.full_scale()).round() as i64;
                assert_eq!(sum, whole, "{bits:?} at {at}");
            }
        }
    }

    #[test]
    fn what_is_too_loud_is_cut_off_and_counted() {
        let mut clipped = 0;
        assert_eq!(cut_off(40_000, Bits::Sixteen, &mut clipped), 32_767);
        assert_eq!(cut_off(-32_768, Bits::Sixteen, &mut clipped), -32_768);
        assert_eq!(clipped, 1);
    }
}
