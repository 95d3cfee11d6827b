//! The OpenAPI document: what the routes say of themselves, and what all of them have in common.

mod edits;
mod examples;
mod files;
mod words;

use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Flow, OAuth2, Password, Scopes, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{OpenApi, ToSchema};

use crate::layers::repeated;
use crate::problem::{Problem, ValidationProblem};
use crate::router;
use crate::routes::notations::options;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Backbeat",
        description = "Drum videos in, drum scores out.\n\nLog in with **Authorize** (e-mail address as user name), \
                       upload a recording, ask for its notation, wait for the job, and download the score.",
        license(name = "MIT", identifier = "MIT")
    ),
    components(schemas(Problem, ValidationProblem)),
    tags(
        (name = "health", description = "Is the server there, and has it all it needs?"),
        (name = "users", description = "Accounts and logging in."),
        (name = "roles", description = "What accounts may do."),
        (name = "videos", description = "Recordings, and what is to be done with them."),
        (name = "uploads", description = "Uploads that can be interrupted: the tus protocol, version 1.0."),
        (name = "shares", description = "Links for people without an account."),
        (name = "audio", description = "Sound tracks, and what was heard in them."),
        (name = "jobs", description = "Work in the background."),
        (name = "webhooks", description = "Addresses that are called when jobs end."),
        (name = "models", description = "Listening models, and which of them is used."),
        (name = "notation", description = "Written scores.")
    )
)]
struct Frame;

/// The part of the document that is not about a single route.
pub(crate) fn frame() -> Document {
    let mut document = Frame::openapi();
    let components = document.components.get_or_insert_default();
    let flow = Flow::Password(Password::new("/users/login", Scopes::new()));
    components.add_security_scheme("login", SecurityScheme::OAuth2(OAuth2::new([flow])));
    document
}

/// The document.
pub(crate) fn document() -> Document {
    let (_, mut document) = router::api().split_for_parts();
    for (path, item) in &mut document.paths.paths {
        let id_in_path = path.contains('{');
        if let Some(post) = &mut item.post {
            take_idempotency_key(path, post);
        }
        let reads = [&mut item.get, &mut item.head, &mut item.options];
        let writes = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        let operations = reads.into_iter().chain(writes);
        for operation in operations.flatten() {
            describe_refusals(operation, id_in_path);
        }
    }
    options::describe(&mut document);
    // Lists are written with the slash at the end; both spellings answer.
    for list in ["/videos", "/jobs", "/users", "/roles", "/notation", "/audio", "/models"] {
        if let Some(item) = document.paths.paths.remove(list) {
            document.paths.paths.insert(format!("{list}/"), item);
        }
    }
    document
}

/// The document as it is served and kept in `docs/openapi.json`.
pub fn json() -> String {
    let mut document = serde_json::to_value(document()).unwrap_or_default();
    put_right(&mut document);
    words::say(&mut document);
    files::say(&mut document);
    needs_strokes(&mut document);
    edits::say(&mut document);
    examples::fill(&mut document);
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// Says what the macros cannot: a document of any form may be null, so it fits more than one of `oneOf`; the text of a
/// stream has no schema, since readers hold each of its events against it; a parameter is there or not, and never null.
fn put_right(part: &mut Value) {
    match part {
        Value::Object(fields) => {
            if fields.get("oneOf").and_then(Value::as_array).is_some_and(|all| all.iter().any(is_anything))
                && let Some(options) = fields.remove("oneOf")
            {
                fields.insert("anyOf".to_owned(), options);
            }
            if fields.contains_key("in")
                && let Some(kinds) = fields.get_mut("schema").and_then(|schema| schema.get_mut("type"))
                && let Some(kind) = kinds.as_array().and_then(|all| all.iter().find(|kind| *kind != "null")).cloned()
            {
                *kinds = kind;
            }
            if let Some(stream) = fields.get_mut("text/event-stream").and_then(Value::as_object_mut) {
                stream.remove("schema");
            }
            fields.values_mut().for_each(put_right);
        }
        Value::Array(items) => items.iter_mut().for_each(put_right),
        _ => {}
    }
}

/// A notation is written from strokes or from a recording: one of both is said.
fn needs_strokes(document: &mut Value) {
    if let Some(order) = document.pointer_mut("/components/schemas/NotationIn") {
        order["anyOf"] = json!([
            { "required": ["events"], "properties": { "events": { "type": "array" } } },
            { "required": ["video_id"], "properties": { "video_id": { "type": "string" } } }
        ]);
    }
}

fn is_anything(schema: &Value) -> bool {
    schema["$ref"] == "#/components/schemas/Value"
}

/// Says of a POST that it may be sent again under a key.
fn take_idempotency_key(path: &str, operation: &mut Operation) {
    if repeated::NEVER.contains(&path) {
        return;
    }
    let text = "A name for this request, such as a UUID: sent again with the same name and body within 24 hours, it \
                is answered as the first time and not done again.";
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .description(Some(text))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255))))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(key));
    add_problem(operation, "400", "A rule is broken; `code` says which.");
    add_problem(operation, "409", "It is in the way of something that is there; `code` says of what.");
    add_problem(operation, "413", "More than a limit allows.");
}

fn add_problem(operation: &mut Operation, status: &str, text: &str) {
    add_refusal(operation, status, text, Problem::name().into_owned());
}

fn add_refusal(operation: &mut Operation, status: &str, text: &str, schema: String) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    let response: RefOr<Response> =
        ResponseBuilder::new().description(text).content("application/json", content).build().into();
    operation.responses.responses.entry(status.to_owned()).or_insert(response);
}

/// Adds the refusals that follow from what an operation takes.
fn describe_refusals(operation: &mut Operation, id_in_path: bool) {
    let takes = operation.request_body.is_some() || operation.parameters.as_ref().is_some_and(|all| !all.is_empty());
    if operation.security.is_some() {
        add_problem(operation, "401", "No valid token came along.");
        add_problem(operation, "403", "Your roles do not allow it.");
    }
    if id_in_path {
        add_problem(operation, "404", "It does not exist, was deleted, or is not yours.");
    }
    if operation.request_body.is_some() {
        add_problem(operation, "413", "More than a limit allows.");
    }
    if takes {
        let schema = ValidationProblem::name().into_owned();
        add_refusal(operation, "422", "A field is not as it should be.", schema);
    }
    add_problem(operation, "429", "Too many requests; `Retry-After` says when the next is possible.");
    add_problem(operation, "500", "Something broke on our side.");
    add_problem(operation, "503", "The storage does not answer for the moment.");
}
