//! What happens around every request: limits, repeated requests, answers known already, headers.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::support::{Answer, Backbeat, PASSWORD, silent_clip};

async fn post(server: &Backbeat, path: &str, token: Option<&str>, key: &str, body: &Value) -> Answer {
    let mut request = Request::post(path).header("idempotency-key", key);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.header(header::CONTENT_TYPE, "application/json");
    server.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn a_repeated_post_is_answered_as_the_first_time_and_not_done_again() {
    for server in Backbeat::everywhere().await {
        let new = json!({ "email": "drummer@example.com", "password": PASSWORD });
        let first = post(&server, "/users/register", None, "key-1", &new).await;
        let again = post(&server, "/users/register", None, "key-1", &new).await;
        assert_eq!(first.json(201), again.json(201));
        assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
        assert_eq!(post(&server, "/users/register", None, "key-2", &new).await.json(409)["code"], "email_taken");
        let other = json!({ "email": "other@example.com", "password": PASSWORD });
        let refused = post(&server, "/users/register", None, "key-1", &other).await.json(409);
        assert_eq!(refused["code"], "idempotency_key_reused");
    }
}

#[tokio::test]
async fn of_several_equal_posts_at_the_same_time_one_is_done() {
    for server in Backbeat::everywhere().await {
        let admin = server.user_with("admin@example.com", "admin").await;
        let new = json!({ "name": "teacher" });
        let all = tokio::join!(
            post(&server, "/roles", Some(&admin), "key", &new),
            post(&server, "/roles", Some(&admin), "key", &new),
            post(&server, "/roles", Some(&admin), "key", &new)
        );
        for answer in [all.0, all.1, all.2] {
            match answer.status.as_u16() {
                201 => {}
                _ => assert_eq!(answer.json(409)["code"], "idempotency_in_progress"),
            }
        }
        assert_eq!(post(&server, "/roles", Some(&admin), "key", &new).await.json(201)["name"], "teacher");
        assert_eq!(server.get("/roles/count", &admin).await.json(200)["count"], 4);
    }
}

#[tokio::test]
async fn a_key_belongs_to_who_sent_it() {
    let server = Backbeat::start().await;
    let (mine, other) = (server.user("mine@example.com").await, server.user("other@example.com").await);
    let wrong = json!({ "current_password": "not-my-password", "new_password": "Better-pass-456" });
    let first = post(&server, "/users/change-password", Some(&mine), "key", &wrong).await;
    assert_eq!(first.json(400)["code"], "wrong_password");
    assert_eq!(
        post(&server, "/users/change-password", Some(&mine), "key", &wrong).await.header("idempotency-replayed"),
        "true"
    );
    assert_eq!(
        post(&server, "/users/change-password", Some(&other), "key", &wrong).await.header("idempotency-replayed"),
        ""
    );
    let out = post(&server, "/users/logout", Some(&mine), "out", &Value::Null).await;
    out.json(200);
    let ended = post(&server, "/users/change-password", Some(&mine), "key", &wrong).await;
    assert_eq!(ended.json(401)["code"], "token_invalid");
}

#[tokio::test]
async fn tokens_are_never_kept_for_a_repeated_login() {
    let server = Backbeat::start().await;
    server.user("drummer@example.com").await;
    let login = json!({ "email": "drummer@example.com", "password": PASSWORD });
    let first = post(&server, "/users/login", None, "key", &login).await.json(200);
    let second = post(&server, "/users/login", None, "key", &login).await.json(200);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
}

#[tokio::test]
async fn a_repeated_upload_stores_one_recording_though_the_form_has_another_boundary() {
    for server in Backbeat::everywhere().await {
        let token = server.user("drummer@example.com").await;
        let clip = silent_clip();
        let upload = |boundary: &'static str, bytes: Vec<u8>| {
            let head =
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"clip.mp4\"\r\n\r\n");
            let body = [head.as_bytes(), &bytes, format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
            // In small pieces, so that boundaries are torn.
            let parts: Vec<Result<Vec<u8>, std::io::Error>> = body.chunks(701).map(|part| Ok(part.to_vec())).collect();
            let request = Request::post("/videos/upload")
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .header("idempotency-key", "take-1")
                .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"));
            server.send(request.body(Body::from_stream(futures::stream::iter(parts))).unwrap())
        };
        let first = upload("edge-of-the-first", clip.clone()).await.json(201);
        let again = upload("another-boundary", clip.clone()).await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.json(201)["video"]["id"], first["video"]["id"]);
        assert_eq!(server.get("/videos", &token).await.json(200)["total"], 1);
        let mut changed = clip;
        changed.push(0);
        assert_eq!(upload("edge", changed).await.json(409)["code"], "idempotency_key_reused");
    }
}

#[tokio::test]
async fn keys_have_limits() {
    let server = Backbeat::start().await;
    let new = json!({ "email": "drummer@example.com", "password": PASSWORD });
    for key in ["", &"k".repeat(256)] {
        let refused = post(&server, "/users/register", None, key, &new).await.json(400);
        assert_eq!(refused["code"], "idempotency_key_invalid");
    }
    let large = json!({ "email": "x".repeat(2 << 20), "password": PASSWORD });
    assert_eq!(post(&server, "/users/register", None, "large", &large).await.json(413)["code"], "body_too_large");
}

#[tokio::test]
async fn logins_are_limited_by_address_and_the_rest_by_account() {
    let server = Backbeat::start_with(|config| {
        config.logins_per_minute_max = 3;
        config.requests_per_minute_max = 4;
    })
    .await;
    let token = server.user("drummer@example.com").await;
    assert_eq!(server.log_in("drummer@example.com", PASSWORD).await.header("ratelimit-remaining"), "0");
    let refused = server.log_in("drummer@example.com", PASSWORD).await;
    assert_eq!(refused.json(429)["code"], "rate_limited");
    assert!((1..=20).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    let first = server.get("/users/me", &token).await;
    assert_eq!((first.header("ratelimit-limit"), first.header("ratelimit-remaining")), ("4", "3"));
    for _ in 0..3 {
        server.get("/users/me", &token).await.json(200);
    }
    assert_eq!(server.get("/users/me", &token).await.json(429)["code"], "rate_limited");
    server.call("GET", "/health/live", None, None).await.json(200);
}

#[tokio::test]
async fn what_the_client_has_already_is_not_sent_again() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let first = server.get("/users/me", &token).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\"") && first.header("cache-control") == "private, no-cache");
    let ask = |known: String| {
        let request = Request::get("/users/me")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::IF_NONE_MATCH, known);
        server.send(request.body(Body::empty()).unwrap())
    };
    for known in [tag.clone(), format!("\"other\", {tag}"), tag.trim_start_matches("W/").to_owned(), "*".to_owned()] {
        let same = ask(known.clone()).await;
        assert_eq!((same.status.as_u16(), same.bytes.len()), (304, 0), "{known}");
        assert_eq!(same.header("etag"), tag);
    }
    ask("\"other\"".to_owned()).await.json(200);
    let renamed = json!({ "email": "renamed@example.com" });
    server.call("PUT", "/users/me", Some(&token), Some(renamed)).await.json(200);
    ask(tag).await.json(200);
}

#[tokio::test]
async fn every_answer_says_what_may_not_be_done_with_it() {
    let server = Backbeat::start().await;
    for path in ["/", "/users/me", "/nowhere", "/docs", "/setup"] {
        let answer = server.call("GET", path, None, None).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") || policy.contains("default-src 'self'"), "{path}: {policy}");
        let scripts = policy.split(';').find(|rule| rule.trim().starts_with("script-src")).unwrap_or_default();
        assert!(!scripts.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
    }
}

/// Asks as a browser does before it lets a page of another origin call.
async fn preflight(server: &Backbeat, origin: &str) -> Answer {
    let request = Request::builder()
        .method("OPTIONS")
        .uri("/users/me")
        .header(header::ORIGIN, origin)
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization,idempotency-key");
    server.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn foreign_pages_may_call_only_where_the_setting_says_so() {
    let closed = Backbeat::start().await;
    assert_eq!(preflight(&closed, "https://studio.example").await.header("access-control-allow-origin"), "");
    let origin = "https://studio.example";
    let open = Backbeat::start_with(|config| config.cors_origins = format!("https://other.example, {origin}")).await;
    let allowed = preflight(&open, origin).await;
    assert_eq!(preflight(&open, "https://evil.example").await.header("access-control-allow-origin"), "");
    assert_eq!(allowed.header("access-control-allow-origin"), origin);
    assert!(allowed.header("access-control-allow-headers").contains("idempotency-key"));
}
