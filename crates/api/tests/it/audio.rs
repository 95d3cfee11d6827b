//! Sound tracks: what they are, what was heard in them, and for whose eyes.

use serde_json::{Value, json};
use store::audio_files::{Heard, NewAudioFile, NewDrumEvent};
use testkit::groove;
use uuid::Uuid;

use crate::support::{Backbeat, demo_clip};

/// Four bars that leave no doubt.
const ROCK: &str = "HH|x-x-x-x-|x-x-x-x-|x-x-x-x-|x-x-x-x-|\nSD|--o---o-|--o---o-|--o---o-|--o---o-|\n\
                    BD|o---oo--|o---oo--|o---oo--|o---oo--|";

/// Uploads the demo and notes the rock groove as what was heard in it, as jobs would; address of the sound and video id.
async fn heard(server: &Backbeat, token: &str) -> (String, String) {
    let video = server.upload(token, "clip.mp4", &demo_clip()).await.json(201)["video"].clone();
    let video = video["id"].as_str().unwrap().to_owned();
    let store = store::Store::open(&server.app.config.database_url(), 2).await.unwrap();
    let new = NewAudioFile {
        id: Uuid::now_v7(),
        video_id: Uuid::parse_str(&video).unwrap(),
        storage_path: "sound/none.flac".to_owned(),
        sample_rate: 44_100,
        channels: 2,
        duration_seconds: 8.0,
        size_bytes: 1000,
    };
    let audio = store::audio_files::insert(store.rows(), new).await.unwrap();
    let path = format!("/audio/{}", audio.id);
    for route in ["features", "analysis"] {
        assert_eq!(server.get(&format!("{path}/{route}"), token).await.json(409)["code"], "not_listened");
    }
    let old = Heard {
        analysis: json!({ "performance": {}, "remarks": [] }),
        model_version: "ear 0".to_owned(),
        events: Vec::new(),
        confidence_avg: None,
    };
    let audio = store::audio_files::set_heard(store.rows(), audio, old).await.unwrap();
    assert_eq!(server.get(&format!("{path}/features"), token).await.json(409)["code"], "not_measured");
    let performance = groove(ROCK);
    let document: Value = serde_json::from_slice(&export::json::write_performance(&performance).unwrap()).unwrap();
    let events = performance.hits().iter().map(|hit| NewDrumEvent {
        time_seconds: hit.time.get(),
        instrument: hit.instrument.id().to_owned(),
        velocity: i32::from(hit.velocity.to_midi()),
        confidence: if hit.instrument.id() == "kick" { 0.4 } else { 0.9 },
    });
    let recording = json!({ "suitability": "fair", "remarks": ["A tone of 50 Hz hums under the music."] });
    let heard = Heard {
        analysis: json!({ "performance": document, "remarks": [], "recording": recording }),
        model_version: "ear 1".to_owned(),
        events: events.collect(),
        confidence_avg: Some(0.8),
    };
    store::audio_files::set_heard(store.rows(), audio, heard).await.unwrap();
    store.close().await.unwrap();
    (path, video)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_says_what_it_is_how_it_suits_and_what_was_heard() {
    for server in Backbeat::everywhere().await {
        let token = server.user("drummer@example.com").await;
        let (path, video) = heard(&server, &token).await;
        let read = async |route: &str| server.get(&format!("{path}{route}"), &token).await.json(200);
        let audio = read("").await;
        assert_eq!(
            (audio["video_id"].as_str(), audio["model_version"].as_str()),
            (Some(video.as_str()), Some("ear 1"))
        );
        assert_eq!(server.get(&format!("/audio/?video_id={video}"), &token).await.json(200)["total"], 1);
        assert_eq!(read("/features").await["suitability"], "fair");

        let analysis = read("/analysis").await;
        assert_eq!(analysis["meter"], "4/4");
        assert_eq!(analysis["statistics"]["by_instrument"]["snare"], 8);
        assert_eq!(analysis["statistics"]["different_measures"], 1);

        let all = read("/drum-events").await;
        assert_eq!(all["total"], 36);
        let times: Vec<f64> = all["drum_events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["time_seconds"].as_f64().unwrap())
            .collect();
        assert!(times.is_sorted());
        assert_eq!(read("/drum-events?instrument=snare").await["total"], 8);
        assert_eq!(read("/drum-events?min_confidence=0.5").await["total"], 24);
        let half = times[18];
        let early = read(&format!("/drum-events?to={half}")).await["total"].as_u64().unwrap();
        let late = read(&format!("/drum-events?from={half}")).await["total"].as_u64().unwrap();
        assert_eq!(early + late, 36);
        assert_eq!(read("/drum-events?per_page=10&page=4").await["drum_events"].as_array().unwrap().len(), 6);
        for wrong in ["instrument=theremin", "from=2&to=1"] {
            server.get(&format!("{path}/drum-events?{wrong}"), &token).await.json(400);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strokes_heard_in_the_recording_of_another_are_for_nobody_else() {
    for server in Backbeat::everywhere().await {
        let mine = server.user("drummer@example.com").await;
        let other = server.user("other@example.com").await;
        let (path, video) = heard(&server, &mine).await;
        for route in ["", "/features", "/analysis", "/drum-events"] {
            let address = format!("{path}{route}");
            assert_eq!(server.get(&address, &other).await.json(404)["code"], "not_found", "{address}");
            server.call("GET", &address, None, None).await.json(401);
        }
        server.post(&format!("{path}/detect-drums"), &other).await.json(404);
        for route in ["extract", "pipeline"] {
            server.post(&format!("/audio/{route}/{video}"), &other).await.json(404);
        }
        server.get(&format!("/audio/extract/{video}"), &other).await.json(404);
        assert_eq!(server.get("/audio", &other).await.json(200)["total"], 0);
        assert_eq!(server.get("/audio/jobs", &other).await.json(200)["total"], 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_word_under_audio_is_taken_for_an_id_and_the_aliases_make_the_same_jobs() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let (path, video) = heard(&server, &token).await;
    assert_eq!(server.get("/audio/formats", &token).await.json(200)["kept_as"], "flac");
    assert_eq!(server.get("/audio/not-a-uuid", &token).await.json(422)["detail"][0]["loc"], json!(["path", "id"]));
    let asked = server.post(&format!("/audio/extract/{video}"), &token).await.json(202);
    let same = server.post(&format!("/videos/{video}/extract-audio"), &token).await.json(202);
    assert_eq!(asked["job_id"], same["job_id"]);
    assert_eq!(server.get("/audio/jobs", &token).await.json(200)["total"], 1);
    let status = server.get(&format!("/audio/extract/{video}"), &token).await.json(200);
    assert_eq!((status["job"]["id"].clone(), status["audio"]["channels"].as_i64()), (asked["job_id"].clone(), Some(2)));
    let detect = server.post(&format!("{path}/detect-drums?force=true"), &token).await.json(202);
    let jobs = server.get("/audio/jobs?detection=true", &token).await.json(200);
    assert_eq!(jobs["jobs"][0]["id"], detect["job_id"]);
    let written = server.call("POST", "/notation", Some(&token), Some(json!({ "video_id": video }))).await.json(201);
    assert_eq!((written["model_version"].as_str(), written["measures"].as_i64()), (Some("ear 1"), Some(4)));
    assert_eq!(server.get(&format!("/notation/video/{video}"), &token).await.json(200)["total"], 1);
}
