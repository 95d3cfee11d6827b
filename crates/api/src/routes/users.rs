//! Accounts: one's own. Logging in is in `users/sessions.rs`, what admins do in `users/admin.rs`.

pub(crate) mod admin;
pub(crate) mod sessions;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use service::users::{self, Account, Change};
use service::{App, Secret};
use utoipa::ToSchema;
use uuid::Uuid;

use super::roles::RoleRead;
use crate::extract::{Body, Caller, Myself};
use crate::problem::{Problem, Refused};

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserRead {
    id: Uuid,
    #[schema(example = "drummer@example.com")]
    email: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// When it was closed.
    deleted_at: Option<DateTime<Utc>>,
    roles: Vec<RoleRead>,
}

impl From<Account> for UserRead {
    fn from(account: Account) -> Self {
        Self {
            id: account.user.id,
            email: account.user.email,
            created_at: account.user.created_at,
            updated_at: account.user.updated_at,
            deleted_at: account.user.deleted_at,
            roles: account.roles.into_iter().map(Into::into).collect(),
        }
    }
}

/// That it is done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Message {
    #[schema(example = "Done.")]
    message: &'static str,
}

pub(crate) fn said(message: &'static str) -> Json<Message> {
    Json(Message { message })
}

/// How many.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Count {
    #[schema(example = 3)]
    pub(crate) count: u64,
}

/// A new account.
#[derive(Deserialize, ToSchema)]
pub(crate) struct UserCreate {
    #[schema(format = Email, example = "drummer@example.com")]
    email: String,
    /// 8 characters to 72 bytes.
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

/// Read your account
#[utoipa::path(get, path = "/users/me", tag = "users", security(("login" = [])),
    responses((status = 200, description = "Your account.", body = UserRead)))]
pub(crate) async fn me(Myself(account): Myself) -> Json<UserRead> {
    Json(account.into())
}

/// What to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"email": "new-address@example.com"}))]
pub(crate) struct UserPatch {
    #[schema(format = Email)]
    pub(super) email: Option<String>,
    /// 8 characters to 72 bytes; ends all older tokens.
    #[schema(value_type = Option<String>, format = Password, min_length = 8, max_length = 72)]
    pub(super) password: Option<Secret>,
    /// Needed to change one's own password.
    #[schema(value_type = Option<String>, format = Password)]
    pub(super) current_password: Option<Secret>,
}

impl From<UserPatch> for Change {
    fn from(patch: UserPatch) -> Self {
        Self { email: patch.email, password: patch.password, current_password: patch.current_password }
    }
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
    Ok(Json(users::change(&app, &actor, actor.user_id, patch.into()).await?.into()))
}

/// Close your account
///
/// Ends all tokens and cancels all jobs. An admin can reopen it.
#[utoipa::path(delete, path = "/users/me", tag = "users", security(("login" = [])), responses(
    (status = 200, description = "It is closed.", body = Message),
    (status = 409, description = "You are the last admin.", body = Problem)))]
pub(crate) async fn close_me(State(app): State<Arc<App>>, Caller(actor): Caller) -> Result<Json<Message>, Refused> {
    users::close(&app, &actor, actor.user_id).await?;
    Ok(said("Account closed."))
}

/// The old and the new password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PasswordChange {
    #[schema(value_type = String, format = Password, example = "four-on-the-floor-4")]
    current_password: Secret,
    /// 8 characters to 72 bytes.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 72, example = "half-time-shuffle-2")]
    new_password: Secret,
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
    let current = Some(change.current_password);
    users::change_password(&app, &actor, actor.user_id, current, change.new_password).await?;
    Ok(said("Password changed. Log in again."))
}
