//! The first admin: by the link, once, and by nothing else.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;
use service::users::setup_link;

use crate::support::{Backbeat, PASSWORD};

fn with(token: &str, email: &str) -> Option<serde_json::Value> {
    Some(json!({ "token": token, "email": email, "password": PASSWORD }))
}

#[tokio::test]
async fn the_setup_link_makes_one_admin_and_no_second() {
    for server in Backbeat::everywhere().await {
        let (link, spare) =
            (setup_link(&server.app).await.unwrap().unwrap(), setup_link(&server.app).await.unwrap().unwrap());
        let made_up = server.call("POST", "/setup", None, with("0123456789abcdef", "a@example.com")).await;
        assert_eq!(made_up.json(403)["code"], "setup_link_invalid");
        let typo = json!({ "token": link.expose(), "email": "no-address", "password": PASSWORD });
        server.call("POST", "/setup", None, Some(typo)).await.json(422);
        let admin = server.call("POST", "/setup", None, with(link.expose(), "admin@example.com")).await.json(201);
        assert_eq!(admin["roles"][0]["name"], "admin");
        for used in [link.expose(), spare.expose()] {
            server.call("POST", "/setup", None, with(used, "second@example.com")).await.json(403);
        }
        assert!(setup_link(&server.app).await.unwrap().is_none(), "there is an admin");
        let token = server.token("admin@example.com", PASSWORD).await;
        server.get("/users/", &token).await.json(200);
    }
}

#[tokio::test]
async fn two_uses_at_the_same_time_make_one_admin() {
    for server in Backbeat::everywhere().await {
        let link = setup_link(&server.app).await.unwrap().unwrap();
        let (one, other) = tokio::join!(
            server.call("POST", "/setup", None, with(link.expose(), "one@example.com")),
            server.call("POST", "/setup", None, with(link.expose(), "other@example.com"))
        );
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 403]);
    }
}

#[tokio::test]
async fn the_page_behind_the_link_sends_the_form() {
    let server = Backbeat::start().await;
    let link = setup_link(&server.app).await.unwrap().unwrap();
    let page = server.call("GET", &format!("/setup?token={}%22%3E%3Cscript%3E", link.expose()), None, None).await;
    let html = String::from_utf8(page.bytes.clone()).unwrap();
    assert!(html.contains(link.expose()) && !html.contains("<script"), "{html}");
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
    let form = format!("token={}&email=admin%40example.com&password={PASSWORD}", link.expose());
    let request = Request::post("/setup")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "text/html,application/xhtml+xml");
    let done = server.send(request.body(Body::from(form)).unwrap()).await;
    assert_eq!(done.status.as_u16(), 201);
    assert!(String::from_utf8(done.bytes).unwrap().contains("Done"));
}

#[tokio::test]
async fn who_registers_first_on_an_open_server_is_no_admin() {
    let server = Backbeat::start().await;
    let token = server.user("first@example.com").await;
    server.get("/users/", &token).await.json(403);
    let wish = json!({ "email": "second@example.com", "password": PASSWORD, "roles": ["admin"], "is_admin": true });
    let made = server.call("POST", "/users/register", None, Some(wish)).await;
    if made.status.as_u16() == 201 {
        assert_eq!(made.json(201)["roles"].as_array().unwrap().len(), 1);
    }
}
