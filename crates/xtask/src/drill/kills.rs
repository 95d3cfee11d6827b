//! Workers are killed with SIGKILL at any moment of their work, again and again.

use super::Chance;
use super::world::{Process, World};
use anyhow::{Result, ensure};
use std::time::Duration;

/// Recordings worked on at a time.
const VIDEOS: usize = 3;
const WORKERS: usize = 2;
/// Longest life of a worker, milliseconds: about what starting and one short transcription take.
const LIFE_MS: u64 = 3000;

pub(super) fn drill(world: &World, seed: u64, kills: usize) -> Result<String> {
    let mut chance = Chance(seed);
    let server = world.start(&["serve", "--no-worker"])?;
    let login = server.log_in()?;
    let videos: Vec<String> = (0..VIDEOS).map(|_| server.upload(&login)).collect::<Result<_>>()?;
    let mut asked = 0;
    let worker = || world.start(&["work", "--concurrency", "1"]);
    let mut workers: Vec<Process> = (0..WORKERS).map(|_| worker()).collect::<Result<_>>()?;
    for _ in 0..kills {
        asked += ask_for_idle(world, &server, &login, &videos)?;
        std::thread::sleep(Duration::from_millis(chance.below(LIFE_MS)));
        let doomed = usize::try_from(chance.below(WORKERS as u64))?;
        // Dropping it kills it; another takes its place.
        drop(workers.remove(doomed));
        workers.push(worker()?);
    }
    world.wait_for_jobs()?;
    let jobs = world.count("SELECT count(*) FROM processing_jobs")?;
    let completed = world.count("SELECT count(*) FROM processing_jobs WHERE status = 'completed'")?;
    let again = world.count("SELECT count(*) FROM processing_jobs WHERE attempts > 1")?;
    ensure!(jobs == asked && completed == asked, "{asked} asked for, {jobs} there, {completed} completed");
    // Each job writes one notation, in the transaction that completes it.
    let notations = world.count("SELECT count(*) FROM notations")?;
    ensure!(notations == asked, "{notations} notations of {asked} jobs");
    let doubled = world.count("SELECT count(*) - count(DISTINCT video_id) FROM audio_files")?;
    ensure!(doubled == 0, "{doubled} sound tracks are there twice");
    let files = world.files_and_rows_agree()?;
    Ok(format!("{kills} kills, {completed} jobs each done once, {again} of them after a loss, {files} files"))
}

/// Keeps the workers busy: every recording without an open job gets a new one; gives how many.
pub(super) fn ask_for_idle(world: &World, server: &Process, login: &str, videos: &[String]) -> Result<u64> {
    let open = world.count("SELECT count(*) FROM processing_jobs WHERE status IN ('pending', 'running')")?;
    if open > 0 {
        return Ok(0);
    }
    for video in videos {
        server.curl(&format!("/jobs/transcription/{video}?force=true"), &["-X", "POST", "-H", login])?;
    }
    Ok(videos.len() as u64)
}
