//! A recording heard again by another model, with every correction in its place.

use serde_json::{Value, json};
use service::jobs::Runner;
use uuid::Uuid;

use super::{note_of, rock};
use crate::models::registered;
use crate::support::{Backbeat, demo_clip};

/// Notes what a check would have said, without running one; tests of models do that.
async fn passed(server: &Backbeat, path: &str) {
    let store = store::Store::open(&server.app.config.database_url(), 1).await.unwrap();
    let id = Uuid::parse_str(path.rsplit('/').next().unwrap()).unwrap();
    let model = store::models::get(store.rows(), id).await.unwrap();
    store::models::judged(store.rows(), model, "verified", json!({ "ok": true })).await.unwrap();
    store.close().await.unwrap();
}

async fn send(server: &Backbeat, method: &str, path: &str, token: &str, body: Value) -> crate::support::Answer {
    server.call(method, path, Some(token), Some(body)).await
}

fn instruments(strokes: &Value) -> Vec<(String, String)> {
    let text = |stroke: &Value, name: &str| stroke[name].as_str().unwrap().to_owned();
    let strokes = strokes["strokes"].as_array().unwrap().iter();
    strokes.map(|stroke| (text(stroke, "element"), text(stroke, "instrument"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_model_shows_its_differences_and_changes_no_correction() {
    for server in Backbeat::everywhere().await {
        let runner = Runner::start(&server.app);
        let admin = server.user_with("admin@example.com", "admin").await;
        let user = server.user("drummer@example.com").await;
        // Deaf to most snares.
        let model = registered(&server, &admin, "2", "0.999").await;
        let id = model.rsplit('/').next().unwrap();
        let video = server.upload_ok(&user, "clip.mp4", &demo_clip()).await;
        let job = server.post(&format!("/videos/{video}/generate-notation"), &user).await.json(202);
        let job = server.wait(&user, &job).await;
        let path = format!("/notation/{}", job["result"]["notation_id"].as_str().unwrap());
        let score = server.get(&path, &user).await.json(200);
        let snare = note_of(&score["notation_json"], "snare");
        let hihat = note_of(&score["notation_json"], "hihat_closed");
        let edits =
            json!([{ "op": "velocity", "element": snare, "velocity": 0.5 }, { "op": "remove", "element": hihat }]);
        let mine = json!({ "base_revision": 1, "edits": edits });
        send(&server, "POST", &format!("{path}/edits"), &user, mine).await.json(200);

        let again = format!("{path}/relisten");
        server.get(&again, &user).await.json(404);
        let unchecked = send(&server, "POST", &again, &user, json!({ "model": id })).await;
        assert_eq!(unchecked.json(409)["code"], "model_not_verified");
        passed(&server, &model).await;
        let job = send(&server, "POST", &again, &user, json!({ "model": id })).await.json(202);
        let heard = server.wait(&user, &job).await;
        assert_eq!(heard["result"]["model_version"], "classic 2", "{heard}");
        let proposal = server.get(&again, &user).await.json(200);
        assert_eq!((&proposal["model_version"], &proposal["revision"]), (&json!("classic 2"), &json!(2)));
        assert!(proposal["counts"]["removed"].as_u64().unwrap() > 5, "{}", proposal["counts"]);
        assert!(proposal["counts"]["kept"].as_u64().unwrap() >= 1, "{}", proposal["counts"]);
        // Nothing has changed yet.
        assert_eq!(server.get(&path, &user).await.json(200)["revision"], 2);

        let late = send(&server, "POST", &format!("{again}/accept"), &user, json!({ "base_revision": 1 })).await;
        assert_eq!(late.json(409)["code"], "revision_conflict");
        let taken = send(&server, "POST", &format!("{again}/accept"), &user, json!({ "base_revision": 2 })).await;
        let taken = taken.json(200);
        assert_eq!((&taken["revision"], &taken["model_version"]), (&json!(3), &json!("classic 2")));
        let strokes = instruments(&server.get(&format!("{path}/strokes"), &user).await.json(200));
        assert!(strokes.contains(&(snare.clone(), "snare".to_owned())), "the corrected snare is gone");
        assert!(!strokes.iter().any(|(element, _)| *element == hihat), "the hi-hat that was taken away is back");
        let list = server.get(&format!("{path}/revisions"), &user).await.json(200);
        assert!(list[2]["summary"].as_str().unwrap().starts_with("As classic 2 heard it again: "), "{list}");
        server.get(&again, &user).await.json(404);

        // The first model again: the snares come back, the corrections stay, though two models have written since.
        let job = send(&server, "POST", &again, &user, json!({ "model": "built_in" })).await.json(202);
        server.wait(&user, &job).await;
        let back = server.get(&again, &user).await.json(200);
        assert_eq!(back["model_version"], "classic 1");
        assert!(back["counts"]["added"].as_u64().unwrap() > 5, "{}", back["counts"]);
        send(&server, "POST", &format!("{again}/accept"), &user, json!({ "base_revision": 3 })).await.json(200);
        let strokes = server.get(&format!("{path}/strokes"), &user).await.json(200);
        let kept = strokes["strokes"].as_array().unwrap().iter().find(|stroke| stroke["element"] == snare.as_str());
        assert_eq!(kept.unwrap()["velocity"], 0.5);
        assert!(!instruments(&strokes).iter().any(|(element, _)| *element == hihat));
        let first = server.get(&format!("{path}?revision=1"), &user).await.json(200);
        assert_eq!(first["notation_json"], score["notation_json"]);
        let undone = server.post(&format!("{path}/undo"), &user).await.json(200);
        assert_eq!(undone["notation_json"], taken["notation_json"]);
        runner.stop().await;
    }
}

#[tokio::test]
async fn what_has_no_recording_is_not_heard_again_and_a_hearing_can_be_dropped() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let path = rock(&server, &token).await;
    let again = format!("{path}/relisten");
    let refused = send(&server, "POST", &again, &token, json!({})).await.json(400);
    assert_eq!(refused["code"], "notation_without_sound");
    send(&server, "POST", &again, &token, json!({ "model": "ears" })).await.json(422);
    server.call("DELETE", &again, Some(&token), None).await.json(404);
    let store = store::Store::open(&server.app.config.database_url(), 1).await.unwrap();
    let id = Uuid::parse_str(path.rsplit('/').next().unwrap()).unwrap();
    let now = store::notations::get(store.rows(), id).await.unwrap();
    let heard = store::relistenings::NewRelistening {
        notation_id: id,
        model_id: None,
        model_version: "ear 2".to_owned(),
        job_id: Uuid::now_v7(),
        base_revision: 1,
        performance_json: now.performance_json,
        remarks: json!([]),
    };
    store::relistenings::insert(store.rows(), heard).await.unwrap();
    let same = server.get(&again, &token).await.json(200);
    assert_eq!(
        (&same["counts"]["added"], &same["counts"]["removed"], &same["measures"]),
        (&json!(0), &json!(0), &json!([]))
    );
    let job = json!({ "video_id": Uuid::now_v7(), "job_type": "audio_analysis" });
    send(&server, "POST", "/jobs/", &token, job).await.json(422);
    assert_eq!(server.call("DELETE", &again, Some(&token), None).await.status.as_u16(), 204);
    server.get(&again, &token).await.json(404);
}
