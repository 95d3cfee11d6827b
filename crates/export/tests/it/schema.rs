//! The JSON Schemas say exactly what is written: every document obeys its schema, and no field is missing there.
//!
//! Conventions: a small judge of our own for the words the schemas use; `scripts/check_readers.py` asks another program's.

use crate::generated::{anything, drummed};
use crate::scores::{kitchen, played, rock};
use drums::Performance;
use export::{Material, Options, find, json, write};
use score::Score;
use serde_json::Value;

/// Every breach of a schema, each with its place. Fields the schema does not name are breaches too.
fn breaches(root: &Value, schema: &Value, value: &Value, place: &str, out: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let target = &root["$defs"][name.rsplit('/').next().unwrap()];
        assert!(target.is_object(), "{name} is not defined");
        return breaches(root, target, value, place, out);
    }
    let mut refuse = |why: String| out.push(format!("{place}: {why}"));
    for word in schema.as_object().unwrap().keys() {
        let known = "type description properties required items prefixItems minItems maxItems minimum maximum pattern enum \
                     const $defs $schema title oneOf maxLength";
        assert!(known.contains(word.as_str()), "this judge does not know {word}");
    }
    if let Some(kinds) = schema["oneOf"].as_array() {
        let mut nearest: Option<Vec<String>> = None;
        for kind in kinds {
            let mut own = Vec::new();
            breaches(root, kind, value, place, &mut own);
            // The kind an object names itself is the one to complain about.
            let named = kind["properties"]["op"]["const"] == value["op"];
            if own.is_empty() {
                return;
            }
            if named || nearest.is_none() {
                nearest = Some(own);
            }
        }
        out.extend(nearest.unwrap_or_default());
        return;
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        _ => true,
    };
    if !fits {
        refuse(format!("{value} is no {}", schema["type"]));
    }
    if !schema["const"].is_null() && schema["const"] != *value {
        refuse(format!("{value} is not {}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        refuse(format!("{value} is none of {}", schema["enum"]));
    }
    let number = value.as_f64().unwrap_or(0.0);
    if schema["minimum"].as_f64().is_some_and(|min| number < min)
        || schema["maximum"].as_f64().is_some_and(|max| number > max)
    {
        refuse(format!("{value} is outside its limits"));
    }
    if let Some(fields) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(name.as_str().unwrap()) {
                refuse(format!("lacks {name}"));
            }
        }
        for (name, field) in fields {
            match schema["properties"].get(name) {
                Some(own) => breaches(root, own, field, &format!("{place}.{name}"), out),
                None if schema["properties"].is_null() => {}
                None => out.push(format!("{place}: the schema does not know {name}")),
            }
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        let own = schema["prefixItems"].get(index).unwrap_or(&schema["items"]);
        breaches(root, own, item, &format!("{place}[{index}]"), out);
    }
}

fn check(score: &Score, performance: &Performance) {
    for format in ["json", "performance", "timemap"] {
        let bytes = write(find(format).unwrap(), &Material::new(performance, score), &Options::default()).unwrap();
        check_document(&bytes);
    }
}

/// Checks a document against the schema of its format.
pub(crate) fn check_document(bytes: &[u8]) {
    let document: Value = serde_json::from_slice(bytes).unwrap();
    let (format, schema) = json::SCHEMAS.iter().find(|(name, _)| document["format"] == *name).unwrap();
    let schema: Value = serde_json::from_str(schema).unwrap();
    let mut found = Vec::new();
    breaches(&schema, &schema, &document, "$", &mut found);
    assert!(found.is_empty(), "{format}: {}", found[..found.len().min(5)].join("\n"));
}

#[test]
fn documents_obey_their_schemas() {
    for score in [rock(), kitchen(), Score::default()] {
        check(&score, &played(&score));
    }
    for seed in 0..12 {
        check(&anything(seed, 6), &Performance::default());
        let (performance, score) = drummed(seed, 6);
        check(&score, &performance);
    }
}

#[test]
fn what_breaks_a_schema_is_noticed() {
    let schema: Value = serde_json::from_str(json::SCHEMAS[0].1).unwrap();
    let mut document: Value = serde_json::from_slice(&json::write(&rock()).unwrap()).unwrap();
    document["measures"][0]["voices"][0]["role"] = "nose".into();
    document["measures"][0]["number"] = (-1).into();
    document["measures"][1]["colour"] = "red".into();
    document.as_object_mut().unwrap().remove("timeline");
    let mut found = Vec::new();
    breaches(&schema, &schema, &document, "$", &mut found);
    assert_eq!(found.len(), 4, "{found:?}");
}
