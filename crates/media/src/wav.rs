//! Sound written as a WAV file, block by block.
//!
//! Conventions: whole numbers of 16, 24 or 32 bits, interleaved, little endian, after a plain header of 44 bytes
//! (Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0", 1991).

use crate::error::{Error, Result};
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes before the first sample.
const HEAD_BYTES: u64 = 44;
/// Most bytes of samples that the header can count.
const DATA_BYTES_MAX: u64 = u32::MAX as u64 - HEAD_BYTES;

/// A WAV file being written.
#[derive(Debug)]
pub struct WavWriter {
    file: BufWriter<File>,
    sample_rate: u32,
    channels: u16,
    bits: u16,
    data_bytes: u64,
}

impl WavWriter {
    /// Begins a file, in place of one that is there. `bits` is 16, 24 or 32.
    ///
    /// # Errors
    /// [`Error::Io`], also for other bits or no channel.
    pub fn create(path: &Path, sample_rate: u32, channels: u16, bits: u16) -> Result<Self> {
        if ![16, 24, 32].contains(&bits) || channels == 0 {
            return Err(Error::Io(std::io::ErrorKind::InvalidInput.into()));
        }
        let mut writer = Self { file: BufWriter::new(File::create(path)?), sample_rate, channels, bits, data_bytes: 0 };
        let head = writer.head();
        writer.file.write_all(&head)?;
        Ok(writer)
    }

    /// Adds samples, channel by channel of as many each; values as large as the bits allow.
    ///
    /// # Errors
    /// [`Error::LimitReached`] beyond 4 GiB, which the header cannot count; [`Error::Io`].
    pub fn write(&mut self, channels: &[Vec<i32>]) -> Result<()> {
        let samples = channels.first().map_or(0, Vec::len);
        let bytes = usize::from(self.bits / 8);
        self.data_bytes += (samples * channels.len() * bytes) as u64;
        if self.data_bytes > DATA_BYTES_MAX {
            let (value, max) = (self.data_bytes as f64, DATA_BYTES_MAX as f64);
            return Err(Error::LimitReached { limit: "output_bytes_max", value, max, unit: "bytes" });
        }
        for sample in 0..samples {
            for channel in channels {
                let value = channel.get(sample).copied().unwrap_or(0).to_le_bytes();
                self.file.write_all(&value[..bytes])?;
            }
        }
        Ok(())
    }

    /// Ends the file; says how many bytes it has.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(mut self) -> Result<u64> {
        let head = self.head();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&head)?;
        self.file.flush()?;
        Ok(HEAD_BYTES + self.data_bytes)
    }

    fn head(&self) -> Vec<u8> {
        let frame_bytes = self.channels * (self.bits / 8);
        let data_bytes = self.data_bytes as u32;
        let mut head = b"RIFF".to_vec();
        head.extend((data_bytes + HEAD_BYTES as u32 - 8).to_le_bytes());
        head.extend(b"WAVEfmt ");
        head.extend(16_u32.to_le_bytes());
        head.extend(1_u16.to_le_bytes());
        head.extend(self.channels.to_le_bytes());
        head.extend(self.sample_rate.to_le_bytes());
        head.extend((self.sample_rate * u32::from(frame_bytes)).to_le_bytes());
        head.extend(frame_bytes.to_le_bytes());
        head.extend(self.bits.to_le_bytes());
        head.extend(b"data");
        head.extend(data_bytes.to_le_bytes());
        head
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;

    #[test]
    fn samples_of_all_widths_lie_where_the_header_says() {
        let folder = tempfile::tempdir().unwrap();
        for bits in [16_u16, 24, 32] {
            let path = folder.path().join(format!("{bits}.wav"));
            let mut writer = WavWriter::create(&path, 44_100, 2, bits).unwrap();
            writer.write(&[vec![1, -2], vec![3, 4]]).unwrap();
            let size = writer.finish().unwrap();
            let file = std::fs::read(&path).unwrap();
            let width = usize::from(bits / 8);
            assert_eq!((file.len() as u64, file.len()), (size, 44 + 4 * width));
            assert_eq!(u32::from_le_bytes(file[40..44].try_into().unwrap()) as usize, 4 * width);
            assert_eq!(&file[44..44 + width], &1_i32.to_le_bytes()[..width]);
            assert_eq!(&file[44 + 2 * width..44 + 3 * width], &(-2_i32).to_le_bytes()[..width]);
        }
        assert!(WavWriter::create(&folder.path().join("8.wav"), 44_100, 2, 8).is_err());
    }
}
