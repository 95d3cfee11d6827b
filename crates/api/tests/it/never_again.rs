//! What was seen in the project this one follows and must never happen again: one test for each.
//!
//! Those about accounts are here; those about recordings, jobs and the rest join them.

use serde_json::{Value, json};
use service::{Config, Secret};

use crate::support::{Backbeat, PASSWORD};

fn operations() -> Vec<(String, String, Value)> {
    let document: Value = serde_json::from_str(&api::openapi_json()).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let all = paths.into_iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().clone();
        operations.into_iter().map(move |(method, operation)| (method, path.clone(), operation))
    });
    all.collect()
}

#[tokio::test]
async fn user_role_admin_and_file_routes_without_a_token() {
    let server = Backbeat::start().await;
    let open = ["/", "/users/register", "/users/login", "/users/refresh", "/setup"];
    let opened = |path: &str| {
        open.contains(&path)
            || ["/health", "/shared", "/s/", "/videos/public"].iter().any(|start| path.starts_with(start))
    };
    for (method, path, operation) in operations() {
        let path_of_one = path.replace("{id}", &uuid::Uuid::now_v7().to_string());
        if opened(&path)
            || operation.get("security").is_none_or(|security| security.as_array().is_none_or(Vec::is_empty))
        {
            assert!(!path.starts_with("/users/{") && !path.starts_with("/roles"), "{method} {path} is open");
            continue;
        }
        let answer = server.call(&method.to_uppercase(), &path_of_one, None, None).await;
        assert_eq!(answer.status.as_u16(), 401, "{method} {path}");
    }
}

#[tokio::test]
async fn self_made_admins() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let id = server.id_of(&token).await;
    let wish = json!({ "user_id": id, "role_name": "admin", "roles": ["admin"], "email": "drummer@example.com" });
    for (method, path) in [("POST", "/roles/assign"), ("PUT", "/users/me"), ("POST", "/roles")] {
        let _ = server.call(method, path, Some(&token), Some(wish.clone())).await;
    }
    let me = server.get("/users/me", &token).await.json(200);
    assert_eq!(me["roles"].as_array().unwrap().len(), 1);
    server.get("/users", &token).await.json(403);
}

#[tokio::test]
async fn ids_of_others_answering() {
    let server = Backbeat::start().await;
    let mine = server.user("drummer@example.com").await;
    let other = server.id_of(&server.user("other@example.com").await).await;
    let nobody = uuid::Uuid::now_v7().to_string();
    let same = |mut answer: Value| {
        answer["request_id"] = Value::Null;
        answer
    };
    let mut answers = Vec::new();
    for id in [other, nobody] {
        answers.push(same(server.get(&format!("/users/{id}"), &mine).await.json(404)));
    }
    assert_eq!(answers[0], answers[1], "an id can be probed");
}

#[test]
fn a_sample_secret_accepted() {
    let with = |secret: &str| Config::from_vars([("SECRET_KEY".to_owned(), secret.to_owned())]);
    for sample in ["your-secret-key-here-change-in-production", "changeme", "short", &"x".repeat(40)] {
        let refused = with(sample).unwrap_err().to_string();
        assert!(refused.contains("openssl rand -hex 32"), "{refused}");
    }
}

#[tokio::test]
async fn sql_made_from_strings() {
    let server = Backbeat::start().await;
    let admin = server.user_with("admin@example.com", "admin").await;
    let evil = "x'%20OR%20'1'='1";
    server.get(&format!("/users/email/{evil}"), &admin).await.json(404);
    server.get(&format!("/roles/name/{evil}"), &admin).await.json(404);
    server.get(&format!("/jobs?status={evil}"), &admin).await.json(422);
    server.log_in("admin@example.com'--", PASSWORD).await.json(401);
}

#[tokio::test]
async fn tokens_bound_to_the_email() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let id = server.id_of(&token).await;
    let renamed = json!({ "email": "renamed@example.com" });
    server.call("PUT", "/users/me", Some(&token), Some(renamed)).await.json(200);
    // Whoever takes the old address over is somebody else.
    let second = server.user("drummer@example.com").await;
    assert_eq!(server.id_of(&token).await, id);
    assert_ne!(server.id_of(&second).await, id);
}

#[tokio::test]
async fn a_422_echoing_passwords() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let secret = format!("S3cret-{}", "x".repeat(90));
    let bodies = [
        json!({ "email": "nope", "password": secret, "current_password": secret, "new_password": secret }),
        json!({ "email": ["a"], "password": [secret], "current_password": secret, "new_password": { "a": secret } }),
    ];
    for (method, path) in [
        ("POST", "/users/register"),
        ("POST", "/users/login"),
        ("PUT", "/users/me"),
        ("POST", "/users/change-password"),
        ("POST", "/setup"),
    ] {
        for body in &bodies {
            let answer = server.call(method, path, Some(&token), Some(body.clone())).await;
            assert!(!String::from_utf8_lossy(&answer.bytes).contains("S3cret"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn login_telling_which_addresses_exist() {
    // Both compare a hash of the same cost, which is where the time goes; `passwords.rs` has the test of that. Here: the
    // answers do not differ.
    let server = Backbeat::start().await;
    server.user("drummer@example.com").await;
    let known = server.log_in("drummer@example.com", "wrong-password").await;
    let unknown = server.log_in("nobody@example.com", "wrong-password").await;
    let same = |mut answer: Value| {
        answer["request_id"] = Value::Null;
        answer
    };
    assert_eq!(same(known.json(401)), same(unknown.json(401)));
    let long = server.log_in("drummer@example.com", &"x".repeat(100)).await;
    assert_eq!(long.json(401)["code"], "login_failed");
}

#[tokio::test]
async fn cpu_work_on_the_async_threads() {
    // One async thread: were it busy with hashing, nothing else would be answered before the login.
    let server = Backbeat::start_with(|config| config.bcrypt_cost = 12).await;
    let login = server.log_in("nobody@example.com", "wrong-password");
    let others = async {
        for _ in 0..5 {
            server.call("GET", "/health/live", None, None).await.json(200);
        }
    };
    let (mut login, mut others) = (std::pin::pin!(login), std::pin::pin!(others));
    let first = std::future::poll_fn(|context| {
        use std::future::Future;
        use std::task::Poll;
        if login.as_mut().poll(context).is_ready() {
            return Poll::Ready("login");
        }
        others.as_mut().poll(context).map(|()| "others")
    });
    assert_eq!(first.await, "others");
    login.await.json(401);
}

#[tokio::test]
async fn inner_error_text_sent_to_clients() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    server.app.close().await;
    let broken = server.get("/users/me", &token).await;
    let text = String::from_utf8_lossy(&broken.bytes).to_lowercase();
    assert_eq!(broken.json(503)["code"], "storage_unavailable");
    for inner in ["sqlite", "sqlx", "pool", "panicked", "users where", ".rs:"] {
        assert!(!text.contains(inner), "{text}");
    }
}

#[tokio::test]
async fn migrations_failing_on_an_empty_database() {
    for server in Backbeat::everywhere().await {
        let states = service::migrate(&server.app.config, service::Migrate::Status).await.unwrap();
        assert!(!states.is_empty() && states.iter().all(|state| state.applied));
    }
}

#[tokio::test]
async fn routes_shadowed_by_an_id() {
    let server = Backbeat::start().await;
    let admin = server.user_with("admin@example.com", "admin").await;
    for (method, path, _) in operations() {
        if method != "get" || path.contains('{') || path.ends_with("/events") {
            continue;
        }
        let answer = server.get(&path, &admin).await;
        if answer.status.as_u16() == 422 {
            let place = answer.json(422)["detail"][0]["loc"].clone();
            assert_ne!(place[0], "path", "{path} is taken for an id");
        }
    }
}

#[tokio::test]
async fn a_password_change_leaving_older_tokens_good() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let operator = server.operator().await;
    operator.set_password("drummer@example.com", Secret::new("Better-pass-456")).await.unwrap();
    server.get("/users/me", &token).await.json(401);
    // A token of yesterday stays bad when the password is set back.
    operator.set_password("drummer@example.com", Secret::new(PASSWORD)).await.unwrap();
    server.get("/users/me", &token).await.json(401);
    server.token("drummer@example.com", PASSWORD).await;
}
