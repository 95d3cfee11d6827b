//! Every option of the notation that the command line has, over HTTP.

use serde_json::{Value, json};
use service::jobs::Runner;

use crate::support::{Answer, Backbeat, demo_clip};

/// Eight equal bars of rock at 120, posted.
fn events() -> Vec<Value> {
    let mut events = Vec::new();
    for eighth in 0..64 {
        let time_s = 0.5 + f64::from(eighth) * 0.25;
        events.push(json!({ "time_s": time_s, "instrument": "hihat_closed" }));
        if eighth % 8 == 0 || eighth % 8 == 5 {
            events.push(json!({ "time_s": time_s, "instrument": "kick" }));
        }
        if eighth % 4 == 2 {
            events.push(json!({ "time_s": time_s, "instrument": "snare" }));
        }
    }
    events
}

async fn send(server: &Backbeat, method: &str, path: &str, token: &str, body: Value) -> Answer {
    server.call(method, path, Some(token), Some(body)).await
}

fn similes(notation: &Value) -> usize {
    let measures = notation["notation_json"]["measures"].as_array().unwrap().iter();
    measures.filter(|measure| !measure["repeat"].is_null()).count()
}

#[tokio::test]
async fn bodies_take_every_option_and_remember_it() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let known =
        json!({ "events": events(), "tempo": 120, "similes": true, "downbeats": [0.5, 2.5], "sections": false });
    let made = send(&server, "POST", "/notation", &token, known).await.json(201);
    assert!(similes(&made) >= 6, "{}", made["notation_json"]);
    assert_eq!(made["report"]["options"]["downbeats"], "0.5,2.5");
    let path = format!("/notation/{}", made["id"].as_str().unwrap());
    // What was said before holds until it is taken back.
    let easier = send(&server, "PATCH", &path, &token, json!({ "level": 1 })).await.json(200);
    assert!(similes(&easier) >= 6);
    let strokes = |notation: &Value| notation["notation_json"].to_string().matches("hihat_closed").count();
    assert!(strokes(&easier) < strokes(&made), "level 1 leaves nothing out");
    let plain = json!({ "similes": null, "level": null, "title": "Plain" });
    let plain = send(&server, "PATCH", &path, &token, plain).await.json(200);
    assert_eq!((similes(&plain), plain["title"].as_str()), (0, Some("Plain")));
    let passage = json!({ "from_s": 4.4, "to_s": 8.45 });
    let passage = send(&server, "PATCH", &path, &token, passage).await.json(200);
    let total = server.get(&format!("{path}/strokes"), &token).await.json(200)["total"].as_u64();
    assert!(total.unwrap() < events().len() as u64 / 2 && passage["title"] == "Plain", "{total:?}");
}

#[tokio::test]
async fn what_is_no_option_is_refused_with_its_name() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    for (name, value) in [
        ("colour", json!("red")),
        ("level", json!(9)),
        ("similes", json!("perhaps")),
        ("beats", json!([-1])),
        ("beats", json!([{}])),
        ("title", json!("x".repeat(201))),
    ] {
        let refused = send(&server, "POST", "/notation", &token, json!({ "events": events(), name: value })).await;
        assert_eq!(refused.json(422)["detail"][0]["loc"], json!(["body", name]));
    }
    let video = server.upload_ok(&token, "clip.mp4", &demo_clip()).await;
    for (query, name) in
        [("colour=red", "colour"), ("tempo=1", "tempo"), ("tempo=90&tempo=91", "tempo"), ("force=x", "force")]
    {
        let refused = server.post(&format!("/videos/{video}/generate-notation?{query}"), &token).await.json(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["query", name]));
    }
    let extraction = json!({ "video_id": video, "job_type": "audio_extraction", "options": { "similes": true } });
    let refused = send(&server, "POST", "/jobs/", &token, extraction).await.json(422);
    assert_eq!(refused["detail"][0]["loc"], json!(["body", "options"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_carry_the_options_and_two_wishes_are_two_jobs() {
    for server in Backbeat::everywhere().await {
        let token = server.user("drummer@example.com").await;
        let video = server.upload_ok(&token, "clip.mp4", &demo_clip()).await;
        let path = format!("/videos/{video}/generate-notation");
        let plain = server.post(&path, &token).await.json(202);
        assert_eq!(server.post(&path, &token).await.json(202)["job_id"], plain["job_id"]);
        let wished = server.post(&format!("{path}?similes=true&title=Wished"), &token).await.json(202);
        assert_ne!(wished["job_id"], plain["job_id"]);
        let whole =
            json!({ "video_id": video, "job_type": "transcription", "options": { "title": "Whole", "level": 2 } });
        let whole = send(&server, "POST", "/jobs/", &token, whole).await.json(202);
        let runner = Runner::start(&server.app);
        for (job, title) in [(&wished["job_id"], "Wished"), (&whole["id"], "Whole")] {
            let done = server.wait(&token, &json!({ "job_id": job })).await;
            let id = done["result"]["notation_id"].as_str().unwrap_or_else(|| panic!("{done}"));
            let notation = server.get(&format!("/notation/{id}"), &token).await.json(200);
            assert_eq!(notation["title"], title);
        }
        runner.stop().await;
    }
}
