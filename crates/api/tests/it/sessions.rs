//! Sessions: log in, prolong, log out; what ends tokens; what locks the door.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use service::Secret;

use crate::support::{Answer, Backbeat, PASSWORD};

async fn refresh(server: &Backbeat, token: &Value) -> Answer {
    let body = json!({ "refresh_token": token["refresh_token"] });
    server.call("POST", "/users/refresh", None, Some(body)).await
}

fn access(token: &Value) -> &str {
    token["access_token"].as_str().unwrap()
}

#[tokio::test]
async fn a_refresh_token_buys_one_new_pair_and_its_second_use_ends_the_session() {
    for server in Backbeat::everywhere().await {
        server.user("drummer@example.com").await;
        let first = server.log_in("drummer@example.com", PASSWORD).await.json(200);
        let elsewhere = server.log_in("drummer@example.com", PASSWORD).await.json(200);
        let second = refresh(&server, &first).await.json(200);
        assert_ne!(first["refresh_token"], second["refresh_token"]);
        assert_eq!(second["expires_in"], 1800);
        server.get("/users/me", access(&second)).await.json(200);

        let stolen = refresh(&server, &first).await;
        assert_eq!(stolen.header("www-authenticate"), "Bearer");
        assert_eq!(stolen.json(401)["code"], "refresh_token_invalid");
        refresh(&server, &second).await.json(401);
        server.get("/users/me", access(&second)).await.json(401);
        server.get("/users/me", access(&elsewhere)).await.json(200);
        refresh(&server, &json!({ "refresh_token": "made-up" })).await.json(401);
    }
}

#[tokio::test]
async fn one_of_two_uses_at_the_same_time_wins() {
    for server in Backbeat::everywhere().await {
        server.user("drummer@example.com").await;
        let token = server.log_in("drummer@example.com", PASSWORD).await.json(200);
        let (one, other) = tokio::join!(refresh(&server, &token), refresh(&server, &token));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
    }
}

#[tokio::test]
async fn nothing_that_is_kept_is_a_token() {
    let server = Backbeat::start().await;
    server.user("drummer@example.com").await;
    let token = server.log_in("drummer@example.com", PASSWORD).await.json(200);
    server.app.close().await;
    for file in std::fs::read_dir(&server.app.config.data_dir).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert!(!bytes.contains(token["refresh_token"].as_str().unwrap()), "{}", path.display());
            assert!(!bytes.contains(access(&token)), "{}", path.display());
        }
    }
}

#[tokio::test]
async fn logging_out_ends_this_session_and_no_other() {
    for server in Backbeat::everywhere().await {
        server.user("drummer@example.com").await;
        let here = server.log_in("drummer@example.com", PASSWORD).await.json(200);
        let there = server.log_in("drummer@example.com", PASSWORD).await.json(200);
        server.post("/users/logout", access(&here)).await.json(200);
        server.get("/users/me", access(&here)).await.json(401);
        refresh(&server, &here).await.json(401);
        server.get("/users/me", access(&there)).await.json(200);
    }
}

#[tokio::test]
async fn a_new_password_a_lost_role_and_a_closed_account_end_older_tokens() {
    for server in Backbeat::everywhere().await {
        let admin = server.user_with("admin@example.com", "admin").await;
        server.user_with("drummer@example.com", "premium").await;
        let user_id = server.id_of(&server.token("drummer@example.com", PASSWORD).await).await;
        let ends = [
            ("PUT", format!("/users/{user_id}"), json!({ "password": "Better-pass-456" })),
            ("DELETE", "/roles/remove".to_owned(), json!({ "user_id": user_id, "role_name": "premium" })),
            ("DELETE", format!("/users/{user_id}"), Value::Null),
        ];
        let mut password = PASSWORD;
        for (method, path, body) in ends {
            let token = server.log_in("drummer@example.com", password).await.json(200);
            server.get("/users/me", access(&token)).await.json(200);
            server.call(method, &path, Some(&admin), Some(body)).await.json(200);
            server.get("/users/me", access(&token)).await.json(401);
            if path != "/roles/remove" {
                refresh(&server, &token).await.json(401);
            }
            password = "Better-pass-456";
        }
        server.log_in("drummer@example.com", password).await.json(401);
    }
}

#[tokio::test]
async fn a_renamed_account_keeps_its_tokens() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let renamed = json!({ "email": "renamed@example.com" });
    server.call("PUT", "/users/me", Some(&token), Some(renamed)).await.json(200);
    assert_eq!(server.get("/users/me", &token).await.json(200)["email"], "renamed@example.com");
}

#[tokio::test]
async fn the_cookie_opens_what_is_read_and_nothing_else() {
    let server = Backbeat::start().await;
    server.user("drummer@example.com").await;
    let log_in = |query: &'static str| {
        let form = format!("username=drummer%40example.com&password={PASSWORD}");
        let request = Request::post(format!("/users/login{query}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        server.send(request.body(Body::from(form)).unwrap())
    };
    assert_eq!(log_in("").await.header("set-cookie"), "");
    log_in("?session=forever").await.json(422);
    let answer = log_in("?session=cookie").await;
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["backbeat_session=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=1800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let pair = cookie.split(';').next().unwrap();
    let with_cookie = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).header(header::COOKIE, format!("theme=dark; {pair}"));
        server.send(request.body(Body::empty()).unwrap())
    };
    with_cookie("GET", "/users/me").await.json(200);
    with_cookie("DELETE", "/users/me").await.json(401);
    with_cookie("POST", "/users/logout").await.json(401);
    let out = server.post("/users/logout?session=cookie", access(&answer.json(200))).await;
    assert!(out.header("set-cookie").contains("backbeat_session=; ") && out.header("set-cookie").contains("Max-Age=0"));
    with_cookie("GET", "/users/me").await.json(401);
}

#[tokio::test]
async fn failed_logins_lock_an_address_longer_each_time_whether_it_has_an_account_or_not() {
    for server in Backbeat::everywhere().await {
        server.user("drummer@example.com").await;
        for email in ["drummer@example.com", "nobody@example.com"] {
            for _ in 0..5 {
                server.log_in(email, "wrong-password").await.json(401);
            }
            let locked = server.log_in(email, PASSWORD).await;
            assert_eq!(locked.json(429)["code"], "login_locked");
            assert!(locked.header("retry-after").parse::<u64>().unwrap() >= 1);
        }
    }
}

#[tokio::test]
async fn a_successful_login_forgives_the_failures_before_it() {
    let server = Backbeat::start().await;
    server.user("drummer@example.com").await;
    for _ in 0..2 {
        for _ in 0..4 {
            server.log_in("drummer@example.com", "wrong-password").await.json(401);
        }
        server.log_in("Drummer@Example.com", PASSWORD).await.json(200);
    }
}

#[tokio::test]
async fn a_password_set_at_the_machine_ends_tokens_and_a_closed_account_can_be_reopened_there() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let operator = server.operator().await;
    operator.set_password("drummer@example.com", Secret::new("Better-pass-456")).await.unwrap();
    server.get("/users/me", &token).await.json(401);
    operator.close_account("drummer@example.com").await.unwrap();
    server.log_in("drummer@example.com", "Better-pass-456").await.json(401);
    operator.reopen_account("drummer@example.com").await.unwrap();
    server.log_in("drummer@example.com", "Better-pass-456").await.json(200);
    assert_eq!(operator.list(true).await.unwrap().len(), 1);
}
