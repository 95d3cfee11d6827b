//! `backbeat separate`: stems that add up, formats, failures.

use crate::program::{backbeat, demo, root, run, succeed};
use serde_json::Value;
use std::fs;
use std::path::Path;

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

/// Takes the demo apart into two files; the line it prints, and the samples of drums and rest.
fn two(more: &[&str], folder: &Path) -> (Value, Vec<i64>, Vec<i64>) {
    let mut command = backbeat();
    command.arg("separate").arg(demo("shuffle.avi")).arg("-o").arg(folder).args(more);
    command.args(["--format", "wav", "--bits", "16", "--stems", "drums,rest", "--json"]);
    let line: Value = serde_json::from_str(&succeed(&mut command).out).unwrap();
    let of = |at: usize| samples(line["stems"][at]["path"].as_str().unwrap());
    let (drums, rest) = (of(0), of(1));
    (line, drums, rest)
}

#[test]
fn a_network_of_a_folder_or_of_a_server_takes_recordings_apart() {
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let network = root().join("crates/listen/tests/it/data/contrast");
    let network = network.to_str().unwrap();
    let sum = |drums: &[i64], rest: &[i64]| drums.iter().zip(rest).map(|(a, b)| a + b).collect::<Vec<i64>>();
    let (line, drums, rest) = two(&["--separator", network], &out.path().join("folder"));
    assert_eq!((line["separator"].as_str(), line["ok"].as_bool()), (Some("contrast 1"), Some(true)));
    let clipped = |line: &Value| (0..2).map(|at| line["stems"][at]["clipped_samples"].as_u64().unwrap()).sum::<u64>();
    let of_network = clipped(&line);
    let (line, masked, left) = two(&["--separator", "masks"], &out.path().join("masks"));
    assert_eq!(line["separator"], "masks 2");
    let differ =
        sum(&drums, &rest).iter().zip(sum(&masked, &left)).filter(|(one, other)| **one != *other).count() as u64;
    let most = of_network + clipped(&line);
    assert!(drums != masked && differ <= most && most < 10, "other stems of the same recording: {differ} of {most}");

    let server = data.path().to_str().unwrap();
    let models = |arguments: &[&str]| run(backbeat().arg("models").args(arguments).args(["--data", server])).out;
    let early = run(backbeat().arg("separate").arg(demo("shuffle.avi")).args(["--data", server]));
    assert!(early.code != 0 && early.err.contains("no server's data"), "{}", early.err);
    assert!(models(&["add", network, "--task", "separation"]).starts_with("registered contrast 1"));
    let passed = models(&["verify", "contrast@1"]);
    assert!(passed.starts_with("contrast 1 passed: ") && passed.contains("% of a plain groove of drums"), "{passed}");
    let (line, ..) = two(&["--data", server], &out.path().join("inactive"));
    assert_eq!(line["separator"], "masks 2");
    assert_eq!(models(&["activate", "contrast@1"]), "contrast 1 takes recordings apart from the next job on\n");
    let (line, same, _) = two(&["--data", server], &out.path().join("server"));
    assert!(line["separator"] == "contrast 1" && same == drums);
    let doctor = succeed(backbeat().arg("doctor").args(["--data", server]));
    assert!(doctor.out.contains("; contrast 1 separates"), "{}", doctor.out);
    assert_eq!(models(&["deactivate", "contrast@1"]), "contrast 1 is inactive; masks 2 takes recordings apart\n");
}

#[test]
fn a_separator_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let said = |separator: &Path| {
        let said = run(backbeat().arg("separate").arg(demo("shuffle.avi")).arg("--separator").arg(separator));
        assert_eq!(said.code, 4, "{}", said.err);
        said.err
    };
    assert!(said(Path::new("nowhere")).contains("there is masks, or name a folder"));
    assert!(said(folder.path()).contains("model.toml cannot be read"));
    let hears = said(&root().join("models/tcn"));
    assert!(hears.contains("the separator cannot be used") && hears.contains("not \"separator\""), "{hears}");
}
