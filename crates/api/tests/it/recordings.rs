//! Uploads: what is taken, what is refused, what is left behind.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use crate::support::{Backbeat, silent_clip};

#[tokio::test]
async fn what_is_no_recording_is_refused_and_leaves_nothing_behind() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    for (name, bytes) in [
        ("notes.txt", b"hello".to_vec()),
        ("drums.txt", silent_clip()),
        ("fake.mp4", b"this is not a video".to_vec()),
        ("list.mp4", b"#EXTM3U\nhttp://127.0.0.1/secret\n".to_vec()),
        ("empty.mp4", Vec::new()),
    ] {
        let refused = server.upload(&token, name, &bytes).await.json(415);
        assert!(refused["detail"].is_string() && refused["hint"].is_string(), "{name}: {refused}");
    }
    let scratch = std::fs::read_dir(server.app.config.scratch_dir()).unwrap().count();
    assert_eq!(scratch, 0);
    assert_eq!(server.get("/videos", &token).await.json(200)["total"], 0);
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_refused_while_it_arrives_or_before() {
    let server = Backbeat::start_with(|config| config.max_video_size_mb = 1).await;
    let token = server.user("drummer@example.com").await;
    let mut large = silent_clip();
    large.resize((1 << 20) + 1, 0);
    assert_eq!(server.upload(&token, "large.mp4", &large).await.json(413)["code"], "upload_too_large");
    let request = Request::post("/videos/upload")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_LENGTH, 1_u64 << 40)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
    let refused = server.send(request.body(Body::empty()).unwrap()).await.json(413);
    assert_eq!(refused["code"], "upload_too_large");
}

#[tokio::test]
async fn a_full_storage_takes_no_more() {
    let server = Backbeat::start_with(|config| config.max_user_storage_gb = 0).await;
    let token = server.user("drummer@example.com").await;
    assert_eq!(server.upload(&token, "clip.mp4", &silent_clip()).await.json(413)["code"], "quota_reached");
}

#[tokio::test]
async fn a_recording_without_sound_is_kept_but_not_listened_to() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let video = server.upload(&token, "silent.mp4", &silent_clip()).await.json(201)["video"].clone();
    assert_eq!(video["has_audio"], false);
    let path = format!("/videos/{}/extract-audio", video["id"].as_str().unwrap());
    assert_eq!(server.post(&path, &token).await.json(400)["code"], "media_no_audio");
}

#[tokio::test]
async fn ids_and_pages_are_checked() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let junk = server.get("/videos/not-a-uuid", &token).await.json(422);
    assert_eq!(junk["detail"][0]["loc"], json!(["path", "id"]));
    for query in ["page=0", "per_page=101", "per_page=0", "page=x", "page=-1"] {
        let refused = server.get(&format!("/videos/?{query}"), &token).await.json(422);
        assert_eq!(refused["detail"][0]["loc"][0], "query", "{query}");
    }
    server.get("/jobs?status=x%27%20OR%20%271%27%3D%271", &token).await.json(422);
    let empty = server.get("/videos/?page=99999999999", &token).await.json(200);
    assert_eq!((empty["total"].as_i64(), empty["pages"].as_i64()), (Some(0), Some(1)));
}

#[tokio::test]
async fn the_same_request_twice_is_one_job_and_a_waiting_job_can_be_cancelled_and_retried() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let video = server.upload(&token, "clip.mp4", &crate::support::demo_clip()).await.json(201)["video"].clone();
    let path = format!("/videos/{}/extract-audio", video["id"].as_str().unwrap());
    let first = server.post(&path, &token).await.json(202);
    assert_eq!(server.post(&path, &token).await.json(202)["job_id"], first["job_id"]);
    let job = format!("/jobs/{}", first["job_id"].as_str().unwrap());
    let cancelled = server.call("DELETE", &job, Some(&token), None).await.json(202);
    assert_eq!((cancelled["status"].as_str(), cancelled["error_code"].as_str()), (Some("failed"), Some("cancelled")));
    server.call("DELETE", &job, Some(&token), None).await.json(409);
    assert_eq!(server.post(&format!("{job}/retry"), &token).await.json(202)["status"], "pending");
    server.post(&format!("{job}/retry"), &token).await.json(409);
}
