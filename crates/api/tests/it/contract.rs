//! The contract itself, run: every operation of the OpenAPI document, for every kind of caller, with its own examples.
//!
//! New routes appear here by themselves. Where a path names a thing that is not made in `world.rs` yet, a made-up id
//! stands for it and everybody is told 404: add the thing there.

mod examples;
mod matrix;
mod schema;
mod world;

use serde_json::Value;

/// One operation of the document.
#[derive(Clone, Debug)]
struct Operation {
    method: String,
    path: String,
    /// What the document says of it.
    said: Value,
}

/// The whole document.
fn document() -> Value {
    serde_json::from_str(&api::openapi_json()).unwrap()
}

/// Every operation, by path.
fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, said) in item.as_object().unwrap() {
            all.push(Operation { method: method.to_uppercase(), path: path.clone(), said: said.clone() });
        }
    }
    all
}

impl Operation {
    /// Its example body and the kind of it.
    fn body(&self) -> Option<(String, Value)> {
        let content = self.said["requestBody"]["content"].as_object()?;
        let kind = ["application/json", "application/x-www-form-urlencoded"]
            .into_iter()
            .find(|kind| content.contains_key(*kind))?;
        Some((kind.to_owned(), content[kind]["example"].clone()))
    }

    /// Whether it answers with a stream that does not end by itself.
    fn streams(&self) -> bool {
        self.said["responses"]["200"]["content"]
            .as_object()
            .is_some_and(|content| content.contains_key("text/event-stream"))
    }

    /// Whether it takes a file, for which there is no example.
    fn takes_file(&self) -> bool {
        let content = self.said["requestBody"]["content"].as_object();
        content.is_some_and(|content| !content.is_empty()) && self.body().is_none()
    }
}
