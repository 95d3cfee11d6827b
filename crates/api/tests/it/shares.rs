//! Links: who may make them, what they open, when they end.

use serde_json::{Value, json};
use service::jobs::Runner;

use crate::support::{Answer, Backbeat, demo_clip};

async fn share(server: &Backbeat, token: &str, id: &str, body: Value) -> Answer {
    server.call("POST", &format!("/videos/{id}/shares"), Some(token), Some(body)).await
}

async fn nobody(server: &Backbeat, path: &str) -> Answer {
    server.call("GET", path, None, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shows_the_recording_and_its_notation_to_anybody_until_it_is_taken_back() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let runner = Runner::start(&server.app);
        let token = server.user("drummer@example.com").await;
        let bytes = demo_clip();
        let uploaded = server.upload_to("/videos/upload?process=true", &token, "demo.mp4", &bytes).await.json(201);
        let id = uploaded["video"]["id"].as_str().unwrap();
        let made = share(&server, &token, id, json!({})).await.json(201);
        let open = format!("/shared/{}", made["token"].as_str().unwrap());
        assert_eq!(made["url"], format!("/s/{}", made["token"].as_str().unwrap()));
        // The recording is there at once, its notation when it is written.
        assert!(nobody(&server, &open).await.json(200)["notation"].is_null());
        nobody(&server, &format!("{open}/timeline")).await.json(404);
        let job = json!({ "job_id": uploaded["job"]["id"] });
        assert_eq!(server.wait(&token, &job).await["status"], "completed");

        let seen = nobody(&server, &open).await.json(200);
        assert!(seen["notation"]["measures"].as_i64().unwrap() > 1, "{seen}");
        assert_eq!(seen["video"]["filename"], "demo.mp4");
        assert!(seen["video"].get("user_id").is_none());
        assert!(nobody(&server, &format!("{open}/video")).await.bytes == bytes);
        assert_eq!(nobody(&server, &format!("{open}/thumbnail")).await.header("content-type"), "image/jpeg");
        nobody(&server, &format!("{open}/waveform")).await.json(200);
        assert!(nobody(&server, &format!("{open}/timeline")).await.json(200).is_object());
        assert!(nobody(&server, &format!("{open}/export/midi")).await.bytes.starts_with(b"MThd"));
        let page = async |options: &str| nobody(&server, &format!("{open}/export/svg?{options}")).await;
        assert_ne!(page("staff_space=2.5").await.bytes, page("").await.bytes);
        // Earlier revisions and kits are the owner's.
        for own in ["revision=1", "kit=01a205e9-9987-76d8-a844-df776fd734c1", "no_such=1"] {
            page(own).await.json(422);
        }
        assert_eq!(nobody(&server, &format!("{open}/export/xyz")).await.json(400)["code"], "format_unknown");

        let listed = server.get(&format!("/videos/{id}/shares"), &token).await.json(200);
        assert_eq!(listed[0]["id"], made["id"]);
        assert!(listed[0].get("token").is_none());
        let path = format!("/videos/{id}/shares/{}", made["id"].as_str().unwrap());
        assert_eq!(server.call("DELETE", &path, Some(&token), None).await.status, 204);
        for part in ["", "/video", "/thumbnail", "/waveform", "/timeline", "/export/midi"] {
            nobody(&server, &format!("{open}{part}")).await.json(404);
        }
        server.call("DELETE", &path, Some(&token), None).await.json(404);
        runner.stop().await;
    }
}

#[tokio::test]
async fn a_link_ends_when_it_says_and_with_its_recording() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let id = server.upload_ok(&token, "demo.mp4", &demo_clip()).await;
        let soon = (chrono::Utc::now() + chrono::TimeDelta::milliseconds(1500)).to_rfc3339();
        let short = share(&server, &token, &id, json!({ "expires_at": soon })).await.json(201);
        let long = share(&server, &token, &id, json!({ "expires_at": "2999-01-01T00:00:00Z" })).await.json(201);
        let open = |made: &Value| format!("/shared/{}", made["token"].as_str().unwrap());
        nobody(&server, &open(&long)).await.json(200);
        let ended = async {
            while nobody(&server, &open(&short)).await.status == 200 {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), ended).await.expect("the link never ended");
        nobody(&server, &open(&short)).await.json(404);
        server.call("DELETE", &format!("/videos/{id}"), Some(&token), None).await.json(200);
        nobody(&server, &open(&long)).await.json(404);
        server.post(&format!("/videos/{id}/restore"), &token).await.json(200);
        nobody(&server, &open(&long)).await.json(200);
    }
}

#[tokio::test]
async fn only_the_owner_shares_and_only_until_later() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let other = server.user("other@example.com").await;
    let id = server.upload_ok(&token, "demo.mp4", &demo_clip()).await;
    share(&server, &other, &id, json!({})).await.json(404);
    server.get(&format!("/videos/{id}/shares"), &other).await.json(404);
    let past = share(&server, &token, &id, json!({ "expires_at": "2001-01-01T00:00:00Z" })).await.json(422);
    assert_eq!(past["detail"][0]["loc"], json!(["body", "expires_at"]));
    nobody(&server, "/shared/guessed").await.json(404);
}
