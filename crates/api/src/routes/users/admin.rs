//! What admins do with accounts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use service::roles::{self, Which};
use service::{App, Secret, users, videos};
use utoipa::{IntoParams, ToSchema};

use super::{Count, Message, UserPatch, UserRead, said};
use crate::extract::{Body, Caller, Email, Id, Query, RoleId};
use crate::problem::{Problem, Refused};
use crate::routes::paging::RangeQuery;
use crate::routes::roles::RoleRead;
use crate::routes::videos::stats::UsageRead;

/// List accounts
#[utoipa::path(get, path = "/users", tag = "users", operation_id = "list_users", security(("login" = [])),
    params(RangeQuery), responses(
        (status = 200, description = "Oldest first.", body = [UserRead]),
        (status = 403, description = "Only an admin may.", body = Problem)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<RangeQuery>,
) -> Result<Json<Vec<UserRead>>, Refused> {
    let deleted = query.include_deleted.unwrap_or(false);
    let found = users::list(&app, &actor, query.range()?, deleted).await?;
    Ok(Json(found.into_iter().map(Into::into).collect()))
}

/// Whom to count.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountQuery {
    /// Closed accounts too.
    #[param(example = false)]
    include_deleted: Option<bool>,
}

/// Count accounts
#[utoipa::path(get, path = "/users/count", tag = "users", operation_id = "count_users", security(("login" = [])),
    params(CountQuery), responses(
        (status = 200, description = "How many there are.", body = Count),
        (status = 403, description = "Only an admin may.", body = Problem)))]
pub(crate) async fn count(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<CountQuery>,
) -> Result<Json<Count>, Refused> {
    Ok(Json(Count { count: users::count(&app, &actor, query.include_deleted.unwrap_or(false)).await? }))
}

/// Find an account by its address
#[utoipa::path(get, path = "/users/email/{email}", tag = "users", operation_id = "get_user_by_email",
    security(("login" = [])),
    params(("email" = String, Path, description = "The address, in whatever case.", example = "drummer@example.com")),
    responses(
        (status = 200, description = "The account.", body = UserRead),
        (status = 403, description = "Only an admin may.", body = Problem)))]
pub(crate) async fn by_email(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Email(email): Email,
) -> Result<Json<UserRead>, Refused> {
    Ok(Json(users::by_email(&app, &actor, &email).await?.into()))
}

/// Read an account
///
/// Yours; admins see everybody's, closed ones too.
#[utoipa::path(get, path = "/users/{id}", tag = "users", operation_id = "get_user", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The account.")),
    responses((status = 200, description = "The account.", body = UserRead)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<UserRead>, Refused> {
    Ok(Json(users::get(&app, &actor, id).await?.into()))
}

/// Change an account
///
/// Yours; admins change everybody's, without the current password.
#[utoipa::path(put, path = "/users/{id}", tag = "users", operation_id = "change_user", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The account.")), request_body = UserPatch, responses(
        (status = 200, description = "The account as it is now.", body = UserRead),
        (status = 400, description = "The current password is missing or wrong.", body = Problem),
        (status = 409, description = "The address has an account.", body = Problem)))]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(patch): Body<UserPatch>,
) -> Result<Json<UserRead>, Refused> {
    Ok(Json(users::change(&app, &actor, id, patch.into()).await?.into()))
}

/// Close an account
///
/// Yours; admins close everybody's. It can be reopened.
#[utoipa::path(delete, path = "/users/{id}", tag = "users", operation_id = "close_user", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The account.")), responses(
        (status = 200, description = "It is closed.", body = Message),
        (status = 409, description = "It is the last admin.", body = Problem)))]
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<Message>, Refused> {
    users::close(&app, &actor, id).await?;
    Ok(said("Account closed."))
}

/// Reopen a closed account
#[utoipa::path(post, path = "/users/{id}/restore", tag = "users", operation_id = "restore_user",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The account.")), responses(
        (status = 200, description = "The account.", body = UserRead),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 409, description = "It is not closed, or its address was taken meanwhile.", body = Problem)))]
pub(crate) async fn restore(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<UserRead>, Refused> {
    Ok(Json(users::restore(&app, &actor, id).await?.into()))
}

/// Remove an account for good
///
/// With all its recordings, jobs, notations and tokens.
#[utoipa::path(delete, path = "/users/{id}/permanent", tag = "users", operation_id = "remove_user",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The account.")), responses(
        (status = 200, description = "It is gone.", body = Message),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 409, description = "It is the last admin.", body = Problem)))]
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<Message>, Refused> {
    users::remove(&app, &actor, id).await?;
    Ok(said("Account removed for good."))
}

/// A new password for an account.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"new_password": "half-time-shuffle-2"}))]
pub(crate) struct NewPassword {
    /// 8 characters to 72 bytes.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 72)]
    new_password: Secret,
    /// Needed for one's own account.
    #[schema(value_type = Option<String>, format = Password)]
    current_password: Option<Secret>,
}

/// Set the password of an account
///
/// Ends all its tokens.
#[utoipa::path(post, path = "/users/{id}/change-password", tag = "users", operation_id = "change_password_of_user",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The account.")), request_body = NewPassword,
    responses(
        (status = 200, description = "It is set.", body = Message),
        (status = 400, description = "For one's own account: the current password is missing or wrong.",
            body = Problem)))]
pub(crate) async fn change_password(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(new): Body<NewPassword>,
) -> Result<Json<Message>, Refused> {
    users::change_password(&app, &actor, id, new.current_password, new.new_password).await?;
    Ok(said("Password changed."))
}

/// See what an account has stored
///
/// Your own; admins see everybody's.
#[utoipa::path(get, path = "/users/{id}/usage", tag = "users", operation_id = "get_user_usage",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The account.")),
    responses((status = 200, description = "From real bytes, with the quota of its roles.", body = UsageRead)))]
pub(crate) async fn usage(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<UsageRead>, Refused> {
    Ok(Json(videos::usage_of(&app, &actor, id).await?.into()))
}

/// List the roles of an account
///
/// Your own; admins see everybody's.
#[utoipa::path(get, path = "/users/{id}/roles", tag = "users", operation_id = "list_user_roles",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The account.")),
    responses((status = 200, description = "By name.", body = [RoleRead])))]
pub(crate) async fn list_roles(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<Vec<RoleRead>>, Refused> {
    Ok(Json(roles::of_user(&app, &actor, id).await?.into_iter().map(Into::into).collect()))
}

/// Give an account a role
#[utoipa::path(post, path = "/users/{id}/roles/{role_id}", tag = "users", operation_id = "give_user_role",
    security(("login" = [])),
    params(("id" = Uuid, Path, description = "The account."), ("role_id" = Uuid, Path, description = "The role.")),
    responses(
        (status = 200, description = "It is given.", body = Message),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 409, description = "The account has it already.", body = Problem)))]
pub(crate) async fn give_role(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    RoleId(role_id): RoleId,
) -> Result<Json<Message>, Refused> {
    roles::assign(&app, &actor, id, Which::Id(role_id)).await?;
    Ok(said("Role given."))
}

/// Take a role from an account
///
/// Losing `user`, `premium` or `admin` ends all tokens of the account.
#[utoipa::path(delete, path = "/users/{id}/roles/{role_id}", tag = "users", operation_id = "take_user_role",
    security(("login" = [])),
    params(("id" = Uuid, Path, description = "The account."), ("role_id" = Uuid, Path, description = "The role.")),
    responses(
        (status = 200, description = "It is taken.", body = Message),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 409, description = "It is the last admin.", body = Problem)))]
pub(crate) async fn take_role(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    RoleId(role_id): RoleId,
) -> Result<Json<Message>, Refused> {
    roles::unassign(&app, &actor, id, Which::Id(role_id)).await?;
    Ok(said("Role taken."))
}
