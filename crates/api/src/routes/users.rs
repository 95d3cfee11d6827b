//! Accounts and logging in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use service::users::{self, Account, Change, Login};
use service::{App, Role, Secret};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Body, Caller, FormOrJson};
use crate::problem::{Problem, Refused};

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserRead {
    id: Uuid,
    #[schema(example = "drummer@example.com")]
    email: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    roles: Vec<RoleRead>,
}

/// A role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleRead {
    id: Uuid,
    #[schema(example = "user")]
    name: String,
    #[schema(example = "Can upload and transcribe recordings.")]
    description: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Role> for RoleRead {
    fn from(role: Role) -> Self {
        Self {
            id: role.id,
            name: role.name,
            description: role.description,
            created_at: role.created_at,
            updated_at: role.updated_at,
        }
    }
}

impl From<Account> for UserRead {
    fn from(account: Account) -> Self {
        Self {
            id: account.user.id,
            email: account.user.email,
            created_at: account.user.created_at,
            updated_at: account.user.updated_at,
            roles: account.roles.into_iter().map(Into::into).collect(),
        }
    }
}

/// A new account.
#[derive(Deserialize, ToSchema)]
pub(crate) struct UserCreate {
    #[schema(format = Email, example = "drummer@example.com")]
    email: String,
    /// 8 to 72 bytes.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 72, example = "four-on-the-floor-4")]
    password: Secret,
}

/// Make an account
#[utoipa::path(post, path = "/users/register", tag = "users", request_body = UserCreate, responses(
    (status = 201, description = "The account, with the role `user`.", body = UserRead),
    (status = 403, description = "This server takes no new accounts.", body = Problem),
    (status = 409, description = "The address has an account.", body = Problem)))]
pub(crate) async fn register(
    State(app): State<Arc<App>>,
    Body(new): Body<UserCreate>,
) -> Result<(StatusCode, Json<UserRead>), Refused> {
    let account = users::register(&app, &new.email, new.password).await?;
    Ok((StatusCode::CREATED, Json(account.into())))
}

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

/// A token to send along as `Authorization: Bearer <access_token>`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// How long it is valid, seconds.
    #[schema(example = 1800)]
    expires_in: i64,
}

impl From<Login> for Token {
    fn from(login: Login) -> Self {
        Self { access_token: login.access_token, token_type: "bearer", expires_in: login.expires_in_s }
    }
}

/// Log in
///
/// Takes the OAuth2 password form, or JSON.
#[utoipa::path(post, path = "/users/login", tag = "users",
    request_body(content((LoginForm = "application/x-www-form-urlencoded"), (LoginJson = "application/json"))),
    responses(
        (status = 200, description = "A token.", body = Token),
        (status = 401, description = "Address and password do not belong together.", body = Problem)))]
pub(crate) async fn login(
    State(app): State<Arc<App>>,
    credentials: FormOrJson<LoginForm, LoginJson>,
) -> Result<Json<Token>, Refused> {
    let (email, password) = match credentials {
        FormOrJson::Form(form) => (form.username, form.password),
        FormOrJson::Json(json) => (json.email, json.password),
    };
    Ok(Json(users::log_in(&app, &email, password).await?.into()))
}

/// Read your account
#[utoipa::path(get, path = "/users/me", tag = "users", security(("login" = [])),
    responses((status = 200, description = "Your account.", body = UserRead)))]
pub(crate) async fn me(State(app): State<Arc<App>>, Caller(actor): Caller) -> Result<Json<UserRead>, Refused> {
    Ok(Json(users::me(&app, &actor).await?.into()))
}

/// What to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
pub(crate) struct UserPatch {
    #[schema(format = Email, example = "new-address@example.com")]
    email: Option<String>,
    /// 8 to 72 bytes; ends all older tokens.
    #[schema(value_type = Option<String>, format = Password, min_length = 8, max_length = 72)]
    password: Option<Secret>,
    /// Needed to change the password.
    #[schema(value_type = Option<String>, format = Password)]
    current_password: Option<Secret>,
}

/// Change your account
#[utoipa::path(put, path = "/users/me", tag = "users", security(("login" = [])), request_body = UserPatch, responses(
    (status = 200, description = "Your account as it is now.", body = UserRead),
    (status = 400, description = "The current password is missing or wrong.", body = Problem),
    (status = 409, description = "The address has an account.", body = Problem)))]
pub(crate) async fn change_me(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Body(patch): Body<UserPatch>,
) -> Result<Json<UserRead>, Refused> {
    let change = Change { email: patch.email, password: patch.password, current_password: patch.current_password };
    Ok(Json(users::change_me(&app, &actor, change).await?.into()))
}

/// The old and the new password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PasswordChange {
    #[schema(value_type = String, format = Password, example = "four-on-the-floor-4")]
    current_password: Secret,
    /// 8 to 72 bytes.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 72, example = "half-time-shuffle-2")]
    new_password: Secret,
}

/// That it is done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Message {
    #[schema(example = "Password changed. Log in again.")]
    message: String,
}

/// Change your password
///
/// Ends all older tokens.
#[utoipa::path(post, path = "/users/change-password", tag = "users", security(("login" = [])),
    request_body = PasswordChange, responses(
        (status = 200, description = "It is changed.", body = Message),
        (status = 400, description = "The current password is wrong.", body = Problem)))]
pub(crate) async fn change_password(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Body(change): Body<PasswordChange>,
) -> Result<Json<Message>, Refused> {
    users::change_password(&app, &actor, change.current_password, change.new_password).await?;
    Ok(Json(Message { message: "Password changed. Log in again.".to_owned() }))
}
