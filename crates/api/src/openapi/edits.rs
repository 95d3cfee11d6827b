//! What an edit may be: the JSON Schema `backbeat-edits` as parts of the document.

use serde_json::{Value, json};

const FORMAT: &str = "backbeat-edits";
/// What an undo stores, and nobody sends.
const STORED: &str = "restore";

/// Describes the edits that are sent by their own schema, which else would be any documents.
pub(super) fn say(document: &mut Value) {
    let text = export::json::SCHEMAS.iter().find(|(format, _)| *format == FORMAT).map_or("{}", |(_, text)| text);
    let mut schema: Value = serde_json::from_str(text).unwrap_or_default();
    let mut edit = schema["$defs"]["edit"].take();
    if let Some(kinds) = edit["oneOf"].as_array_mut() {
        kinds.retain(|kind| kind["properties"]["op"]["const"] != STORED);
    }
    edit["description"] = json!("A change; `op` says which.");
    point(&mut edit);
    let components = &mut document["components"]["schemas"];
    components["EditedElement"] = schema["$defs"]["element"].take();
    components["Edit"] = edit;
    let edits = &mut components["EditsIn"]["properties"]["edits"];
    edits["items"] = json!({ "$ref": "#/components/schemas/Edit" });
    edits["maxItems"] = service::Config::default().notation_edits_max.into();
}

/// Makes the schema's references to its parts those of the document's.
fn point(part: &mut Value) {
    match part {
        Value::Object(fields) => {
            let to = match fields.get("$ref").and_then(Value::as_str) {
                Some("#/$defs/element") => "#/components/schemas/EditedElement",
                Some("#/$defs/instrument") => "#/components/schemas/InstrumentName",
                _ => return fields.values_mut().for_each(point),
            };
            fields.insert("$ref".to_owned(), to.into());
        }
        Value::Array(items) => items.iter_mut().for_each(point),
        _ => {}
    }
}
