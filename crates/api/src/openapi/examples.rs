//! Examples for every operation, made from the examples of its fields, so that no operation can be without.
//!
//! A request, parameter or answer that has an example of its own keeps it.

use serde_json::{Map, Value, json};

/// The example of every id.
const ID: &str = "01938f3e-7b1c-7e61-9d0a-3f2f5a8b6c7d";
/// References that point back at themselves end here.
const DEPTH_MAX: usize = 12;

/// Adds the examples that are missing.
pub(super) fn fill(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
            for parameter in parameters {
                fill_parameter(parameter, &schemas);
            }
        }
        fill_content(&mut operation["requestBody"], &schemas, None);
        for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
            fill_content(response, &schemas, Some(status));
        }
        if operation["requestBody"].is_null()
            && let Some(operation) = operation.as_object_mut()
        {
            operation.remove("requestBody");
        }
    }
}

fn fill_parameter(parameter: &mut Value, schemas: &Value) {
    if parameter.get("example").is_none() {
        parameter["example"] = example(&parameter["schema"], schemas, 0);
    }
}

fn fill_content(body: &mut Value, schemas: &Value, status: Option<&String>) {
    let Some(content) = body.get_mut("content").and_then(Value::as_object_mut) else { return };
    for (kind, media) in content {
        let readable = kind.starts_with("application/json") || kind == "application/x-www-form-urlencoded";
        if !readable || media.get("example").is_some() || media.get("examples").is_some() {
            continue;
        }
        let of_problem = media["schema"]["$ref"] == "#/components/schemas/Problem";
        media["example"] = match status {
            Some(status) if of_problem => problem(status),
            _ => example(&media["schema"], schemas, 0),
        };
    }
}

/// A refusal as a client reads it.
fn problem(status: &str) -> Value {
    let (code, detail, hint) = match status {
        "400" => {
            ("idempotency_key_invalid", "An Idempotency-Key has 1 to 255 printable ASCII characters.", "Use a UUID.")
        }
        "401" => (
            "token_invalid",
            "Could not validate credentials",
            "The token is damaged, expired or revoked: log in again.",
        ),
        "403" => ("admin_only", "Only an admin may do this.", "Ask an admin of this server."),
        "404" => ("not_found", "Not found.", "It does not exist, was deleted, or is not yours."),
        "409" => ("conflict", "This is there already.", "Read it again and decide anew."),
        "413" => ("body_too_large", "The body of a request has at most 1024 KB.", "Send less at once."),
        "429" => (
            "rate_limited",
            "More than 3000 requests a minute; the next is possible in 2 s.",
            "Wait as long as Retry-After says, and ask less often.",
        ),
        "503" => {
            ("storage_unavailable", "The storage does not answer.", "Try again in a few seconds; nothing was changed.")
        }
        _ => ("internal", "Something broke on our side.", "Try again."),
    };
    json!({ "detail": detail, "code": code, "hint": hint, "request_id": ID })
}

/// A value that a schema describes, from the examples of its parts.
fn example(schema: &Value, schemas: &Value, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    if let Some(target) = schema["$ref"].as_str() {
        return example(&schemas[target.rsplit('/').next().unwrap_or_default()], schemas, depth + 1);
    }
    let given = [&schema["example"], &schema["examples"][0], &schema["const"], &schema["default"], &schema["enum"][0]];
    if let Some(given) = given.into_iter().find(|value| !value.is_null()) {
        return given.clone();
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(options) = schema[choice].as_array() {
            let some = options.iter().find(|option| option["type"] != "null");
            return some.map_or(Value::Null, |option| example(option, schemas, depth + 1));
        }
    }
    let mut fields = Map::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        if let Value::Object(more) = example(part, schemas, depth + 1) {
            fields.extend(more);
        }
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        fields.insert(name.clone(), example(field, schemas, depth + 1));
    }
    match kind(schema) {
        "string" => json!(text(schema)),
        "integer" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "number" => schema.get("minimum").cloned().unwrap_or(json!(1.0)),
        "boolean" => json!(true),
        "array" => json!([example(&schema["items"], schemas, depth + 1)]),
        _ => Value::Object(fields),
    }
}

/// The type of a schema; of several the first that is not null.
fn kind(schema: &Value) -> &str {
    let types = schema["type"].as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(&schema["type"]));
    types.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default()
}

fn text(schema: &Value) -> &'static str {
    match schema["format"].as_str() {
        Some("uuid") => ID,
        Some("date-time") => "2026-11-22T18:30:00Z",
        Some("email") => "drummer@example.com",
        Some("password") => "four-on-the-floor-4",
        _ => "text",
    }
}
