//! Recordings after their upload: found, changed, sent, seen, deleted, restored, counted. Every story on both databases.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use service::jobs::Runner;

use crate::support::{Answer, Backbeat, clip, demo_clip, silent_clip};

const UNKNOWN: &str = "01938f3e-7b1c-7e61-9d0a-3f2f5a8b6c7d";

async fn fetch(server: &Backbeat, token: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(Body::empty()).unwrap()).await
}

async fn put(server: &Backbeat, token: &str, id: &str, patch: Value) -> Answer {
    server.call("PUT", &format!("/videos/{id}"), Some(token), Some(patch)).await
}

async fn names(server: &Backbeat, token: &str, query: &str) -> Vec<String> {
    let page = server.get(&format!("/videos/my-videos?{query}"), token).await.json(200);
    page["videos"].as_array().unwrap().iter().map(|video| video["filename"].as_str().unwrap().to_owned()).collect()
}

/// A second of noise, different for every seed.
fn noise(seed: u32) -> Vec<u8> {
    clip(&["-f", "lavfi", "-i", &format!("anoisesrc=d=1:seed={seed}:sample_rate=8000")], "wav")
}

#[tokio::test]
async fn a_recording_is_renamed_titled_tagged_and_found_again() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let groove = server.upload_ok(&token, "groove.wav", &noise(1)).await;
        server.upload_ok(&token, "100%_fill.wav", &noise(2)).await;
        let patch =
            json!({ "filename": "Take Two.wav", "title": " Slow blues ", "tags": ["blues", "6/8".replace('/', "-")] });
        let revised = put(&server, &token, &groove, patch).await.json(200);
        assert_eq!((revised["title"].as_str(), revised["tags"].clone()), (Some("Slow blues"), json!(["blues", "6-8"])));

        assert_eq!(names(&server, &token, "").await, ["100%_fill.wav", "Take Two.wav"]);
        assert_eq!(names(&server, &token, "sort=filename&order=desc").await, ["Take Two.wav", "100%_fill.wav"]);
        assert_eq!(names(&server, &token, "search=take").await, ["Take Two.wav"]);
        assert_eq!(names(&server, &token, "search=BLUES").await, ["Take Two.wav"]);
        assert_eq!(names(&server, &token, "search=0%25_").await, ["100%_fill.wav"]);
        assert!(names(&server, &token, "search=x%25").await.is_empty(), "a wildcard means itself");
        assert_eq!(names(&server, &token, "tag=blues").await, ["Take Two.wav"]);
        assert!(names(&server, &token, "tag=blue").await.is_empty());
        assert!(names(&server, &token, "has_audio=false").await.is_empty());
        for query in ["sort=sha256", "order=up", "search=%00"] {
            server.get(&format!("/videos?{query}"), &token).await.json(422);
        }

        assert_eq!(
            put(&server, &token, &groove, json!({ "filename": "100%_fill.wav" })).await.json(409)["code"],
            "name_taken"
        );
        for bad in [
            json!({ "filename": "a/b.wav" }),
            json!({ "filename": "take.mp4" }),
            json!({ "tags": [""] }),
            json!({ "x": 1 }),
        ] {
            assert_eq!(put(&server, &token, &groove, bad).await.json(422)["detail"][0]["loc"][0], "body");
        }
        let untitled = put(&server, &token, &groove, json!({ "title": "" })).await.json(200);
        assert!(untitled["title"].is_null() && untitled["filename"] == "Take Two.wav");
    }
}

#[tokio::test]
async fn the_same_name_gets_a_number() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    for expected in ["take.wav", "take (2).wav", "take (3).wav"] {
        let video = server.upload(&token, "take.wav", &noise(1)).await.json(201)["video"].clone();
        assert_eq!(video["filename"], expected);
    }
}

#[tokio::test]
async fn a_download_gives_the_same_bytes_whole_in_part_or_not_again() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let other = server.user("other@example.com").await;
        let bytes = demo_clip();
        let path = format!("/videos/{}/download", server.upload_ok(&token, "Übung 1.mp4", &bytes).await);

        let whole = server.get(&path, &token).await;
        assert!(whole.status == 200 && whole.bytes == bytes);
        assert_eq!(whole.header("content-type"), "video/mp4");
        assert_eq!(whole.header("content-length"), bytes.len().to_string());
        assert_eq!(
            whole.header("content-disposition"),
            "attachment; filename=\"_bung 1.mp4\"; filename*=UTF-8''%C3%9Cbung%201.mp4"
        );
        let part = fetch(&server, &token, &path, &[("range", "bytes=100-199")]).await;
        assert!(part.status == 206 && part.bytes == bytes[100..200]);
        assert_eq!(part.header("content-range"), format!("bytes 100-199/{}", bytes.len()));
        let end = fetch(&server, &token, &path, &[("range", "bytes=-10")]).await;
        assert!(end.status == 206 && end.bytes == bytes[bytes.len() - 10..]);
        let beyond = fetch(&server, &token, &path, &[("range", "bytes=99999999-")]).await;
        assert_eq!(beyond.header("content-range"), format!("bytes */{}", bytes.len()));
        assert_eq!(beyond.json(416)["code"], "range_not_satisfiable");
        let etag = whole.header("etag").to_owned();
        let again = fetch(&server, &token, &path, &[("if-none-match", &etag)]).await;
        assert!(again.status == 304 && again.bytes.is_empty());
        let head = server.call("HEAD", &path, Some(&token), None).await;
        assert!(head.status == 200 && head.bytes.is_empty() && head.header("accept-ranges") == "bytes");
        assert!(
            fetch(&server, &token, &format!("{path}?inline=true"), &[])
                .await
                .header("content-disposition")
                .starts_with("inline")
        );
        server.get(&path, &other).await.json(404);
        server.call("GET", &path, None, None).await.json(401);
    }
}

#[tokio::test]
async fn thumbnail_outline_and_pictures_are_made_kept_and_counted() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let other = server.user("other@example.com").await;
        let video = format!("/videos/{}", server.upload_ok(&token, "demo.mp4", &demo_clip()).await);
        let before = server.get("/videos/stats/my-usage", &token).await.json(200);

        let picture = server.get(&format!("{video}/thumbnail"), &token).await;
        assert!(picture.status == 200 && picture.bytes.starts_with(&[0xFF, 0xD8]));
        assert_eq!(picture.header("content-type"), "image/jpeg");
        let etag = picture.header("etag").to_owned();
        assert_eq!(
            fetch(&server, &token, &format!("{video}/thumbnail"), &[("if-none-match", &etag)]).await.status,
            304
        );
        let fine = server.get(&format!("{video}/waveform?buckets_per_s=200"), &token).await.json(200);
        let coarse = server.get(&format!("{video}/waveform"), &token).await.json(200);
        assert_eq!(coarse["buckets_per_s"], 50);
        let peaks = |outline: &Value| -> Vec<f64> {
            outline["peaks"].as_array().unwrap().iter().map(|peak| peak.as_f64().unwrap()).collect()
        };
        let highest = |outline: &Value| peaks(outline).into_iter().fold(0.0_f64, f64::max);
        assert_eq!(highest(&fine), highest(&coarse));
        assert!(highest(&fine) > 0.1 && peaks(&coarse).iter().any(|peak| *peak < 0.02));
        let expected = coarse["duration_s"].as_f64().unwrap() * 50.0;
        assert!((peaks(&coarse).len() as f64 - expected).abs() <= 1.0);
        let after = server.get("/videos/stats/my-usage", &token).await.json(200);
        assert!(after["total_size_bytes"].as_u64() > before["total_size_bytes"].as_u64(), "what is derived counts");
        assert_eq!(server.stored_files().iter().filter(|key| key.starts_with("derived/")).count(), 2);

        let strip = server.get(&format!("{video}/frames?time_s=1.02&count=3&edge_px=64"), &token).await;
        assert_eq!((strip.status.as_u16(), strip.header("backbeat-frame-times-s")), (200, "0.9667,1.0000,1.0333"));
        for query in ["time_s=-1", "time_s=nan", "time_s=1&count=0", "time_s=1&edge_px=9999"] {
            server.get(&format!("{video}/frames?{query}"), &token).await.json(422);
        }
        server.get(&format!("{video}/frames?time_s=9999"), &token).await.json(404);
        server.get(&format!("{video}/waveform?buckets_per_s=0"), &token).await.json(422);
        for path in ["thumbnail", "waveform", "frames?time_s=1"] {
            server.get(&format!("{video}/{path}"), &other).await.json(404);
        }
    }
}

#[tokio::test]
async fn sound_alone_has_no_picture_and_a_picture_alone_no_outline() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let sound = server.upload_ok(&token, "sound.wav", &noise(1)).await;
    assert_eq!(
        server.get(&format!("/videos/{sound}/thumbnail"), &token).await.json(404)["detail"],
        "Picture not found."
    );
    let silent = server.upload_ok(&token, "silent.mp4", &silent_clip()).await;
    assert_eq!(server.get(&format!("/videos/{silent}/waveform"), &token).await.json(400)["code"], "media_no_audio");
    assert_eq!(server.get(&format!("/videos/{silent}/thumbnail"), &token).await.status, 200);
}

#[tokio::test]
async fn a_soft_deleted_recording_is_out_of_sight_and_comes_back() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let id = server.upload_ok(&token, "take.wav", &noise(1)).await;
        let path = format!("/videos/{id}");
        let job = server.post(&format!("{path}/extract-audio"), &token).await.json(202);
        let deleted = server.call("DELETE", &path, Some(&token), None).await.json(200);
        assert_eq!((deleted["hard_deleted"].as_bool(), deleted["video_id"].as_str()), (Some(false), Some(id.as_str())));
        server.get(&path, &token).await.json(404);
        server.get(&format!("{path}/download"), &token).await.json(404);
        server.call("DELETE", &path, Some(&token), None).await.json(404);
        let job = server.get(&format!("/jobs/{}", job["job_id"].as_str().unwrap()), &token).await.json(200);
        assert_eq!(job["error_code"], "cancelled");
        assert_eq!(names(&server, &token, "deleted=true").await, ["take.wav"]);

        // Its name is given to another one meanwhile.
        let heir = server.upload_ok(&token, "take.wav", &noise(2)).await;
        assert_eq!(server.post(&format!("{path}/restore"), &token).await.json(409)["code"], "name_taken");
        put(&server, &token, &heir, json!({ "filename": "heir.wav" })).await.json(200);
        assert_eq!(server.post(&format!("{path}/restore"), &token).await.json(200)["filename"], "take.wav");
        server.get(&path, &token).await.json(200);
        assert_eq!(server.post(&format!("{path}/restore"), &token).await.json(409)["code"], "not_deleted");
        server.post(&format!("/videos/{UNKNOWN}/restore"), &token).await.json(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_for_good_takes_rows_and_files_along() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let runner = Runner::start(&server.app);
        let token = server.user("drummer@example.com").await;
        let video = format!("/videos/{}", server.upload_ok(&token, "demo.mp4", &demo_clip()).await);
        let job = server.post(&format!("{video}/extract-audio"), &token).await.json(202);
        assert_eq!(server.wait(&token, &job).await["status"], "completed");
        server.get(&format!("{video}/thumbnail"), &token).await;
        assert_eq!(server.stored_files().len(), 3);
        // Soft first: what is out of sight can still be removed.
        server.call("DELETE", &video, Some(&token), None).await.json(200);
        server.call("DELETE", &format!("{video}?hard_delete=true"), Some(&token), None).await.json(200);
        assert!(server.stored_files().is_empty());
        assert_eq!(server.get("/videos/stats/my-usage", &token).await.json(200)["total_size_bytes"], 0);
        server.post(&format!("{video}/restore"), &token).await.json(404);
        server.get(&format!("/jobs/{}", job["job_id"].as_str().unwrap()), &token).await.json(404);
        runner.stop().await;
    }
}

#[tokio::test]
async fn the_same_bytes_are_kept_once_until_the_last_recording_with_them_goes() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let other = server.user("other@example.com").await;
        let bytes = noise(1);
        let first = server.upload_ok(&token, "first.wav", &bytes).await;
        let second = server.upload_ok(&token, "second.wav", &bytes).await;
        server.upload_ok(&other, "theirs.wav", &bytes).await;
        assert_eq!(server.stored_files().len(), 2, "one for each user: nobody learns what others have");
        let usage = server.get("/videos/stats/my-usage", &token).await.json(200);
        assert_eq!(
            (usage["total_videos"].as_u64(), usage["total_size_bytes"].as_u64()),
            (Some(2), Some(bytes.len() as u64))
        );
        server.call("DELETE", &format!("/videos/{first}?hard_delete=true"), Some(&token), None).await.json(200);
        assert_eq!(server.get(&format!("/videos/{second}/download"), &token).await.bytes, bytes);
        server.call("DELETE", &format!("/videos/{second}?hard_delete=true"), Some(&token), None).await.json(200);
        assert_eq!(server.stored_files().len(), 1);
    }
}

#[tokio::test]
async fn several_are_deleted_at_once_but_only_ones_own() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let other = server.user("other@example.com").await;
        let mine =
            [server.upload_ok(&token, "a.wav", &noise(1)).await, server.upload_ok(&token, "b.wav", &noise(2)).await];
        let theirs = server.upload_ok(&other, "c.wav", &noise(3)).await;
        let delete = |ids: Value| json!({ "video_ids": ids, "hard_delete": true });
        let body = delete(json!([mine[0], theirs, mine[1], mine[0]]));
        let done = server.call("POST", "/videos/bulk/delete", Some(&token), Some(body)).await.json(200);
        assert_eq!((done["deleted_count"].as_u64(), &done["not_found"]), (Some(2), &json!([theirs])));
        server.get(&format!("/videos/{theirs}"), &other).await.json(200);
        for ids in [json!([]), json!(vec![UNKNOWN; 51]), json!(["x"])] {
            server.call("POST", "/videos/bulk/delete", Some(&token), Some(delete(ids))).await.json(422);
        }
    }
}

#[tokio::test]
async fn public_means_for_everybody_and_nothing_else_does() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let id = server.upload_ok(&token, "take.wav", &noise(1)).await;
        let open = format!("/videos/public/{id}");
        server.call("GET", &open, None, None).await.json(404);
        put(&server, &token, &id, json!({ "public": true })).await.json(200);
        let seen = server.call("GET", &open, None, None).await.json(200);
        assert_eq!(seen["filename"], "take.wav");
        assert!(seen.get("user_id").is_none() && seen.get("storage_path").is_none());
        server.call("GET", &format!("/videos/{id}"), None, None).await.json(401);
        put(&server, &token, &id, json!({ "public": false })).await.json(200);
        server.call("GET", &open, None, None).await.json(404);
    }
}

#[tokio::test]
async fn admins_see_everybodys_storage_and_users_their_own() {
    for server in Backbeat::on_each_database(|_| {}).await {
        let token = server.user("drummer@example.com").await;
        let admin = server.user_with("admin@example.com", "admin").await;
        let bytes = noise(1);
        server.upload_ok(&token, "take.wav", &bytes).await;
        let all = server.get("/videos/stats/storage", &admin).await.json(200);
        assert_eq!(
            (all["total_videos"].as_u64(), all["total_size_bytes"].as_u64()),
            (Some(1), Some(bytes.len() as u64))
        );
        assert_eq!(all["largest_owners"][0]["size_bytes"].as_u64(), Some(bytes.len() as u64));
        assert_eq!(server.get("/videos/stats/storage", &token).await.json(403)["code"], "admin_only");
        server.post("/videos/admin/cleanup-orphaned", &token).await.json(403);
        let mine = server.get("/videos/bulk/my-videos/stats", &token).await.json(200);
        assert_eq!(mine["by_media_type"][0]["videos"], 1);
        assert_eq!(mine["recent"][0]["filename"], "take.wav");
        assert_eq!(server.get("/videos/bulk/my-videos/stats", &admin).await.json(200)["total_videos"], 0);

        // An admin's lists: all, one user's, only their own.
        let user = server.get("/users/me", &token).await.json(200)["id"].as_str().unwrap().to_owned();
        for (query, total) in [("", 1), (&*format!("?user_id={user}"), 1), ("?owner_only=true", 0)] {
            assert_eq!(server.get(&format!("/videos/{query}"), &admin).await.json(200)["total"], total, "{query}");
        }
        let formats = server.call("GET", "/videos/info/supported-formats", None, None).await.json(200);
        assert_eq!((formats["max_size_mb"].as_f64(), formats["extensions"][0].as_str()), (Some(500.0), Some("mp4")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_can_ask_for_its_score_at_once() {
    let server = Backbeat::start().await;
    let runner = Runner::start(&server.app);
    let token = server.user("drummer@example.com").await;
    let uploaded = server.upload_to("/videos/upload?process=true", &token, "demo.mp4", &demo_clip()).await.json(201);
    let job = json!({ "job_id": uploaded["job"]["id"] });
    assert_eq!(server.wait(&token, &job).await["status"], "completed");
    let id = uploaded["video"]["id"].as_str().unwrap();
    let status = server.get(&format!("/videos/{id}/processing-status"), &token).await.json(200);
    assert_eq!(status["has_notation"], true);
    let silent = server.upload_to("/videos/upload?process=true", &token, "silent.mp4", &silent_clip()).await.json(201);
    assert!(silent["job"].is_null());
    runner.stop().await;
}

#[tokio::test]
async fn what_was_deleted_long_ago_is_purged_and_the_rest_kept() {
    for days in [0, 30] {
        for server in Backbeat::on_each_database(|config| config.deleted_keep_days = days).await {
            let token = server.user("drummer@example.com").await;
            let gone = server.upload_ok(&token, "gone.wav", &noise(1)).await;
            server.upload_ok(&token, "kept.wav", &noise(2)).await;
            server.call("DELETE", &format!("/videos/{gone}"), Some(&token), None).await.json(200);
            let expected = u64::from(days == 0);
            assert_eq!(service::videos::upkeep(&server.app).await.unwrap().purged_videos, expected);
            assert_eq!(server.stored_files().len() as u64, 2 - expected);
            assert_eq!(names(&server, &token, "").await, ["kept.wav"]);
        }
    }
}

#[tokio::test]
async fn pictures_wait_for_their_turn_but_not_for_ever() {
    let busy = Backbeat::start_with(|config| (config.media_slots, config.media_wait_s_max) = (0, 0)).await;
    let token = busy.user("drummer@example.com").await;
    let id = busy.upload_ok(&token, "demo.mp4", &demo_clip()).await;
    let refused = busy.get(&format!("/videos/{id}/thumbnail"), &token).await.json(429);
    assert_eq!(refused["code"], "too_many_pictures");
}
