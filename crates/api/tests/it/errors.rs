//! Every code: documented with cause and remedy, and provoked by a test.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{Request, header};
use futures::StreamExt;

use crate::support::{Answer, Backbeat, demo_clip, silent_clip};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Rust files below a folder of the project.
fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push((path.clone(), std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

/// The words in quotes that directly follow `before`.
fn words_after<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = String> + 'a {
    text.split(before).skip(1).filter_map(|rest| {
        let word = rest.trim_start().strip_prefix('"')?.split('"').next()?;
        let plain = word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
        (plain && !word.is_empty()).then(|| word.to_owned())
    })
}

/// Every code that the sources can answer with.
fn codes_of_sources() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for folder in ["crates/service/src", "crates/api/src"] {
        for (_, text) in files(folder) {
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            codes.extend(words_after(text, "refusal("));
            codes.extend(words_after(text, "code: "));
        }
    }
    let problems = std::fs::read_to_string(root().join("crates/api/src/problem.rs")).unwrap();
    for before in [
        "say(StatusCode::NOT_FOUND,",
        "say(StatusCode::METHOD_NOT_ALLOWED,",
        "say(StatusCode::RANGE_NOT_SATISFIABLE,",
        "say(StatusCode::PRECONDITION_FAILED,",
        "INTERNAL_SERVER_ERROR,",
    ] {
        codes.extend(words_after(&problems, before));
    }
    let strangers = problems.split("match stranger {").nth(1).unwrap().split("};").next().unwrap();
    codes.extend(words_after(strangers, "("));
    let media = std::fs::read_to_string(root().join("crates/media/src/error.rs")).unwrap();
    let media = media.split("fn code(").nth(1).unwrap().split("\n    }\n").next().unwrap();
    codes.extend(words_after(media, "=> "));
    codes
}

/// Code and row of each table in the document.
fn documented() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let code = line.strip_prefix("| `")?.split('`').next()?;
        Some((code.to_owned(), line.to_owned()))
    });
    rows.collect()
}

#[test]
fn every_code_is_documented_with_cause_and_remedy_and_no_other() {
    let documented = documented();
    let names: BTreeSet<String> = documented.iter().map(|(code, _)| code.clone()).collect();
    let used = codes_of_sources();
    let missing: Vec<&String> = used.difference(&names).collect();
    assert!(missing.is_empty(), "docs/errors.md does not know {missing:?}");
    let gone: Vec<&String> = names.difference(&used).collect();
    assert!(gone.is_empty(), "docs/errors.md describes {gone:?}, which nothing answers with");
    for (code, row) in &documented {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(cells.len() == 4 && cells.iter().all(|cell| !cell.is_empty()), "{code}: {row}");
    }
    assert_eq!(names.len(), documented.len(), "a code is described twice");
}

#[test]
fn every_code_is_provoked_by_a_test() {
    let tests: String = ["crates/api/tests", "crates/service/src", "crates/media", "crates/cli/tests"]
        .into_iter()
        .flat_map(files)
        .filter(|(path, _)| !path.ends_with("errors.rs") || path.ends_with("it/errors.rs"))
        .map(|(path, text)| {
            let all = path.components().any(|part| part.as_os_str() == "tests");
            if all { text } else { text.split("#[cfg(test)]").nth(1).unwrap_or_default().to_owned() }
        })
        .collect();
    let untested: Vec<String> = documented()
        .into_iter()
        .filter(|(code, row)| !row.contains("| job |") && !tests.contains(&format!("\"{code}\"")))
        .map(|(code, _)| code)
        .collect();
    assert!(untested.is_empty(), "no test provokes {untested:?}");
}

#[tokio::test]
async fn a_closed_server_takes_no_new_accounts() {
    let server = Backbeat::start_with(|config| config.registration_open = false).await;
    let new = serde_json::json!({ "email": "drummer@example.com", "password": crate::support::PASSWORD });
    let refused = server.call("POST", "/users/register", None, Some(new)).await.json(403);
    assert_eq!(refused["code"], "registration_closed");
}

#[tokio::test]
async fn strangers_and_lost_ways_have_codes_too() {
    let server = Backbeat::start().await;
    let code = |answer: Answer, status: u16| answer.json(status)["code"].as_str().unwrap().to_owned();
    assert_eq!(code(server.call("GET", "/users/me", None, None).await, 401), "not_authenticated");
    assert_eq!(code(server.get("/users/me", "not.a.token").await, 401), "token_invalid");
    assert_eq!(code(server.log_in("nobody@example.com", "wrong-password").await, 401), "login_failed");
    assert_eq!(code(server.call("GET", "/nowhere", None, None).await, 404), "no_such_route");
    assert_eq!(code(server.call("DELETE", "/users/login", None, None).await, 405), "method_not_allowed");
    let invalid = server.call("POST", "/users/register", None, Some(serde_json::json!({}))).await;
    assert_eq!(code(invalid, 422), "validation_failed");
}

/// A form whose file part is told by its name and content; without its end where `whole` is false.
fn form(name: &str, content: &[u8], whole: bool) -> Vec<u8> {
    let head = format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    [head.as_bytes(), content, if whole { b"\r\n--edge--\r\n" } else { b"" }].concat()
}

async fn upload(server: &Backbeat, token: &str, body: Body) -> Answer {
    let request = Request::post("/videos/upload")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
    server.send(request.body(body).unwrap()).await
}

#[tokio::test]
async fn uploads_that_end_early_take_too_long_or_have_a_strange_name() {
    let server = Backbeat::start_with(|config| config.upload_s_max = 1).await;
    let token = server.user("drummer@example.com").await;
    let torn = upload(&server, &token, Body::from(form("clip.mp4", &silent_clip(), false))).await;
    assert_eq!(torn.json(400)["code"], "upload_broken_off");
    let begun = futures::stream::once(async { Ok::<_, std::io::Error>(form("clip.mp4", &silent_clip(), false)) });
    let endless = Body::from_stream(begun.chain(futures::stream::pending()));
    assert_eq!(upload(&server, &token, endless).await.json(400)["code"], "upload_too_slow");
    let strange = upload(&server, &token, Body::from(form("notes.txt", b"hello", true))).await;
    assert_eq!(strange.json(415)["code"], "media_type_unsupported");
}

#[tokio::test]
async fn jobs_have_their_times() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let video = server.upload(&token, "clip.mp4", &demo_clip()).await.json(201)["video"]["id"].clone();
    let path = format!("/videos/{}/extract-audio", video.as_str().unwrap());
    let job = format!("/jobs/{}", server.post(&path, &token).await.json(202)["job_id"].as_str().unwrap());
    assert_eq!(server.post(&format!("{job}/retry"), &token).await.json(409)["code"], "job_not_failed");
    server.call("DELETE", &job, Some(&token), None).await.json(202);
    assert_eq!(server.call("DELETE", &job, Some(&token), None).await.json(409)["code"], "job_finished");

    let busy = Backbeat::start_with(|config| config.user_jobs_max = 0).await;
    let token = busy.user("drummer@example.com").await;
    let video = busy.upload(&token, "clip.mp4", &demo_clip()).await.json(201)["video"]["id"].clone();
    let refused = busy.post(&format!("/videos/{}/extract-audio", video.as_str().unwrap()), &token).await;
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(refused.json(429)["code"], "too_many_jobs");
}

#[tokio::test]
async fn our_own_mistakes_are_told_without_their_inside() {
    let server = Backbeat::start().await;
    server.user("drummer@example.com").await;
    let rows = store::Store::open(&server.app.config.database_url(), 1).await.unwrap();
    store::Rows::execute_unprepared(rows.rows(), "UPDATE users SET hashed_password = 'damaged'").await.unwrap();
    let broken = server.log_in("drummer@example.com", crate::support::PASSWORD).await.json(500);
    assert_eq!(broken["code"], "internal");
    assert_eq!(broken["detail"], "Something broke on our side.");
}

/// A proxy that still sends when the server hangs up tells its client 502, and not what was wrong.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_while_sending_may_send_on_and_gets_the_answer() {
    let server = Backbeat::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = api::router(server.app.clone()).into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let told = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let head = "POST /videos/upload HTTP/1.1\r\nhost: backbeat\r\ncontent-length: 12582912\r\n\
                    content-type: multipart/form-data; boundary=b\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        for _ in 0..12 {
            std::thread::sleep(std::time::Duration::from_millis(5));
            stream.write_all(&vec![b'x'; 1 << 20]).unwrap();
        }
        let mut told = [0; 12];
        stream.read_exact(&mut told).unwrap();
        String::from_utf8_lossy(&told).into_owned()
    });
    assert_eq!(told.await.unwrap(), "HTTP/1.1 401");
}
