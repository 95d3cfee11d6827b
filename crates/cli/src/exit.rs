//! Exit codes: stable, so that scripts may rely on them. Listed by `backbeat --help`.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Everything asked for was done.
    Done = 0,
    /// Something failed on this machine: a full disk, a missing permission, a fault of ours.
    Failed = 1,
    /// The command line makes no sense; clap ends with this by itself.
    Usage = 2,
    /// A recording cannot be used; others in the same call were.
    BadInput = 3,
    /// A program, model or service that is needed is missing; `backbeat doctor` says which.
    Missing = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The paragraph of `--help`.
pub(crate) const HELP: &str = "Exit codes:\n  0  done\n  1  something failed on this machine (disk, permissions, a \
fault of ours)\n  2  the command line makes no sense\n  3  a recording cannot be transcribed; the others were\n  \
4  a program, model or database that is needed is missing (see `backbeat doctor`)";
