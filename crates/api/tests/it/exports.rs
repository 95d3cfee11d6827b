//! Notations as files that are made in the background: made once, kept for a while, sent, counted, removed; and for whose
//! eyes.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use service::jobs::Runner;
use uuid::Uuid;

use crate::support::{Answer, Backbeat};

/// Notes a file of a notation of this user, as a job would; it has five bytes. Gives notation and file.
pub(crate) async fn stored(server: &Backbeat, rows: &store::Store, owner: Uuid) -> (Uuid, Uuid) {
    let (id, notation_id) = (Uuid::now_v7(), crate::notation::stored(rows, owner).await);
    let key = store::BlobKey::export(id);
    let file = server.app.config.blobs_dir().join(key.as_str());
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, b"boom!").unwrap();
    let new = store::exports::NewExport {
        id,
        user_id: owner,
        notation_id,
        revision: 1,
        format: "wav".to_owned(),
        wish: "0".repeat(32),
        filename: "Rock.wav".to_owned(),
        media_type: "audio/wav".to_owned(),
        storage_path: key.as_str().to_owned(),
        size_bytes: 5,
        sha256: "1".repeat(64),
        expires_at: store::now() + std::time::Duration::from_secs(3600),
    };
    store::exports::insert(rows.rows(), new).await.unwrap();
    (notation_id, id)
}

async fn part(server: &Backbeat, token: &str, path: &str, range: &str) -> Answer {
    let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    server.send(request.header(header::RANGE, range).body(Body::empty()).unwrap()).await
}

/// How many files are kept; without any there is no folder.
fn files(server: &Backbeat) -> usize {
    std::fs::read_dir(server.app.config.blobs_dir().join("exports")).map_or(0, Iterator::count)
}

/// A notation of posted strokes, which has no recording; its path.
pub(crate) async fn notation(server: &Backbeat, token: &str) -> String {
    let stroke = |beat| {
        let instrument = if beat % 2 == 0 { "kick" } else { "snare" };
        json!({ "time_s": f64::from(beat) * 0.5, "instrument": instrument })
    };
    let strokes: Vec<Value> = (0..32).map(stroke).collect();
    let body = json!({ "title": "Rock", "tempo": 120, "events": strokes });
    let made = server.call("POST", "/notation/", Some(token), Some(body)).await.json(201);
    format!("/notation/{}", made["id"].as_str().unwrap())
}

pub(crate) async fn made(server: &Backbeat, token: &str, path: &str) -> Value {
    let job = server.wait(token, &server.post(path, token).await.json(202)).await;
    assert_eq!((job["status"].as_str(), job["job_type"].as_str()), (Some("completed"), Some("export")), "{job}");
    job["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notation_is_made_into_a_file_once_and_sent_in_parts() {
    for server in Backbeat::everywhere().await {
        let _runner = Runner::start(&server.app);
        let mine = server.user("drummer@example.com").await;
        let notation = notation(&server, &mine).await;
        let first = made(&server, &mine, &format!("{notation}/export/wav?click=true")).await;
        let file = first["download"].as_str().unwrap().to_owned();
        let now = server.get(&format!("{notation}/export/wav?click=true"), &mine).await;
        let kept = server.get(&file, &mine).await;
        assert_eq!((kept.status.as_u16(), &kept.bytes), (200, &now.bytes));
        assert_eq!(first["size_bytes"].as_u64(), Some(kept.bytes.len() as u64));
        assert!(kept.header("content-disposition").contains("Rock.wav"));
        let head = part(&server, &mine, &file, "bytes=0-3").await;
        assert_eq!((head.status.as_u16(), &head.bytes[..]), (206, &b"RIFF"[..]));

        // The same again is the same file, kept longer; other options make another one.
        let again = made(&server, &mine, &format!("{notation}/export/wav?click=true")).await;
        assert_eq!(again["export_id"], first["export_id"]);
        assert!(again["expires_at"].as_str() > first["expires_at"].as_str(), "{again}");
        let other = made(&server, &mine, &format!("{notation}/export/zip")).await;
        assert_ne!(other["export_id"], first["export_id"]);
        let listed = server.get(&format!("{notation}/exports"), &mine).await.json(200);
        let formats: Vec<&str> = listed.as_array().unwrap().iter().map(|one| one["format"].as_str().unwrap()).collect();
        assert_eq!(formats, ["zip", "wav"]);

        // What takes room counts, and is given back.
        let used = server.get("/videos/stats/my-usage", &mine).await.json(200)["total_size_bytes"].as_u64().unwrap();
        let both = first["size_bytes"].as_u64().unwrap() + other["size_bytes"].as_u64().unwrap();
        assert_eq!(used, both);
        assert_eq!(server.call("DELETE", &file, Some(&mine), None).await.status.as_u16(), 204);
        assert_eq!(server.get(&file, &mine).await.status.as_u16(), 404);
        server.call("DELETE", &notation, Some(&mine), None).await;
        let used = server.get("/videos/stats/my-usage", &mine).await.json(200)["total_size_bytes"].as_u64();
        assert_eq!(used, Some(0));
        assert_eq!(files(&server), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_others_are_not_there_and_nonsense_is_refused_before_it_waits() {
    for server in Backbeat::everywhere().await {
        let _runner = Runner::start(&server.app);
        let (mine, theirs) = (server.user("drummer@example.com").await, server.user("other@example.com").await);
        let notation = notation(&server, &mine).await;
        let file =
            made(&server, &mine, &format!("{notation}/export/pdf")).await["download"].as_str().unwrap().to_owned();
        for path in [&file, &format!("{notation}/exports")] {
            assert_eq!(server.get(path, &theirs).await.status.as_u16(), 404, "{path}");
        }
        assert_eq!(server.call("DELETE", &file, Some(&theirs), None).await.status.as_u16(), 404);
        assert_eq!(server.post(&format!("{notation}/export/pdf"), &theirs).await.status.as_u16(), 404);
        let refused = server.post(&format!("{notation}/export/mp3"), &mine).await.json(400);
        assert_eq!(refused["code"], "format_unknown");
        let refused = server.post(&format!("{notation}/export/pdf?click=true"), &mine).await.json(422);
        assert_eq!(refused["detail"][0]["type"], "rule");
        // A page that is not there is found out by the job.
        let job = server.post(&format!("{notation}/export/png?page=99"), &mine).await.json(202);
        let job = server.wait(&mine, &job).await;
        assert_eq!((job["status"].as_str(), job["error_code"].as_str()), (Some("failed"), Some("page_unknown")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_time_is_over_is_gone() {
    for server in Backbeat::on_each_database(|config| config.export_keep_h = 0).await {
        let _runner = Runner::start(&server.app);
        let mine = server.user("drummer@example.com").await;
        let notation = notation(&server, &mine).await;
        let first = made(&server, &mine, &format!("{notation}/export/midi")).await;
        assert_eq!(server.get(first["download"].as_str().unwrap(), &mine).await.status.as_u16(), 404);
        assert_eq!(server.get(&format!("{notation}/exports"), &mine).await.json(200), json!([]));
        // Made again, it takes the place of the old one, whose file goes.
        let second = made(&server, &mine, &format!("{notation}/export/midi")).await;
        assert_ne!(second["export_id"], first["export_id"]);
        assert_eq!(files(&server), 1);
        assert_eq!(service::videos::upkeep(&server.app).await.unwrap().expired_exports, 1);
        assert_eq!(files(&server), 0);
    }
}
