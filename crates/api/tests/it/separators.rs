//! Networks that take recordings apart: registered, checked, in the place of the masks, and out of it again.

use serde_json::{Value, json};
use service::jobs::Runner;
use uuid::Uuid;

use crate::models::{on_each_database, own_child, program, register};
use crate::separations::samples;
use crate::support::{Backbeat, clip, demo_clip};

const CARD: &[u8] = include_bytes!("../../../listen/tests/it/data/contrast/model.toml");
const WEIGHTS: &[u8] = include_bytes!("../../../listen/tests/it/data/contrast/model.onnx");
const FRAGILE_CARD: &[u8] = include_bytes!("../../../listen/tests/it/data/fragile/model.toml");
const FRAGILE_WEIGHTS: &[u8] = include_bytes!("../../../listen/tests/it/data/fragile/model.onnx");

/// Registers a network, checks it and lets it take recordings apart; its address.
async fn put_to_work(server: &Backbeat, admin: &str, card: &[u8], weights: &[u8]) -> String {
    let made = register(server, admin, &[("card", card), ("weights", weights), ("task", b"separation")]).await;
    let path = made.header("location").to_owned();
    assert_eq!(made.json(201)["task"], "separation");
    let early = server.post(&format!("{path}/activate"), admin).await.json(409);
    assert_eq!(early["code"], "model_not_verified");
    let verified = server.post(&format!("{path}/verify"), admin).await.json(200);
    assert_eq!(verified["status"], "verified", "{verified}");
    assert!(verified["verdict"]["facts"]["probe"]["drums_share"].as_f64() > Some(0.02), "{verified}");
    assert_eq!(server.post(&format!("{path}/activate"), admin).await.json(200)["is_active"], true);
    path
}

/// Uploads a clip and extracts its sound; the ids of video and sound.
async fn sound_of(server: &Backbeat, user: &str, name: &str, clip: &[u8]) -> (Uuid, String) {
    let video = server.upload_ok(user, name, clip).await;
    let job = server.post(&format!("/audio/extract/{video}"), user).await.json(202);
    let sound = server.wait(user, &job).await["result"]["audio_file_id"].as_str().unwrap().to_owned();
    (Uuid::parse_str(&video).unwrap(), format!("/audio/{sound}"))
}

/// Asks for stems as plain samples; the job that ended.
async fn ask(server: &Backbeat, user: &str, audio: &str, query: &str) -> Value {
    let wish = json!({ "format": "wav", "bits": 16 });
    let path = format!("{audio}/create-stems{query}");
    let job = server.call("POST", &path, Some(user), Some(wish)).await.json(202);
    server.wait(user, &job).await
}

/// The separation there is, the kick of it, and what all of its stems add up to.
async fn stems(server: &Backbeat, user: &str, audio: &str) -> (Value, Vec<i64>, Vec<i64>) {
    let read = server.get(&format!("{audio}/separations/stems"), user).await.json(200);
    let (mut kick, mut sum) = (Vec::new(), Vec::new());
    for file in read["files"].as_array().unwrap() {
        let name = file["name"].as_str().unwrap();
        let stem = samples(&server.get(&format!("{audio}/separations/stems/{name}"), user).await.bytes);
        sum.resize(stem.len(), 0);
        sum.iter_mut().zip(&stem).for_each(|(sum, stem)| *sum += stem);
        if name == "kick" {
            kick = stem;
        }
    }
    (read, kick, sum)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_takes_over_and_the_masks_come_back() {
    let folder = tempfile::tempdir().unwrap();
    for server in on_each_database(folder.path()).await {
        let admin = server.user_with("admin@example.com", "admin").await;
        let user = server.user("drummer@example.com").await;
        // Another process works, whom nobody tells what is active.
        let worker = server.again().await;
        let runner = Runner::start(&worker.app);
        let (video, audio) = sound_of(&server, &user, "clip.mp4", &demo_clip()).await;
        assert_eq!(ask(&server, &user, &audio, "").await["result"]["separator"], "masks 2");
        let (read, kick_of_masks, recording) = stems(&server, &user, &audio).await;
        assert_eq!(read["current"], true);

        let path = put_to_work(&server, &admin, CARD, WEIGHTS).await;
        let tasks = server.get("/models/tasks", &user).await.json(200);
        assert_eq!((&tasks[2]["active"]["name"], &tasks[2]["built_in"]["name"]), (&json!("contrast"), &json!("masks")));
        assert!(tasks[0]["active"].is_null(), "it does not listen: {tasks}");
        let (read, ..) = stems(&server, &user, &audio).await;
        assert_eq!((&read["current"], &read["separator"]), (&json!(false), &json!("masks 2")));

        let done = ask(&server, &user, &audio, "").await;
        assert_eq!(
            (&done["status"], &done["result"]["separator"]),
            (&json!("completed"), &json!("contrast 1")),
            "{done}"
        );
        let (read, kick, sum) = stems(&server, &user, &audio).await;
        assert_eq!((&read["current"], &read["separator"]), (&json!(true), &json!("contrast 1")));
        assert!(sum == recording, "the stems of both add up to the same samples");
        assert!(kick != kick_of_masks && kick.iter().any(|sample| sample.abs() > 300));
        let share = |name: &str| {
            let file = read["files"].as_array().unwrap().iter().find(|file| file["name"] == name);
            file.unwrap()["energy_share"].as_f64().unwrap()
        };
        assert!(share("snare") > 0.01 && share("toms") == 0.0, "it has no toms: {read}");
        let rows = store::Store::open(&server.app.config.database_url(), 2).await.unwrap();
        let row = store::separations::of_video(rows.rows(), video, "stems").await.unwrap().unwrap();
        assert_eq!(row.separator, "contrast 1");
        let model = server.get(&path, &user).await.json(200);
        assert_eq!((&model["separations"], &model["recordings"]), (&json!(1), &json!(0)));

        // The same wish is not made again; made again it is the same.
        ask(&server, &user, &audio, "").await;
        assert_eq!(stems(&server, &user, &audio).await.0["id"], read["id"]);
        ask(&server, &user, &audio, "?force=true").await;
        let (again, same_kick, _) = stems(&server, &user, &audio).await;
        assert!(again["id"] != read["id"] && same_kick == kick);

        assert_eq!(server.call("DELETE", &path, Some(&admin), None).await.json(409)["code"], "model_in_use");

        // Another card over the same weights is another network.
        let other = std::str::from_utf8(CARD).unwrap().replace("version = \"1\"", "version = \"2\"");
        let other = other.replace("[\"kick\", \"hihat\", \"snare\"]", "[\"toms\", \"hihat\", \"snare\"]");
        let other = put_to_work(&server, &admin, other.as_bytes(), WEIGHTS).await;
        assert_eq!(ask(&server, &user, &audio, "").await["result"]["separator"], "contrast 2");
        let (read, silent, sum) = stems(&server, &user, &audio).await;
        assert!(read["current"] == true && silent.iter().all(|sample| *sample == 0) && sum == recording);

        server.post(&format!("{other}/deactivate"), &admin).await.json(200);
        assert_eq!(stems(&server, &user, &audio).await.0["current"], false);
        assert_eq!(ask(&server, &user, &audio, "").await["result"]["separator"], "masks 2");
        let (read, kick, sum) = stems(&server, &user, &audio).await;
        assert!(read["current"] == true && kick == kick_of_masks && sum == recording);
        assert_eq!(server.call("DELETE", &path, Some(&admin), None).await.status.as_u16(), 204);
        runner.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_fails_on_a_recording_fails_the_job_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let check = program(folder.path(), &own_child());
    let server = Backbeat::start_with(|config| {
        config.model_check_program = check;
        config.model_check_memory_mb_max = 8192;
    })
    .await;
    let admin = server.user_with("admin@example.com", "admin").await;
    let user = server.user("drummer@example.com").await;
    let runner = Runner::start(&server.app);
    put_to_work(&server, &admin, FRAGILE_CARD, FRAGILE_WEIGHTS).await;
    // So loud that it is cut off throughout.
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/demo.mp4");
    let loud = clip(&["-i", demo, "-af", "volume=50dB", "-c:v", "copy", "-c:a", "pcm_s16le"], "mov");
    let (_, audio) = sound_of(&server, &user, "loud.mov", &loud).await;
    let failed = ask(&server, &user, &audio, "").await;
    assert_eq!((&failed["status"], &failed["error_code"]), (&json!("failed"), &json!("model_failed")), "{failed}");
    let message = failed["error_message"].as_str().unwrap();
    assert!(message.starts_with("The model fragile failed: its masks at ") && message.contains("masks."), "{message}");
    server.get(&format!("{audio}/separations/stems"), &user).await.json(404);
    assert_eq!(std::fs::read_dir(server.app.config.scratch_dir()).unwrap().count(), 0);
    runner.stop().await;
}

#[tokio::test]
async fn what_is_no_separator_is_refused() {
    let server = Backbeat::start().await;
    let admin = server.user_with("admin@example.com", "admin").await;
    let text = std::str::from_utf8(CARD).unwrap();
    let changed = |from: &str, to: &str| text.replace(from, to).into_bytes();
    let named_masks =
        String::from_utf8(changed("\"contrast\"", "\"masks\"")).unwrap().replace("version = \"1\"", "version = \"2\"");
    for (status, code, sign, card) in [
        (400, "model_card_invalid", "48000 Hz", changed("44100", "48000")),
        (400, "model_card_invalid", "theremin", changed("\"kick\"", "\"theremin\"")),
        (400, "model_card_invalid", "what the others leave", changed("\"kick\"", "\"rest\"")),
        (400, "model_card_invalid", "513 frames", changed("context_frames = 4", "context_frames = 513")),
        (409, "model_taken", "masks 2", named_masks.into_bytes()),
    ] {
        let parts = [("card", card.as_slice()), ("weights", WEIGHTS), ("task", b"separation")];
        let refused = register(&server, &admin, &parts).await.json(status);
        assert!(refused["code"] == code && refused["detail"].as_str().unwrap().contains(sign), "{refused}");
    }
    let listens = register(&server, &admin, &[("card", CARD), ("weights", WEIGHTS)]).await.json(400);
    assert_eq!(listens["code"], "model_card_invalid", "nobody listens with it: {listens}");
    assert!(server.stored_files().is_empty());
}
