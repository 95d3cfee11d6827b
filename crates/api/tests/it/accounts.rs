//! Register, log in, change: and what is refused.

use serde_json::json;

use crate::support::{Backbeat, PASSWORD};

#[tokio::test]
async fn a_new_account_has_the_role_user_and_shows_no_password() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let me = server.get("/users/me", &token).await.json(200);
    assert_eq!(me["email"], "drummer@example.com");
    assert_eq!(me["roles"].as_array().unwrap().len(), 1);
    assert_eq!(me["roles"][0]["name"], "user");
    assert!(!me.to_string().contains("password") && !me.to_string().contains("$2b$"));
}

#[tokio::test]
async fn an_address_is_taken_in_whatever_case() {
    let server = Backbeat::start().await;
    server.user("drummer@example.com").await;
    let again = json!({ "email": "Drummer@Example.COM", "password": PASSWORD });
    let refused = server.call("POST", "/users/register", None, Some(again)).await.json(409);
    assert_eq!(refused["code"], "email_taken");
}

#[tokio::test]
async fn bad_fields_are_listed_and_never_echoed() {
    let server = Backbeat::start().await;
    let secret = format!("S3cret-{}", "x".repeat(90));
    for new in [
        json!({ "email": "nope", "password": secret }),
        json!({ "email": "a@example.com", "password": [secret] }),
        json!({ "email": 7, "password": secret }),
    ] {
        let refused = server.call("POST", "/users/register", None, Some(new)).await;
        assert!(!String::from_utf8_lossy(&refused.bytes).contains("S3cret"));
        let refused = refused.json(422);
        assert_eq!(refused["detail"][0]["loc"][0], "body", "{refused}");
    }
    let list = json!(["drummer@example.com", PASSWORD]);
    server.call("POST", "/users/register", None, Some(list)).await.json(422);
    let refused = server.call("POST", "/users/register", None, Some(json!({ "email": "nope" }))).await.json(422);
    assert_eq!(refused["detail"][0]["type"], "missing");
    assert_eq!(refused["detail"][0]["loc"], json!(["body", "password"]));
}

#[tokio::test]
async fn login_takes_form_and_json_and_says_no_more_than_no() {
    let server = Backbeat::start().await;
    server.user("drummer@example.com").await;
    let json = json!({ "email": "drummer@example.com", "password": PASSWORD });
    let token = server.call("POST", "/users/login", None, Some(json)).await.json(200);
    assert_eq!((token["token_type"].as_str(), token["expires_in"].as_i64()), (Some("bearer"), Some(1800)));
    let wrong = server.log_in("drummer@example.com", "wrong-password").await;
    let unknown = server.log_in("nobody@example.com", "wrong-password").await;
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    assert_eq!(wrong.json(401)["detail"], unknown.json(401)["detail"]);
}

#[tokio::test]
async fn strangers_are_told_in_the_words_clients_know() {
    let server = Backbeat::start().await;
    let nobody = server.call("GET", "/users/me", None, None).await.json(401);
    assert_eq!(nobody["detail"], "Not authenticated");
    let damaged = server.get("/users/me", "not.a.token").await;
    assert_eq!(damaged.header("www-authenticate"), "Bearer");
    assert_eq!(damaged.json(401)["detail"], "Could not validate credentials");
}

#[tokio::test]
async fn a_new_password_ends_older_tokens_and_a_new_address_does_not() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let renamed = json!({ "email": "renamed@example.com" });
    let me = server.call("PUT", "/users/me", Some(&token), Some(renamed)).await.json(200);
    assert_eq!(me["email"], "renamed@example.com");
    server.get("/users/me", &token).await.json(200);

    let wrong = json!({ "current_password": "not-my-password", "new_password": "Better-pass-456" });
    server.call("POST", "/users/change-password", Some(&token), Some(wrong)).await.json(400);
    let right = json!({ "current_password": PASSWORD, "new_password": "Better-pass-456" });
    server.call("POST", "/users/change-password", Some(&token), Some(right)).await.json(200);
    server.get("/users/me", &token).await.json(401);
    server.log_in("renamed@example.com", PASSWORD).await.json(401);
    server.log_in("renamed@example.com", "Better-pass-456").await.json(200);
}
