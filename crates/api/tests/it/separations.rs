//! Recordings taken apart: made by jobs, listed, downloaded, replaced, removed, counted; and for whose eyes.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use service::jobs::Runner;
use uuid::Uuid;

use crate::support::{Answer, Backbeat, demo_clip};

/// Notes a kick as the stem of a recording, as a job would; the file has five bytes.
pub(crate) async fn stored(server: &Backbeat, rows: &store::Store, video_id: Uuid) {
    let id = Uuid::now_v7();
    let key = store::BlobKey::derived(id);
    let file = server.app.config.blobs_dir().join(key.as_str());
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, b"boom!").unwrap();
    let new = store::derived_files::NewDerivedFile {
        id,
        video_id,
        kind: store::separations::kind_of_file("stems", "kick"),
        storage_path: key.as_str().to_owned(),
        media_type: "audio/flac".to_owned(),
        size_bytes: 5,
        sha256: "1".repeat(64),
    };
    store::derived_files::insert(rows.rows(), new).await.unwrap();
    let facts = json!({
        "name": "kick", "size_bytes": 5, "crc32": 0, "clipped_samples": 0, "turned_down_db": 0.0, "hits": 1,
        "energy_share": 0.5, "certainty_db": 6.0
    });
    let new = store::separations::NewSeparation {
        video_id,
        kind: "stems".to_owned(),
        separator: "masks 2".to_owned(),
        heard_at: None,
        options: serde_json::to_value(service::separations::Options::default()).unwrap(),
        files: json!([facts]),
    };
    store::separations::insert(rows.rows(), new).await.unwrap();
}

async fn send(server: &Backbeat, token: &str, path: &str, body: &Value) -> Answer {
    server.call("POST", path, Some(token), Some(body.clone())).await
}

async fn part(server: &Backbeat, token: &str, path: &str, range: &str) -> Answer {
    let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    server.send(request.header(header::RANGE, range).body(Body::empty()).unwrap()).await
}

/// The samples of a plain WAV file of 16 bits.
pub(crate) fn samples(wav: &[u8]) -> Vec<i64> {
    wav[44..].as_chunks::<2>().0.iter().map(|pair| i64::from(i16::from_le_bytes(*pair))).collect()
}

/// From upload to stems, with ranges, archive, replacement and clean-up.
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_taken_apart_and_its_stems_add_up() {
    for server in Backbeat::everywhere().await {
        let runner = Runner::start(&server.app);
        let mine = server.user("drummer@example.com").await;
        let video = server.upload(&mine, "my groove.mp4", &demo_clip()).await.json(201)["video"]["id"].clone();
        let job = server.post(&format!("/audio/extract/{}", video.as_str().unwrap()), &mine).await.json(202);
        let audio = server.wait(&mine, &job).await["result"]["audio_file_id"].as_str().unwrap().to_owned();
        let audio = format!("/audio/{audio}");
        assert_eq!(server.get(&format!("{audio}/separations/stems"), &mine).await.json(404)["code"], "not_found");

        let wish = json!({ "format": "wav", "bits": 16 });
        let done =
            server.wait(&mine, &send(&server, &mine, &format!("{audio}/create-stems"), &wish).await.json(202)).await;
        assert_eq!(
            (done["status"].as_str(), done["job_type"].as_str()),
            (Some("completed"), Some("separation")),
            "{done}"
        );
        let read = server.get(&format!("{audio}/separations/stems"), &mine).await.json(200);
        assert_eq!((read["current"].as_bool(), read["separator"].as_str()), (Some(true), Some("masks 2")));
        let files = read["files"].as_array().unwrap();
        assert_eq!(files.len(), 7);
        let shares: f64 = files.iter().map(|file| file["energy_share"].as_f64().unwrap()).sum();
        assert!((shares - 1.0).abs() < 1e-6, "{shares}");
        assert!(files.iter().any(|file| file["hits"].as_u64() > Some(3)), "{read}");
        let mut sum: Vec<i64> = Vec::new();
        for file in files {
            let name = file["name"].as_str().unwrap();
            let sent = server.get(&format!("{audio}/separations/stems/{name}"), &mine).await;
            assert_eq!((sent.status.as_u16(), sent.bytes.len() as u64), (200, file["size_bytes"].as_u64().unwrap()));
            assert!(sent.header("content-disposition").contains(&format!("my groove - {name}.wav")));
            let stem = samples(&sent.bytes);
            let silent = file["hits"].as_u64() > Some(3) && stem.iter().all(|sample| sample.abs() < 300);
            assert!(!silent, "{name} has strokes and no sound: {file}");
            sum.resize(stem.len(), 0);
            sum.iter_mut().zip(&stem).for_each(|(sum, stem)| *sum += stem);
        }

        // The same sound, split in two another way, adds up to the same samples.
        let wish = json!({ "format": "wav", "bits": 16 });
        let done = send(&server, &mine, &format!("{audio}/separate-sources"), &wish).await.json(202);
        assert_eq!(server.wait(&mine, &done).await["status"], "completed");
        let get = async |name: &str| server.get(&format!("{audio}/separations/sources/{name}"), &mine).await.bytes;
        let (drums, rest) = (samples(&get("drums").await), samples(&get("rest").await));
        assert!(drums.iter().zip(&rest).zip(&sum).all(|((drums, rest), sum)| drums + rest == *sum));
        assert!(drums.iter().any(|sample| sample.abs() > 1000));

        parts_and_archives(&server, &mine, &audio).await;
        the_same_wish_is_not_made_again(&server, &mine, &audio).await;
        counted_cleaned_and_removed(&server, &mine, &audio, video.as_str().unwrap()).await;
        runner.stop().await;
    }
}

async fn parts_and_archives(server: &Backbeat, mine: &str, audio: &str) {
    let path = format!("{audio}/separations/sources/drums");
    let whole = server.get(&path, mine).await;
    let some = part(server, mine, &path, "bytes=44-143").await;
    assert_eq!((some.status.as_u16(), &some.bytes[..]), (206, &whole.bytes[44..144]));
    assert_eq!(part(server, mine, &path, "bytes=999999999-").await.status, 416);
    let request = Request::get(&path).header(header::AUTHORIZATION, format!("Bearer {mine}"));
    let known = request.header(header::IF_NONE_MATCH, whole.header("etag")).body(Body::empty()).unwrap();
    assert_eq!(server.send(known).await.status, 304);
    let sound = server.get(&format!("{audio}/download"), mine).await;
    assert!(sound.bytes.starts_with(b"fLaC") && sound.header("content-disposition").contains("my groove.flac"));
    assert_eq!(&part(server, mine, &format!("{audio}/download"), "bytes=0-3").await.bytes[..], b"fLaC");

    let archive = server.get(&format!("{audio}/separations/sources/archive"), mine).await;
    assert_eq!(archive.header("content-length"), archive.bytes.len().to_string());
    let folder = tempfile::tempdir().unwrap();
    let zip = folder.path().join("sources.zip");
    std::fs::write(&zip, &archive.bytes).unwrap();
    let program = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
                   print(*z.namelist(), sep='|')";
    let seen = std::process::Command::new("python3").args(["-c", program]).arg(&zip).output().unwrap();
    let names = String::from_utf8_lossy(&seen.stdout).trim().to_owned();
    assert_eq!(names, "my groove - drums.wav|my groove - rest.wav", "{}", String::from_utf8_lossy(&seen.stderr));
}

async fn the_same_wish_is_not_made_again(server: &Backbeat, mine: &str, audio: &str) {
    let wish = json!({ "format": "wav", "bits": 16 });
    let id = |read: &Value| read["id"].as_str().unwrap().to_owned();
    let before = server.get(&format!("{audio}/separations/sources"), mine).await.json(200);
    let again = send(server, mine, &format!("{audio}/separate-sources"), &wish).await.json(202);
    server.wait(mine, &again).await;
    let same = server.get(&format!("{audio}/separations/sources"), mine).await.json(200);
    assert_eq!(id(&before), id(&same));
    let wish = json!({ "format": "flac", "bits": 16 });
    let other = send(server, mine, &format!("{audio}/separate-sources"), &wish).await.json(202);
    assert_eq!(server.wait(mine, &other).await["status"], "completed");
    let flac = server.get(&format!("{audio}/separations/sources"), mine).await.json(200);
    assert_ne!(id(&flac), id(&same));
    assert!(server.get(&format!("{audio}/separations/sources/drums"), mine).await.bytes.starts_with(b"fLaC"));

    let wish = json!({ "drums_db": 6.0, "stems_db": { "kick": 3.0 } });
    let louder = send(server, mine, &format!("{audio}/enhance-drums"), &wish).await.json(202);
    assert_eq!(server.wait(mine, &louder).await["status"], "completed");
    let mix = server.get(&format!("{audio}/separations/enhanced"), mine).await.json(200);
    assert_eq!(mix["files"][0]["name"], "mix");
    assert!(mix["files"][0]["turned_down_db"].as_f64().unwrap() >= 0.0);
    assert_eq!(mix["files"][0]["clipped_samples"], 0);
    let all = server.get(&format!("{audio}/separations"), mine).await.json(200);
    let kinds: Vec<&str> =
        all["separations"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["sources", "stems", "enhanced"]);
}

async fn counted_cleaned_and_removed(server: &Backbeat, mine: &str, audio: &str, video: &str) {
    let used =
        async || server.get("/videos/stats/my-usage", mine).await.json(200)["total_size_bytes"].as_u64().unwrap();
    let before = used().await;
    let jobs = server.get("/audio/jobs?job_type=separation", mine).await.json(200);
    assert_eq!(jobs["total"], 5);
    let admin = server.user_with("boss@example.com", "admin").await;
    let counted = server.get("/audio/admin/statistics", &admin).await.json(200);
    let stems = counted["kinds"].as_array().unwrap().iter().find(|kind| kind["kind"] == "stems").unwrap();
    assert_eq!((stems["recordings"].as_u64(), stems["files"].as_u64()), (Some(1), Some(7)));
    assert_eq!(server.get("/audio/admin/statistics", mine).await.json(403)["code"], "admin_only");
    let cleaned = server.post("/audio/admin/cleanup?older_than_days=1&dry_run=false", &admin).await.json(200);
    assert_eq!(cleaned["separations"], 0);
    server.post("/audio/admin/cleanup?older_than_days=0", &admin).await.json(422);

    let path = format!("{audio}/separations/stems");
    assert_eq!(server.call("DELETE", &path, Some(mine), None).await.status, 204);
    assert_eq!(used().await, before - stems["bytes"].as_u64().unwrap());
    server.get(&path, mine).await.json(404);
    server.call("DELETE", &format!("/videos/{video}?hard_delete=true"), Some(mine), None).await.json(200);
    assert_eq!((server.stored_files(), used().await), (Vec::<String>::new(), 0));
    assert_eq!(std::fs::read_dir(server.app.config.scratch_dir()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn stems_of_another_are_for_nobody_else_and_nonsense_is_refused() {
    let server = Backbeat::start().await;
    let mine = server.user("drummer@example.com").await;
    let other = server.user("other@example.com").await;
    let video = server.upload_ok(&mine, "clip.mp4", &demo_clip()).await;
    let rows = store::Store::open(&server.app.config.database_url(), 2).await.unwrap();
    let new = store::audio_files::NewAudioFile {
        id: Uuid::now_v7(),
        video_id: Uuid::parse_str(&video).unwrap(),
        storage_path: "sound/none.flac".to_owned(),
        sample_rate: 44_100,
        channels: 2,
        duration_seconds: 8.0,
        size_bytes: 1000,
    };
    let audio = format!("/audio/{}", store::audio_files::insert(rows.rows(), new).await.unwrap().id);
    stored(&server, &rows, Uuid::parse_str(&video).unwrap()).await;
    for route in ["separations", "separations/stems", "separations/stems/kick", "separations/stems/archive", "download"]
    {
        server.get(&format!("{audio}/{route}"), &other).await.json(404);
    }
    for route in ["create-stems", "separate-sources", "enhance-drums"] {
        let wish = if route == "enhance-drums" { json!({ "drums_db": 3 }) } else { json!({}) };
        send(&server, &other, &format!("{audio}/{route}"), &wish).await.json(404);
    }
    server.call("DELETE", &format!("{audio}/separations/stems"), Some(&other), None).await.json(404);
    server.get(&format!("{audio}/separations/stems/drums"), &mine).await.json(404);
    server.get(&format!("{audio}/separations/parts"), &mine).await.json(422);
    for path in [
        format!("{audio}/separations/%ff"),
        format!("{audio}/separations/stems/%ff"),
        "/audio/%ff/separations/stems".to_owned(),
    ] {
        let refused = server.get(&path, &mine).await.json(422);
        assert_eq!(refused["detail"][0]["msg"], "this is not valid text", "{path}: {refused}");
    }
    let zero = server.get(&format!("{audio}/separations/stems/kick%00"), &mine).await.json(422);
    assert_eq!(zero["detail"][0]["type"], "zero_character", "{zero}");
    server.get("/audio/jobs?job_type=export", &mine).await.json(422);
    assert_eq!(server.get(&format!("{audio}/recommended-settings"), &mine).await.json(409)["code"], "not_listened");
    for (route, wish) in [
        ("create-stems", json!({ "format": "mp3" })),
        ("create-stems", json!({ "bits": 32 })),
        ("create-stems", json!({ "stems": ["theremin"] })),
        ("enhance-drums", json!({})),
        ("enhance-drums", json!({ "drums_db": 100 })),
    ] {
        send(&server, &mine, &format!("{audio}/{route}"), &wish).await.json(422);
    }
    // Nobody works here, so the first wish stays under way.
    let first = send(&server, &mine, &format!("{audio}/create-stems"), &json!({})).await.json(202);
    let same = send(&server, &mine, &format!("{audio}/create-stems"), &json!({ "bits": 24 })).await.json(202);
    assert_eq!(first["job_id"], same["job_id"]);
    let other = send(&server, &mine, &format!("{audio}/create-stems"), &json!({ "format": "wav" })).await.json(409);
    assert_eq!(other["code"], "separation_under_way");
}

#[tokio::test(flavor = "multi_thread")]
async fn stems_that_no_archive_can_hold_are_sent_one_by_one() {
    let server = Backbeat::start().await;
    let mine = server.user("drummer@example.com").await;
    let video = Uuid::parse_str(&server.upload_ok(&mine, "clip.mp4", &demo_clip()).await).unwrap();
    let rows = store::Store::open(&server.app.config.database_url(), 2).await.unwrap();
    let new = store::audio_files::NewAudioFile {
        id: Uuid::now_v7(),
        video_id: video,
        storage_path: "sound/none.flac".to_owned(),
        sample_rate: 44_100,
        channels: 2,
        duration_seconds: 8.0,
        size_bytes: 1000,
    };
    let audio = store::audio_files::insert(rows.rows(), new).await.unwrap().id;
    let large = store::derived_files::NewDerivedFile {
        id: Uuid::now_v7(),
        video_id: video,
        kind: store::separations::kind_of_file("sources", "drums"),
        storage_path: "derived/large".to_owned(),
        media_type: "audio/wav".to_owned(),
        size_bytes: 5_000_000_000,
        sha256: "1".repeat(64),
    };
    store::derived_files::insert(rows.rows(), large).await.unwrap();
    let facts = json!({
        "name": "drums", "size_bytes": 5_000_000_000_u64, "crc32": 0, "clipped_samples": 0, "turned_down_db": 0.0,
        "hits": 1, "energy_share": 0.5, "certainty_db": null
    });
    let options = service::separations::Options { kind: service::separations::Kind::Sources, ..Default::default() };
    let new = store::separations::NewSeparation {
        video_id: video,
        kind: "sources".to_owned(),
        separator: "masks 2".to_owned(),
        heard_at: None,
        options: serde_json::to_value(options).unwrap(),
        files: json!([facts]),
    };
    store::separations::insert(rows.rows(), new).await.unwrap();
    let answer = server.get(&format!("/audio/{audio}/separations/sources/archive"), &mine).await.json(409);
    assert_eq!(answer["code"], "archive_too_large");
}
