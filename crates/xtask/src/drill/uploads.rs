//! The server is killed while recordings come in.

use super::Chance;
use super::world::World;
use anyhow::{Result, ensure};
use std::time::Duration;

/// Longest time an upload runs before the server is killed, milliseconds: a little longer than a whole upload takes.
const UPLOAD_MS: u64 = 5000;

pub(super) fn drill(world: &World, seed: u64, uploads: usize) -> Result<String> {
    let mut chance = Chance(seed);
    let mut server = world.start(&["serve", "--no-worker"])?;
    let login = server.log_in()?;
    for _ in 0..uploads {
        let mut client = server.slow_upload(&login)?;
        std::thread::sleep(Duration::from_millis(chance.below(UPLOAD_MS)));
        drop(server);
        let _ = client.wait();
        server = world.start(&["serve", "--no-worker"])?;
    }
    let survived = world.files_and_rows_agree()?;
    ensure!(survived <= uploads, "{survived} recordings of {uploads} uploads");
    // Whoever was cut off sends it again, with the login of before.
    server.upload(&login)?;
    let files = world.files_and_rows_agree()?;
    ensure!(files == survived + 1, "{files} files after one more upload, {survived} before");
    Ok(format!("{uploads} cut off, {survived} of them were complete, and one more arrived whole"))
}
