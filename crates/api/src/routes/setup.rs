//! The first admin: a page behind the link that is printed at the start, and what its form sends.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use service::{App, Secret, users};
use utoipa::{IntoParams, ToSchema};

use super::users::UserRead;
use crate::extract::{FormOrJson, Query};
use crate::problem::{Problem, Refused};

/// The page has a form and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

fn page(body: &str) -> Response {
    let style = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem}\
                 label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}\
                 input,button{margin:.25rem 0 1rem;padding:.5rem}";
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Backbeat: first admin</title><style>{style}</style>{body}</html>"
    );
    let mut response = Html(html).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// What the setup link carries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SetupQuery {
    /// Printed at the server's start.
    #[param(example = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    token: Option<String>,
}

/// Show the page that makes the first admin
///
/// The same for good and bad links: the answer is given when its form is sent.
#[utoipa::path(get, path = "/setup", tag = "users", operation_id = "show_setup", params(SetupQuery),
    responses((status = 200, description = "A page with a form.", body = String, content_type = "text/html")))]
pub(crate) async fn form(Query(query): Query<SetupQuery>) -> Result<Response, Refused> {
    // A token is hexadecimal; anything else must not get into the page.
    let token: String = query.token.unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(form_page(&token))
}

fn form_page(token: &str) -> Response {
    page(&format!(
        "<h1>First admin</h1><p>This account will see and manage everything on this server. The link works once.</p>\
         <form method=\"post\" action=\"/setup\"><input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <label>E-mail address <input name=\"email\" type=\"email\" autocomplete=\"username\" required></label>\
         <label>Password, at least 8 characters <input name=\"password\" type=\"password\" autocomplete=\"new-password\" \
         minlength=\"8\" required></label><button>Make the account</button></form>"
    ))
}

/// The account of the first admin.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Setup {
    /// The part of the setup link after `token=`.
    #[schema(value_type = String, example = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    token: Secret,
    #[schema(format = Email, example = "admin@example.com")]
    email: String,
    /// 8 characters to 72 bytes.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 72, example = "half-time-shuffle-2")]
    password: Secret,
}

/// Make the first admin
///
/// With the link that the server prints at its start as long as it has no admin. It works once, for 30 minutes.
#[utoipa::path(post, path = "/setup", tag = "users", operation_id = "set_up",
    request_body(content((Setup = "application/json"), (Setup = "application/x-www-form-urlencoded"))), responses(
        (status = 201, description = "The account, with the roles `user` and `admin`.", body = UserRead),
        (status = 403, description = "The link was used, is too old, or there is an admin.", body = Problem),
        (status = 409, description = "The address has an account.", body = Problem)))]
pub(crate) async fn set_up(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    sent: FormOrJson<Setup, Setup>,
) -> Result<Response, Refused> {
    let (FormOrJson::Form(sent) | FormOrJson::Json(sent)) = sent;
    let account = users::set_up(&app, &sent.token, &sent.email, sent.password).await?;
    let browser = headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"));
    if browser {
        let done = page("<h1>Done</h1><p>The account is made. <a href=\"/\">Go to Backbeat</a> and log in.</p>");
        return Ok((StatusCode::CREATED, done).into_response());
    }
    Ok((StatusCode::CREATED, Json(UserRead::from(account))).into_response())
}
