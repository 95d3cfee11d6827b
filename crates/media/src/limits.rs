//! How much a recording may ask of us.

use std::time::Duration;

/// The most a recording and the programs that read it may use; whatever goes beyond is refused or stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Largest file in bytes. Default 500 MB.
    pub size_bytes_max: u64,
    /// Longest recording in seconds, by its header and by what decodes. Default 2 h.
    pub duration_s_max: f64,
    /// Widest picture in pixels, upright. Default 8192.
    pub width_px_max: u32,
    /// Highest picture in pixels, upright. Default 8192.
    pub height_px_max: u32,
    /// Most channels of the sound. Default 16.
    pub channels_max: u32,
    /// Highest sample rate of the sound in Hz. Default 384 000.
    pub sample_rate_hz_max: u32,
    /// Most streams (pictures, sounds, subtitles, data) in a file. Default 32.
    pub streams_max: usize,
    /// Most processor time of ffprobe in seconds: what a file costs, however busy the machine is. Default 20 s.
    pub probe_cpu_s_max: f64,
    /// Longest wait for ffprobe in seconds of wall clock. Default 3 min.
    pub probe_timeout_s: f64,
    /// Longest wait for a decode in seconds of wall clock, and its most processor time. Default 15 min.
    pub decode_timeout_s: f64,
    /// Address space of a child process in bytes. Default 1 GiB, of which its libraries take about a third.
    pub child_memory_bytes_max: u64,
    /// Most bytes a child may write, to us or to a file. Default 4 GB: two hours of decoded stereo are 2.5 GB.
    pub output_bytes_max: u64,
    /// Most bytes kept of what a child says about its troubles; the rest is read and dropped. Default 64 KiB.
    pub stderr_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            size_bytes_max: 500_000_000,
            duration_s_max: 7200.0,
            width_px_max: 8192,
            height_px_max: 8192,
            channels_max: 16,
            sample_rate_hz_max: 384_000,
            streams_max: 32,
            probe_cpu_s_max: 20.0,
            probe_timeout_s: 180.0,
            decode_timeout_s: 900.0,
            child_memory_bytes_max: 1 << 30,
            output_bytes_max: 4_000_000_000,
            stderr_bytes_max: 64 << 10,
        }
    }
}

/// A limit in seconds as a duration; nonsense reads as no time at all.
pub(crate) fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::ZERO)
}
