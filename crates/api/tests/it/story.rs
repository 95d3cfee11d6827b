//! From register to MusicXML, on both databases.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::Value;
use service::jobs::Runner;

use crate::support::{Backbeat, demo_clip, fresh_postgres};

#[tokio::test(flavor = "multi_thread")]
async fn a_video_becomes_a_score_on_sqlite() {
    tell_the_story(Backbeat::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_becomes_a_score_on_postgresql() {
    let Some(url) = fresh_postgres().await else {
        println!("skipped: BACKBEAT_TEST_POSTGRES_URL is not set");
        return;
    };
    let server = Backbeat::start_with(|config| config.database_url_async = service::Secret::new(url)).await;
    tell_the_story(server).await;
}

async fn tell_the_story(server: Backbeat) {
    let runner = Runner::start(&server.app);
    let mine = server.user("drummer@example.com").await;
    let other = server.user("other@example.com").await;

    let uploaded = server.upload(&mine, "../my groove.mp4", &demo_clip()).await.json(201);
    let video = &uploaded["video"];
    assert_eq!(video["filename"], "my groove.mp4");
    assert!(video["duration_seconds"].as_f64().unwrap() > 1.0);
    let id = video["id"].as_str().unwrap();

    let extract = server.post(&format!("/videos/{id}/extract-audio"), &mine).await;
    assert!(extract.header("location").starts_with("/jobs/"));
    let extracted = server.wait(&mine, &extract.json(202)).await;
    assert_eq!(extracted["status"], "completed", "{extracted}");

    let detect = server.post(&format!("/videos/{id}/analyze-drums"), &mine).await.json(202);
    assert!(detect["detected_events"].is_null());
    let detected = server.wait(&mine, &detect).await;
    assert!(detected["detected_events"].as_i64().unwrap() > 10, "{detected}");
    assert!(detected["confidence_avg"].as_f64().unwrap() > 0.0);

    let request = Request::post(format!("/videos/{id}/generate-notation"))
        .header(header::AUTHORIZATION, format!("Bearer {mine}"))
        .header("prefer", "wait=60");
    let written = server.send(request.body(Body::empty()).unwrap()).await.json(200);
    assert!(written["measures"].as_i64().unwrap() > 1, "{written}");
    let again = server.post(&format!("/videos/{id}/generate-notation"), &mine).await.json(200);
    assert_eq!(again, written);

    let status = server.get(&format!("/videos/{id}/processing-status"), &mine).await.json(200);
    assert!(status["stages"].as_array().unwrap().iter().all(|stage| stage["status"] == "completed"), "{status}");
    read_and_export(&server, &mine, &written).await;
    keeps_strangers_out(&server, &other, id, &written, &detect).await;
    runner.stop().await;
}

async fn read_and_export(server: &Backbeat, mine: &str, written: &Value) {
    let path = format!("/notation/{}", written["notation_id"].as_str().unwrap());
    let notation = server.get(&path, mine).await.json(200);
    assert_eq!(notation["title"], "my groove");
    assert_eq!(notation["tempo"], written["tempo"]);
    for (format, begins) in [("musicxml", "<?xml"), ("midi", "MThd"), ("pdf", "%PDF"), ("svg", "<"), ("json", "{")] {
        let file = server.get(&format!("{path}/export/{format}"), mine).await;
        assert_eq!(file.status.as_u16(), 200, "{format}");
        assert!(file.bytes.starts_with(begins.as_bytes()), "{format}");
        assert!(file.header("content-disposition").starts_with("attachment; filename=\"my groove."), "{format}");
    }
    let unknown = server.get(&format!("{path}/export/xyz"), mine).await.json(400);
    assert_eq!(unknown["code"], "format_unknown");
    assert!(unknown["hint"].as_str().unwrap().contains("musicxml"));
}

async fn keeps_strangers_out(server: &Backbeat, other: &str, video: &str, written: &Value, job: &Value) {
    let notation = written["notation_id"].as_str().unwrap();
    let job = job["job_id"].as_str().unwrap();
    for path in [
        format!("/videos/{video}"),
        format!("/videos/{video}/processing-status"),
        format!("/notation/{notation}"),
        format!("/notation/{notation}/export/midi"),
        format!("/jobs/{job}"),
    ] {
        assert_eq!(server.get(&path, other).await.json(404)["code"], "not_found", "{path}");
    }
    for stage in ["extract-audio", "analyze-drums", "generate-notation"] {
        server.post(&format!("/videos/{video}/{stage}"), other).await.json(404);
    }
    assert_eq!(server.get("/videos/", other).await.json(200)["total"], 0);
    assert_eq!(server.get("/jobs", other).await.json(200)["total"], 0);
}
