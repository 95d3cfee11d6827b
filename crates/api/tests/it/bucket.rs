//! The service with its files in a bucket.

use axum::body::Body;
use axum::http::{Request, header};
use futures::TryStreamExt;
use service::jobs::Runner;

use crate::support::{Backbeat, demo_clip};

/// A fresh place in the bucket that `BACKBEAT_TEST_S3_URL` names.
fn place() -> Option<String> {
    let url = std::env::var("BACKBEAT_TEST_S3_URL").ok();
    if url.is_none() {
        println!("skipped: BACKBEAT_TEST_S3_URL is not set");
    }
    Some(url?.replacen('?', &format!("/api/{}?", uuid::Uuid::now_v7()), 1))
}

async fn files(url: &str) -> Vec<String> {
    let blobs = store::Blobs::open(url).unwrap();
    let mut keys = Vec::new();
    for folder in ["recordings", "sound", "derived", "uploads"] {
        let found: Vec<_> = blobs.list(folder).try_collect().await.unwrap();
        keys.extend(found.into_iter().map(|file| file.key.to_string()));
    }
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_lives_in_a_bucket_and_is_sent_from_there() {
    let Some(url) = place() else { return };
    let at = |config: &mut service::Config| config.blobs_url = service::Secret::new(url.clone());
    for server in Backbeat::on_each_database(at).await {
        let runner = Runner::start(&server.app);
        let token = server.user("drummer@example.com").await;
        let bytes = demo_clip();
        let video = format!("/videos/{}", server.upload_ok(&token, "my take.mp4", &bytes).await);
        let moved = server.get(&format!("{video}/download"), &token).await;
        assert_eq!(moved.status, 307);
        let fetched = std::process::Command::new("curl").args(["-s", moved.header("location")]).output().unwrap();
        assert!(fetched.stdout == bytes);
        assert_eq!(server.get(&format!("{video}/thumbnail"), &token).await.status, 200);
        let job = server.post(&format!("{video}/extract-audio"), &token).await.json(202);
        assert_eq!(server.wait(&token, &job).await["status"], "completed");
        assert_eq!(files(&url).await.len(), 3);
        stems_are_sent_from_the_bucket(&server, &token, &video).await;
        assert_eq!(files(&url).await.len(), 5);
        assert_eq!(std::fs::read_dir(server.app.config.scratch_dir()).unwrap().count(), 0);
        server.call("DELETE", &format!("{video}?hard_delete=true"), Some(&token), None).await.json(200);
        assert!(files(&url).await.is_empty());
        runner.stop().await;
    }
}

/// Two stems, each at a signed address that needs no login; together as an archive, which is made here.
async fn stems_are_sent_from_the_bucket(server: &Backbeat, token: &str, video: &str) {
    let job = server.post(&video.replace("/videos/", "/audio/extract/"), token).await.json(202);
    let audio = server.wait(token, &job).await["result"]["audio_file_id"].as_str().unwrap().to_owned();
    let path = format!("/audio/{audio}/separate-sources");
    let asked = server.call("POST", &path, Some(token), Some(serde_json::json!({}))).await;
    let done = server.wait(token, &asked.json(202)).await;
    assert_eq!(done["status"], "completed", "{done}");
    let read = server.get(&format!("/audio/{audio}/separations/sources"), token).await.json(200);
    for file in read["files"].as_array().unwrap() {
        let name = file["name"].as_str().unwrap();
        let moved = server.get(&format!("/audio/{audio}/separations/sources/{name}"), token).await;
        assert_eq!(moved.status, 307, "{name}");
        let (head, sound) = fetched(moved.header("location"));
        assert!(head.contains(&format!("my take - {name}.flac")) && head.contains("audio/flac"), "{head}");
        assert!(sound.starts_with(b"fLaC") && Some(sound.len() as u64) == file["size_bytes"].as_u64(), "{file}");
    }
    let archive = server.get(&format!("/audio/{audio}/separations/sources/archive"), token).await;
    assert!(archive.status == 200 && archive.bytes.starts_with(b"PK"));
}

/// What lies at a signed address, asked for by a program that knows nothing else: the head in small letters, and the bytes.
fn fetched(address: &str) -> (String, Vec<u8>) {
    let answer = std::process::Command::new("curl").args(["-si", address]).output().unwrap().stdout;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    (String::from_utf8_lossy(&answer[..end]).to_lowercase(), answer[end..].to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_made_of_a_notation_lives_in_the_bucket_and_goes_with_it() {
    let Some(url) = place() else { return };
    let at = |config: &mut service::Config| config.blobs_url = service::Secret::new(url.clone());
    for server in Backbeat::on_each_database(at).await {
        let runner = Runner::start(&server.app);
        let token = server.user("drummer@example.com").await;
        let notation = crate::exports::notation(&server, &token).await;
        let made = crate::exports::made(&server, &token, &format!("{notation}/export/pdf")).await;
        assert_eq!(exports(&url).await, 1);
        let moved = server.get(made["download"].as_str().unwrap(), &token).await;
        assert_eq!(moved.status, 307);
        let (head, page) = fetched(moved.header("location"));
        assert!(head.contains("rock.pdf") && head.contains("application/pdf"), "{head}");
        assert!(page.starts_with(b"%PDF") && Some(page.len() as u64) == made["size_bytes"].as_u64());
        server.call("DELETE", &notation, Some(&token), None).await;
        assert_eq!(exports(&url).await, 0);
        assert_eq!(std::fs::read_dir(server.app.config.scratch_dir()).unwrap().count(), 0);
        runner.stop().await;
    }
}

/// How many files made of notations there are.
async fn exports(url: &str) -> usize {
    store::Blobs::open(url).unwrap().list("exports").try_collect::<Vec<_>>().await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_in_a_bucket_become_a_recording_which_may_be_sent_on() {
    let Some(url) = place() else { return };
    let server = Backbeat::start_with(|config| {
        config.blobs_url = service::Secret::new(url.clone());
        config.signed_address_s = 0;
    });
    let server = server.await;
    let token = server.user("drummer@example.com").await;
    let bytes = demo_clip();
    let tus = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).header("tus-resumable", "1.0.0");
        request.header(header::AUTHORIZATION, format!("Bearer {token}"))
    };
    let begin = tus("POST", "/uploads").header("upload-length", bytes.len());
    let begin = begin.header("upload-metadata", "filename ZGVtby5tcDQ=").body(Body::empty()).unwrap();
    let path = server.send(begin).await.header("location").to_owned();
    let mut video = String::new();
    for (number, piece) in bytes.chunks(bytes.len() / 2 + 1).enumerate() {
        let request = tus("PATCH", &path).header("content-type", "application/offset+octet-stream");
        let request = request.header("upload-offset", number * (bytes.len() / 2 + 1));
        let sent = server.send(request.body(Body::from(piece.to_vec())).unwrap()).await;
        assert_eq!(sent.status, 204, "{}", String::from_utf8_lossy(&sent.bytes));
        video = sent.header("backbeat-video-id").to_owned();
    }
    let part = Request::get(format!("/videos/{video}/download")).header(header::RANGE, "bytes=5-14");
    let part = part.header(header::AUTHORIZATION, format!("Bearer {token}")).body(Body::empty()).unwrap();
    let part = server.send(part).await;
    assert!(part.status == 206 && part.bytes == bytes[5..15]);
    assert_eq!(files(&url).await.len(), 1);
}
