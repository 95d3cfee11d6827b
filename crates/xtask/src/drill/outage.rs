//! The database goes away in the middle of the work and comes back.

use super::world::World;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Recordings in work.
const VIDEOS: usize = 4;

/// The throwaway cluster of `scripts/lib-postgres.sh`.
struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    /// What it was started with.
    options: String,
}

pub(super) fn drill(world: &World, outage_s: u64) -> Result<String> {
    let Some(cluster) = Cluster::of_tests()? else {
        return Ok("left out: the cluster is not the one of scripts/lib-postgres.sh".to_owned());
    };
    let server = world.start(&["serve", "--no-worker"])?;
    let login = server.log_in()?;
    let _worker = world.start(&["work", "--concurrency", "2"])?;
    for _ in 0..VIDEOS {
        let video = server.upload(&login)?;
        server.curl(&format!("/jobs/transcription/{video}"), &["-X", "POST", "-H", &login])?;
    }
    cluster.control(&["-m", "immediate", "stop"])?;
    std::thread::sleep(Duration::from_secs(outage_s));
    let refused = server.curl("/jobs/", &["-H", &login]).err().context("it answers without its database")?;
    ensure!(format!("{refused:#}").contains("storage_unavailable"), "{refused:#}");
    cluster.control(&["-o", &cluster.options, "start"])?;
    world.wait_for_jobs()?;
    let completed = world.count("SELECT count(*) FROM processing_jobs WHERE status = 'completed'")?;
    ensure!(completed == VIDEOS as u64, "{completed} of {VIDEOS} jobs completed");
    let notations = world.count("SELECT count(*) FROM notations")?;
    ensure!(notations == VIDEOS as u64, "{notations} notations of {VIDEOS} jobs");
    world.files_and_rows_agree()?;
    Ok(format!("gone for {outage_s} s, requests refused with 503, {completed} jobs each done once"))
}

impl Cluster {
    fn of_tests() -> Result<Option<Self>> {
        let setting = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let (Some(bin), Some(folder)) = (setting("BACKBEAT_TEST_POSTGRES_BIN"), setting("BACKBEAT_TEST_POSTGRES_DIR"))
        else {
            return Ok(None);
        };
        let line = std::fs::read_to_string(folder.join("data/postmaster.opts"))?;
        let (_, options) = line.trim().split_once(' ').context("postmaster.opts names no options")?;
        Ok(Some(Self { bin, options: options.to_owned(), folder }))
    }

    fn control(&self, command: &[&str]) -> Result<()> {
        let pg_ctl = self.bin.join("pg_ctl");
        // PostgreSQL refuses root, see the script.
        let is_root = Command::new("id").arg("-u").output()?.stdout == b"0\n";
        let mut program = if is_root { Command::new("runuser") } else { Command::new(&pg_ctl) };
        if is_root {
            program.args(["-u", "postgres", "--"]).arg(&pg_ctl);
        }
        program.arg("-D").arg(self.folder.join("data")).args(["-w", "-s", "-l"]).arg(self.folder.join("log"));
        ensure!(program.args(command).status()?.success(), "pg_ctl {command:?} failed");
        Ok(())
    }
}
