//! Resumable uploads, request by request: the protocol's rules. `tus_client.rs` has its real client.

use axum::body::{Body, Bytes};
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::{Answer, Backbeat, demo_clip, silent_clip};

/// A request in the protocol's language.
async fn tus(server: &Backbeat, token: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("tus-resumable", "1.0.0");
    request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(body).unwrap()).await
}

/// Begins an upload and gives its path.
async fn begin(server: &Backbeat, token: &str, name: &str, bytes: usize) -> String {
    let metadata = format!("filename {},filetype dmlkZW8=", STANDARD.encode(name));
    let headers = [("upload-length", bytes.to_string()), ("upload-metadata", metadata)];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let begun = tus(server, token, "POST", "/uploads", &headers, Body::empty()).await;
    assert_eq!(begun.status, 201, "{}", String::from_utf8_lossy(&begun.bytes));
    assert!(begun.header("upload-expires").ends_with("GMT") && begun.header("tus-resumable") == "1.0.0");
    begun.header("location").to_owned()
}

async fn send(server: &Backbeat, token: &str, path: &str, offset: usize, bytes: &[u8]) -> Answer {
    send_with(server, token, path, offset, bytes, &[]).await
}

async fn send_with(
    server: &Backbeat,
    token: &str,
    path: &str,
    offset: usize,
    bytes: &[u8],
    more: &[(&str, &str)],
) -> Answer {
    let offset = offset.to_string();
    let mut headers = vec![("upload-offset", offset.as_str()), ("content-type", "application/offset+octet-stream")];
    headers.extend(more);
    tus(server, token, "PATCH", path, &headers, Body::from(bytes.to_vec())).await
}

async fn offset(server: &Backbeat, token: &str, path: &str) -> usize {
    let head = tus(server, token, "HEAD", path, &[], Body::empty()).await;
    assert_eq!((head.status.as_u16(), head.header("cache-control")), (200, "no-store"));
    head.header("upload-offset").parse().unwrap()
}

#[tokio::test]
async fn a_recording_comes_in_pieces() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let bytes = demo_clip();
        let path = begin(&server, &token, "Übung.mp4", bytes.len()).await;
        let third = bytes.len() / 3;
        let first = send(&server, &token, &path, 0, &bytes[..third]).await;
        assert_eq!((first.status.as_u16(), first.header("upload-offset")), (204, third.to_string().as_str()));
        // Not where the upload is: neither before nor behind.
        for wrong in [0, third + 1] {
            let refused = send(&server, &token, &path, wrong, &bytes[wrong..]).await;
            assert_eq!(refused.json(409)["code"], "upload_offset_mismatch");
        }
        assert_eq!(offset(&server, &token, &path).await, third);
        let usage = server.get("/videos/stats/my-usage", &token).await.json(200);
        assert_eq!(usage["uploading_bytes"].as_u64(), Some(bytes.len() as u64), "room is held from the start");

        let last = send(&server, &token, &path, third, &bytes[third..]).await;
        assert_eq!(last.status, 204);
        let id = last.header("backbeat-video-id").to_owned();
        let video = server.get(&format!("/videos/{id}"), &token).await.json(200);
        assert_eq!(video["filename"], "Übung.mp4");
        assert!(server.get(&format!("/videos/{id}/download"), &token).await.bytes == bytes);
        let head = tus(&server, &token, "HEAD", &path, &[], Body::empty()).await;
        assert_eq!(head.header("backbeat-video-id"), id);
        let usage = server.get("/videos/stats/my-usage", &token).await.json(200);
        assert_eq!(
            (usage["uploading_bytes"].as_u64(), usage["total_size_bytes"].as_u64()),
            (Some(0), Some(bytes.len() as u64))
        );
        assert_eq!(server.stored_files().len(), 1, "no piece is left");
    }
}

#[tokio::test]
async fn what_came_before_a_cut_is_kept() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let bytes = demo_clip();
        let path = begin(&server, &token, "demo.mp4", bytes.len()).await;
        let pieces = vec![Ok(Bytes::from(bytes[..5000].to_vec())), Err(std::io::Error::other("cut"))];
        let headers = [("upload-offset", "0"), ("content-type", "application/offset+octet-stream")];
        let body = Body::from_stream(futures::stream::iter(pieces));
        tus(&server, &token, "PATCH", &path, &headers, body).await.json(400);
        assert_eq!(offset(&server, &token, &path).await, 5000);
        assert_eq!(send(&server, &token, &path, 5000, &bytes[5000..]).await.status, 204);
    }
}

#[tokio::test]
async fn bytes_that_changed_on_their_way_are_dropped() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let bytes = silent_clip();
        let path = begin(&server, &token, "silent.mp4", bytes.len()).await;
        // Of nothing, by the standards' own examples.
        let of_nothing = "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=";
        let refused = send_with(&server, &token, &path, 0, &bytes, &[("upload-checksum", of_nothing)]).await;
        assert_eq!(refused.json(460)["code"], "upload_checksum_mismatch");
        assert_eq!(offset(&server, &token, &path).await, 0);
        for unknown in ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1 short", "sha1"] {
            send_with(&server, &token, &path, 0, &bytes, &[("upload-checksum", unknown)]).await.json(422);
        }
        let sum = video_sha256(&server, &token, &bytes).await;
        let taken = send_with(&server, &token, &path, 0, &bytes, &[("upload-checksum", &sum)]).await;
        assert_eq!(taken.status, 204, "{}", String::from_utf8_lossy(&taken.bytes));
    }
}

/// The sum of these bytes, by way of the server's own upload.
async fn video_sha256(server: &Backbeat, token: &str, bytes: &[u8]) -> String {
    let video = server.upload(token, "sum.mp4", bytes).await.json(201)["video"].clone();
    let hex = video["sha256"].as_str().unwrap();
    let sum: Vec<u8> = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    format!("sha256 {}", STANDARD.encode(sum))
}

#[tokio::test]
async fn what_is_no_recording_ends_the_upload_and_leaves_nothing() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let bytes = vec![b'x'; 100_000];
        let path = begin(&server, &token, "fake.mp4", bytes.len()).await;
        send(&server, &token, &path, 0, &bytes).await.json(415);
        assert_eq!(tus(&server, &token, "HEAD", &path, &[], Body::empty()).await.status, 404);
        assert!(server.stored_files().is_empty());
        assert_eq!(server.get("/videos/stats/my-usage", &token).await.json(200)["uploading_bytes"], 0);
    }
}

#[tokio::test]
async fn an_upload_is_ended_by_its_owner_or_by_time_and_its_room_is_free() {
    for hours in [24, 0] {
        for server in Backbeat::on_each_database(|config| config.upload_keep_h = hours).await {
            let token = server.user("drummer@example.com").await;
            let other = server.user("other@example.com").await;
            let bytes = demo_clip();
            let path = begin(&server, &token, "demo.mp4", bytes.len()).await;
            if hours == 0 {
                assert_eq!(send(&server, &token, &path, 0, &bytes[..5000]).await.status, 404);
                assert_eq!(service::videos::upkeep(&server.app).await.unwrap().expired_uploads, 1);
            } else {
                assert_eq!(send(&server, &token, &path, 0, &bytes[..5000]).await.status, 204);
                assert_eq!(server.stored_files().len(), 1);
                for method in ["HEAD", "DELETE"] {
                    assert_eq!(tus(&server, &other, method, &path, &[], Body::empty()).await.status, 404);
                }
                assert_eq!(tus(&server, &token, "DELETE", &path, &[], Body::empty()).await.status, 204);
            }
            assert_eq!(tus(&server, &token, "HEAD", &path, &[], Body::empty()).await.status, 404);
            assert!(server.stored_files().is_empty());
            assert_eq!(server.get("/videos/stats/my-usage", &token).await.json(200)["uploading_bytes"], 0);
        }
    }
}

#[tokio::test]
async fn the_protocols_own_rules_are_kept() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let abilities = server.call("OPTIONS", "/uploads", None, None).await;
    assert_eq!((abilities.status.as_u16(), abilities.header("tus-version")), (204, "1.0.0"));
    assert!(abilities.header("tus-extension").contains("termination"));
    assert_eq!(abilities.header("tus-max-size"), server.app.config.video_bytes_max().to_string());

    let silent = server.call("POST", "/uploads", Some(&token), None).await;
    assert_eq!(silent.header("tus-version"), "1.0.0");
    assert_eq!(silent.json(412)["code"], "protocol_version");
    let name = format!("filename {}", STANDARD.encode("a.mp4"));
    let post = async |length: &str, metadata: &str| {
        let headers = [("upload-length", length), ("upload-metadata", metadata)];
        tus(&server, &token, "POST", "/uploads", &headers, Body::empty()).await
    };
    post("99999999999", &name).await.json(413);
    for (length, metadata) in [("x", name.as_str()), ("0", &name), ("10", ""), ("10", "filename %%%")] {
        assert_eq!(post(length, metadata).await.json(422)["detail"][0]["loc"][0], "header", "{length} {metadata}");
    }
    post("10", &format!("filename {}", STANDARD.encode("notes.txt"))).await.json(415);

    let path = begin(&server, &token, "a.mp4", 10).await;
    let typed = [("upload-offset", "0"), ("content-type", "text/plain")];
    assert_eq!(tus(&server, &token, "PATCH", &path, &typed, Body::from("x")).await.json(415)["code"], "not_a_piece");
    assert_eq!(send(&server, &token, &path, 0, &[0; 11]).await.json(413)["code"], "upload_longer_than_announced");
    assert_eq!(tus(&server, "bad.token", "HEAD", &path, &[], Body::empty()).await.status, 401);
}

#[tokio::test]
async fn a_key_that_comes_with_another_announcement_is_refused() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let ask = async |length: &str, metadata: &str| {
        let headers = [("upload-length", length), ("upload-metadata", metadata), ("idempotency-key", "take-1")];
        tus(&server, &token, "POST", "/uploads", &headers, Body::empty()).await
    };
    let first = ask("1000", "filename YS5tcDQ=").await;
    let again = ask("1000", "filename YS5tcDQ=").await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(ask("1001", "filename YS5tcDQ=").await.json(409)["code"], "idempotency_key_reused");
    assert_eq!(ask("1000", "filename Yi5tcDQ=").await.json(409)["code"], "idempotency_key_reused");
}

#[tokio::test]
async fn bytes_may_come_with_the_first_request() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let bytes = silent_clip();
    let name = format!("filename {}", STANDARD.encode("silent.mp4"));
    let length = bytes.len().to_string();
    let headers =
        [("upload-length", &*length), ("upload-metadata", &name), ("content-type", "application/offset+octet-stream")];
    let done = tus(&server, &token, "POST", "/uploads", &headers, Body::from(bytes)).await;
    assert_eq!((done.status.as_u16(), done.header("upload-offset")), (201, &*length));
    assert!(!done.header("backbeat-video-id").is_empty());
}

#[tokio::test]
async fn an_upload_that_has_all_its_bytes_is_finished_by_one_of_two_at_the_same_time() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let bytes = demo_clip();
        let path = begin(&server, &token, "demo.mp4", bytes.len()).await;
        let half = bytes.len() / 2;
        send(&server, &token, &path, 0, &bytes[..half]).await;
        let heads = (0..4).map(|_| tus(&server, &token, "HEAD", &path, &[], Body::empty()));
        let (last, heads) =
            futures::join!(send(&server, &token, &path, half, &bytes[half..]), futures::future::join_all(heads));
        assert!(heads.iter().all(|head| head.status == 200));
        assert!(!last.header("backbeat-video-id").is_empty());
        assert_eq!(server.get("/videos", &token).await.json(200)["total"], 1);
        assert_eq!(server.stored_files().len(), 1);
    }
}
