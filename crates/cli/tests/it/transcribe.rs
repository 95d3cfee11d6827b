//! `backbeat transcribe`: files, formats, failures, and being quiet.

use crate::program::{backbeat, demo, run, succeed, transcribe_json};
use serde_json::Value;
use std::fs;

#[test]
fn every_format_and_dump_is_written_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let formats = "pdf,musicxml,midi,svg,png,tab,json,judge";
    let dumps = "activations,hits,beats,score";
    transcribe_json(&["shuffle.avi"], folder.path(), &["--to", formats, "--dump", dumps]);
    let mut names: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    insta::assert_debug_snapshot!(names, @r#"
    [
        "shuffle.activations.json",
        "shuffle.beats.json",
        "shuffle.hits.json",
        "shuffle.json",
        "shuffle.mid",
        "shuffle.musicxml",
        "shuffle.pdf",
        "shuffle.png",
        "shuffle.score.json",
        "shuffle.svg",
        "shuffle.txt",
    ]
    "#);
    let read = |name: &str| -> Value { serde_json::from_slice(&fs::read(folder.path().join(name)).unwrap()).unwrap() };
    let judge = read("shuffle.json");
    for field in ["time_seconds", "instrument", "velocity", "confidence", "bar", "beat", "frac"] {
        assert!(!judge["hits"][0][field].is_null(), "{field} is missing in {}", judge["hits"][0]);
    }
    assert_eq!(judge["meter"], "4/4");
    assert!(read("shuffle.beats.json")["beats"].as_array().unwrap().len() > 8);
    assert!(read("shuffle.hits.json").as_array().unwrap().len() > 50);
    assert!(read("shuffle.activations.json")["activations"].as_array().unwrap().len() > 1000);
}

#[test]
fn the_same_recording_gives_the_same_bytes_alone_and_in_company() {
    let (alone, company) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let more = ["--to", "pdf,musicxml,midi,svg,json"];
    transcribe_json(&["sixeight.mkv"], alone.path(), &more);
    transcribe_json(&["shuffle.avi", "sixeight.mkv", "swing.mov"], company.path(), &more);
    for extension in ["pdf", "musicxml", "mid", "svg", "score.json"] {
        let name = format!("sixeight.{extension}");
        let read = |folder: &tempfile::TempDir| fs::read(folder.path().join(&name)).unwrap();
        assert!(read(&alone) == read(&company), "{name} differs");
    }
}

#[test]
fn a_file_that_fails_is_named_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = backbeat();
    command
        .arg("transcribe")
        .arg(demo("edge/text_renamed.mp4"))
        .arg(demo("sixeight.mkv"))
        .arg(demo("edge/no_audio.mp4"));
    let said = run(command.arg("-o").arg(folder.path()).args(["--to", "midi"]));
    assert_eq!(said.code, 3);
    assert!(said.err.contains("text_renamed.mp4: "), "{}", said.err);
    assert!(said.err.contains("no_audio.mp4: this file has no sound track"), "{}", said.err);
    assert!(folder.path().join("sixeight.mid").is_file());
    assert_eq!(said.out, "", "quiet where nobody watches");
}

#[test]
fn silence_is_an_empty_score_with_a_word_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let lines = transcribe_json(&["edge/silent_audio.mp4"], folder.path(), &["--to", "pdf,musicxml,midi,tab"]);
    assert_eq!(lines[0].1["hits"], 0);
    assert!(lines[0].1["remarks"][0]["text"].as_str().unwrap().contains("silent"), "{}", lines[0].1);
}

#[test]
fn a_passage_keeps_the_clock_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    transcribe_json(&["demo.mp4"], folder.path(), &["--to", "judge", "--from", "0:10", "--to-time", "20.5"]);
    let judge: Value = serde_json::from_slice(&fs::read(folder.path().join("demo.json")).unwrap()).unwrap();
    let times: Vec<f64> =
        judge["hits"].as_array().unwrap().iter().map(|hit| hit["time_seconds"].as_f64().unwrap()).collect();
    assert!(times.len() > 30, "{}", times.len());
    assert!(times.iter().all(|time| (9.99..20.51).contains(time)), "{times:?}");
}

#[test]
fn tempo_and_meter_of_the_user_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let lines = transcribe_json(&["sixeight.mkv"], folder.path(), &["--to", "tab", "--meter", "3/4", "--tempo", "90"]);
    assert_eq!(lines[0].1["meter"], "3/4");
    assert!((lines[0].1["bpm"].as_f64().unwrap() - 90.0).abs() < 3.0, "{}", lines[0].1["bpm"]);
}

#[test]
fn a_bar_begins_where_the_user_says_and_less_is_written_at_a_lower_level() {
    let (folder, easy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let locks = ["--to", "json,judge", "--downbeats", "1.5", "--title", "Mine"];
    let line = &transcribe_json(&["sixeight.mkv"], folder.path(), &locks)[0].1;
    assert!(line["alternatives"].as_array().unwrap().iter().all(|other| other["margin_nats"].is_number()), "{line}");
    let judge: Value = serde_json::from_slice(&fs::read(folder.path().join("sixeight.json")).unwrap()).unwrap();
    let bars = judge["beats"].as_array().unwrap().iter().filter(|beat| beat["beat"] == 1);
    assert!(bars.clone().any(|beat| (beat["time"].as_f64().unwrap() - 1.5).abs() < 1e-6), "{:?}", judge["beats"]);
    transcribe_json(
        &["sixeight.mkv"],
        easy.path(),
        &[&locks[..], &["--level", "1", "--set", "one_voice=true"]].concat(),
    );
    let read = |folder: &tempfile::TempDir| fs::read_to_string(folder.path().join("sixeight.score.json")).unwrap();
    let (whole, simple) = (read(&folder), read(&easy));
    assert!(whole.contains("\"Mine\"") && simple.contains("\"Mine\""));
    let notes = |score: &str| score.matches("\"instrument\"").count();
    assert!(notes(&simple) * 2 < notes(&whole), "{} of {}", notes(&simple), notes(&whole));
}

#[test]
fn a_page_and_its_resolution_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--to", "png", "--set", "dpi=30", "--paper", "letter", "--page", "1"];
    transcribe_json(&["shuffle.avi"], folder.path(), &more);
    let png = fs::read(folder.path().join("shuffle.png")).unwrap();
    let size = [16, 20].map(|at| u32::from_be_bytes(png[at..at + 4].try_into().unwrap()));
    assert_eq!(size, [255, 330], "8.5 by 11 inches at 30 dots each");
    let said = run(backbeat().args(["transcribe", "missing.mp4", "--dpi", "5000"]));
    assert_eq!(said.code, 2);
    assert!(said.err.contains("it takes 20 to 600 dots per inch"), "{}", said.err);
}

#[test]
fn what_cannot_be_is_said_with_the_right_code() {
    let said = run(backbeat().args(["transcribe", "missing.mp4", "--to", "hologram"]));
    assert_eq!(said.code, 2);
    assert!(said.err.contains("there is no format \"hologram\"; there are musicxml"), "{}", said.err);
    let said = run(backbeat().args(["transcribe", "missing.mp4"]));
    assert_eq!(said.code, 3);
    assert!(said.err.contains("missing.mp4: the file could not be read"), "{}", said.err);
    let said = run(backbeat().args(["transcribe", "missing.mp4", "--model", "golden-ears"]));
    assert_eq!(said.code, 4);
    assert!(said.err.contains("there is no model \"golden-ears\""), "{}", said.err);
}

#[test]
fn two_files_of_one_name_do_not_overwrite_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("sixeight.wav");
    fs::copy(demo("edge/audio_only.wav"), &other).unwrap();
    let mut command = backbeat();
    let said = run(command.arg("transcribe").arg(demo("sixeight.mkv")).arg(&other).arg("-o").arg(folder.path()));
    assert_eq!(said.code, 2);
    assert!(said.err.contains("would be written under the same name"), "{}", said.err);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written");
}

#[test]
fn help_lists_every_format() {
    let said = succeed(backbeat().args(["transcribe", "--help"]));
    for format in ["pdf", "musicxml", "mxl", "midi", "svg", "png", "tab", "json", "judge", "timemap"] {
        assert!(said.out.contains(&format!("  {format} ")), "{format} is missing in\n{}", said.out);
    }
    for flag in ["--level", "--downbeats", "--similes", "--left-handed", "--set", "Examples:"] {
        assert!(said.out.contains(flag), "{flag} is missing in\n{}", said.out);
    }
}

#[test]
fn demo_shows_the_first_bars_and_how_close_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let said = succeed(backbeat().arg("demo").arg("-o").arg(folder.path()));
    assert!(said.out.contains("104 BPM, 4/4"), "{}", said.out);
    assert!(said.out.contains("HH|") && said.out.contains("against the truth:"), "{}", said.out);
    assert!(fs::read(folder.path().join("demo.pdf")).unwrap().starts_with(b"%PDF-"));
}
