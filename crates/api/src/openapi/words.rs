//! Which words a field takes, from the lists the program itself reads by, so that neither can know a word the other does not;
//! and how texts are built that the macros cannot describe.

use drums::instruments;
use serde_json::{Map, Value, json};
use service::JobStatus;
use service::jobs::JobType;
use service::models::{FIGURE_CHARS_MAX, FIGURES_MAX, Task};
use service::separations::{Bits, GAIN_DB, Kind, SoundFormat, names};
use service::webhooks::EVENTS;

use crate::routes::audio::ON_SOUND;
use crate::routes::videos::listing::{ORDERS, SORTS};

/// The schema of names of instruments.
const INSTRUMENT: &str = "InstrumentName";

/// Texts that are built in a certain way: operation, parameter, pattern.
const PATTERNS: [(&str, &str, &str); 2] = [
    // A comma between two pairs, base64 behind a space; `filename` is one of them.
    (
        "begin_upload",
        "upload-metadata",
        "^([a-z]+( [A-Za-z0-9+/]+={0,2})?,)*filename ([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}\
         [AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)(,[a-z]+( [A-Za-z0-9+/]+={0,2})?)*$",
    ),
    (
        "continue_upload",
        "upload-checksum",
        "^(sha1 [A-Za-z0-9+/]{26}[AEIMQUYcgkosw048]=|sha256 [A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$",
    ),
];
/// What a tag begins and ends with; spaces may be between. The same as `fits_a_tag` of the service.
const IN_TAG: &str = r#"[^\s\x00-\x20!"$%\(\)*,\/:;<=>?@\[\\\]\^`\{\|\}~\x7f-\x9f]"#;

/// Says of every field with a closed list of words which they are.
pub(super) fn say(document: &mut Value) {
    for (operation, parameter, pattern) in PATTERNS {
        each_parameter(document, operation, parameter, |schema| schema["pattern"] = json!(pattern));
    }
    for (operation, parameter, words) in parameters() {
        each_parameter(document, operation, parameter, |schema| one_of(schema, &words));
    }
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return };
    for (name, field, words) in fields() {
        if let Some(schema) = field_of(schemas, name, field) {
            one_of(schema, &words);
        }
    }
    if let Some(schema) = field_of(schemas, "MixWish", "stems_db") {
        schema["propertyNames"] = json!({ "enum": names(false) });
        schema["additionalProperties"]["minimum"] = json!(GAIN_DB.0);
        schema["additionalProperties"]["maximum"] = json!(GAIN_DB.1);
    }
    if let Some(schema) = field_of(schemas, "MetricsIn", "values") {
        schema["minProperties"] = json!(1);
        schema["maxProperties"] = json!(FIGURES_MAX);
        schema["propertyNames"] = json!({ "pattern": r"\S", "maxLength": FIGURE_CHARS_MAX });
    }
    if let Some(schema) = field_of(schemas, "VideoPatch", "tags") {
        schema["items"]["pattern"] = json!(format!("^ *{IN_TAG}(({IN_TAG}| ){{0,38}}{IN_TAG})? *$"));
    }
    let ids = instruments().iter().flat_map(|row| std::iter::once(row.id).chain(row.aliases.iter().copied()));
    let description = "An instrument, by id or by another name it has.";
    let instrument = json!({ "type": "string", "description": description, "enum": ids.collect::<Vec<_>>() });
    schemas.insert(INSTRUMENT.to_owned(), instrument);
    for (name, field) in [("EventIn", "instrument"), ("PieceBody", "instrument"), ("PieceBody", "write_as")] {
        if let Some(schema) = field_of(schemas, name, field) {
            name_instrument(schema);
        }
    }
}

/// Parameters: operation, name, words.
fn parameters() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let statuses = [JobStatus::Pending, JobStatus::Running, JobStatus::Completed, JobStatus::Failed];
    let kinds = Kind::ALL.map(Kind::as_str).to_vec();
    let mut all = vec![
        ("list_jobs", "status", statuses.map(JobStatus::as_str).to_vec()),
        ("list_jobs", "job_type", JobType::ALL.map(JobType::as_str).to_vec()),
        ("create_job_of_type", "job_type", JobType::ASKED.map(JobType::as_str).to_vec()),
        ("list_audio_jobs", "job_type", ON_SOUND.map(JobType::as_str).to_vec()),
        ("list_models", "task", Task::ALL.map(Task::as_str).to_vec()),
    ];
    for operation in ["list_videos", "my_videos"] {
        all.push((operation, "sort", SORTS.map(|(word, _)| word).to_vec()));
        all.push((operation, "order", ORDERS.to_vec()));
    }
    for operation in ["get_separation", "delete_separation", "download_stem", "download_stems"] {
        all.push((operation, "kind", kinds.clone()));
    }
    all
}

/// Fields of bodies: schema, name, words.
fn fields() -> Vec<(&'static str, &'static str, Vec<Value>)> {
    let texts = |words: &[&str]| words.iter().map(|word| json!(word)).collect::<Vec<_>>();
    let mut all = vec![
        ("NewJob", "job_type", texts(&JobType::ASKED.map(JobType::as_str))),
        ("ModelForm", "task", texts(&Task::ALL.map(Task::as_str))),
        ("StemsWish", "stems", texts(&names(true))),
        ("NewWebhook", "events", texts(&EVENTS)),
        ("WebhookPatch", "events", texts(&EVENTS)),
    ];
    for wish in ["SoundWish", "StemsWish", "MixWish"] {
        all.push((wish, "format", texts(&SoundFormat::ALL.map(SoundFormat::as_str))));
        all.push((wish, "bits", Bits::ALL.iter().map(|bits| json!(bits.count())).collect()));
    }
    all
}

/// Makes a schema, or the items of a list, take these values alone; null stays possible where it was.
fn one_of<T: Clone + Into<Value>>(schema: &mut Value, words: &[T]) {
    if schema["items"].is_object() {
        return one_of(&mut schema["items"], words);
    }
    let mut all: Vec<Value> = words.iter().cloned().map(Into::into).collect();
    let nullable = schema["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
    all.extend(nullable.then_some(Value::Null));
    schema["enum"] = all.into();
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("minimum");
    }
}

fn name_instrument(schema: &mut Value) {
    let nullable = schema["type"].is_array();
    let Some(fields) = schema.as_object_mut() else { return };
    fields.remove("type");
    let target = json!(format!("#/components/schemas/{INSTRUMENT}"));
    if nullable {
        fields.insert("anyOf".to_owned(), json!([{ "type": "null" }, { "$ref": target }]));
    } else {
        fields.insert("$ref".to_owned(), target);
    }
}

fn field_of<'a>(schemas: &'a mut Map<String, Value>, name: &str, field: &str) -> Option<&'a mut Value> {
    schemas.get_mut(name)?.get_mut("properties")?.get_mut(field)
}

fn each_parameter(document: &mut Value, operation: &str, name: &str, then: impl Fn(&mut Value)) {
    let items = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    let operations = items.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for said in operations.filter(|said| said["operationId"] == operation) {
        for parameter in said["parameters"].as_array_mut().into_iter().flatten().filter(|one| one["name"] == name) {
            then(&mut parameter["schema"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::json as document;

    #[test]
    fn every_list_of_words_has_its_field() {
        let mut document: Value = serde_json::from_str(&document()).unwrap();
        for (operation, parameter, _) in parameters() {
            let found = std::cell::Cell::new(0);
            each_parameter(&mut document, operation, parameter, |schema| {
                assert!(schema["enum"].is_array(), "{operation} {parameter}");
                found.set(found.get() + 1);
            });
            assert_eq!(found.get(), 1, "{operation} {parameter}");
        }
        let schemas = document["components"]["schemas"].as_object_mut().unwrap();
        for (name, field, _) in fields() {
            let schema = field_of(schemas, name, field).unwrap_or_else(|| panic!("{name} {field}"));
            assert!(schema["enum"].is_array() || schema["items"]["enum"].is_array(), "{name} {field}");
        }
    }
}
