//! `backbeat doctor`: each part named, fine or with a remedy.

use crate::program::{backbeat, run, succeed};

#[test]
fn every_part_is_fine_where_everything_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let said = succeed(backbeat().arg("doctor").arg("--data").arg(folder.path().join("new")));
    for part in ["ffmpeg", "fonts", "model", "database", "storage"] {
        assert!(said.out.contains(&format!("  ok       {part}")), "{part} is missing in\n{}", said.out);
    }
    assert!(!folder.path().join("new").exists(), "a check changes nothing");
}

#[test]
fn a_missing_ffmpeg_is_named_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let said = run(backbeat().arg("doctor").arg("--data").arg(folder.path()).env("PATH", folder.path()));
    assert_eq!(said.code, 4);
    assert!(said.out.contains("MISSING  ffmpeg") && said.out.contains("apt-get install ffmpeg"), "{}", said.out);
}
