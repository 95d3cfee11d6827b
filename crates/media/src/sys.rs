//! The few calls to the operating system that the standard library does not have; the only unsafe code of the crate.

#![expect(unsafe_code, reason = "limits are set between fork and exec, and pipes are waited for with poll")]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

/// What the kernel grants a child.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grants {
    /// Seconds of CPU.
    pub(crate) cpu_s: u64,
    /// Bytes of address space.
    pub(crate) memory_bytes: u64,
    /// Bytes of any file it writes.
    pub(crate) file_bytes: u64,
}

/// Files a child may have open: its three streams, the recording, its libraries while they load.
const OPEN_FILES: u64 = 64;

/// Makes `command` start under `grants`, without core dumps, and die with this process.
///
/// The kernel ties the death to the *thread* that starts the child; that thread waits for it, so both agree.
pub(crate) fn restrict(command: &mut Command, grants: Grants) {
    let parent = libc::pid_t::try_from(std::process::id()).unwrap_or(-1);
    let restrict = move || {
        // The signal that tells of used-up CPU comes at the first number, the one that cannot be ignored at the second.
        limit(libc::RLIMIT_CPU, grants.cpu_s, grants.cpu_s.saturating_add(1))?;
        limit(libc::RLIMIT_AS, grants.memory_bytes, grants.memory_bytes)?;
        limit(libc::RLIMIT_FSIZE, grants.file_bytes, grants.file_bytes)?;
        limit(libc::RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES)?;
        limit(libc::RLIMIT_CORE, 0, 0)?;
        die_with(parent)
    };
    // SAFETY: between fork and exec only calls that are safe in a signal handler may run. `getrlimit`, `setrlimit`,
    // `prctl` and `getppid` are bare system calls; errors are made from numbers, and nothing allocates or takes a lock.
    unsafe {
        command.pre_exec(restrict);
    }
}

/// Lowers a limit; one that is lower already stays, as raising it may be forbidden.
fn limit(resource: libc::__rlimit_resource_t, soft: u64, hard: u64) -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a live local value of the right type, which the call only writes.
    if unsafe { libc::getrlimit(resource, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    limit = libc::rlimit { rlim_cur: soft.min(limit.rlim_cur), rlim_max: hard.min(limit.rlim_max) };
    // SAFETY: the pointer is to a live local value of the right type, which the call only reads.
    match unsafe { libc::setrlimit(resource, &raw const limit) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Asks for death with the parent; a parent that died before the request was heard is noticed by its changed number.
fn die_with(parent: libc::pid_t) -> io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes one number, the signal, and touches no memory of ours.
    if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: takes nothing and cannot fail.
    if unsafe { libc::getppid() } != parent {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    Ok(())
}

/// Waits until one of `pipes` has bytes or was closed, or `timeout` is over; says for each whether it may be read.
pub(crate) fn readable(pipes: [Option<BorrowedFd<'_>>; 2], timeout: Duration) -> io::Result<[bool; 2]> {
    // A negative number makes poll pass over an entry.
    let entry = |pipe: Option<BorrowedFd<'_>>| libc::pollfd {
        fd: pipe.map_or(-1, |pipe| pipe.as_raw_fd()),
        events: libc::POLLIN,
        revents: 0,
    };
    let mut entries = pipes.map(entry);
    let timeout_ms = libc::c_int::try_from(timeout.as_millis().max(1)).unwrap_or(libc::c_int::MAX);
    // SAFETY: the pointer and the length describe one live local array, which the call reads and writes.
    let count = unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, timeout_ms) };
    if count < 0 {
        let error = io::Error::last_os_error();
        return if error.kind() == io::ErrorKind::Interrupted { Ok([false; 2]) } else { Err(error) };
    }
    Ok(entries.map(|entry| entry.revents != 0))
}
