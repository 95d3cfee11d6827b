//! Roles, and who has which.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use service::roles::{self, Which};
use service::{App, Role};
use utoipa::ToSchema;
use uuid::Uuid;

use super::paging::RangeQuery;
use super::users::{Count, Message, UserRead, said};
use crate::extract::{Body, Caller, Id, Name, Query, UserId};
use crate::problem::{Problem, Refused};

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
    /// When it was deleted; such a role gives nothing.
    deleted_at: Option<DateTime<Utc>>,
}

impl From<Role> for RoleRead {
    fn from(role: Role) -> Self {
        Self {
            id: role.id,
            name: role.name,
            description: role.description,
            created_at: role.created_at,
            updated_at: role.updated_at,
            deleted_at: role.deleted_at,
        }
    }
}

fn all(roles: Vec<Role>) -> Json<Vec<RoleRead>> {
    Json(roles.into_iter().map(Into::into).collect())
}

/// A new role.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RoleCreate {
    /// Small letters, digits, and inside also `-`, `_`, `.` and space.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[a-z0-9]([a-z0-9 _.-]*[a-z0-9_.-])?$",
        example = "drum teacher"
    )]
    name: String,
    #[schema(max_length = 255, example = "Teaches at the school.")]
    description: Option<String>,
}

/// Make a role
///
/// Its name is for people; what may be done follows from `user`, `premium` and `admin` alone.
#[utoipa::path(post, path = "/roles", tag = "roles", operation_id = "create_role", security(("login" = [])),
    request_body = RoleCreate, responses(
        (status = 201, description = "The role.", body = RoleRead),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 409, description = "A role has this name.", body = Problem)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Body(new): Body<RoleCreate>,
) -> Result<(StatusCode, Json<RoleRead>), Refused> {
    let role = roles::create(&app, &actor, &new.name, new.description).await?;
    Ok((StatusCode::CREATED, Json(role.into())))
}

/// List roles
#[utoipa::path(get, path = "/roles", tag = "roles", operation_id = "list_roles", security(("login" = [])),
    params(RangeQuery), responses((status = 200, description = "Oldest first.", body = [RoleRead])))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<RangeQuery>,
) -> Result<Json<Vec<RoleRead>>, Refused> {
    let deleted = query.include_deleted.unwrap_or(false);
    Ok(all(roles::list(&app, &actor, query.range()?, deleted).await?))
}

/// Count roles
#[utoipa::path(get, path = "/roles/count", tag = "roles", operation_id = "count_roles", security(("login" = [])),
    responses((status = 200, description = "How many there are.", body = Count)))]
pub(crate) async fn count(State(app): State<Arc<App>>, Caller(actor): Caller) -> Result<Json<Count>, Refused> {
    Ok(Json(Count { count: roles::count(&app, &actor).await? }))
}

/// Who, and which role.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RoleAssignment {
    user_id: Uuid,
    #[schema(example = "premium")]
    role_name: String,
}

/// Give a role
#[utoipa::path(post, path = "/roles/assign", tag = "roles", operation_id = "assign_role", security(("login" = [])),
    request_body = RoleAssignment, responses(
        (status = 200, description = "It is given.", body = Message),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 404, description = "There is no such account or role.", body = Problem),
        (status = 409, description = "The account has it already.", body = Problem)))]
pub(crate) async fn assign(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Body(to): Body<RoleAssignment>,
) -> Result<Json<Message>, Refused> {
    roles::assign(&app, &actor, to.user_id, Which::Name(&to.role_name)).await?;
    Ok(said("Role given."))
}

/// Take a role
///
/// Losing `user`, `premium` or `admin` ends all tokens of the account.
#[utoipa::path(delete, path = "/roles/remove", tag = "roles", operation_id = "remove_role", security(("login" = [])),
    request_body = RoleAssignment, responses(
        (status = 200, description = "It is taken.", body = Message),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 404, description = "There is no such account or role, or it has not got it.", body = Problem),
        (status = 409, description = "It is the last admin.", body = Problem)))]
pub(crate) async fn unassign(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Body(from): Body<RoleAssignment>,
) -> Result<Json<Message>, Refused> {
    roles::unassign(&app, &actor, from.user_id, Which::Name(&from.role_name)).await?;
    Ok(said("Role taken."))
}

/// Read a role
#[utoipa::path(get, path = "/roles/{id}", tag = "roles", operation_id = "get_role", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The role.")),
    responses((status = 200, description = "The role.", body = RoleRead)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<RoleRead>, Refused> {
    Ok(Json(roles::get(&app, &actor, Which::Id(id)).await?.into()))
}

/// Find a role by its name
#[utoipa::path(get, path = "/roles/name/{name}", tag = "roles", operation_id = "get_role_by_name",
    security(("login" = [])), params(("name" = String, Path, description = "The name.", example = "premium")),
    responses((status = 200, description = "The role.", body = RoleRead)))]
pub(crate) async fn by_name(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Name(name): Name,
) -> Result<Json<RoleRead>, Refused> {
    Ok(Json(roles::get(&app, &actor, Which::Name(&name)).await?.into()))
}

/// What to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"description": "Teaches on Tuesdays."}))]
pub(crate) struct RolePatch {
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9]([a-z0-9 _.-]*[a-z0-9_.-])?$")]
    name: Option<String>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 255)]
    description: Option<Option<String>>,
}

/// Tells `null` from what is left out.
fn given<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(reader).map(Some)
}

/// Change a role
#[utoipa::path(put, path = "/roles/{id}", tag = "roles", operation_id = "change_role", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The role.")), request_body = RolePatch, responses(
        (status = 200, description = "The role as it is now.", body = RoleRead),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 409, description = "A role has this name, or this one belongs to the server.", body = Problem)))]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(patch): Body<RolePatch>,
) -> Result<Json<RoleRead>, Refused> {
    Ok(Json(roles::change(&app, &actor, id, patch.name, patch.description).await?.into()))
}

/// Delete a role
///
/// Nobody has it any more until it is restored.
#[utoipa::path(delete, path = "/roles/{id}", tag = "roles", operation_id = "delete_role", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The role.")), responses(
        (status = 200, description = "It is deleted.", body = Message),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 409, description = "It belongs to the server.", body = Problem)))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<Message>, Refused> {
    roles::delete(&app, &actor, id).await?;
    Ok(said("Role deleted."))
}

/// Restore a deleted role
#[utoipa::path(post, path = "/roles/{id}/restore", tag = "roles", operation_id = "restore_role",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The role.")), responses(
        (status = 200, description = "The role.", body = RoleRead),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 409, description = "It is not deleted, or its name was taken meanwhile.", body = Problem)))]
pub(crate) async fn restore(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<RoleRead>, Refused> {
    Ok(Json(roles::restore(&app, &actor, id).await?.into()))
}

/// Remove a role for good
#[utoipa::path(delete, path = "/roles/{id}/permanent", tag = "roles", operation_id = "remove_role_for_good",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The role.")), responses(
        (status = 200, description = "It is gone.", body = Message),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 409, description = "It belongs to the server.", body = Problem)))]
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<Message>, Refused> {
    roles::remove(&app, &actor, id).await?;
    Ok(said("Role removed for good."))
}

/// List who has a role
#[utoipa::path(get, path = "/roles/{id}/users", tag = "roles", operation_id = "list_users_of_role",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The role."), RangeQuery), responses(
        (status = 200, description = "Live accounts, oldest first.", body = [UserRead]),
        (status = 403, description = "Only an admin may.", body = Problem)))]
pub(crate) async fn holders(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<RangeQuery>,
) -> Result<Json<Vec<UserRead>>, Refused> {
    let found = roles::holders(&app, &actor, id, query.range()?).await?;
    Ok(Json(found.into_iter().map(Into::into).collect()))
}

/// Give a role, by its id
#[utoipa::path(post, path = "/roles/{id}/users/{user_id}", tag = "roles", operation_id = "assign_role_by_id",
    security(("login" = [])),
    params(("id" = Uuid, Path, description = "The role."), ("user_id" = Uuid, Path, description = "The account.")),
    responses(
        (status = 200, description = "It is given.", body = Message),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 409, description = "The account has it already.", body = Problem)))]
pub(crate) async fn assign_by_id(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    UserId(user_id): UserId,
) -> Result<Json<Message>, Refused> {
    roles::assign(&app, &actor, user_id, Which::Id(id)).await?;
    Ok(said("Role given."))
}

/// Take a role, by its id
#[utoipa::path(delete, path = "/roles/{id}/users/{user_id}", tag = "roles", operation_id = "remove_role_by_id",
    security(("login" = [])),
    params(("id" = Uuid, Path, description = "The role."), ("user_id" = Uuid, Path, description = "The account.")),
    responses(
        (status = 200, description = "It is taken.", body = Message),
        (status = 403, description = "Only an admin may.", body = Problem),
        (status = 409, description = "It is the last admin.", body = Problem)))]
pub(crate) async fn unassign_by_id(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    UserId(user_id): UserId,
) -> Result<Json<Message>, Refused> {
    roles::unassign(&app, &actor, user_id, Which::Id(id)).await?;
    Ok(said("Role taken."))
}

/// List the roles of an account
///
/// Your own; admins see everybody's.
#[utoipa::path(get, path = "/roles/users/{user_id}", tag = "roles", operation_id = "list_roles_of_user",
    security(("login" = [])), params(("user_id" = Uuid, Path, description = "The account.")),
    responses((status = 200, description = "By name.", body = [RoleRead])))]
pub(crate) async fn of_user(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    UserId(user_id): UserId,
) -> Result<Json<Vec<RoleRead>>, Refused> {
    Ok(all(roles::of_user(&app, &actor, user_id).await?))
}

/// Whether an account has a role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleCheck {
    user_id: Uuid,
    #[schema(example = "premium")]
    role_name: String,
    #[schema(example = false)]
    has_role: bool,
}

/// Ask whether an account has a role
///
/// Yours; admins may ask about everybody.
#[utoipa::path(get, path = "/roles/users/{user_id}/check/{name}", tag = "roles", operation_id = "check_role",
    security(("login" = [])), params(
        ("user_id" = Uuid, Path, description = "The account."),
        ("name" = String, Path, description = "The role.", example = "premium")),
    responses((status = 200, description = "Yes or no.", body = RoleCheck)))]
pub(crate) async fn check(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    UserId(user_id): UserId,
    Name(role_name): Name,
) -> Result<Json<RoleCheck>, Refused> {
    let has_role = roles::of_user(&app, &actor, user_id).await?.iter().any(|role| role.name == role_name);
    Ok(Json(RoleCheck { user_id, role_name, has_role }))
}
