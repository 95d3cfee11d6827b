//! What must never happen again, as far as files are concerned: each of these was seen in another program.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, header};
use futures::StreamExt;
use serde_json::json;

use crate::support::{Backbeat, clip, demo_clip};

fn noise(seed: u32, seconds: u32) -> Vec<u8> {
    clip(&["-f", "lavfi", "-i", &format!("anoisesrc=d={seconds}:seed={seed}:sample_rate=8000")], "wav")
}

#[tokio::test]
async fn file_routes_are_closed_to_strangers() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let other = server.user("other@example.com").await;
    let id = server.upload_ok(&token, "take.wav", &noise(1, 1)).await;
    let path = format!("/videos/{id}");
    for (method, path) in [
        ("GET", path.clone()),
        ("PUT", path.clone()),
        ("DELETE", path.clone()),
        ("DELETE", format!("{path}?hard_delete=true")),
        ("POST", format!("{path}/restore")),
        ("GET", format!("{path}/download")),
        ("GET", format!("{path}/thumbnail")),
        ("GET", format!("{path}/waveform")),
        ("GET", format!("{path}/frames?time_s=0")),
        ("GET", format!("{path}/shares")),
        ("POST", format!("{path}/shares")),
    ] {
        let body = (method == "PUT" || path.ends_with("shares") && method == "POST").then(|| json!({}));
        server.call(method, &path, None, body.clone()).await.json(401);
        server.call(method, &path, Some(&other), body).await.json(404);
    }
    for path in ["/videos/admin/cleanup-orphaned", "/videos/bulk/delete", "/videos/upload", "/uploads"] {
        server.call("POST", path, None, None).await.json(401);
    }
    server.get(&path, &token).await.json(200);
}

#[tokio::test]
async fn a_clean_up_never_deletes_a_live_file_nor_one_under_way() {
    for server in Backbeat::on_each_database(|config| config.orphan_grace_s = 3600).await {
        let (token, admin) =
            (server.user("drummer@example.com").await, server.user_with("admin@example.com", "admin").await);
        let live = server.upload_ok(&token, "live.mp4", &demo_clip()).await;
        let deleted = server.upload_ok(&token, "deleted.wav", &noise(1, 1)).await;
        server.call("DELETE", &format!("/videos/{deleted}"), Some(&token), None).await.json(200);
        server.get(&format!("/videos/{live}/thumbnail"), &token).await;
        let kept = server.stored_files();

        let folder = server.app.config.blobs_dir().join("recordings");
        let (old, young) = (folder.join("left-behind"), folder.join("on-its-way"));
        for orphan in [&old, &young] {
            std::fs::write(orphan, "bytes without a row").unwrap();
        }
        // Every file but one is old enough.
        let yesterday = std::time::SystemTime::now() - Duration::from_secs(86_400);
        for key in server.stored_files().iter().filter(|key| !key.ends_with("on-its-way")) {
            let file = std::fs::File::options().write(true).open(server.app.config.blobs_dir().join(key)).unwrap();
            file.set_modified(yesterday).unwrap();
        }
        let counted = server.post("/videos/admin/cleanup-orphaned?dry_run=true", &admin).await.json(200);
        assert_eq!((counted["orphaned_files"].as_u64(), counted["recent_files"].as_u64()), (Some(1), Some(1)));
        assert!(old.exists());
        server.post("/videos/admin/cleanup-orphaned", &admin).await.json(200);
        assert!(!old.exists() && young.exists());
        std::fs::remove_file(young).unwrap();
        assert_eq!(server.stored_files(), kept);
    }
}

/// Makes a row of a recording that leaves its owner so much room.
async fn fill_up_to(server: &Backbeat, token: &str, room_bytes: i64) -> uuid::Uuid {
    let user_id = server.get("/users/me", token).await.json(200)["id"].as_str().unwrap().parse().unwrap();
    let store = store::Store::open(&server.app.config.database_url(), 1).await.unwrap();
    let id = uuid::Uuid::now_v7();
    let large = store::videos::NewVideo {
        id,
        user_id,
        filename: "large.mp4".to_owned(),
        storage_path: format!("recordings/{id}"),
        duration_seconds: Some(1.0),
        size_bytes: i64::try_from(server.app.config.user_bytes_max()).unwrap() - room_bytes,
        media_type: "video/mp4".to_owned(),
        width: None,
        height: None,
        frame_rate: None,
        has_audio: false,
        sha256: "0".repeat(64),
    };
    store::videos::insert(store.rows(), large).await.unwrap();
    store.close().await.unwrap();
    id
}

#[tokio::test]
async fn a_quota_is_not_passed_by_soft_deleting() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let bytes = noise(1, 1);
        let large = fill_up_to(&server, &token, bytes.len() as i64 - 1).await;
        server.call("DELETE", &format!("/videos/{large}"), Some(&token), None).await.json(200);
        assert_eq!(server.upload(&token, "take.wav", &bytes).await.json(413)["code"], "quota_reached");
        server.call("DELETE", &format!("/videos/{large}?hard_delete=true"), Some(&token), None).await.json(200);
        server.upload(&token, "take.wav", &bytes).await.json(201);
    }
}

/// A valid WAV file of so many bytes and few seconds, silent but for its first sample.
fn wide_wav(seed: u8, data_bytes: u32) -> Bytes {
    let mut bytes = wide_wav_head(data_bytes);
    bytes.resize(data_bytes as usize + 44, 0);
    bytes[44] = seed;
    bytes.into()
}

fn wide_wav_head(data_bytes: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((data_bytes + 36).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    // PCM, 8 channels, 192 kHz, 32 bits: a lot of bytes a second.
    bytes.extend([1, 0, 8, 0]);
    bytes.extend(192_000_u32.to_le_bytes());
    bytes.extend((192_000_u32 * 32).to_le_bytes());
    bytes.extend([32, 0, 32, 0]);
    bytes.extend(b"data");
    bytes.extend(data_bytes.to_le_bytes());
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_quota_is_not_passed_by_parallel_uploads() {
    // Room for three; every second one says how long it is.
    const UPLOADS: u8 = 16;
    const BYTES: u32 = 2 << 20;
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        fill_up_to(&server, &token, i64::from(BYTES) * 7 / 2).await;
        let server = std::sync::Arc::new(server);
        let shared = wide_wav(0, BYTES);
        let uploads = (1..=UPLOADS).map(|seed| {
            let (server, token, shared) = (std::sync::Arc::clone(&server), token.clone(), shared.clone());
            tokio::spawn(async move { upload_one(&server, &token, &shared, seed).await })
        });
        let mut taken = 0;
        for upload in uploads.collect::<Vec<_>>() {
            match upload.await.unwrap() {
                201 => taken += 1,
                413 => {}
                other => panic!("{other}"),
            }
        }
        let usage = server.get("/videos/stats/my-usage", &token).await.json(200);
        assert!((1..=3).contains(&taken), "{taken} taken, {usage}");
        assert!(usage["total_size_bytes"].as_u64() <= usage["storage_quota_bytes"].as_u64(), "{usage}");
        assert_eq!(usage["uploading_bytes"], 0, "what was refused holds no room");
        assert_eq!(server.stored_files().len(), taken);
        // There is still room for what fits.
        server.upload(&token, "small.wav", &noise(1, 1)).await.json(201);
    }
}

/// One upload whose first sample is `seed`, sent in pieces that are shared with the other uploads.
async fn upload_one(server: &Backbeat, token: &str, shared: &Bytes, seed: u8) -> u16 {
    const PIECE: usize = 64 << 10;
    let head = format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{seed}.wav\"\r\n\r\n");
    let mut first = shared[..PIECE].to_vec();
    first[44] = seed;
    let mut pieces = vec![Bytes::from(head), Bytes::from(first)];
    pieces.extend((PIECE..shared.len()).step_by(PIECE).map(|at| shared.slice(at..shared.len().min(at + PIECE))));
    pieces.push(Bytes::from_static(b"\r\n--edge--\r\n"));
    let length: usize = pieces.iter().map(Bytes::len).sum();
    let mut request = Request::post("/videos/upload")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
    if seed.is_multiple_of(2) {
        request = request.header(header::CONTENT_LENGTH, length);
    }
    let pieces = futures::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    server.send(request.body(Body::from_stream(pieces)).unwrap()).await.status.as_u16()
}

#[tokio::test]
async fn a_deletion_that_loses_its_file_does_not_keep_its_row_nor_the_other_way_round() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let id = server.upload_ok(&token, "take.wav", &noise(1, 1)).await;
        // A file that cannot be removed at first: its place is taken by a folder.
        let key = server.get(&format!("/videos/{id}"), &token).await.json(200)["storage_path"].clone();
        let path = server.app.config.blobs_dir().join(key.as_str().unwrap());
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("in-the-way"), "x").unwrap();
        server.call("DELETE", &format!("/videos/{id}?hard_delete=true"), Some(&token), None).await.json(200);
        server.get(&format!("/videos/{id}"), &token).await.json(404);
        std::fs::remove_dir_all(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
        // The file is condemned, not forgotten: the next sweep removes it.
        assert_eq!(service::videos::upkeep(&server.app).await.unwrap().swept_files, 1);
        assert!(!path.exists());
        assert_eq!(service::videos::upkeep(&server.app).await.unwrap().swept_files, 0);
    }
}

#[tokio::test]
async fn routes_with_words_are_not_shadowed_by_ids() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    for path in [
        "/videos/my-videos",
        "/videos/stats/my-usage",
        "/videos/bulk/my-videos/stats",
        "/videos/info/supported-formats",
        "/videos/my-videos/",
        "/videos/stats/my-usage/",
    ] {
        assert!(server.get(path, &token).await.json(200).is_object(), "{path}");
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_no_file_and_holds_no_room() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let head = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n";
        let pieces = vec![Ok(Bytes::from(head)), Ok(wide_wav(1, 1 << 20)), Err(std::io::Error::other("cut"))];
        let request = Request::post("/videos/upload")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .body(Body::from_stream(futures::stream::iter(pieces)));
        assert_eq!(server.send(request.unwrap()).await.json(400)["code"], "upload_broken_off");
        assert!(server.stored_files().is_empty());
        assert_eq!(std::fs::read_dir(server.app.config.scratch_dir()).unwrap().count(), 0);
        assert_eq!(server.get("/videos/stats/my-usage", &token).await.json(200)["uploading_bytes"], 0);
    }
}

#[tokio::test]
async fn restoring_never_makes_two_of_one_name() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let first = server.upload_ok(&token, "take.wav", &noise(1, 1)).await;
        server.call("DELETE", &format!("/videos/{first}"), Some(&token), None).await.json(200);
        server.upload_ok(&token, "take.wav", &noise(2, 1)).await;
        assert_eq!(server.post(&format!("/videos/{first}/restore"), &token).await.json(409)["code"], "name_taken");
        assert_eq!(server.get("/videos", &token).await.json(200)["total"], 1);
    }
}

#[tokio::test]
async fn an_upload_is_never_in_memory_whole() {
    const BYTES: usize = 256 << 20;
    const PIECE: usize = 64 << 10;
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let head = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"long.wav\"\r\n\r\n";
    let first = wide_wav_head(u32::try_from(BYTES - 44).unwrap());
    let silence = Bytes::from(vec![0; PIECE]);
    let rest = std::iter::repeat_n(silence, BYTES / PIECE - 1);
    let pieces = [Bytes::from(head), first.into(), Bytes::from(vec![0; PIECE - 44])].into_iter().chain(rest);
    let pieces = pieces.chain([Bytes::from_static(b"\r\n--edge--\r\n")]).map(Ok::<_, std::io::Error>);
    let request = Request::post("/videos/upload")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
    let before = peak_kb();
    let video = server.send(request.body(Body::from_stream(futures::stream::iter(pieces))).unwrap()).await.json(201);
    assert_eq!(video["video"]["size_bytes"], BYTES);
    let grown = peak_kb() - before;
    assert!(grown < 48 << 10, "{grown} KB more memory for an upload of {BYTES} bytes");
}

/// The most memory this process ever had, which under nextest is this test's alone.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

#[tokio::test]
async fn an_upload_whose_room_was_given_up_is_no_recording() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let store = store::Store::open(&server.app.config.database_url(), 1).await.unwrap();
        let head = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n";
        let first = futures::stream::iter([Bytes::from(head), wide_wav(1, 1 << 16)]);
        let last = futures::stream::once(async move {
            store::Rows::execute_unprepared(store.rows(), "DELETE FROM uploads").await.unwrap();
            Bytes::from_static(b"\r\n--edge--\r\n")
        });
        let body = Body::from_stream(first.chain(last).map(Ok::<_, std::io::Error>).boxed());
        let request = Request::post("/videos/upload")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        assert_eq!(server.send(request.body(body).unwrap()).await.json(409)["code"], "upload_over");
        assert!(server.stored_files().is_empty());
        assert_eq!(server.get("/videos", &token).await.json(200)["total"], 0);
    }
}
