//! Webhooks: called once for each end of a job, signed, again when it does not work out; on both databases.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use service::Secret;
use service::jobs::Runner;

use crate::support::{Backbeat, demo_clip, fresh_postgres};

/// A receiver on this machine that keeps what it is sent, and answers as told.
struct Receiver {
    url: String,
    calls: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    answers: Arc<Mutex<Vec<StatusCode>>>,
}

impl Receiver {
    async fn start() -> Self {
        let (calls, answers) = (Arc::<Mutex<Vec<(HeaderMap, String)>>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (kept, told) = (Arc::clone(&calls), Arc::clone(&answers));
        let answer = move |headers: HeaderMap, body: String| async move {
            kept.lock().unwrap().push((headers, body));
            told.lock().unwrap().pop().unwrap_or(StatusCode::OK)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", post(answer))).await });
        Self { url, calls, answers }
    }

    fn calls(&self) -> Vec<(HeaderMap, String)> {
        self.calls.lock().unwrap().clone()
    }
}

async fn servers() -> Vec<Backbeat> {
    let mut servers = vec![Backbeat::start_with(|config| config.webhook_private_networks = true).await];
    if let Some(url) = fresh_postgres().await {
        let server = Backbeat::start_with(|config| {
            config.webhook_private_networks = true;
            config.database_url_async = Secret::new(url);
        });
        servers.push(server.await);
    }
    servers
}

async fn webhook(server: &Backbeat, token: &str, receiver: &Receiver) -> Value {
    server.call("POST", "/webhooks/", Some(token), Some(json!({ "url": receiver.url }))).await.json(201)
}

/// Asks for a job that is cancelled at once: the quickest end there is.
async fn end_a_job(server: &Backbeat, token: &str, video: &str) -> String {
    let job = server.post(&format!("/jobs/transcription/{video}"), token).await.json(202);
    let id = job["id"].as_str().unwrap().to_owned();
    server.call("DELETE", &format!("/jobs/{id}"), Some(token), None).await.json(202);
    id
}

/// Waits until the log of a webhook is as wanted.
async fn log(server: &Backbeat, token: &str, hook: &Value, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let path = format!("/webhooks/{}/deliveries", hook["id"].as_str().unwrap());
    for _ in 0..200 {
        let page = server.get(&path, token).await.json(200);
        let deliveries = page["deliveries"].as_array().unwrap().clone();
        if wanted(&deliveries) {
            return deliveries;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the log never is as it should: {}", server.get(&path, token).await.json(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_job_is_told_once_signed_and_can_be_told_again() {
    for server in servers().await {
        let receiver = Receiver::start().await;
        let token = server.user("drummer@example.com").await;
        let video = server.upload(&token, "clip.mp4", &demo_clip()).await.json(201)["video"]["id"].clone();
        let hook = webhook(&server, &token, &receiver).await;
        let job = end_a_job(&server, &token, video.as_str().unwrap()).await;
        // Two workers: still one call.
        let runners = [Runner::start(&server.app), Runner::start(&server.app)];
        let told = log(&server, &token, &hook, |log| log.iter().any(|call| call["status"] == "delivered")).await;
        assert_eq!((told.len(), receiver.calls().len()), (1, 1));
        let (headers, body) = &receiver.calls()[0];
        let sent: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&sent["event"], &sent["job"]["id"]), (&json!("job.failed"), &json!(job)));
        assert_eq!(headers["backbeat-delivery"], told[0]["id"].as_str().unwrap());
        let signature = headers["backbeat-signature"].to_str().unwrap();
        assert_eq!(signature, signed(hook["secret"].as_str().unwrap(), signature, body));

        let id = hook["id"].as_str().unwrap();
        let rotated = server.post(&format!("/webhooks/{id}/rotate-secret"), &token).await.json(200);
        assert_ne!(rotated["secret"], hook["secret"]);
        let again = format!("/webhooks/{id}/deliveries/{}/redeliver", told[0]["id"].as_str().unwrap());
        server.post(&again, &token).await.json(202);
        log(&server, &token, &hook, |log| log.iter().filter(|call| call["status"] == "delivered").count() == 2).await;
        let (headers, again) = &receiver.calls()[1];
        assert_eq!(again, body);
        let both = headers["backbeat-signature"].to_str().unwrap();
        for secret in [&rotated["secret"], &hook["secret"]] {
            let one = signed(secret.as_str().unwrap(), both, body);
            assert!(both.contains(one.split_once(",v1=").unwrap().1), "both secrets are valid for a day");
        }
        for runner in runners {
            runner.stop().await;
        }
    }
}

/// The header of a body under one secret, at the time that another header names; made by another implementation.
fn signed(secret: &str, like: &str, body: &str) -> String {
    let time = like.strip_prefix("t=").unwrap().split(',').next().unwrap();
    let script = "import hmac, sys; print(hmac.new(sys.argv[1].encode(), sys.argv[2].encode(), 'sha256').hexdigest())";
    let mut python = std::process::Command::new("python3");
    let output = python.args(["-c", script, secret, &format!("{time}.{body}")]).output().unwrap();
    format!("t={time},v1={}", String::from_utf8(output.stdout).unwrap().trim())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_not_taken_is_made_again_later() {
    for server in servers().await {
        let receiver = Receiver::start().await;
        let token = server.user("drummer@example.com").await;
        let video = server.upload(&token, "clip.mp4", &demo_clip()).await.json(201)["video"]["id"].clone();
        let hook = webhook(&server, &token, &receiver).await;
        receiver.answers.lock().unwrap().push(StatusCode::INTERNAL_SERVER_ERROR);
        end_a_job(&server, &token, video.as_str().unwrap()).await;
        let runner = Runner::start(&server.app);
        let tried = log(&server, &token, &hook, |log| log.iter().any(|call| call["response_status"] == 500)).await;
        runner.stop().await;
        assert_eq!((tried[0]["status"].as_str(), tried[0]["attempts"].as_i64()), (Some("pending"), Some(1)));
        assert_eq!(tried[0]["error"], "answered with 500");
        assert!(tried[0]["next_attempt_at"].as_str().unwrap() > tried[0]["updated_at"].as_str().unwrap());
    }
}

#[tokio::test]
async fn webhooks_are_for_their_owners_few_and_not_for_private_networks() {
    let server = Backbeat::start_with(|config| config.user_webhooks_max = 1).await;
    let (mine, other) = (server.user("drummer@example.com").await, server.user("other@example.com").await);
    let new = |url: &str| json!({ "url": url });
    for url in ["http://127.0.0.1:1/", "https://10.0.0.1/", "https://[::1]/", "nonsense", "http://example.com/"] {
        let refused = server.call("POST", "/webhooks", Some(&mine), Some(new(url))).await.json(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["body", "url"]), "{url}");
    }
    let events = json!({ "url": "https://example.com/", "events": ["lunch"] });
    server.call("POST", "/webhooks", Some(&mine), Some(events)).await.json(422);
    let hook = server.call("POST", "/webhooks", Some(&mine), Some(new("https://example.com/hook"))).await.json(201);
    let more = server.call("POST", "/webhooks", Some(&mine), Some(new("https://example.com/hook"))).await.json(409);
    assert_eq!(more["code"], "too_many_webhooks");
    let path = format!("/webhooks/{}", hook["id"].as_str().unwrap());
    assert!(server.get(&path, &mine).await.json(200)["secret"].is_null(), "a secret is shown once");
    for (method, path) in [
        ("GET", path.clone()),
        ("DELETE", path.clone()),
        ("GET", format!("{path}/deliveries")),
        ("POST", format!("{path}/rotate-secret")),
        ("POST", format!("{path}/deliveries/{}/redeliver", uuid::Uuid::now_v7())),
    ] {
        server.call(method, &path, Some(&other), None).await.json(404);
        server.call(method, &path, None, None).await.json(401);
    }
    for id in ["nothing", "%ff"] {
        let refused = server.post(&format!("{path}/deliveries/{id}/redeliver"), &mine).await.json(422);
        assert_eq!(
            refused["detail"][0]["loc"],
            json!(["path", if id == "%ff" { "id" } else { "delivery_id" }]),
            "{refused}"
        );
    }
    assert_eq!(server.get("/webhooks", &other).await.json(200), json!([]));
    let off = server.call("PUT", &path, Some(&mine), Some(json!({ "active": false }))).await.json(200);
    assert_eq!((&off["active"], &off["url"]), (&json!(false), &json!("https://example.com/hook")));
    assert_eq!(server.call("DELETE", &path, Some(&mine), None).await.status.as_u16(), 204);
    server.get(&path, &mine).await.json(404);
}
