//! Log in, prolong, log out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use service::users::{self, Login};
use service::{App, Config, Error, FieldError, Secret};
use utoipa::{IntoParams, ToSchema};

use super::{Message, said};
use crate::extract::{Body, Caller, FormOrJson, Query, SESSION_COOKIE};
use crate::problem::{Problem, Refused};

/// Address and password, as OAuth2 has them.
#[derive(Deserialize, ToSchema)]
pub(crate) struct LoginForm {
    /// The e-mail address.
    #[schema(example = "drummer@example.com")]
    username: String,
    #[schema(value_type = String, format = Password, example = "four-on-the-floor-4")]
    password: Secret,
}

/// Address and password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct LoginJson {
    #[schema(format = Email, example = "drummer@example.com")]
    email: String,
    #[schema(value_type = String, format = Password, example = "four-on-the-floor-4")]
    password: Secret,
}

/// Where else the session is to be kept.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionQuery {
    /// `cookie` keeps the access token also in a cookie that scripts cannot read and that is good for GET alone: for
    /// pages that show videos and pictures.
    #[param(pattern = "^cookie$", example = "cookie")]
    session: Option<String>,
}

impl SessionQuery {
    fn cookie(&self) -> Result<bool, Error> {
        match self.session.as_deref() {
            None => Ok(false),
            Some("cookie") => Ok(true),
            Some(_) => {
                let place = vec!["query".to_owned(), "session".to_owned()];
                Err(Error::Invalid(vec![FieldError { place, kind: "enum", message: "cookie, or nothing".to_owned() }]))
            }
        }
    }
}

/// Tokens: one to send along as `Authorization: Bearer <access_token>`, one to get new ones with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    #[schema(example = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTkzOGYzZSJ9.c2lnbmF0dXJl")]
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// How long the access token is valid, seconds.
    #[schema(example = 1800)]
    expires_in: i64,
    /// Good for one new pair of tokens.
    #[schema(example = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    refresh_token: String,
}

fn tokens(config: &Config, login: Login, cookie: bool) -> Response {
    let kept = cookie.then(|| session_cookie(config, &login.access_token, login.expires_in_s));
    let token = Token {
        access_token: login.access_token,
        token_type: "bearer",
        expires_in: login.expires_in_s,
        refresh_token: login.refresh_token,
    };
    with_cookie(Json(token), kept)
}

fn session_cookie(config: &Config, token: &str, lasts_s: i64) -> String {
    let secure = if config.cookie_secure { "; Secure" } else { "" };
    format!("{SESSION_COOKIE}={token}; Path=/; Max-Age={lasts_s}; HttpOnly; SameSite=Strict{secure}")
}

fn with_cookie(body: impl IntoResponse, cookie: Option<String>) -> Response {
    let mut response = body.into_response();
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::try_from(cookie).ok()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Log in
///
/// Takes the OAuth2 password form, or JSON. After several failures in a row an address has to wait, longer each time.
#[utoipa::path(post, path = "/users/login", tag = "users", params(SessionQuery),
    request_body(content((LoginForm = "application/x-www-form-urlencoded"), (LoginJson = "application/json"))),
    responses(
        (status = 200, description = "Tokens.", body = Token),
        (status = 401, description = "Address and password do not belong together.", body = Problem)))]
pub(crate) async fn login(
    State(app): State<Arc<App>>,
    Query(query): Query<SessionQuery>,
    credentials: FormOrJson<LoginForm, LoginJson>,
) -> Result<Response, Refused> {
    let cookie = query.cookie()?;
    let (email, password) = match credentials {
        FormOrJson::Form(form) => (form.username, form.password),
        FormOrJson::Json(json) => (json.email, json.password),
    };
    Ok(tokens(&app.config, users::log_in(&app, &email, password).await?, cookie))
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RefreshToken {
    #[schema(value_type = String, example = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    refresh_token: Secret,
}

/// Get new tokens
///
/// For a refresh token, which is used up. One that comes back a second time was stolen: its session ends.
#[utoipa::path(post, path = "/users/refresh", tag = "users", params(SessionQuery), request_body = RefreshToken,
    responses(
        (status = 200, description = "New tokens.", body = Token),
        (status = 401, description = "It is unknown, over, or was used before.", body = Problem)))]
pub(crate) async fn refresh(
    State(app): State<Arc<App>>,
    Query(query): Query<SessionQuery>,
    Body(sent): Body<RefreshToken>,
) -> Result<Response, Refused> {
    let cookie = query.cookie()?;
    Ok(tokens(&app.config, users::refresh(&app, &sent.refresh_token).await?, cookie))
}

/// Log out
///
/// Ends the session: its access and refresh tokens are good for nothing any more. The cookie is taken back.
#[utoipa::path(post, path = "/users/logout", tag = "users", security(("login" = [])), params(SessionQuery),
    responses((status = 200, description = "The session is over.", body = Message)))]
pub(crate) async fn logout(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<SessionQuery>,
) -> Result<Response, Refused> {
    let cookie = query.cookie()?;
    users::log_out(&app, &actor).await?;
    Ok(with_cookie(said("Logged out."), cookie.then(|| session_cookie(&app.config, "", 0))))
}
