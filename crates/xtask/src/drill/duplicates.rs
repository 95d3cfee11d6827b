//! A job is handed to a second worker while the first still works on it: its lease is put into the past again and again.

use super::kills::ask_for_idle;
use super::world::{PATIENCE, Process, World};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

/// Recordings worked on at a time.
const VIDEOS: usize = 2;
const WORKERS: usize = 3;
/// Pause between two leases put into the past: several fit between a worker's signs of life.
const PAUSE: Duration = Duration::from_millis(50);

/// A time before any lease, as both databases read it.
const EXPIRE: &str =
    "UPDATE processing_jobs SET lease_expires_at = '2000-01-01T00:00:00.000000+00:00' WHERE status = 'running'";

pub(super) fn drill(world: &World, twice: usize) -> Result<String> {
    let server = world.start(&["serve", "--no-worker"])?;
    let login = server.log_in()?;
    let videos: Vec<String> = (0..VIDEOS).map(|_| server.upload(&login)).collect::<Result<_>>()?;
    let _workers: Vec<Process> =
        (0..WORKERS).map(|_| world.start(&["work", "--concurrency", "1"])).collect::<Result<_>>()?;
    let (mut asked, started) = (0, Instant::now());
    while world.count("SELECT count(*) FROM processing_jobs WHERE attempts > 1")? < twice as u64 {
        ensure!(started.elapsed() < PATIENCE, "no job was handed out twice");
        asked += ask_for_idle(world, &server, &login, &videos)?;
        world.ask(EXPIRE)?;
        std::thread::sleep(PAUSE);
    }
    world.wait_for_jobs()?;
    let completed = world.count("SELECT count(*) FROM processing_jobs WHERE status = 'completed'")?;
    let again = world.count("SELECT sum(attempts) - count(*) FROM processing_jobs")?;
    ensure!(completed == asked, "{completed} of {asked} jobs completed");
    let notations = world.count("SELECT count(*) FROM notations")?;
    ensure!(notations == asked, "{notations} notations of {asked} jobs");
    let doubled = world.count("SELECT count(*) - count(DISTINCT video_id) FROM audio_files")?;
    ensure!(doubled == 0, "{doubled} sound tracks are there twice");
    world.files_and_rows_agree()?;
    Ok(format!("{completed} jobs, handed out {again} times more than once, one result each"))
}
