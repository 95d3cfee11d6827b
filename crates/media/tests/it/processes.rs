//! No child process outlives its use: not a cancel, not an error, not the death of its parent.

use crate::clips::{clip, source};
use media::{DecodeOptions, Limits, decode_audio, extract_audio_flac, probe, tools};
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Name of the environment variable by which a test asks its own binary to be the parent that dies.
const CLIP_TO_HOLD: &str = "MEDIA_TEST_CLIP_TO_HOLD";

/// Processes (zombies included, which have no command line, by their parent) that have `path` in their arguments.
fn processes_reading(path: &Path) -> Vec<u32> {
    let name = path.to_str().unwrap();
    let entries = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let reads = |pid: &u32| {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).split('\0').any(|argument| argument.strip_prefix("file:") == Some(name))
    };
    pids.filter(reads).collect()
}

/// A copy of the demo clip under a path that no other test uses.
fn own_clip(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("own.mp4");
    std::fs::copy(clip("demo.mp4"), &path).unwrap();
    path
}

#[test]
fn a_cancelled_decode_leaves_no_child() {
    let folder = tempfile::tempdir().unwrap();
    let path = own_clip(folder.path());
    let source = source(&path);
    let info = probe(&source, &Limits::default()).unwrap();
    let mut seen = Vec::new();
    let result = decode_audio(&source, &info, &Limits::default(), &DecodeOptions::default(), &mut |_| {
        seen = processes_reading(&path);
        ControlFlow::Break(())
    });
    assert_eq!(result.unwrap_err().code(), "cancelled");
    assert_eq!(seen.len(), 1, "while it decodes there is one child");
    assert!(processes_reading(&path).is_empty());
    assert!(!Path::new(&format!("/proc/{}", seen[0])).exists(), "not even a zombie is left");
}

#[test]
fn a_cancelled_extraction_leaves_no_file_and_no_child() {
    let folder = tempfile::tempdir().unwrap();
    let path = own_clip(folder.path());
    let out = folder.path().join("sound.flac");
    let source = source(&path);
    let info = probe(&source, &Limits::default()).unwrap();
    let result = extract_audio_flac(&source, &info, &Limits::default(), &out, &mut |_| ControlFlow::Break(()));
    assert_eq!(result.unwrap_err().code(), "cancelled");
    assert!(!out.exists() && processes_reading(&path).is_empty());
}

#[test]
fn a_panic_in_the_callback_leaves_no_child() {
    let folder = tempfile::tempdir().unwrap();
    let path = own_clip(folder.path());
    let source = source(&path);
    let info = probe(&source, &Limits::default()).unwrap();
    let outcome = std::panic::catch_unwind(|| {
        decode_audio(&source, &info, &Limits::default(), &DecodeOptions::default(), &mut |_| panic!("on purpose"))
    });
    assert!(outcome.is_err());
    assert!(processes_reading(&path).is_empty());
}

#[test]
fn a_passage_ends_its_child_early() {
    let folder = tempfile::tempdir().unwrap();
    let path = own_clip(folder.path());
    let source = source(&path);
    let info = probe(&source, &Limits::default()).unwrap();
    let options = DecodeOptions { to_s: Some(0.5), ..DecodeOptions::default() };
    let mut samples = 0;
    let report = decode_audio(&source, &info, &Limits::default(), &options, &mut |block| {
        samples += block.channels[0].len();
        ControlFlow::Continue(())
    });
    assert_eq!((samples, report.unwrap().samples), (22_050, 22_050));
    assert!(processes_reading(&path).is_empty());
}

/// The parent of the next test: begins a decode, says so, and never gets on with it.
#[test]
#[ignore = "run by the next test, as a process to be killed"]
fn hold_a_decode_open() {
    let Ok(path) = std::env::var(CLIP_TO_HOLD) else { return };
    let source = source(path);
    let info = probe(&source, &Limits::default()).unwrap();
    let _ = decode_audio(&source, &info, &Limits::default(), &DecodeOptions::default(), &mut |_| {
        println!("\ndecoding");
        std::thread::sleep(Duration::from_secs(60));
        ControlFlow::Break(())
    });
}

#[test]
fn a_child_dies_with_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let path = own_clip(folder.path());
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::hold_a_decode_open", "--ignored", "--nocapture"])
        .env(CLIP_TO_HOLD, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "decoding"));
    assert_eq!(processes_reading(&path).len(), 1);
    parent.kill().unwrap();
    parent.wait().unwrap();
    // The kernel sends the signal at once; taking the process down may take it a moment.
    let patience = Instant::now() + Duration::from_secs(20);
    while !processes_reading(&path).is_empty() {
        assert!(Instant::now() < patience, "ffmpeg outlived its parent");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_tools_tell_their_versions() {
    let versions = tools().unwrap();
    assert!(versions.ffmpeg.contains('.') || versions.ffmpeg.starts_with('N'), "{versions:?}");
    assert!(versions.ffprobe.contains('.') || versions.ffprobe.starts_with('N'), "{versions:?}");
}
