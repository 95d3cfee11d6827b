//! "What must never happen again", second part: jobs, what is stored of recordings and music; and the page that names every
//! test of that list.

use std::path::{Path, PathBuf};

use serde_json::json;
use service::jobs::Runner;

use crate::support::{Backbeat, clip, demo_clip};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_job_of_one_kind_failing() {
    for server in Backbeat::everywhere().await {
        let runner = Runner::start(&server.app);
        let token = server.user("drummer@example.com").await;
        let video = server.upload_ok(&token, "clip.mp4", &demo_clip()).await;
        for kind in ["audio_extraction", "drum_detection", "notation_generation", "transcription"] {
            let mut ids = Vec::new();
            for _ in 0..2 {
                let asked = server.post(&format!("/jobs/{kind}/{video}?force=true"), &token).await.json(202);
                let done = server.wait(&token, &json!({ "job_id": asked["id"] })).await;
                assert_eq!(done["status"], "completed", "{done}");
                ids.push(asked["id"].clone());
            }
            assert_ne!(ids[0], ids[1]);
        }
        runner.stop().await;
    }
}

#[tokio::test]
async fn a_duration_guessed_from_the_size() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let noise = |bits: &'static str| clip(&["-f", "lavfi", "-i", "anoisesrc=d=3", "-b:a", bits], "mp3");
    let (small, large) = (noise("32k"), noise("320k"));
    assert!(large.len() > 5 * small.len());
    for bytes in [small, large] {
        let video = server.upload(&token, "noise.mp3", &bytes).await.json(201)["video"].clone();
        let seconds = video["duration_seconds"].as_f64().unwrap();
        assert!((seconds - 3.0).abs() < 0.2, "{seconds}");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All sources and tests below a folder.
fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn the_page_names_tests_that_are_there() {
    let page = std::fs::read_to_string(root().join("docs/never-again.md")).unwrap();
    let mut code = String::new();
    sources(&root().join("crates"), &mut code);
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what")).collect();
    assert!(rows.len() >= 25, "{} rows", rows.len());
    for row in rows {
        let names: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty() || row.contains("not there yet"), "no test: {row}");
        for name in names {
            let name = name.rsplit("::").next().unwrap();
            assert!(code.contains(&format!("fn {name}(")), "there is no test {name}");
        }
    }
}
