//! Clients that send and read a byte now and then: others do not notice, and the slow ones are sent away.

use super::world::World;
use anyhow::{Result, ensure};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Slow clients of each kind.
const CLIENTS: usize = 20;
/// Longest time an upload may take in this drill, seconds.
const UPLOAD_S_MAX: u64 = 3;
/// Longest time anybody else may wait for an answer, seconds. Far above what is usual: the machine may be busy.
const ANSWER_S_MAX: f64 = 2.0;
/// Bytes sent at a time, and the pause after them.
const CRUMB: &[u8] = b"0123456789";
const PAUSE: Duration = Duration::from_millis(200);

pub(super) fn drill(world: &mut World) -> Result<String> {
    world.set("UPLOAD_S_MAX", UPLOAD_S_MAX.to_string());
    // One account may hold all of its room with uploads under way.
    world.set("MAX_USER_STORAGE_GB", "1000");
    let server = world.start(&["serve", "--no-worker"])?;
    let login = server.log_in()?;
    let video = server.upload(&login)?;
    let senders: Vec<TcpStream> =
        (0..CLIENTS).map(|_| begin_upload(server.address(), &login)).collect::<Result<_>>()?;
    let readers: Vec<TcpStream> =
        (0..CLIENTS).map(|_| begin_download(server.address(), &login, &video)).collect::<Result<_>>()?;
    let (started, mut slowest_s, mut left) = (Instant::now(), 0.0_f64, senders);
    while !left.is_empty() {
        ensure!(started.elapsed().as_secs() < 10 * UPLOAD_S_MAX, "{} slow uploads go on for ever", left.len());
        left.retain_mut(|client| !is_sent_away(client));
        let asked = Instant::now();
        server.curl("/users/me", &["-H", &login])?;
        slowest_s = slowest_s.max(asked.elapsed().as_secs_f64());
        std::thread::sleep(PAUSE);
    }
    ensure!(slowest_s < ANSWER_S_MAX, "others waited {slowest_s:.1} s for an answer");
    drop(readers);
    // A moment for the last of them to be cleared away.
    std::thread::sleep(Duration::from_secs(1));
    let scratch = std::fs::read_dir(world.folder().join("tmp"))?.count();
    ensure!(scratch == 0, "{scratch} scratch files are left");
    let held = world.count("SELECT count(*) FROM uploads WHERE status = 'open'")?;
    ensure!(held == 0, "{held} uploads still hold room");
    server.upload(&login)?;
    world.files_and_rows_agree()?;
    let slowest_ms = 1000.0 * slowest_s;
    Ok(format!("{CLIENTS} slow uploads sent away, {CLIENTS} slow downloads; others answered within {slowest_ms:.0} ms"))
}

/// Begins to send a recording that is said to be large.
fn begin_upload(address: &str, login: &str) -> Result<TcpStream> {
    let mut client = TcpStream::connect(address)?;
    client.set_nonblocking(false)?;
    client.set_read_timeout(Some(Duration::from_millis(1)))?;
    write!(
        client,
        "POST /videos/upload HTTP/1.1\r\nHost: {address}\r\n{login}\r\nContent-Length: 50000000\r\n\
         Content-Type: multipart/form-data; boundary=crumbs\r\n\r\n--crumbs\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"slow.mp4\"\r\n\r\n"
    )?;
    client.write_all(&[0, 0, 0, 32])?;
    client.write_all(b"ftypisom\0\0\x02\0isomiso2avc1mp41")?;
    Ok(client)
}

/// Asks for a recording and reads nothing of it.
fn begin_download(address: &str, login: &str, video: &str) -> Result<TcpStream> {
    let mut client = TcpStream::connect(address)?;
    write!(client, "GET /videos/{video}/download HTTP/1.1\r\nHost: {address}\r\n{login}\r\n\r\n")?;
    Ok(client)
}

/// Sends a crumb; true once the server has answered or hung up.
fn is_sent_away(client: &mut TcpStream) -> bool {
    let mut answer = [0; 512];
    client.read(&mut answer).is_ok() || client.write_all(CRUMB).is_err()
}
