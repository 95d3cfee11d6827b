//! The OpenAPI document: what the routes say of themselves, and what all of them have in common.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Flow, OAuth2, Password, Scopes, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{OpenApi, ToSchema};

use crate::problem::{Problem, ValidationProblem};
use crate::router;

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
        (name = "videos", description = "Recordings, and what is to be done with them."),
        (name = "jobs", description = "Work in the background."),
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
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            describe_refusals(operation, id_in_path);
        }
    }
    // Lists are written with the slash at the end; both spellings answer.
    for list in ["/videos", "/jobs"] {
        if let Some(item) = document.paths.paths.remove(list) {
            document.paths.paths.insert(format!("{list}/"), item);
        }
    }
    document
}

/// The document as it is served and kept in `docs/openapi.json`.
pub fn json() -> String {
    let mut text = document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Adds the refusals that follow from what an operation takes.
fn describe_refusals(operation: &mut Operation, id_in_path: bool) {
    let mut add = |status: &str, text: &str, schema: String| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
        let response: RefOr<Response> =
            ResponseBuilder::new().description(text).content("application/json", content).build().into();
        operation.responses.responses.entry(status.to_owned()).or_insert(response);
    };
    let problem = || Problem::name().into_owned();
    let takes = operation.request_body.is_some() || operation.parameters.as_ref().is_some_and(|all| !all.is_empty());
    if operation.security.is_some() {
        add("401", "No valid token came along.", problem());
    }
    if id_in_path {
        add("404", "It does not exist, was deleted, or is not yours.", problem());
    }
    if operation.request_body.is_some() {
        add("413", "More than a limit allows.", problem());
    }
    if takes {
        add("422", "A field is not as it should be.", ValidationProblem::name().into_owned());
    }
    add("500", "Something broke on our side.", problem());
    add("503", "The storage does not answer for the moment.", problem());
}
