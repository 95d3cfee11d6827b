//! A program of others, run under limits and never left behind.
//!
//! A [`Child`] has no input, no environment but the search path, and a deadline. Dropping it kills it and waits for its
//! end, so that every way out of a function, an error or a cancel included, leaves no process.

use crate::error::{Error, Result};
use crate::limits::{Limits, duration};
use crate::sys::{self, Grants};
use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Pause between two looks at a child that closed its pipes and is about to end.
const END_POLL: Duration = Duration::from_millis(1);

/// What a child may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Seconds of wall clock.
    pub(crate) time_s: f64,
    /// Seconds of processor time.
    pub(crate) cpu_s: f64,
    /// Bytes it may send through its standard output.
    pub(crate) stdout_bytes: u64,
    /// Bytes it may write into a file.
    pub(crate) file_bytes: u64,
    /// Bytes of address space.
    pub(crate) memory_bytes: u64,
    /// Bytes kept of its complaints.
    pub(crate) stderr_bytes: usize,
}

impl Budget {
    /// For a look at a recording: short time, an answer of at most 4 MiB, no file.
    pub(crate) fn of_probe(limits: &Limits) -> Self {
        Self {
            time_s: limits.probe_timeout_s,
            cpu_s: limits.probe_cpu_s_max,
            stdout_bytes: 4 << 20,
            ..Self::of_decode(limits)
        }
    }

    /// For a decode that sends its sound through a pipe.
    pub(crate) fn of_decode(limits: &Limits) -> Self {
        Self {
            time_s: limits.decode_timeout_s,
            cpu_s: limits.decode_timeout_s,
            stdout_bytes: limits.output_bytes_max,
            file_bytes: 0,
            memory_bytes: limits.child_memory_bytes_max,
            stderr_bytes: limits.stderr_bytes_max,
        }
    }
}

/// A running program.
pub(crate) struct Child {
    process: std::process::Child,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    said: Vec<u8>,
    received: u64,
    deadline: Instant,
    budget: Budget,
}

/// How a program ended.
pub(crate) struct Ended {
    /// Its exit status.
    pub(crate) status: ExitStatus,
    /// The first of what it wrote to standard error.
    pub(crate) said: String,
}

impl Child {
    /// Starts `tool`, found through the search path.
    ///
    /// # Errors
    /// [`Error::ToolMissing`] or [`Error::Io`].
    pub(crate) fn start(tool: &'static str, arguments: &[OsString], budget: Budget) -> Result<Self> {
        Self::start_program(Path::new(tool), tool, arguments, budget)
    }

    /// The same for a program that is called something else in messages.
    pub(crate) fn start_program(
        program: &Path,
        tool: &'static str,
        arguments: &[OsString],
        budget: Budget,
    ) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("LC_ALL", "C").env("AV_LOG_FORCE_NOCOLOR", "1");
        let grants = Grants {
            cpu_s: budget.cpu_s.ceil().max(1.0) as u64,
            memory_bytes: budget.memory_bytes,
            file_bytes: budget.file_bytes,
        };
        sys::restrict(&mut command, grants);
        let deadline = Instant::now() + duration(budget.time_s);
        let mut process = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::ToolMissing { tool },
            _ => Error::Io(error),
        })?;
        let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
        Ok(Self { process, stdout, stderr, said: Vec::new(), received: 0, deadline, budget })
    }

    /// Reads some bytes of standard output; 0 means that there are no more.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::LimitReached`] for too much output, [`Error::Io`].
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.stdout.is_some() {
            let [sound, talk] = self.wait_for_bytes()?;
            if talk {
                self.listen()?;
            }
            if let Some(stdout) = self.stdout.as_mut().filter(|_| sound) {
                let count = stdout.read(buffer)?;
                if count == 0 {
                    self.stdout = None;
                    break;
                }
                self.received += count as u64;
                if self.received > self.budget.stdout_bytes {
                    return Err(too_much_output(self.budget.stdout_bytes));
                }
                return Ok(count);
            }
        }
        Ok(0)
    }

    /// Reads everything up to the end of standard output.
    pub(crate) fn read_all(&mut self) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        let mut buffer = [0; 16 << 10];
        loop {
            match self.read(&mut buffer)? {
                0 => return Ok(all),
                count => all.extend_from_slice(&buffer[..count]),
            }
        }
    }

    /// Waits for the end. What is left on standard output is dropped.
    ///
    /// # Errors
    /// As [`Child::read`]; also where the program ended by a signal or for want of memory.
    pub(crate) fn finish(mut self) -> Result<Ended> {
        let mut rest = [0; 4 << 10];
        while self.read(&mut rest)? > 0 {}
        while self.stderr.is_some() {
            if self.wait_for_bytes()?[1] {
                self.listen()?;
            }
        }
        let status = loop {
            match self.process.try_wait()? {
                Some(status) => break status,
                None if self.remaining().is_zero() => return Err(self.timed_out()),
                None => std::thread::sleep(END_POLL),
            }
        };
        let said = String::from_utf8_lossy(&self.said).into_owned();
        self.judge(status, &said)?;
        Ok(Ended { status, said })
    }

    /// Errors that the end of a program tells of, whatever it was doing.
    fn judge(&self, status: ExitStatus, said: &str) -> Result<()> {
        match status.signal() {
            Some(libc::SIGXCPU) => return Err(self.out_of_cpu()),
            Some(libc::SIGXFSZ) => return Err(too_much_output(self.budget.file_bytes)),
            // The kernel's way when memory is short; our own kill never comes here.
            Some(libc::SIGKILL) => return Err(self.out_of_memory()),
            // How Rust ends where memory is short.
            Some(libc::SIGABRT) if said.contains("memory allocation of") => return Err(self.out_of_memory()),
            Some(signal) => {
                return Err(Error::Malformed { why: format!("the program broke down on it (signal {signal})") });
            }
            None => {}
        }
        let short = ["Cannot allocate memory", "failed to map segment", "cannot allocate"];
        if !status.success() && short.iter().any(|words| said.contains(words)) {
            return Err(self.out_of_memory());
        }
        Ok(())
    }

    fn wait_for_bytes(&self) -> Result<[bool; 2]> {
        let remaining = self.remaining();
        if remaining.is_zero() {
            return Err(self.timed_out());
        }
        let pipes = [self.stdout.as_ref().map(AsFd::as_fd), self.stderr.as_ref().map(AsFd::as_fd)];
        Ok(sys::readable(pipes, remaining)?)
    }

    /// Takes what standard error has, keeping no more than the budget allows.
    fn listen(&mut self) -> Result<()> {
        let Some(stderr) = self.stderr.as_mut() else { return Ok(()) };
        let mut buffer = [0; 4 << 10];
        let count = stderr.read(&mut buffer)?;
        if count == 0 {
            self.stderr = None;
        }
        let space = self.budget.stderr_bytes.saturating_sub(self.said.len());
        self.said.extend_from_slice(&buffer[..count.min(space)]);
        Ok(())
    }

    fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn timed_out(&self) -> Error {
        Error::TimedOut { max_s: self.budget.time_s }
    }

    fn out_of_cpu(&self) -> Error {
        let max = self.budget.cpu_s;
        Error::LimitReached { limit: "child_cpu_s_max", value: max, max, unit: "s" }
    }

    fn out_of_memory(&self) -> Error {
        let max = self.budget.memory_bytes as f64;
        Error::LimitReached { limit: "child_memory_bytes_max", value: max, max, unit: "bytes" }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // An error means that it has ended already; the wait then returns at once.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn too_much_output(max: u64) -> Error {
    Error::LimitReached { limit: "output_bytes_max", value: max as f64, max: max as f64, unit: "bytes" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str, time_s: f64, cpu_s: f64) -> Result<Ended> {
        let budget = Budget { time_s, cpu_s, ..Budget::of_decode(&Limits::default()) };
        Child::start("sh", &["-c".into(), script.into()], budget)?.finish()
    }

    #[test]
    fn work_and_waiting_are_told_apart() {
        // Whoever works too much is refused for good, however long it took; whoever waits is only out of time.
        let busy = run("while :; do :; done", 60.0, 1.0).err();
        assert!(matches!(busy, Some(Error::LimitReached { limit: "child_cpu_s_max", .. })), "{busy:?}");
        let slow = run("sleep 60", 0.2, 1.0).err();
        assert!(slow.as_ref().is_some_and(Error::is_temporary), "{slow:?}");
        assert!(run("sleep 1.3", 60.0, 1.0).is_ok());
    }
}
