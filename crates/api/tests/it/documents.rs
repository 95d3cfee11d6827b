//! The pages about the API, health, and answers to what does not exist.

use crate::support::Backbeat;

/// Set to write `docs/openapi.json` anew instead of comparing.
const UPDATE: &str = "BACKBEAT_UPDATE_SNAPSHOTS";

#[test]
fn the_openapi_document_is_the_one_in_docs() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, api::openapi_json()).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == api::openapi_json(), "the contract changed: look at it, then run the test with {UPDATE}=1");
}

#[test]
fn every_operation_says_what_it_does_and_what_it_refuses() {
    let document: serde_json::Value = serde_json::from_str(&api::openapi_json()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["components"]["securitySchemes"]["login"]["flows"]["password"]["tokenUrl"], "/users/login");
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(operation["responses"].as_object().unwrap().len() > 1, "{method} {path} refuses nothing");
        }
    }
}

#[tokio::test]
async fn both_pages_about_the_api_come_whole_from_this_server() {
    let server = Backbeat::start().await;
    for path in ["/docs", "/redoc"] {
        let page = server.call("GET", path, None, None).await;
        assert_eq!(page.status.as_u16(), 200);
        let html = String::from_utf8(page.bytes.clone()).unwrap();
        assert!(!html.contains("http://") && !html.contains("https://"), "{path} loads from elsewhere");
        assert!(page.header("content-security-policy").contains("script-src 'self'"));
        for link in html.split(['"', '\'']).filter(|word| word.starts_with(path)) {
            let file = server.call("GET", link, None, None).await;
            assert_eq!(file.status.as_u16(), 200, "{link}");
            assert!(!file.bytes.is_empty(), "{link}");
        }
    }
    let served = server.call("GET", "/openapi.json", None, None).await;
    assert_eq!(served.bytes, api::openapi_json().as_bytes());
}

#[tokio::test]
async fn health_names_everything_that_is_needed() {
    let server = Backbeat::start().await;
    assert_eq!(server.call("GET", "/", None, None).await.json(200)["status"], "ok");
    server.call("GET", "/health/live", None, None).await.json(200);
    let ready = server.call("GET", "/health/ready", None, None).await.json(200);
    let names: Vec<&str> =
        ready["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["database", "storage", "model", "ffmpeg"]);
}

#[tokio::test]
async fn what_does_not_exist_is_said_in_the_same_shape_with_the_request_id() {
    let server = Backbeat::start().await;
    let nowhere = server.call("GET", "/nowhere", None, None).await;
    assert_eq!(nowhere.json(404)["request_id"].as_str().unwrap(), nowhere.header("x-request-id"));
    assert_eq!(nowhere.header("x-content-type-options"), "nosniff");
    let method = server.call("DELETE", "/videos", None, None).await.json(405);
    assert_eq!(method["code"], "method_not_allowed");
    let slash = server.call("GET", "/users/me/", None, None).await.json(401);
    assert_eq!(slash["detail"], "Not authenticated");
}
