//! Jobs: the whole way in one, the queue in numbers, what only admins may, the server's figures.

use serde_json::{Value, json};
use service::Secret;
use service::jobs::Runner;

use crate::support::{Backbeat, PASSWORD, demo_clip, silent_clip};

async fn upload(server: &Backbeat, token: &str) -> String {
    let uploaded = server.upload(token, "clip.mp4", &demo_clip()).await.json(201);
    uploaded["video"]["id"].as_str().unwrap().to_owned()
}

async fn admin(server: &Backbeat) -> String {
    server.operator().await.create("chef@example.com", Secret::new(PASSWORD), true).await.unwrap();
    server.token("chef@example.com", PASSWORD).await
}

/// Asks for a job and waits for its end.
async fn done(server: &Backbeat, token: &str, new: Value) -> Value {
    let asked = server.call("POST", "/jobs/", Some(token), Some(new)).await;
    assert!(asked.header("location").starts_with("/jobs/"));
    let job = asked.json(202);
    server.wait(token, &json!({ "job_id": job["id"] })).await
}

/// A machine so busy that ffprobe does not answer in time: nobody's mistake, so it is tried again, and told by its name.
#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_ffprobe_that_was_too_long_is_tried_again_and_has_a_name() {
    let server = Backbeat::start_with(|config| {
        config.job_attempts_max = 2;
        config.job_back_off_s = 0;
    });
    let server = server.await;
    let token = server.user("drummer@example.com").await;
    let video = server.upload_ok(&token, "clip.mp4", &demo_clip()).await;
    let busy = server.again_with(|config| config.probe_s_max = 0).await;
    let refused = busy.upload(&token, "clip.mp4", &demo_clip()).await.json(503);
    assert_eq!(refused["code"], "media_timed_out", "{refused}");

    let runner = Runner::start(&busy.app);
    let job = server.post(&format!("/videos/{video}/extract-audio"), &token).await.json(202);
    let failed = server.wait(&token, &job).await;
    assert_eq!(
        (failed["error_code"].as_str(), failed["attempt"].as_i64()),
        (Some("media_timed_out"), Some(2)),
        "{failed}"
    );
    assert!(failed["error_message"].as_str().unwrap().contains("longer than 0 s"), "{failed}");
    runner.stop().await;

    let runner = Runner::start(&server.app);
    server.post(&format!("/jobs/{}/retry", job["job_id"].as_str().unwrap()), &token).await.json(202);
    assert_eq!(server.wait(&token, &job).await["status"], "completed");
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcription_does_what_is_missing_once_and_everything_when_forced() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let video = upload(&server, &token).await;
    let runner = Runner::start(&server.app);
    let pipeline = format!("/jobs/video/{video}/pipeline");
    assert_eq!(server.get(&pipeline, &token).await.json(200)["status"], "not_started");

    let first = done(&server, &token, json!({ "video_id": video, "job_type": "transcription" })).await;
    assert_eq!(first["status"], "completed", "{first}");
    assert!(first["detected_events"].as_i64().unwrap() > 10 && first["result"]["measures"].as_i64().unwrap() > 1);
    let status = server.get(&pipeline, &token).await.json(200);
    assert_eq!((status["status"].as_str(), status["progress"].as_i64()), (Some("completed"), Some(100)));
    assert_eq!(status["missing"], json!([]));

    let again = done(&server, &token, json!({ "video_id": video, "job_type": "transcription" })).await;
    assert_eq!(again["result"]["notation_id"], first["result"]["notation_id"]);
    let path = format!("/jobs/transcription/{video}?force=true");
    let forced = server.post(&path, &token).await.json(202);
    let forced = server.wait(&token, &json!({ "job_id": forced["id"] })).await;
    assert_ne!(forced["result"]["notation_id"], first["result"]["notation_id"]);
    assert_eq!(server.get(&format!("/jobs/video/{video}"), &token).await.json(200)["total"], 3);
    runner.stop().await;
}

#[tokio::test]
async fn jobs_are_refused_in_words_and_for_strangers() {
    let server = Backbeat::start().await;
    let (token, other) = (server.user("drummer@example.com").await, server.user("other@example.com").await);
    let video = upload(&server, &token).await;
    let wrong = json!({ "video_id": video, "job_type": "juggling" });
    let refused = server.call("POST", "/jobs", Some(&token), Some(wrong)).await.json(422);
    assert_eq!(refused["detail"][0]["loc"], json!(["body", "job_type"]));
    assert!(refused["detail"][0]["msg"].as_str().unwrap().contains("transcription"));
    server.post(&format!("/jobs/juggling/{video}"), &token).await.json(422);
    server.post("/jobs/transcription/not-an-id", &token).await.json(422);
    for (method, path) in [
        ("POST", format!("/jobs/transcription/{video}")),
        ("GET", format!("/jobs/video/{video}")),
        ("GET", format!("/jobs/video/{video}/pipeline")),
    ] {
        assert_eq!(server.call(method, &path, Some(&other), None).await.json(404)["code"], "not_found", "{path}");
        server.call(method, &path, None, None).await.json(401);
    }
    let silent = server.upload(&token, "silent.mp4", &silent_clip()).await.json(201)["video"]["id"].clone();
    let path = format!("/jobs/transcription/{}", silent.as_str().unwrap());
    assert_eq!(server.post(&path, &token).await.json(400)["code"], "media_no_audio");
}

#[tokio::test]
async fn the_queue_is_told_in_numbers_and_its_history_to_admins() {
    let server = Backbeat::start().await;
    let (token, other) = (server.user("drummer@example.com").await, server.user("other@example.com").await);
    let video = upload(&server, &token).await;
    let job = server.post(&format!("/jobs/transcription/{video}"), &token).await.json(202);
    let mine = server.get("/jobs/queue-status", &token).await.json(200);
    assert_eq!((&mine["pending"], &mine["your_pending"], &mine["running"]), (&json!(1), &json!(1), &json!(0)));
    assert!(mine["oldest_waiting_seconds"].as_f64().unwrap() >= 0.0);
    assert_eq!(server.get("/jobs/queue-status", &other).await.json(200)["your_pending"], 0);
    assert_eq!(server.get("/jobs/health", &token).await.json(200)["status"], "ok");

    let path = format!("/jobs/{}", job["id"].as_str().unwrap());
    server.call("DELETE", &path, Some(&token), None).await.json(202);
    server.get("/jobs/admin/statistics", &token).await.json(403);
    server.post("/jobs/admin/cleanup", &token).await.json(403);
    let admin = admin(&server).await;
    let statistics = server.get("/jobs/admin/statistics?hours=1", &admin).await.json(200);
    assert_eq!(statistics["by_type"][0]["failed"], json!({ "cancelled": 1 }), "{statistics}");
    server.get("/jobs/admin/statistics?hours=0", &admin).await.json(422);
    assert_eq!(server.post("/jobs/admin/cleanup", &admin).await.json(200)["removed"], 0);
    assert_eq!(server.post("/jobs/admin/cleanup?older_than_days=0", &admin).await.json(200)["removed"], 1);
    server.get(&path, &token).await.json(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_for_admins_and_for_who_has_the_token() {
    let server = Backbeat::start_with(|config| config.metrics_token = Secret::new("a token of the operator")).await;
    let token = server.user("drummer@example.com").await;
    let video = upload(&server, &token).await;
    let runner = Runner::start(&server.app);
    done(&server, &token, json!({ "video_id": video, "job_type": "transcription" })).await;
    runner.stop().await;
    server.get("/metrics", &token).await.json(403);
    server.call("GET", "/metrics", None, None).await.json(401);
    server.get("/metrics", "another token").await.json(401);
    assert_eq!(server.get("/metrics", &admin(&server).await).await.status.as_u16(), 200);
    let text = server.get("/metrics", "a token of the operator").await;
    assert_eq!(text.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = String::from_utf8(text.bytes).unwrap();
    for line in [
        "backbeat_jobs_started_total{type=\"transcription\"} 1",
        "backbeat_jobs_ended_total{type=\"transcription\",outcome=\"completed\",code=\"\"} 1",
        "backbeat_queue_jobs{type=\"transcription\",status=\"completed\"} 1",
        "backbeat_stage_seconds_count{stage=\"listening\"} 1",
        "backbeat_http_requests_total{method=\"POST\",route=\"/videos/upload\",status=\"201\"} 1",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    assert!(!text.contains(&video), "ids are no labels");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_too_long_is_stopped_and_says_so() {
    let server = Backbeat::start_with(|config| config.job_transcription_s_max = 0).await;
    let token = server.user("drummer@example.com").await;
    let video = upload(&server, &token).await;
    let runner = Runner::start(&server.app);
    let job = done(&server, &token, json!({ "video_id": video, "job_type": "transcription" })).await;
    runner.stop().await;
    assert_eq!((job["status"].as_str(), job["error_code"].as_str()), (Some("failed"), Some("job_too_long")), "{job}");
    assert_eq!(job["can_retry"], true);
}
