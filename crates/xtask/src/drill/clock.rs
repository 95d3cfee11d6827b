//! The clock of the machine jumps while work goes on: hours ahead, then further back. By libfaketime, where it is installed.

use super::world::{Process, World};
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Recordings worked on at a time.
const VIDEOS: usize = 3;
/// Where Debian keeps the library.
const FOLDERS: [&str; 3] =
    ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime"];
/// Long enough for work to be under way, short enough for it not to be done.
const MOMENT: Duration = Duration::from_millis(700);

pub(super) fn drill(world: &mut World) -> Result<String> {
    let Some(library) =
        FOLDERS.iter().map(|folder| Path::new(folder).join("libfaketimeMT.so.1")).find(|file| file.exists())
    else {
        return Ok("left out: libfaketime is not installed".to_owned());
    };
    let clock = world.folder().join("clock");
    set(&clock, "+0")?;
    // Only the time of day: time that is measured goes on, as it does when a real clock is set.
    world.set("LD_PRELOAD", library.display().to_string());
    world.set("FAKETIME_TIMESTAMP_FILE", clock.display().to_string());
    for name in ["FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC", "DONT_FAKE_MONOTONIC"] {
        world.set(name, "1");
    }
    world.set("ACCESS_TOKEN_EXPIRE_MINUTES", "100000");
    let server = world.start(&["serve", "--no-worker"])?;
    let login = server.log_in()?;
    let videos: Vec<String> = (0..VIDEOS).map(|_| server.upload(&login)).collect::<Result<_>>()?;
    let worker = || world.start(&["work", "--concurrency", "1"]);
    let mut workers: Vec<Process> = vec![worker()?, worker()?];
    for jump in ["+3h", "-2h", "+0"] {
        for video in &videos {
            server.curl(&format!("/jobs/transcription/{video}?force=true"), &["-X", "POST", "-H", &login])?;
        }
        std::thread::sleep(MOMENT);
        set(&clock, jump)?;
        // Whose lease is told by the old clock is lost to the new one.
        drop(workers.remove(0));
        workers.push(worker()?);
        world.wait_for_jobs()?;
    }
    let asked = (3 * VIDEOS) as u64;
    let completed = world.count("SELECT count(*) FROM processing_jobs WHERE status = 'completed'")?;
    ensure!(completed == asked, "{completed} of {asked} jobs completed");
    let notations = world.count("SELECT count(*) FROM notations")?;
    ensure!(notations == asked, "{notations} notations of {asked} jobs");
    world.files_and_rows_agree()?;
    Ok(format!("3 h ahead, 5 h back, 2 h ahead, a worker killed at each: {completed} jobs each done once"))
}

fn set(clock: &PathBuf, to: &str) -> Result<()> {
    // In one step: no process may read half of it.
    let fresh = clock.with_extension("new");
    std::fs::write(&fresh, format!("{to}\n"))?;
    Ok(std::fs::rename(fresh, clock)?)
}
