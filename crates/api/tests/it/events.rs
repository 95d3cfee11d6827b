//! Following jobs: progress, hits heard early, the end; on both databases, and from another process.

use std::sync::Arc;

use serde_json::Value;
use service::jobs::Runner;
use service::{App, ModelSet};

use crate::support::{Backbeat, Event, clip, demo_clip, fresh_postgres};

/// The neural model: it says what it hears while it hears it.
fn tcn() -> ModelSet {
    ModelSet::single(
        include_bytes!("../../../../models/tcn/model.toml"),
        include_bytes!("../../../../models/tcn/model.onnx"),
    )
}

/// A server on each database, and the application that does the work: the server's own on SQLite, that of another
/// process on PostgreSQL.
async fn servers() -> Vec<(Backbeat, Arc<App>)> {
    let embedded = Backbeat::start_hearing(&tcn(), |_| {}).await;
    let mut servers = vec![(Arc::clone(&embedded.app), embedded)];
    match fresh_postgres().await {
        Some(url) => {
            let server = Backbeat::start_hearing(&tcn(), |config| {
                config.database_url_async = service::Secret::new(url);
                // Only notifications can be quick here.
                config.job_poll_ms = 60_000;
            })
            .await;
            let worker = App::open(server.app.config.clone(), &tcn()).await.unwrap();
            servers.push((worker, server));
        }
        None => println!("PostgreSQL skipped: BACKBEAT_TEST_POSTGRES_URL is not set"),
    }
    servers.into_iter().map(|(worker, server)| (server, worker)).collect()
}

/// The demo groove, played over and over for so many seconds.
fn long_clip(seconds: &str) -> Vec<u8> {
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/demo.mp4");
    let demo = demo.to_str().unwrap();
    clip(&["-stream_loop", "-1", "-i", demo, "-t", seconds, "-vn", "-c:a", "flac"], "flac")
}

async fn upload(server: &Backbeat, token: &str, name: &str, bytes: &[u8]) -> String {
    let uploaded = server.upload(token, name, bytes).await.json(201);
    uploaded["video"]["id"].as_str().unwrap().to_owned()
}

fn hits(events: &[Event]) -> Vec<&Value> {
    let told = events.iter().filter(|event| event.name == "hits");
    told.flat_map(|event| event.data["hits"].as_array().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_sees_progress_rise_hits_come_early_and_the_end() {
    for (server, worker) in servers().await {
        let token = server.user("drummer@example.com").await;
        let video = upload(&server, &token, "long.flac", &long_clip("320")).await;
        let job = server.post(&format!("/videos/{video}/analyze-drums"), &token).await.json(202);
        let path = format!("/jobs/{}/events", job["job_id"].as_str().unwrap());
        let stream = server.follow(&path, &token, None).await;
        let runner = Runner::start(&worker);
        let events = stream.rest().await;
        runner.stop().await;

        let last = events.last().unwrap();
        assert_eq!((last.name.as_str(), &last.data["status"]), ("end", &"completed".into()), "{last:?}");
        assert_eq!(events.iter().filter(|event| event.name == "end").count(), 1);
        let percents: Vec<i64> = events
            .iter()
            .filter(|event| event.name != "hits")
            .map(|event| event.data["progress"].as_i64().unwrap())
            .collect();
        assert!(percents.windows(2).all(|pair| pair[0] <= pair[1]), "{percents:?}");
        let first_hits = events.iter().position(|event| event.name == "hits").unwrap();
        assert!(events[first_hits..].iter().any(|event| event.name == "progress"), "hits came only at the end");
        let found = last.data["detected_events"].as_f64().unwrap();
        let told = hits(&events);
        assert!((told.len() as f64 - found).abs() < 0.05 * found, "{} told, {found} found", told.len());
        assert!(told.iter().all(|hit| hit["instrument"].is_string() && hit["velocity"].as_i64().unwrap() > 0));
        let times: Vec<f64> = told.iter().map(|hit| hit["time_s"].as_f64().unwrap()).collect();
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1] + 0.1), "hits come in order of time");

        // Whoever comes back gets what is missing and nothing twice.
        let seen = &events[first_hits];
        let again = server.follow(&path, &token, Some(&seen.id)).await.rest().await;
        assert_eq!(hits(&again).len() + hits(&events[..=first_hits]).len(), told.len());
        assert_eq!(server.follow(&path, &token, Some(&last.id)).await.rest().await.len(), 1);
        worker.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_followed_until_none_of_its_jobs_is_left() {
    for (server, worker) in servers().await {
        let token = server.user("drummer@example.com").await;
        let video = upload(&server, &token, "clip.mp4", &demo_clip()).await;
        let path = format!("/videos/{video}/events");
        let idle = server.follow(&path, &token, None).await.rest().await;
        assert_eq!((idle.len(), idle[0].name.as_str(), &idle[0].data), (1, "end", &Value::Null));

        for stage in ["extract-audio", "generate-notation"] {
            server.post(&format!("/videos/{video}/{stage}"), &token).await.json(202);
        }
        let mut stream = server.follow(&path, &token, None).await;
        // The follower looks when it is asked; two jobs wait then.
        let mut events = vec![stream.next().await.unwrap(), stream.next().await.unwrap()];
        let runner = Runner::start(&worker);
        events.extend(stream.rest().await);
        runner.stop().await;
        for kind in ["audio_extraction", "notation_generation"] {
            let of_kind: Vec<&Event> = events.iter().filter(|event| event.data["job_type"] == kind).collect();
            assert_eq!(of_kind.first().unwrap().data["status"], "pending", "{kind}");
            assert_eq!(of_kind.last().unwrap().data["status"], "completed", "{kind}");
        }
        assert!(hits(&events).len() > 10);
        assert_eq!(events.last().unwrap().name, "end");
        worker.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_ends_its_stream_and_a_stopping_server_closes_it() {
    for (server, worker) in servers().await {
        let token = server.user("drummer@example.com").await;
        let video = upload(&server, &token, "clip.mp4", &demo_clip()).await;
        let ask = format!("/videos/{video}/extract-audio");
        let job = server.post(&ask, &token).await.json(202)["job_id"].as_str().unwrap().to_owned();
        let mut stream = server.follow(&format!("/jobs/{job}/events"), &token, None).await;
        assert_eq!(stream.next().await.unwrap().data["status"], "pending");
        server.call("DELETE", &format!("/jobs/{job}"), Some(&token), None).await.json(202);
        let end = stream.next().await.unwrap();
        assert_eq!((end.name.as_str(), &end.data["error_code"]), ("end", &"cancelled".into()));
        assert!(stream.next().await.is_none());

        let job = server.post(&ask, &token).await.json(202)["job_id"].as_str().unwrap().to_owned();
        let mut stream = server.follow(&format!("/jobs/{job}/events"), &token, None).await;
        stream.next().await.unwrap();
        server.app.stopping.cancel();
        assert!(stream.next().await.is_none());
        worker.close().await;
    }
}

#[tokio::test]
async fn streams_are_for_their_owners_and_limited() {
    let server = Backbeat::start_with(|config| config.event_streams_max = 1).await;
    let (mine, other) = (server.user("drummer@example.com").await, server.user("other@example.com").await);
    let video = upload(&server, &mine, "clip.mp4", &demo_clip()).await;
    let job = server.post(&format!("/videos/{video}/extract-audio"), &mine).await.json(202);
    let paths = [format!("/jobs/{}/events", job["job_id"].as_str().unwrap()), format!("/videos/{video}/events")];
    for path in &paths {
        assert_eq!(server.get(path, &other).await.json(404)["code"], "not_found");
        server.call("GET", path, None, None).await.json(401);
    }
    let open = server.follow(&paths[0], &mine, None).await;
    assert_eq!(server.get(&paths[1], &mine).await.json(429)["code"], "too_many_streams");
    drop(open);
    server.follow(&paths[1], &mine, None).await;
}
