//! Servers and workers as processes of their own: work goes on when one is killed, and is given back when one is stopped.

use crate::program::{backbeat, backbeat_leading, run, succeed};
use crate::serve::Server;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Longest wait for a job.
const PATIENCE: Duration = Duration::from_secs(180);

fn server_without_worker(data: &Path) -> Server {
    Server::of(backbeat().args(["serve", "--no-worker", "--port", "0", "--data"]).arg(data))
}

fn worker(data: &Path) -> Server {
    worker_by(backbeat(), data)
}

/// A worker, started by this command.
fn worker_by(mut command: Command, data: &Path) -> Server {
    command.args(["work", "--concurrency", "1", "--port", "0", "--data"]).arg(data);
    // A killed worker must not be missed for long.
    Server::of(command.env("JOB_LEASE_S", "2").env("JOB_HEARTBEAT_MS", "200").env("JOB_POLL_MS", "200"))
}

/// Registers, logs in, uploads the demo clip and asks for its transcription: token and job.
pub(crate) fn ask(server: &Server) -> (String, String) {
    let said = server.shell(
        "post() { curl -sS --fail-with-body -X POST localhost:8000/$1 \"${@:2}\"; }\n\
         post users/register -H 'content-type: application/json' \
           -d '{\"email\": \"me@example.com\", \"password\": \"a-long-secret-7\"}' >/dev/null\n\
         TOKEN=$(post users/login -d username=me@example.com -d password=a-long-secret-7 | jq -r .access_token)\n\
         AUTH=\"Authorization: Bearer $TOKEN\"\n\
         VIDEO=$(post videos/upload -H \"$AUTH\" -F file=@demo/demo.mp4 | jq -r .video.id)\n\
         JOB=$(post jobs/transcription/$VIDEO -H \"$AUTH\" | jq -r .id)\n\
         echo $TOKEN $JOB",
    );
    let (token, job) = said.trim().split_once(' ').unwrap();
    (token.to_owned(), job.to_owned())
}

/// Waits until a field of the job is as wanted; gives the job.
pub(crate) fn wait<T>(server: &Server, token: &str, job: &str, field: &str, wanted: T) -> serde_json::Value
where
    T: std::fmt::Display,
    serde_json::Value: PartialEq<T>,
{
    let started = Instant::now();
    loop {
        let said = server.shell(&format!("curl -sS localhost:8000/jobs/{job} -H 'Authorization: Bearer {token}'"));
        let read: serde_json::Value = serde_json::from_str(&said).unwrap();
        if read[field] == wanted {
            return read;
        }
        assert!(started.elapsed() < PATIENCE, "{field} is never {wanted}: {read}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_job_whose_worker_is_killed_is_finished_by_another() {
    let data = tempfile::tempdir().unwrap();
    let server = server_without_worker(data.path());
    let (token, job) = ask(&server);
    let doomed = worker(data.path());
    wait(&server, &token, &job, "status", "running");
    doomed.kill();
    let _heir = worker(data.path());
    let done = wait(&server, &token, &job, "status", "completed");
    assert!(done["attempt"].as_i64().unwrap() <= 2, "{done}");
    assert!(done["result"]["measures"].as_i64().unwrap() > 1, "{done}");
}

#[test]
fn a_worker_that_is_told_to_stop_finishes_its_job_first() {
    let data = tempfile::tempdir().unwrap();
    let server = server_without_worker(data.path());
    let (token, job) = ask(&server);
    let worker = worker(data.path());
    wait(&server, &token, &job, "status", "running");
    assert!(worker.terminate().success());
    let done = wait(&server, &token, &job, "status", "completed");
    assert_eq!(done["attempt"], 1, "{done}");
}

/// A sound of so many seconds of silence: ffmpeg reads it for as long as the listener listens.
fn silence(file: &Path, seconds: u32) {
    let (rate, bytes) = (8000_u32, 8000 * seconds);
    let mut wav = Vec::from(*b"RIFF");
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    // PCM, one channel, a byte a sample.
    wav.extend([1_u16, 1].map(u16::to_le_bytes).concat());
    wav.extend([rate, rate].map(u32::to_le_bytes).concat());
    wav.extend([1_u16, 8].map(u16::to_le_bytes).concat());
    wav.extend(b"data");
    wav.extend(bytes.to_le_bytes());
    wav.resize(wav.len() + bytes as usize, 128);
    std::fs::write(file, wav).unwrap();
}

/// The programs that a process has started and that still run.
fn children(process: u32) -> Vec<String> {
    let said = run(Command::new("ps").args(["-o", "comm=,state=", "--ppid", &process.to_string()]));
    said.out.lines().filter(|line| !line.trim_end().ends_with('Z')).map(str::to_owned).collect()
}

/// Looks again and again until something is so.
#[track_caller]
fn until(what: &str, patience: Duration, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < patience, "after {} s not yet: {what}", patience.as_secs());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn cancelling_a_job_ends_the_programs_it_started() {
    let data = tempfile::tempdir().unwrap();
    let server = server_without_worker(data.path());
    let (token, first) = ask(&server);
    let worker = worker(data.path());
    wait(&server, &token, &first, "status", "completed");
    let file = data.path().join("silence.wav");
    silence(&file, 890);
    let job = server.shell(&format!(
        "AUTH='Authorization: Bearer {token}'\n\
         VIDEO=$(curl -sS --fail-with-body localhost:8000/videos/upload -H \"$AUTH\" -F file=@{} | jq -r .video.id)\n\
         curl -sS --fail-with-body -X POST localhost:8000/jobs/transcription/$VIDEO -H \"$AUTH\" | jq -r .id",
        file.display()
    ));
    let job = job.trim();
    until("ffmpeg runs", PATIENCE, || children(worker.id()).iter().any(|child| child.starts_with("ffmpeg")));
    server.shell(&format!("curl -sS -X DELETE localhost:8000/jobs/{job} -H 'Authorization: Bearer {token}'"));
    until("its programs have ended", Duration::from_secs(10), || children(worker.id()).is_empty());
    let ended = wait(&server, &token, job, "status", "failed");
    assert_eq!(ended["error_code"], "cancelled", "{ended}");
    // And it stays so.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(wait(&server, &token, job, "status", "failed")["error_code"], "cancelled");
    assert!(children(worker.id()).is_empty());
}

#[test]
fn a_separation_is_killed_and_cancelled_in_its_middle_and_done_in_the_end() {
    let data = tempfile::tempdir().unwrap();
    let server = server_without_worker(data.path());
    let (token, first) = ask(&server);
    let doomed = worker(data.path());
    // Heard already, so that the job is all about taking it apart.
    let heard = wait(&server, &token, &first, "status", "completed");
    let video = heard["video_id"].as_str().unwrap();
    let auth = format!("-H 'Authorization: Bearer {token}'");
    let post = format!("curl -sS --fail-with-body -X POST localhost:8000/jobs/separation/{video} {auth}");
    let job = server.shell(&format!("{post} | jq -r .id"));
    let job = job.trim();
    let stems = || {
        let named = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("stems-");
        let entries = std::fs::read_dir(data.path().join("tmp")).unwrap().map(|entry| entry.unwrap());
        entries.filter(|entry| named(&entry.file_name())).count()
    };
    wait(&server, &token, job, "stage", "taking the sound apart");
    doomed.kill();
    // What it had written stays until a clean-up finds it too old; nothing of it is stored.
    assert_eq!(stems(), 1);
    let heir = worker(data.path());
    wait(&server, &token, job, "attempt", 2);
    until("the second attempt separates", PATIENCE, || stems() >= 2);
    server.shell(&format!("curl -sS --fail-with-body -X DELETE localhost:8000/jobs/{job} {auth}"));
    let ended = wait(&server, &token, job, "status", "failed");
    assert_eq!(ended["error_code"], "cancelled", "{ended}");
    until("what it wrote and started is gone", Duration::from_secs(20), || {
        stems() <= 1 && children(heir.id()).is_empty()
    });
    let blobs = || succeed(Command::new("find").arg(data.path().join("blobs")).args(["-type", "f"]));
    let before = blobs().out.lines().count();
    server.shell(&format!("curl -sS --fail-with-body -X POST localhost:8000/jobs/{job}/retry {auth}"));
    let done = wait(&server, &token, job, "status", "completed");
    let files = done["result"]["files"].as_array().unwrap();
    assert_eq!((files.len(), blobs().out.lines().count()), (7, before + 7), "{done}");
    // It is told as done before the worker tidies up.
    until("what it wrote on the way is gone", Duration::from_secs(20), || stems() == 1);
}

#[test]
fn a_copy_of_the_folder_taken_while_it_works_is_a_backup() {
    let data = tempfile::tempdir().unwrap();
    let server = server_without_worker(data.path());
    let (token, job) = ask(&server);
    let worker = worker(data.path());
    wait(&server, &token, &job, "status", "running");
    // The rows first, as docs/operations/backup.md says; Python has what the program sqlite3 does.
    let backup = tempfile::tempdir().unwrap();
    let copy = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))";
    let rows = |folder: &Path| folder.join("backbeat.db");
    succeed(Command::new("python3").args(["-c", copy]).arg(rows(data.path())).arg(rows(backup.path())));
    for name in ["blobs", "secret_key"] {
        succeed(Command::new("cp").arg("-a").arg(data.path().join(name)).arg(backup.path()));
    }
    worker.kill();
    server.kill();
    drop(data);

    let server = server_without_worker(backup.path());
    let _worker = self::worker(backup.path());
    let done = wait(&server, &token, &job, "status", "completed");
    let notation = done["result"]["notation_id"].as_str().unwrap();
    let path = format!("localhost:8000/notation/{notation}/export/musicxml");
    let musicxml = server.shell(&format!("curl -sS --fail-with-body {path} -H 'Authorization: Bearer {token}'"));
    assert!(musicxml.contains("<score-partwise"));
}

#[test]
fn servers_and_workers_say_how_they_are() {
    let data = tempfile::tempdir().unwrap();
    let (server, worker) = (server_without_worker(data.path()), worker(data.path()));
    for process in [&server, &worker] {
        let said = succeed(backbeat().args(["ping", "--port", process.port()]));
        assert!(said.out.contains("\"status\":\"ok\""), "{}", said.out);
    }
    let users = worker.shell("curl -sS -o /dev/null -w '%{http_code}' localhost:8000/users/me");
    assert_eq!(users, "404", "a worker answers no API");
    let refused = run(backbeat().args(["work", "--types", "juggling", "--port", "0", "--data"]).arg(data.path()));
    assert!(refused.code == 1 && refused.err.contains("transcription"), "{}", refused.err);
}

#[test]
fn a_worker_starts_where_its_session_is_led_from_outside_of_its_container() {
    let contained = |program: &str| {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--kill-child", "--mount-proc", program]);
        command
    };
    if run(&mut contained("true")).code != 0 {
        println!("skipped: containers need root");
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let _server = server_without_worker(data.path());
    let worker = worker_by(contained(env!("CARGO_BIN_EXE_backbeat")), data.path());
    assert!(succeed(backbeat().args(["ping", "--port", worker.port()])).out.contains("\"status\":\"ok\""));
}

/// Session and urgency of a process, as the kernel tells them.
fn urgency(process: &str) -> String {
    std::fs::read_to_string(format!("/proc/{process}/autogroup")).unwrap().trim().to_owned()
}

#[test]
fn a_worker_steps_back_as_a_whole_where_it_leads_its_session_and_nowhere_else() {
    if !std::fs::read_to_string("/proc/sys/kernel/sched_autogroup_enabled").is_ok_and(|on| on.trim() == "1") {
        println!("skipped: this kernel does not deal by sessions");
        return;
    }
    let (data, ours) = (tempfile::tempdir().unwrap(), urgency("self"));
    let _server = server_without_worker(data.path());
    let (leader, follower) = (worker_by(backbeat_leading(), data.path()), worker(data.path()));
    let apart = urgency(&leader.id().to_string());
    assert!(apart.ends_with(" nice 10") && apart != ours, "{apart}, {ours}");
    assert_eq!(urgency(&follower.id().to_string()), ours);
}
