//! `backbeat separate`: stems that add up, formats, failures.

use crate::program::{backbeat, demo, run, succeed};
use serde_json::Value;
use std::fs;

/// The samples of a plain WAV file of 16 bits.
fn samples(path: &str) -> Vec<i64> {
    let wav = fs::read(path).unwrap();
    wav[44..].as_chunks::<2>().0.iter().map(|pair| i64::from(i16::from_le_bytes(*pair))).collect()
}

#[test]
fn stems_add_up_and_say_what_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = backbeat();
    command.arg("separate").arg(demo("shuffle.avi")).arg("-o").arg(folder.path());
    command.args(["--format", "wav", "--bits", "16", "--stems", "kick,drums,rest", "--json"]);
    let line: Value = serde_json::from_str(&succeed(&mut command).out).unwrap();
    assert_eq!((line["ok"].as_bool(), line["separator"].as_str()), (Some(true), Some("masks 2")));
    let stems = line["stems"].as_array().unwrap();
    let path =
        |name: &str| stems.iter().find(|stem| stem["name"] == name).unwrap()["path"].as_str().unwrap().to_owned();
    let (kick, drums, rest) = (samples(&path("kick")), samples(&path("drums")), samples(&path("rest")));
    assert_eq!((kick.len(), drums.len()), (rest.len(), rest.len()));
    let energy = |sound: &[i64]| sound.iter().map(|sample| (sample * sample) as f64).sum::<f64>();
    assert!(energy(&kick) > 0.0 && energy(&drums) > energy(&rest), "a recording of drums is mostly drums");
    assert!(stems[0]["hits"].as_u64() > Some(3) && stems[0]["energy_share"].as_f64() > Some(0.0), "{line}");
    assert_eq!(fs::read_dir(folder.path().join("shuffle")).unwrap().count(), 3);
    let decoded = folder.path().join("whole.f32");
    let mut ffmpeg = std::process::Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(demo("shuffle.avi")).args(["-f", "s16le", "-ar", "44100"]).arg(&decoded);
    assert!(ffmpeg.status().unwrap().success());
    let sum: f64 = drums.iter().zip(&rest).map(|(drums, rest)| ((drums + rest) * (drums + rest)) as f64).sum();
    let whole = fs::read(&decoded).unwrap();
    let whole: Vec<i64> = whole.as_chunks::<2>().0.iter().map(|pair| i64::from(i16::from_le_bytes(*pair))).collect();
    assert!((energy(&whole) / sum - 1.0).abs() < 0.01, "{} {sum}", energy(&whole));
}

#[test]
fn what_cannot_be_is_refused_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let said = run(backbeat().arg("separate").arg(demo("shuffle.avi")).args(["--bits", "32"]));
    assert_eq!(said.code, 2, "{}", said.err);
    let said = run(backbeat().arg("separate").arg(demo("shuffle.avi")).args(["--stems", "theremin"]));
    assert!(said.code == 2 && said.err.contains("hihat"), "{}", said.err);
    let text = folder.path().join("notes.mp4");
    fs::write(&text, "no recording").unwrap();
    let said = run(backbeat().arg("separate").arg(&text).arg("-o").arg(folder.path().join("out")).arg("--json"));
    assert_eq!(said.code, 3, "{}", said.err);
    let line: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((line["ok"].as_bool(), line["code"].as_str()), (Some(false), Some("media_unsupported")));
    assert!(!folder.path().join("out").exists());
}
