//! Notations of posted events, written anew, and what they say to programs.

use serde_json::{Value, json};

use super::rock;
use crate::support::{Answer, Backbeat};

/// Eight bars of a beat at 100, as another detector would post it.
fn events() -> Vec<Value> {
    let mut events = Vec::new();
    for half in 0..64 {
        let time_s = 0.4 + f64::from(half) * 0.3;
        events.push(json!({ "time_s": time_s, "instrument": "hihat_closed", "velocity": 0.5 }));
        if half % 8 == 0 {
            events.push(json!({ "time_s": time_s, "instrument": "kick", "velocity": 1.0, "confidence": 0.4 }));
        }
        if half % 8 == 4 {
            events.push(json!({ "time_s": time_s, "instrument": "snare" }));
        }
    }
    events
}

async fn send(server: &Backbeat, method: &str, path: &str, token: &str, body: Value) -> Answer {
    server.call(method, path, Some(token), Some(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn posted_events_become_a_notation_in_the_tempo_that_is_known() {
    for server in Backbeat::everywhere().await {
        let token = server.user("drummer@example.com").await;
        let new = json!({ "title": "Posted", "events": events(), "tempo": 100, "meter": "4/4" });
        let made = send(&server, "POST", "/notation/", &token, new).await;
        let location = made.header("location").to_owned();
        let made = made.json(201);
        assert_eq!((made["title"].as_str(), made["time_signature"].as_str()), (Some("Posted"), Some("4/4")));
        assert!((made["tempo"].as_f64().unwrap() - 100.0).abs() < 2.0, "{}", made["tempo"]);
        assert_eq!(made["measures"], 8);
        assert_eq!((made["video_id"].clone(), made["revision"].as_i64()), (Value::Null, Some(1)));
        assert_eq!(server.get(&location, &token).await.json(200), made);
        let list = server.get(&format!("{location}/revisions"), &token).await.json(200);
        assert_eq!(list[0]["summary"], "As it was posted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tempo_or_meter_is_written_and_can_be_taken_back() {
    for server in Backbeat::everywhere().await {
        let token = server.user("drummer@example.com").await;
        let new = json!({ "events": events(), "tempo": 100 });
        let made = send(&server, "POST", "/notation", &token, new).await.json(201);
        let path = format!("/notation/{}", made["id"].as_str().unwrap());
        // What is asked for is really written: another meter gives other bars in every file.
        let three = send(&server, "PATCH", &path, &token, json!({ "meter": "3/4", "tempo": 100 })).await.json(200);
        assert_eq!((three["time_signature"].as_str(), three["revision"].as_i64()), (Some("3/4"), Some(2)));
        assert_ne!(three["notation_json"], made["notation_json"]);
        let titled = json!({ "title": "Waltz?", "base_revision": 2 });
        let titled = send(&server, "PATCH", &path, &token, titled).await.json(200);
        assert_eq!((titled["title"].as_str(), titled["time_signature"].as_str()), (Some("Waltz?"), Some("3/4")));
        let late = send(&server, "PATCH", &path, &token, json!({ "title": "x", "base_revision": 1 })).await;
        assert_eq!(late.json(409)["code"], "revision_conflict");
        let kept = json!({ "events": events()[..20].to_vec(), "tempo": 100 });
        let fewer = send(&server, "PATCH", &path, &token, kept).await.json(200);
        assert!(fewer["measures"].as_i64() < made["measures"].as_i64());
        for _ in 0..3 {
            server.post(&format!("{path}/undo"), &token).await.json(200);
        }
        assert_eq!(server.get(&path, &token).await.json(200)["notation_json"], made["notation_json"]);
        let again = server.get(&format!("{path}/strokes"), &token).await.json(200);
        assert_eq!(again["total"].as_u64(), Some(events().len() as u64));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_writes_what_it_can_and_says_what_it_cannot() {
    for server in Backbeat::everywhere().await {
        let token = server.user("drummer@example.com").await;
        let good = json!({ "events": events() });
        let strange = json!({ "events": [{ "time_s": 1.0, "instrument": "theremin" }] });
        let nobodys = json!({ "video_id": "01938f3e-7b1c-7e61-9d0a-3f2f5a8b6c7d" });
        let batch = json!({ "notations": [good, strange, nobodys, {}] });
        let results = send(&server, "POST", "/notation/batch", &token, batch).await.json(200);
        let statuses: Vec<&str> =
            results["results"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["created", "refused", "refused", "refused"]);
        assert!(results["results"][1]["detail"].as_str().unwrap().contains("body.events.0.instrument"), "{results}");
        assert_eq!(server.get("/notation", &token).await.json(200)["total"], 1);
        let many = json!({ "notations": vec![json!({}); 11] });
        send(&server, "POST", "/notation/batch", &token, many).await.json(422);
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_with_its_place() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    for (field, body) in [
        (json!(["body", "events"]), json!({})),
        (
            json!(["body", "events", "0", "velocity"]),
            json!({ "events": [{ "time_s": 0, "instrument": "snare", "velocity": 2 }] }),
        ),
        (json!(["body", "events", "0", "time_s"]), json!({ "events": [{ "time_s": -1, "instrument": "snare" }] })),
        (json!(["body", "tempo"]), json!({ "events": events(), "tempo": 9000 })),
        (json!(["body", "meter"]), json!({ "events": events(), "meter": "seven" })),
        (json!(["body", "duration_s"]), json!({ "events": events(), "duration_s": -3 })),
    ] {
        let refused = send(&server, "POST", "/notation", &token, body).await.json(422);
        assert_eq!(refused["detail"][0]["loc"], field, "{refused}");
    }
    let nothing = send(&server, "POST", "/notation", &token, json!({ "events": [] })).await.json(400);
    assert_eq!(nothing["code"], "no_drums_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn measures_strokes_doubts_and_figures_agree_with_the_score() {
    for server in Backbeat::everywhere().await {
        let token = server.user("drummer@example.com").await;
        let made =
            send(&server, "POST", "/notation", &token, json!({ "events": events(), "tempo": 100 })).await.json(201);
        let path = format!("/notation/{}", made["id"].as_str().unwrap());
        let read = async |route: &str| server.get(&format!("{path}/{route}"), &token).await.json(200);

        let measures = read("measures?from=2&to=3").await;
        assert_eq!(measures["total"], 8);
        let numbers: Vec<_> =
            measures["measures"].as_array().unwrap().iter().map(|one| one["number"].clone()).collect();
        assert_eq!(numbers, [2, 3]);
        assert_eq!(measures["measures"][0]["notes"].as_array().unwrap().len(), 10);
        let backwards = server.get(&format!("{path}/measures?from=3&to=2"), &token).await.json(400);
        assert_eq!(backwards["code"], "range_backwards");

        let snares = read("strokes?instrument=snare&from=1&to=5").await;
        assert_eq!(snares["total"], 2);
        assert_eq!(snares["strokes"][0]["beat"], 3.0);
        let unknown = server.get(&format!("{path}/strokes?instrument=theremin"), &token).await.json(400);
        assert_eq!(unknown["code"], "instrument_unknown");
        let sure = read("strokes?min_confidence=0.5").await;
        assert_eq!(sure["total"].as_u64(), Some(events().len() as u64 - 8));

        let doubts = read("review?below=0.5").await;
        assert_eq!((doubts["total"].as_u64(), doubts["items"][0]["instrument"].as_str()), (Some(8), Some("kick")));
        let element = doubts["items"][0]["element"].clone();
        let other = json!({ "op": "instrument", "element": element, "instrument": "tom_floor" });
        let right = json!({ "base_revision": 1, "edits": [other] });
        send(&server, "POST", &format!("{path}/edits"), &token, right).await.json(200);
        assert_eq!(read("review?below=0.5").await["total"], 7, "what was corrected is in doubt no more");

        let figures = read("statistics?revision=1").await;
        assert_eq!((figures["notes"].as_u64(), figures["by_instrument"]["kick"].as_u64()), (Some(80), Some(8)));
        assert_eq!(figures["different_measures"], 1);
        assert_eq!(figures["meters"], json!(["4/4"]));
        assert_eq!(read("validate").await, json!({ "valid": true, "violations": [] }));

        let id = made["id"].as_str().unwrap();
        let differ = read(&format!("compare/{id}?other_revision=1")).await;
        assert_eq!(
            (differ["matched"].as_u64(), differ["first"]["only_here"][0]["instrument"].as_str()),
            (Some(79), Some("tom_floor"))
        );
        assert_eq!(differ["second"]["only_here"][0]["instrument"], "kick");

        let timeline = read("timeline").await;
        assert_eq!(
            (timeline["format"].as_str(), timeline["measures"].as_array().unwrap().len()),
            (Some("backbeat-timemap"), 8)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_word_in_the_path_is_taken_for_an_id_and_no_id_for_a_word() {
    let server = Backbeat::start().await;
    let mine = server.user("drummer@example.com").await;
    let other = server.user("other@example.com").await;
    let path = rock(&server, &mine).await;
    let missing = "01938f3e-7b1c-7e61-9d0a-3f2f5a8b6c7d";
    assert_eq!(server.get(&format!("/notation/video/{missing}"), &mine).await.json(404)["detail"], "Video not found.");
    assert_eq!(server.get("/notation/not-a-uuid", &mine).await.json(422)["detail"][0]["loc"], json!(["path", "id"]));
    for route in ["measures", "strokes", "review", "validate", "statistics", "timeline"] {
        server.get(&format!("{path}/{route}"), &mine).await.json(200);
        server.get(&format!("{path}/{route}"), &other).await.json(404);
    }
    let theirs = rock(&server, &other).await;
    let theirs = theirs.rsplit('/').next().unwrap();
    server.get(&format!("{path}/compare/{theirs}"), &mine).await.json(404);
    send(&server, "PATCH", &path, &other, json!({ "title": "Mine" })).await.json(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_a_long_score_is_refused_before_it_is_drawn() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let long = (0..3_000).map(|beat| json!({ "time_s": f64::from(beat) * 0.5, "instrument": "snare" }));
    let new = json!({ "events": long.collect::<Vec<_>>(), "tempo": 120 });
    let made = send(&server, "POST", "/notation", &token, new).await.json(201);
    let path = format!("/notation/{}/export/png", made["id"].as_str().unwrap());
    let refused = server.get(&format!("{path}?dpi=600"), &token).await.json(400);
    assert_eq!(refused["code"], "export_too_large");
}

#[tokio::test]
async fn every_format_tells_its_options_and_every_document_its_schema() {
    let server = Backbeat::start().await;
    let formats = server.call("GET", "/notation/formats", None, None).await.json(200);
    let formats = formats.as_array().unwrap();
    assert_eq!(formats.len(), export::FORMATS.len());
    let png = formats.iter().find(|format| format["id"] == "png").unwrap();
    let names: Vec<&str> =
        png["options"].as_array().unwrap().iter().map(|option| option["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"dpi") && names.contains(&"page") && !names.contains(&"click"), "{names:?}");
    for (name, schema) in export::json::SCHEMAS {
        let served = server.call("GET", &format!("/notation/schemas/{name}"), None, None).await.json(200);
        assert_eq!(served, serde_json::from_str::<Value>(schema).unwrap(), "{name}");
    }
    server.call("GET", "/notation/schemas/backbeat-nothing", None, None).await.json(404);
}
