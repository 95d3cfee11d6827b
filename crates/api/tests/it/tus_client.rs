//! Resumable uploads with the protocol's own client, `tus-js-client`, on node, against a server in a process of its own
//! that is killed and started again.
//!
//! Needs node, and once `npm ci` in `crates/api/tests/tus` (the script `scripts/test` does it); says so and passes where
//! either is missing.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use service::Config;
use tempfile::TempDir;

use crate::support::models;

/// Environment variables by which a test asks its own binary to be the server.
const DATA: &str = "API_TEST_SERVER_DATA";
const PORT: &str = "API_TEST_SERVER_PORT";
const DATABASE: &str = "API_TEST_SERVER_DATABASE";

/// The server of the test below: runs until it is killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the next test, as a process to be killed"]
async fn serve_until_killed() {
    let Ok(data) = std::env::var(DATA) else { return };
    let config = Config {
        data_dir: data.into(),
        port: std::env::var(PORT).unwrap().parse().unwrap(),
        database_url_async: service::Secret::new(std::env::var(DATABASE).unwrap_or_default()),
        // The tokens stay valid over a restart: the secret is in the data folder.
        bcrypt_cost: 4,
        ..Config::default()
    };
    let announce = |lines: Vec<String>| {
        println!("\n{}", lines.join("\n"));
        std::io::stdout().flush().unwrap();
    };
    api::serve(config, models(), false, announce).await.unwrap();
}

/// A server that can be killed.
struct Running {
    process: Child,
    port: u16,
    /// Held open: the server may still have something to say.
    _said: BufReader<ChildStdout>,
}

impl Running {
    /// Port 0 takes any free one.
    fn start(data: &Path, database: &str, port: u16) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tus_client::serve_until_killed", "--ignored", "--nocapture"])
            .env(DATA, data)
            .env(DATABASE, database)
            .env(PORT, port.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut lines = said.by_ref().lines().map_while(Result::ok);
        let port =
            lines.find_map(|line| line.split_once("http://127.0.0.1:")?.1.parse().ok()).expect("the server died");
        Self { process, port, _said: said }
    }

    fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn client_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tus")
}

fn client(arguments: &[&str]) -> Command {
    let mut command = Command::new("node");
    command.arg("client.mjs").args(arguments).current_dir(client_folder());
    command
}

/// What the client prints, in one line.
fn said(arguments: &[&str]) -> String {
    let output = client(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn lines(process: &mut Child) -> impl Iterator<Item = String> + use<> {
    let out: ChildStdout = process.stdout.take().unwrap();
    BufReader::new(out).lines().map_while(Result::ok)
}

fn client_is_here() -> bool {
    let here = client_folder().join("node_modules/tus-js-client").exists()
        && Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    if !here {
        println!("skipped: node is missing, or npm ci was not run in crates/api/tests/tus");
    }
    here
}

/// A recording of 12 MB that cannot be compressed away.
fn long_take(folder: &Path) -> PathBuf {
    let path = folder.join("take.wav");
    let made = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-f", "lavfi", "-i", "anoisesrc=d=130:seed=7:sample_rate=48000"])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_survives_a_dead_client_and_a_killed_server_on_sqlite() {
    if client_is_here() {
        tokio::task::spawn_blocking(|| survive("")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_survives_a_dead_client_and_a_killed_server_on_postgresql() {
    let Some(url) = crate::support::fresh_postgres().await else {
        println!("skipped: BACKBEAT_TEST_POSTGRES_URL is not set");
        return;
    };
    if client_is_here() {
        tokio::task::spawn_blocking(move || survive(&url)).await.unwrap();
    }
}

fn survive(database: &str) {
    let folder = TempDir::new().unwrap();
    let (data, memory) = (folder.path().join("data"), folder.path().join("client-memory.json"));
    let take = long_take(folder.path());
    let (take, memory) = (take.to_str().unwrap(), memory.to_str().unwrap());
    let server = Running::start(&data, database, 0);
    let (base, port) = (server.base(), server.port);
    let token = said(&["login", &base]);
    let upload = ["upload", &base, &token, take, memory];

    // The first client dies in the middle of a piece.
    let mut dying = client(&upload).env("DIE_AT", "3000000").stdout(Stdio::piped()).spawn().unwrap();
    assert!(lines(&mut dying).filter(|line| line.starts_with("at ")).count() > 5);
    assert!(!dying.wait().unwrap().success());

    // The second goes on where the first was; meanwhile the server is killed and comes back.
    let mut heir = client(&upload).stdout(Stdio::piped()).spawn().unwrap();
    let mut said_by_heir = lines(&mut heir);
    assert_eq!(said_by_heir.next().as_deref(), Some("resumes"));
    let first: u64 = said_by_heir.next().unwrap().strip_prefix("at ").unwrap().parse().unwrap();
    assert!(first > 2_000_000, "it went on from {first}, which is the beginning");
    drop(server);
    let server = Running::start(&data, database, port);
    let rest: Vec<String> = said_by_heir.collect();
    assert!(heir.wait().unwrap().success());
    let video = rest.last().unwrap().strip_prefix("video ").unwrap();
    assert_eq!(said(&["compare", &base, &token, video, take]), "same");
    drop(server);
    let left = std::fs::read_dir(data.join("blobs/uploads")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "pieces are left");
}
