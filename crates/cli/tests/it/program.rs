//! Runs the executable and keeps what it said.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the demo folder.
pub(crate) fn demo(name: &str) -> PathBuf {
    root().join("demo").join(name)
}

/// The executable, not yet started, away from anybody's settings.
pub(crate) fn backbeat() -> Command {
    undisturbed(Command::new(env!("CARGO_BIN_EXE_backbeat")))
}

/// The same as the leader of a session of its own.
pub(crate) fn backbeat_leading() -> Command {
    let mut command = Command::new("setsid");
    command.arg(env!("CARGO_BIN_EXE_backbeat"));
    undisturbed(command)
}

fn undisturbed(mut command: Command) -> Command {
    for setting in
        ["DATABASE_URL_ASYNC", "DATABASE_URL_SYNC", "SECRET_KEY", "UPLOAD_DIR", "DATA_DIR", "PORT", "BLOBS_URL"]
    {
        command.env_remove(setting);
    }
    command
}

/// What a finished run said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs to the end.
pub(crate) fn run(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

/// Runs to the end and expects success.
pub(crate) fn succeed(command: &mut Command) -> Said {
    let said = run(command);
    assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
    said
}

/// Transcribes demo files into `folder` and gives the lines of `--json` by file name.
pub(crate) fn transcribe_json(files: &[&str], folder: &Path, more: &[&str]) -> Vec<(String, Value)> {
    let mut command = backbeat();
    command.arg("transcribe").args(files.iter().map(|file| demo(file))).arg("-o").arg(folder).arg("--json").args(more);
    let said = succeed(&mut command);
    let mut lines: Vec<(String, Value)> = said
        .out
        .lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            let file = Path::new(value["file"].as_str().unwrap()).file_name().unwrap().to_str().unwrap().to_owned();
            (file, value)
        })
        .collect();
    lines.sort_by(|a, b| a.0.cmp(&b.0));
    lines
}

/// Figures of `backbeat evaluate --json`.
pub(crate) fn evaluate(pred: &Path, truth: &Path) -> Value {
    let said = succeed(backbeat().arg("evaluate").arg(pred).arg(truth).arg("--json"));
    serde_json::from_str(&said.out).unwrap()
}
