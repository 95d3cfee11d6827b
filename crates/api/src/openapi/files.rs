//! Bodies that are files: bytes, not lists of numbers; and every media type an export may have.

use std::collections::BTreeSet;

use export::FORMATS;
use serde_json::{Map, Value, json};

/// Operations that answer with a notation in a format of the caller's choice, and whether also with parts of it.
const EXPORTS: [(&str, bool); 3] = [("export_notation", false), ("shared_export", false), ("download_export", true)];

/// Describes every file as one.
pub(super) fn say(document: &mut Value) {
    let items = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in items.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        if let Some((_, in_parts)) = EXPORTS.iter().find(|(name, _)| operation["operationId"] == *name) {
            let kinds: BTreeSet<&str> = FORMATS.iter().map(|format| format.media_type).collect();
            let schema = |kind: &str| if kind == "application/json" { json!({}) } else { bytes() };
            let content = kinds.into_iter().map(|kind| (kind.to_owned(), json!({ "schema": schema(kind) })));
            let content: Map<String, Value> = content.collect();
            if *in_parts {
                operation["responses"]["206"]["content"] = content.clone().into();
            }
            operation["responses"]["200"]["content"] = content.into();
        }
        are_bytes(&mut operation["requestBody"]);
        operation["responses"].as_object_mut().into_iter().flat_map(Map::values_mut).for_each(are_bytes);
    }
}

fn bytes() -> Value {
    json!({ "type": "string", "format": "binary" })
}

/// The macros describe a vector of bytes as a list of numbers, whatever its media type.
fn are_bytes(body: &mut Value) {
    let Some(content) = body.get_mut("content").and_then(Value::as_object_mut) else { return };
    for (_, media) in content.iter_mut().filter(|(kind, _)| !kind.starts_with("application/json")) {
        if media["schema"]["type"] == "array" {
            media["schema"] = bytes();
        }
    }
}
