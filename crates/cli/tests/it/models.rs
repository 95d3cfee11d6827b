//! Models at the machine: registered, checked by the executable's own child, activated, named by `doctor`.

use crate::program::{backbeat, root, run, succeed};
use std::path::Path;

/// The shipped neural model under another version, in a folder.
fn model(folder: &Path) {
    let card = std::fs::read_to_string(root().join("models/tcn/model.toml")).unwrap();
    let version = |line| if str::starts_with(line, "version = ") { "version = \"2-test\"" } else { line };
    std::fs::write(folder.join("model.toml"), card.lines().map(version).collect::<Vec<_>>().join("\n")).unwrap();
    std::fs::copy(root().join("models/tcn/model.onnx"), folder.join("model.onnx")).unwrap();
}

#[test]
fn a_model_is_added_checked_and_activated_at_the_machine() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    model(folder.path());
    let models = |arguments: &[&str]| {
        let mut command = backbeat();
        command.arg("models").args(arguments).arg("--data").arg(data.path());
        run(&mut command)
    };
    let added = models(&["add", folder.path().to_str().unwrap()]);
    assert!(added.out.starts_with("registered tcn 2-test"), "{}{}", added.out, added.err);
    let early = models(&["activate", "tcn@2-test"]);
    assert!(early.code != 0 && early.err.contains("not checked yet"), "{}", early.err);
    let verified = models(&["verify", "tcn@2-test"]);
    assert!(verified.out.starts_with("tcn 2-test passed: "), "{}{}", verified.out, verified.err);
    let activated = models(&["activate", "tcn@2-test"]);
    assert_eq!(activated.out, "tcn 2-test listens from the next job on\n");
    let list = models(&["list"]);
    assert!(list.out.lines().any(|line| line.starts_with('*') && line.contains("tcn@2-test")), "{}", list.out);
    let apart = |line: &str| line.starts_with('*') && line.contains("masks@2") && line.contains("separation");
    assert!(list.out.lines().any(apart), "{}", list.out);
    let doctor = succeed(backbeat().arg("doctor").arg("--data").arg(data.path()));
    assert!(doctor.out.contains("tcn 2-test, registered"), "{}", doctor.out);
    assert!(models(&["remove", "tcn@2-test"]).err.contains("the active one"));
    models(&["deactivate", "tcn@2-test"]);
    assert_eq!(models(&["remove", "tcn@2-test"]).out, "tcn 2-test is gone\n");
    assert!(models(&["verify", "tcn@2-test"]).err.contains("there is no such model"));
}

#[test]
fn a_child_with_too_little_memory_is_a_refusal() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    model(folder.path());
    succeed(backbeat().args(["models", "add"]).arg(folder.path()).arg("--data").arg(data.path()));
    let mut command = backbeat();
    command.args(["models", "verify", "tcn@2-test", "--data"]).arg(data.path());
    let said = run(command.env("MODEL_CHECK_MEMORY_MB_MAX", "100"));
    assert!(said.code != 0 && said.out.starts_with("tcn 2-test was refused: "), "{}{}", said.out, said.err);
}
