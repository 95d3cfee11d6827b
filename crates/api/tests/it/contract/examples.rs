//! Every operation's example is sent; what comes back must be what the document says.

use super::schema::check;
use super::world::{CallerKind, World};
use super::{document, operations};

#[test]
fn every_operation_has_examples_of_what_goes_in_and_what_comes_out() {
    let document = document();
    for operation in operations() {
        let at = format!("{} {}", operation.method, operation.path);
        for parameter in operation.said["parameters"].as_array().into_iter().flatten() {
            assert!(!parameter["example"].is_null(), "{at}: parameter {}", parameter["name"]);
        }
        if let Some((kind, example)) = operation.body() {
            assert!(!example.is_null(), "{at}: {kind}");
            let schema = &operation.said["requestBody"]["content"][&kind]["schema"];
            check(&document, schema, &example, &at);
        }
        for (status, response) in operation.said["responses"].as_object().unwrap() {
            for (kind, media) in response["content"].as_object().into_iter().flatten() {
                if kind == "application/json" {
                    let at = format!("{at} {status}");
                    assert!(!media["example"].is_null(), "{at}");
                    check(&document, &media["schema"], &media["example"], &at);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_answered_as_the_document_says() {
    let (world, document) = (World::new().await, document());
    for operation in operations().into_iter().filter(|operation| !operation.takes_file() && !operation.streams()) {
        for kind in [CallerKind::Owner, CallerKind::Admin] {
            let answer = world.call(&operation, kind).await;
            let status = answer.status.as_u16().to_string();
            let at = format!("{} {} by {}: {status}", operation.method, operation.path, kind.word());
            let said = &operation.said["responses"][&status];
            assert!(!said.is_null(), "{at} is not documented: {}", String::from_utf8_lossy(&answer.bytes));
            assert_ne!(status, "422", "{at}: the example is refused: {}", String::from_utf8_lossy(&answer.bytes));
            let schema = &said["content"]["application/json"]["schema"];
            if answer.header("content-type").starts_with("application/json") && !schema.is_null() {
                check(&document, schema, &serde_json::from_slice(&answer.bytes).unwrap(), &at);
            }
        }
    }
}
