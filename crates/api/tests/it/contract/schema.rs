//! As much of JSON Schema as the document uses.

use serde_json::Value;

/// Compares a value with a schema of the document.
#[track_caller]
pub(super) fn check(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Err(why) = fits(document, schema, value) {
        panic!("{at}: {why}\nin {value:#}");
    }
}

fn fits(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(target) = schema["$ref"].as_str() {
        let pointer = target.trim_start_matches('#');
        let schema = document.pointer(pointer).ok_or_else(|| format!("{target} leads nowhere"))?;
        return fits(document, schema, value);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fits(document, part, value)?;
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(options) = schema[choice].as_array()
            && !options.iter().any(|option| fits(document, option, value).is_ok())
        {
            return Err(format!("fits none of {choice}"));
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|kind| is(kind, value)) {
        return Err(format!("{value} is not {}", types.join(" or ")));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        return Err(format!("{value} is not one of the enumeration"));
    }
    for (limit, wrong) in [("minimum", -1.0), ("maximum", 1.0)] {
        if let (Some(limit), Some(value)) = (schema[limit].as_f64(), value.as_f64())
            && (value - limit) * wrong > 0.0
        {
            return Err(format!("{value} is beyond {limit}"));
        }
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.is_object() && value.get(name).is_none() {
            return Err(format!("{name} is missing"));
        }
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        if let Some(schema) = schema["properties"].get(name) {
            fits(document, schema, field).map_err(|why| format!("{name}: {why}"))?;
        }
    }
    if let Some(schema) = schema.get("items") {
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            fits(document, schema, item).map_err(|why| format!("{index}: {why}"))?;
        }
    }
    Ok(())
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
