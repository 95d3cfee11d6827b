//! A program of ours that looks at something a stranger sent: run as a child under the same limits as a decoder.

use crate::child::{Budget, Child};
use crate::error::{Error, Result};
use std::ffi::OsString;
use std::path::Path;

/// What the program may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confinement {
    /// Seconds of wall clock, and of CPU.
    pub time_s: f64,
    /// Bytes of address space.
    pub memory_bytes: u64,
    /// Bytes it may send through its standard output.
    pub stdout_bytes: u64,
}

/// Bytes kept of what it says on standard error.
const STDERR_BYTES: usize = 16 << 10;

/// Runs a program to its end and gives what it wrote to standard output. It has no input, no environment but the search
/// path, writes no file and dies with the thread that calls this.
///
/// # Errors
/// [`Error::ToolMissing`] where it cannot be started, [`Error::TimedOut`], [`Error::LimitReached`] for too much output or
/// memory, [`Error::Malformed`] where it ended by a signal or with a failure.
pub fn confined(program: &Path, arguments: &[OsString], limits: Confinement) -> Result<Vec<u8>> {
    let budget = Budget {
        time_s: limits.time_s,
        cpu_s: limits.time_s,
        stdout_bytes: limits.stdout_bytes,
        file_bytes: 0,
        memory_bytes: limits.memory_bytes,
        stderr_bytes: STDERR_BYTES,
    };
    let mut child = Child::start_program(program, "the checking program", arguments, budget)?;
    let said = child.read_all()?;
    let ended = child.finish()?;
    if ended.status.success() {
        return Ok(said);
    }
    let last = ended.said.lines().last().unwrap_or_default().chars().take(200).collect::<String>();
    Err(Error::Malformed { why: format!("it failed: {last}") })
}
