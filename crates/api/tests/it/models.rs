//! Listening models of one's own: registered, checked in a child process, activated, told apart by what they made.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use service::jobs::Runner;

use crate::support::{Answer, Backbeat, demo_clip};

const CARD: &str = include_str!("../../../../models/classic/model.toml");
const WEIGHTS: &[u8] = include_bytes!("../../../../models/classic/weights.bin");

/// Tell the child below what to check.
const CHECK_CARD: &str = "BACKBEAT_TEST_CHECK_CARD";
const CHECK_WEIGHTS: &str = "BACKBEAT_TEST_CHECK_WEIGHTS";
const CHECK_TASK: &str = "BACKBEAT_TEST_CHECK_TASK";

/// The child of a check: this test program takes the part of the executable.
#[test]
#[ignore = "run by the others, as a child process"]
fn the_child_of_a_check() {
    let (Ok(card), Ok(weights)) = (std::env::var(CHECK_CARD), std::env::var(CHECK_WEIGHTS)) else { return };
    let task = service::models::Task::parse(&std::env::var(CHECK_TASK).unwrap()).unwrap();
    println!("\n{}", service::models::examine(task, Path::new(&card), Path::new(&weights)).unwrap());
}

/// The card of the shipped model under another version, perhaps with another threshold for the snare.
pub(crate) fn card(version: &str, snare_threshold: &str) -> String {
    let card = CARD.replacen("version = \"1\"", &format!("version = \"{version}\""), 1);
    card.replacen("threshold = 0.340", &format!("threshold = {snare_threshold}"), 1)
}

/// A script of this text in the place of the executable.
pub(crate) fn program(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("check");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

/// The text of one that starts the child above.
pub(crate) fn own_child() -> String {
    let own = std::env::current_exe().unwrap();
    format!(
        "{CHECK_CARD}=\"$2\" {CHECK_WEIGHTS}=\"$3\" {CHECK_TASK}=\"$4\" exec '{}' --exact \
         models::the_child_of_a_check --ignored --nocapture",
        own.display()
    )
}

/// A server on each database that has its models checked by the child above.
pub(crate) async fn on_each_database(folder: &Path) -> Vec<Backbeat> {
    let check = program(folder, &own_child());
    let servers = Backbeat::on_each_database(|config| {
        config.model_check_program = check.clone();
        config.model_check_memory_mb_max = 8192;
    });
    servers.await
}

/// A form with these parts.
pub(crate) async fn register(server: &Backbeat, token: &str, parts: &[(&str, &[u8])]) -> Answer {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let file = if *name == "weights" { "; filename=\"model.onnx\"" } else { "" };
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(&[head.as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend_from_slice(b"--edge--\r\n");
    let request = Request::post("/models")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_LENGTH, body.len())
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
    server.send(request.body(Body::from(body)).unwrap()).await
}

/// Registers the shipped model under another version; its address.
pub(crate) async fn registered(server: &Backbeat, admin: &str, version: &str, snare_threshold: &str) -> String {
    let card = card(version, snare_threshold);
    let made = register(server, admin, &[("card", card.as_bytes()), ("weights", WEIGHTS)]).await;
    let location = made.header("location").to_owned();
    assert_eq!(made.json(201)["status"], "registered");
    location
}

async fn post(server: &Backbeat, path: &str, token: &str, status: u16) -> Value {
    server.post(path, token).await.json(status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_registered_checked_activated_used_by_every_process_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    for server in on_each_database(folder.path()).await {
        let admin = server.user_with("admin@example.com", "admin").await;
        let user = server.user("drummer@example.com").await;
        let path = registered(&server, &admin, "2", "0.340").await;
        assert_eq!(post(&server, &format!("{path}/activate"), &admin, 409).await["code"], "model_not_verified");
        let verified = post(&server, &format!("{path}/verify"), &admin, 200).await;
        assert_eq!(verified["status"], "verified", "{verified}");
        let probe = &verified["verdict"]["facts"]["probe"];
        assert!(probe["found"].as_u64().unwrap() > 40, "{verified}");
        assert_eq!(post(&server, &format!("{path}/activate"), &admin, 200).await["is_active"], true);
        let tasks = server.get("/models/tasks", &user).await.json(200);
        assert_eq!((&tasks[0]["active"]["version"], &tasks[0]["built_in"]["version"]), (&json!("2"), &json!("1")));
        let apart = json!({
            "task": "separation", "is_run": true, "is_open": true, "active": null,
            "built_in": { "name": "masks", "version": "2", "sha256": null }
        });
        assert_eq!(tasks[2], apart);

        // Another process works with it, though nobody told it.
        let worker = server.again().await;
        let runner = Runner::start(&worker.app);
        let video = server.upload_ok(&user, "clip.mp4", &demo_clip()).await;
        let job = server.post(&format!("/videos/{video}/analyze-drums"), &user).await.json(202);
        let heard = server.wait(&user, &job).await;
        assert_eq!(heard["result"]["model_version"], "classic 2", "{heard}");
        let sound = heard["result"]["audio_file_id"].as_str().unwrap();
        let strokes = server.get(&format!("/audio/{sound}/drum-events"), &user).await.json(200);
        assert_eq!(strokes["drum_events"][0]["model_version"], "classic 2", "{}", strokes["drum_events"][0]);
        let written = server.post(&format!("/videos/{video}/generate-notation"), &user).await.json(202);
        let written = server.wait(&user, &written).await;
        let notation = format!("/notation/{}", written["result"]["notation_id"].as_str().unwrap());
        assert_eq!(server.get(&notation, &user).await.json(200)["model_version"], "classic 2");
        runner.stop().await;
        let model = server.get(&path, &user).await.json(200);
        assert_eq!((&model["recordings"], &model["notations"]), (&json!(1), &json!(1)));
        assert!(model["card"].as_str().unwrap().contains("version = \"2\""));

        assert_eq!(server.call("DELETE", &path, Some(&admin), None).await.json(409)["code"], "model_in_use");
        assert!(server.stored_files().iter().any(|file| file.starts_with("models/")));
        assert_eq!(post(&server, &format!("{path}/deactivate"), &admin, 200).await["is_active"], false);
        assert!(server.get("/models/tasks", &user).await.json(200)[0]["active"].is_null());
        assert_eq!(server.call("DELETE", &path, Some(&admin), None).await.status.as_u16(), 204);
        server.get(&path, &user).await.json(404);
        assert!(!server.stored_files().iter().any(|file| file.starts_with("models/")));
        // What was made with it keeps its meaning: the name is not given again.
        let again = register(&server, &admin, &[("card", card("2", "0.340").as_bytes()), ("weights", WEIGHTS)]).await;
        assert_eq!(again.json(409)["code"], "model_taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_child_does_is_a_verdict_and_a_refused_model_is_never_activated() {
    let folder = tempfile::tempdir().unwrap();
    for (text, reason) in [
        ("sleep 30", "took longer than 1 s"),
        ("exit 3", "broke down"),
        ("kill -SEGV $$", "broke down"),
        ("echo hello", "without an answer"),
        ("head -c 1000000 /dev/zero", "more than can be read"),
    ] {
        let check = program(folder.path(), text);
        let server = Backbeat::start_with(|config| {
            config.model_check_program = check;
            config.model_check_s_max = 1;
        })
        .await;
        let admin = server.user_with("admin@example.com", "admin").await;
        let path = registered(&server, &admin, "2", "0.340").await;
        let refused = post(&server, &format!("{path}/verify"), &admin, 200).await;
        assert_eq!(refused["status"], "refused", "{text}: {refused}");
        assert!(refused["verdict"]["reason"].as_str().unwrap().contains(reason), "{text}: {refused}");
        assert_eq!(post(&server, &format!("{path}/activate"), &admin, 409).await["code"], "model_not_verified");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_model_is_checked_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let check = program(folder.path(), "sleep 5");
    let server = Backbeat::start_with(|config| {
        config.model_check_program = check;
        config.model_check_s_max = 3;
    })
    .await;
    let admin = server.user_with("admin@example.com", "admin").await;
    let path = registered(&server, &admin, "2", "0.340").await;
    let verify = format!("{path}/verify");
    let first = server.post(&verify, &admin);
    let second = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.post(&verify, &admin).await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.json(200)["status"], "refused");
    assert_eq!(second.json(429)["code"], "model_check_busy");
}

#[tokio::test]
async fn what_is_no_model_is_refused_and_leaves_nothing() {
    let server = Backbeat::start_with(|config| {
        config.models_max = 1;
        config.model_card_kb_max = 16;
        config.model_weights_mb_max = 2;
    })
    .await;
    let admin = server.user_with("admin@example.com", "admin").await;
    let two = card("2", "0.340");
    let too_long = format!("{two}\n# {}", "x".repeat(17 << 10));
    let too_much = vec![0; (2 << 20) + 1];
    type Case<'p> = (u16, &'p str, Vec<(&'p str, &'p [u8])>);
    let cases: [Case<'_>; 9] = [
        (422, "validation_failed", vec![("card", two.as_bytes())]),
        (422, "validation_failed", vec![("weights", WEIGHTS)]),
        (422, "validation_failed", vec![("card", two.as_bytes()), ("weights", WEIGHTS), ("task", b"cooking")]),
        (
            400,
            "model_task_unsupported",
            vec![("card", two.as_bytes()), ("weights", WEIGHTS), ("task", b"classification")],
        ),
        (400, "model_card_invalid", vec![("card", two.as_bytes()), ("weights", WEIGHTS), ("task", b"separation")]),
        (400, "model_card_invalid", vec![("card", b"name = 3"), ("weights", WEIGHTS)]),
        (400, "model_hash_mismatch", vec![("card", two.as_bytes()), ("weights", b"other weights")]),
        (413, "model_too_large", vec![("card", too_long.as_bytes()), ("weights", WEIGHTS)]),
        (413, "model_too_large", vec![("card", two.as_bytes()), ("weights", &too_much)]),
    ];
    for (status, code, parts) in cases {
        assert_eq!(register(&server, &admin, &parts).await.json(status)["code"], code);
    }
    let own = register(&server, &admin, &[("card", CARD.as_bytes()), ("weights", WEIGHTS)]).await;
    assert_eq!(own.json(409)["code"], "model_taken");
    let strange = card("2 beta!", "0.340");
    let strange = register(&server, &admin, &[("card", strange.as_bytes()), ("weights", WEIGHTS)]).await;
    assert_eq!(strange.json(400)["code"], "model_card_invalid");
    assert_eq!(server.get("/models/", &admin).await.json(200)["total"], 0);
    assert!(server.stored_files().is_empty());
    assert_eq!(std::fs::read_dir(server.app.config.scratch_dir()).unwrap().count(), 0);
    registered(&server, &admin, "2", "0.340").await;
    let more = card("3", "0.340");
    let more = register(&server, &admin, &[("card", more.as_bytes()), ("weights", WEIGHTS)]).await;
    assert_eq!(more.json(400)["code"], "too_many_models");
    let user = server.user("drummer@example.com").await;
    let theirs = register(&server, &user, &[("card", two.as_bytes()), ("weights", WEIGHTS)]).await;
    assert_eq!(theirs.json(403)["code"], "admin_only");
}

#[tokio::test]
async fn figures_are_kept_by_what_they_were_measured_on() {
    let server = Backbeat::start().await;
    let admin = server.user_with("admin@example.com", "admin").await;
    let path = format!("{}/metrics", registered(&server, &admin, "2", "0.340").await);
    assert_eq!(server.get(&path, &admin).await.json(200), json!({}));
    for f in [0.5, 0.8] {
        let figures = json!({ "data": "real_dev", "values": { "f_five": f }, "note": "50 ms" });
        server.call("POST", &path, Some(&admin), Some(figures)).await.json(200);
    }
    let more = json!({ "data": "mixes", "values": { "f_five": 0.7 } });
    server.call("POST", &path, Some(&admin), Some(more)).await.json(200);
    let kept = server.get(&path, &admin).await.json(200);
    assert_eq!((&kept["real_dev"]["values"]["f_five"], kept.as_object().unwrap().len()), (&json!(0.8), 2));
    let nothing = json!({ "data": "empty", "values": {} });
    server.call("POST", &path, Some(&admin), Some(nothing)).await.json(422);
}
