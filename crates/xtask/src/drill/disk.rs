//! The disk is full, and then it is not.

use super::world::World;
use anyhow::{Context, Result, ensure};
use std::io::Write;

/// The disk, megabytes.
const DISK_MB: u32 = 32;
/// Recordings uploaded before it is full.
const VIDEOS: usize = 2;
/// Bytes written at a time until nothing fits.
const BLOCK: [u8; 4096] = [7; 4096];

pub(super) fn drill(world: &mut World) -> Result<String> {
    if !world.shrink(DISK_MB)? {
        return Ok("left out: this machine lets us mount no small disk".to_owned());
    }
    world.set("JOB_BACK_OFF_S", "1");
    let server = world.start(&["serve", "--no-worker"])?;
    let _worker = world.start(&["work", "--concurrency", "2"])?;
    let login = server.log_in()?;
    let videos: Vec<String> = (0..VIDEOS).map(|_| server.upload(&login)).collect::<Result<_>>()?;
    fill(world)?;
    let refused = server.upload(&login).err().context("a recording fitted on a full disk")?;
    let refused = format!("{refused:#}");
    ensure!(refused.contains("disk_full") || refused.contains("storage_unavailable"), "{refused}");
    // Where the rows are on another disk, the job comes in and its work has no room; else it is refused as well.
    let mut asked = 0;
    for video in &videos {
        match server.curl(&format!("/jobs/transcription/{video}"), &["-X", "POST", "-H", &login]) {
            Ok(_) => asked += 1,
            Err(error) => ensure!(format!("{error:#}").contains("storage_unavailable"), "{error:#}"),
        }
    }
    std::thread::sleep(std::time::Duration::from_secs(2));
    server.curl("/health/live", &[])?;
    std::fs::remove_file(world.folder().join("ballast"))?;
    for video in &videos {
        server.curl(&format!("/jobs/transcription/{video}"), &["-X", "POST", "-H", &login])?;
    }
    server.upload(&login)?;
    world.wait_for_jobs()?;
    let completed = world.count("SELECT count(*) FROM processing_jobs WHERE status = 'completed'")?;
    let jobs = world.count("SELECT count(*) FROM processing_jobs")?;
    ensure!(completed == jobs && jobs >= VIDEOS as u64, "{completed} of {jobs} jobs completed");
    let files = world.files_and_rows_agree()?;
    Ok(format!("uploads refused, {asked} jobs came in all the same; with room again {completed} done, {files} files"))
}

/// Writes until nothing fits any more.
fn fill(world: &World) -> Result<()> {
    let mut ballast = std::fs::File::create(world.folder().join("ballast"))?;
    while ballast.write_all(&BLOCK).is_ok() {}
    Ok(())
}
