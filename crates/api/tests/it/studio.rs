//! The studio as a browser gets it: the page, its files, its policy, and the demo that needs no account.

use axum::body::Body;
use axum::http::{Request, header};

use crate::support::{Answer, Backbeat};

async fn ask(server: &Backbeat, path: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    server.send(request.body(Body::empty()).unwrap()).await
}

const BROWSER: (header::HeaderName, &str) = (header::ACCEPT, "text/html,application/xhtml+xml");

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.bytes).unwrap()
}

/// Every address in quotes that the page names below `/studio/`.
fn files_of(page: &str) -> Vec<String> {
    page.split('"').filter(|part| part.starts_with("/studio/")).map(str::to_owned).collect()
}

#[tokio::test]
async fn browsers_get_the_page_and_programs_the_greeting() {
    let server = Backbeat::start().await;
    let page = ask(&server, "/", &[BROWSER]).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(text(&page).contains("<title>Backbeat</title>") && !text(&page).contains("{{"));
    assert_eq!(page.header("vary"), "accept");
    let greeting = ask(&server, "/", &[(header::ACCEPT, "application/json")]).await.json(200);
    assert_eq!(greeting["status"], "ok");
    let shared = ask(&server, "/s/some-token", &[BROWSER]).await;
    assert_eq!(shared.bytes, page.bytes);
}

#[tokio::test]
async fn the_policy_allows_nothing_that_stands_in_the_page_and_nothing_from_elsewhere() {
    let server = Backbeat::start().await;
    let page = ask(&server, "/", &[BROWSER]).await;
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    assert!(!text(&page).contains("<style") && !text(&page).contains(" style=") && !text(&page).contains("onload="));
}

#[tokio::test]
async fn files_are_kept_for_ever_and_the_page_is_asked_for_again() {
    let server = Backbeat::start().await;
    let page = ask(&server, "/", &[BROWSER]).await;
    assert_eq!(page.header("cache-control"), "no-cache");
    let again = ask(&server, "/", &[BROWSER, (header::IF_NONE_MATCH, page.header("etag"))]).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));

    let files = files_of(text(&page));
    assert!(files.len() >= 5, "{files:?}");
    for file in &files {
        let found = ask(&server, file, &[]).await;
        assert_eq!(found.status.as_u16(), 200, "{file}");
        assert_eq!(found.header("cache-control"), "public, max-age=31536000, immutable", "{file}");
    }
    let (_, name) = files[0].trim_start_matches("/studio/").split_once('/').unwrap();
    let old = ask(&server, &format!("/studio/0000000000000000/{name}"), &[]).await;
    assert_eq!((old.status.as_u16(), old.header("cache-control")), (200, "no-cache"));
    assert_eq!(ask(&server, "/studio/0000000000000000/../Cargo.toml", &[]).await.status.as_u16(), 404);
}

#[tokio::test]
async fn the_service_worker_names_every_file_of_the_shell() {
    let server = Backbeat::start().await;
    let worker = ask(&server, "/sw.js", &[]).await;
    assert_eq!(worker.header("cache-control"), "no-cache");
    let files = files_of(text(&worker));
    assert!(files.iter().any(|file| file.ends_with("/js/main.js")) && !text(&worker).contains("{{"));
    // What a browser loads and keeps: the page, the worker, the manifest and every file.
    let shell = files.iter().map(String::as_str).chain(["/", "/sw.js", "/manifest.webmanifest"]);
    let (mut plain_bytes, mut sent_bytes) = (0, 0);
    for file in shell {
        let plain = ask(&server, file, &[BROWSER]).await;
        let sent = ask(&server, file, &[BROWSER, (header::ACCEPT_ENCODING, "gzip, deflate, br")]).await;
        assert_eq!((plain.status.as_u16(), sent.status.as_u16()), (200, 200), "{file}");
        if sent.header("content-encoding") == "deflate" {
            let unpacked = miniz_oxide::inflate::decompress_to_vec_zlib(&sent.bytes).unwrap();
            assert!(unpacked == plain.bytes, "{file} comes out of its packing as it went in");
        }
        plain_bytes += plain.bytes.len();
        sent_bytes += sent.bytes.len();
    }
    println!("the shell: {sent_bytes} bytes as sent, {plain_bytes} bytes unpacked");
    assert!(sent_bytes <= 300_000, "the shell has {sent_bytes} bytes");
    assert!(sent_bytes < plain_bytes / 2, "{sent_bytes} of {plain_bytes} bytes: it is hardly compressed");
}

#[tokio::test]
async fn strangers_see_the_demo_written_by_this_server() {
    let server = Backbeat::start().await;
    let facts = ask(&server, "/demo", &[]).await.json(200);
    assert_eq!((&facts["time_signature"], facts["measures"].as_u64() > Some(8)), (&"4/4".into(), true), "{facts}");
    let svg = ask(&server, "/demo/export/svg?measures_per_system=2", &[]).await;
    assert_eq!((svg.status.as_u16(), svg.header("content-type")), (200, "image/svg+xml"));
    let wave = ask(&server, "/demo/waveform", &[]).await.json(200);
    let seconds = wave["duration_s"].as_f64().unwrap();
    let peaks = wave["peaks"].as_array().unwrap().len() as f64 / wave["buckets_per_s"].as_f64().unwrap();
    assert!((peaks - seconds).abs() < 0.05, "{peaks} s of peaks for {seconds} s of sound");
    let refused = ask(&server, "/demo/export/svg?colour=red", &[]).await.json(400);
    assert_eq!(refused["code"], "option_invalid");
    assert_eq!(ask(&server, "/demo/export/docx", &[]).await.json(400)["code"], "format_unknown");
}

#[tokio::test]
async fn the_demo_clip_comes_in_parts_for_players_that_jump() {
    let server = Backbeat::start().await;
    let whole = ask(&server, "/demo/video", &[]).await;
    assert_eq!((whole.header("content-type"), whole.header("accept-ranges")), ("video/mp4", "bytes"));
    let part = ask(&server, "/demo/video", &[(header::RANGE, "bytes=100-199")]).await;
    assert_eq!((part.status.as_u16(), &part.bytes[..]), (206, &whole.bytes[100..200]));
    assert_eq!(part.header("content-range"), format!("bytes 100-199/{}", whole.bytes.len()));
    let beyond = ask(&server, "/demo/video", &[(header::RANGE, "bytes=99999999-")]).await;
    assert_eq!(beyond.status.as_u16(), 416);
}

#[tokio::test]
async fn facts_tell_limits_instruments_and_formats_before_anybody_logs_in() {
    let server = Backbeat::start_with(|config| config.max_video_size_mb = 7).await;
    let facts = ask(&server, "/studio/facts.json", &[]).await.json(200);
    assert_eq!(facts["max_video_size_mb"], 7);
    assert_eq!(facts["instruments"].as_array().unwrap().len(), drums::instruments().len());
    assert_eq!(facts["formats"].as_array().unwrap().len(), export::FORMATS.len());
}

#[tokio::test]
async fn a_groove_in_an_address_is_engraved_for_anybody_and_kept_nowhere() {
    let server = Backbeat::start().await;
    let of = |format: &str, tab: &str| {
        let tab: String = form_urlencoded::byte_serialize(tab.as_bytes()).collect();
        format!("/studio/groove/{format}?tab={tab}")
    };
    let tab = "4/4, quarter = 100\n\nHH|x-x-x-x-x-x-x-x-|\nSD|----o-------o---|\nBD|o-------o-o-----|\n";
    let score = ask(&server, &of("json", tab), &[]).await.json(200);
    assert_eq!(score["measures"].as_array().unwrap().len(), 1);
    let svg = ask(&server, &(of("svg", tab) + "&measures_per_system=2"), &[]).await;
    assert_eq!((svg.status.as_u16(), svg.header("content-type")), (200, "image/svg+xml"));
    let performance = ask(&server, &of("performance", tab), &[]).await.json(200);
    assert_eq!((performance["duration_s"].as_f64(), performance["beats"].as_array().unwrap().len()), (Some(2.4), 4));
    let refused = ask(&server, &of("svg", "no music"), &[]).await.json(400);
    assert_eq!(refused["code"], "groove_invalid");
    assert_eq!(ask(&server, "/studio/groove/svg", &[]).await.json(400)["code"], "groove_invalid");
}
