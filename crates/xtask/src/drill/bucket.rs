//! The bucket goes away in the middle of the work and comes back. Between Backbeat and the bucket stands a door of ours,
//! which is shut: connections are cut and new ones refused, while the bucket keeps what it has.

use super::world::World;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Recordings in work.
const VIDEOS: usize = 4;

pub(super) fn drill(world: &mut World, s3: &str, outage_s: u64) -> Result<String> {
    let bucket = Bucket::of(s3)?;
    let door = Door::open(&bucket.host)?;
    let prefix = world.folder().file_name().context("no folder")?.to_string_lossy().into_owned();
    let through = s3.replacen('?', &format!("/{prefix}?"), 1).replace(&bucket.host, &door.address);
    world.set("BLOBS_URL", through);
    world.set("JOB_BACK_OFF_S", "1");
    let server = world.start(&["serve", "--no-worker"])?;
    let login = server.log_in()?;
    let _worker = world.start(&["work", "--concurrency", "2"])?;
    for _ in 0..VIDEOS {
        let video = server.upload(&login)?;
        server.curl(&format!("/jobs/transcription/{video}"), &["-X", "POST", "-H", &login])?;
    }
    door.shut.store(true, Ordering::SeqCst);
    door.cut();
    let refused = server.upload(&login).err().context("a recording was stored without the bucket")?;
    ensure!(format!("{refused:#}").contains("storage_unavailable"), "{refused:#}");
    server.curl("/users/me", &["-H", &login])?;
    std::thread::sleep(Duration::from_secs(outage_s));
    door.shut.store(false, Ordering::SeqCst);
    server.upload(&login)?;
    world.wait_for_jobs()?;
    let completed = world.count("SELECT count(*) FROM processing_jobs WHERE status = 'completed'")?;
    ensure!(completed == VIDEOS as u64, "{completed} of {VIDEOS} jobs completed");
    let notations = world.count("SELECT count(*) FROM notations")?;
    ensure!(notations == VIDEOS as u64, "{notations} notations of {VIDEOS} jobs");
    let files = world.agree_with(&bucket.keys(&prefix)?)?;
    Ok(format!("gone for {outage_s} s, uploads refused with 503, {completed} jobs each done once, {files} files"))
}

/// What is asked directly, without signing: the S3 of tests lets everybody in.
struct Bucket {
    /// Host and port.
    host: String,
    name: String,
}

impl Bucket {
    fn of(s3: &str) -> Result<Self> {
        let name = s3.strip_prefix("s3://").and_then(|rest| rest.split(['?', '/']).next()).context("no bucket")?;
        let host = s3.split("endpoint=http://").nth(1).and_then(|rest| rest.split('&').next());
        Ok(Self { host: host.context("the bucket has no http endpoint")?.to_owned(), name: name.to_owned() })
    }

    /// Keys under a prefix, without it.
    fn keys(&self, prefix: &str) -> Result<BTreeSet<String>> {
        let url = format!("http://{}/{}?list-type=2&prefix={prefix}/", self.host, self.name);
        let output = Command::new("curl").args(["-sS", "--fail-with-body", &url]).output()?;
        let said = String::from_utf8(output.stdout)?;
        ensure!(output.status.success() && !said.contains("<IsTruncated>true"), "{said}");
        let keys = said.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        Ok(keys.filter_map(|key| key.strip_prefix(&format!("{prefix}/"))).map(ToOwned::to_owned).collect())
    }
}

/// Passes connections on while it is open.
struct Door {
    address: String,
    shut: Arc<AtomicBool>,
    through: Arc<Mutex<Vec<TcpStream>>>,
}

impl Door {
    fn open(to: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let (shut, through) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (closed, passing, to) = (Arc::clone(&shut), Arc::clone(&through), to.to_owned());
        // Ends with the program.
        std::thread::spawn(move || {
            for inside in listener.incoming().filter_map(Result::ok) {
                if closed.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(outside) = TcpStream::connect(&to) else { continue };
                pass(&inside, &outside);
                pass(&outside, &inside);
                if let Ok(mut passing) = passing.lock() {
                    passing.extend([inside, outside]);
                }
            }
        });
        Ok(Self { address, shut, through })
    }

    /// Cuts every connection.
    fn cut(&self) {
        if let Ok(mut through) = self.through.lock() {
            through.drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
        }
    }
}

/// Carries what comes from one side to the other until one of them ends.
fn pass(from: &TcpStream, to: &TcpStream) {
    if let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) {
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
}
