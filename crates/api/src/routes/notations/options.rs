//! The options of the music and the notation as requests carry them, and as the document describes them.
//!
//! Conventions: in a body a switch is a boolean, a number a number, times a list; in an address all are text. Names and
//! limits come from `service::notations::options`, the list that the command line uses.

use std::collections::BTreeMap;

use drums::{OptionInfo, Seconds, Values};
use serde_json::{Map, Value, json};
use service::notations::{Known, options};
use service::{Error, FieldError};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{OpenApi, RefOr, Required};

/// What is known of a meter before the list is asked.
const METER: &str = "^([1-9]|[12][0-9]|3[0-2])/(2|4|8|16)$";
/// Times as text, as far as a pattern can say.
const TIMES: &str = r"^([0-9]{1,6}(\.[0-9]{1,6})?(,[0-9]{1,6}(\.[0-9]{1,6})?){0,999})?$";
/// A line of text: nothing that cannot be printed.
const LINE: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";
/// Bodies whose further fields are the options.
const BODIES: [&str; 3] = ["NotationIn", "NotationPatch", "NotationOptions"];

/// The query of what writes a notation: every option.
pub(crate) struct NotationQuery;

impl IntoParams for NotationQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let described = |option: &OptionInfo| {
            ParameterBuilder::new()
                .name(option.name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(option.description))
                .example(Some(example(option)))
                .schema(Some(RefOr::T(Schema::Object(in_query(option.values).build()))))
                .build()
        };
        options().map(described).collect()
    }
}

/// A value that suits the others.
fn example(option: &OptionInfo) -> Value {
    match option.values {
        Values::Number { .. } => match option.name {
            "tempo" => json!(120),
            "level" => json!(5),
            "from_s" => json!(0),
            _ => json!(600),
        },
        Values::Words(words) => json!(words[0]),
        Values::Text(_) => json!("Rock"),
        Values::Meter => json!("4/4"),
        Values::Times(_) => json!("0.5,2.5"),
    }
}

/// A value as text.
pub(crate) fn in_query(values: Values) -> ObjectBuilder {
    match values {
        Values::Number { min, max, whole, .. } => ObjectBuilder::new()
            .schema_type(if whole { Type::Integer } else { Type::Number })
            .minimum(Some(min))
            .maximum(Some(max)),
        Values::Words(words) => ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.iter().copied())),
        Values::Text(most) => ObjectBuilder::new().schema_type(Type::String).max_length(Some(most)).pattern(Some(LINE)),
        Values::Meter => ObjectBuilder::new().schema_type(Type::String).pattern(Some(METER)),
        Values::Times(_) => ObjectBuilder::new().schema_type(Type::String).pattern(Some(TIMES)),
    }
}

/// A value in a body; null is the same as nothing.
fn in_body(option: &OptionInfo) -> Schema {
    let or_null = |kind: Type| SchemaType::Array(vec![kind, Type::Null]);
    let described = |schema: ObjectBuilder| Schema::Object(schema.description(Some(option.description)).build());
    match option.values {
        Values::Times(most) => {
            let time = ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0)).maximum(Some(Seconds::MAX_S));
            Schema::Array(
                ArrayBuilder::new()
                    .schema_type(or_null(Type::Array))
                    .items(time.build())
                    .max_items(Some(most))
                    .description(Some(option.description))
                    .build(),
            )
        }
        values if values.is_switch() => described(ObjectBuilder::new().schema_type(or_null(Type::Boolean))),
        Values::Number { whole: true, .. } => described(in_query(option.values).schema_type(or_null(Type::Integer))),
        Values::Number { .. } => described(in_query(option.values).schema_type(or_null(Type::Number))),
        _ => described(in_query(option.values).schema_type(or_null(Type::String))),
    }
}

/// Adds the options to the bodies that take them.
pub(crate) fn describe(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    for name in BODIES {
        if let Some(RefOr::T(Schema::Object(body))) = components.schemas.get_mut(name) {
            for option in options() {
                body.properties.insert(option.name.to_owned(), RefOr::T(in_body(option)));
            }
            body.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

/// The options of a body; those that are null are dropped.
pub(crate) fn of_body(fields: Map<String, Value>) -> Result<Known, Error> {
    let mut known = Known::default();
    for (name, value) in fields {
        let text = match value {
            Value::Null => {
                known.dropped.push(name);
                continue;
            }
            other if !fits(&name, &other) => None,
            Value::Array(items) => items.iter().map(plain).collect::<Option<Vec<_>>>().map(|items| items.join(",")),
            other => plain(&other),
        };
        let text = text.ok_or_else(|| {
            let place = vec!["body".to_owned(), name.chars().take(40).collect()];
            let message = "this is not a value of the right kind".to_owned();
            Error::Invalid(vec![FieldError { place, kind: "value_error", message }])
        })?;
        known.options.insert(name, text);
    }
    Ok(known)
}

/// Whether a value is of the kind its option has; of names that are no option's that is said elsewhere.
fn fits(name: &str, value: &Value) -> bool {
    let Some(option) = options().find(|option| option.name == name) else { return true };
    match option.values {
        values if values.is_switch() => value.is_boolean(),
        Values::Number { .. } => value.is_number(),
        Values::Times(_) => value.as_array().is_some_and(|times| times.iter().all(Value::is_number)),
        Values::Words(_) | Values::Text(_) | Values::Meter => value.is_string(),
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// The options of an address, and whether it asks to do the work anew; each name at most once.
pub(crate) fn of_query(query: &str) -> Result<(Known, bool), Error> {
    let refuse = |name: &str, kind: &'static str, message: &str| {
        let place = vec!["query".to_owned(), name.chars().take(40).collect()];
        Error::Invalid(vec![FieldError { place, kind, message: message.to_owned() }])
    };
    let mut all = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if all.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(refuse(&name, "twice", "this is said twice"));
        }
    }
    let force = match all.remove("force").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(refuse("force", "value_error", "this is true or false")),
    };
    Ok((Known { options: all, dropped: Vec::new(), in_query: true }, force))
}
