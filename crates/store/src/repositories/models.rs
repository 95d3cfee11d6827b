//! Registered models.
//!
//! Conventions: a model is never renamed, and a name with a version is never given again, so that what was made with a
//! model keeps its meaning after the model is gone. At most one live model of a task is active; the index says so.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder};

use crate::dialect::now;
use crate::entities::models::{ActiveModel, Column, Entity};
use crate::entities::{audio_files, notations, separations};
use crate::{Error, Page, Paging, RegisteredModel, Result};

/// A model whose weights are stored.
#[derive(Clone, Debug)]
pub struct NewModel {
    /// Its id, which is in the key of its weights.
    pub id: Uuid,
    /// Name, as its card says.
    pub name: String,
    /// Version, as its card says.
    pub version: String,
    /// What it is for.
    pub task: String,
    /// Key of the weights.
    pub storage_path: String,
    /// SHA-256 of the weights, hexadecimal.
    pub sha256: String,
    /// Bytes of the weights.
    pub size_bytes: i64,
    /// The card, TOML.
    pub card: String,
    /// For people.
    pub description: Option<String>,
}

/// Stores a model that nobody has checked.
///
/// # Errors
/// `Error::Conflict` where a live one has its name and version.
pub async fn insert(rows: &impl ConnectionTrait, new: NewModel) -> Result<RegisteredModel> {
    let now = now();
    let model = ActiveModel {
        id: Set(new.id),
        name: Set(new.name),
        version: Set(new.version),
        model_type: Set(new.task),
        storage_path: Set(new.storage_path),
        sha256: Set(new.sha256),
        description: Set(new.description),
        metrics: Set(None),
        is_active: Set(false),
        card: Set(new.card),
        size_bytes: Set(new.size_bytes),
        status: Set("registered".to_owned()),
        verdict: Set(None),
        verified_at: Set(None),
        activated_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(model.insert(rows).await?)
}

fn live() -> Select<Entity> {
    Entity::find().filter(Column::DeletedAt.is_null())
}

/// A live model.
///
/// # Errors
/// `Error::NotFound`.
pub async fn get(rows: &impl ConnectionTrait, id: Uuid) -> Result<RegisteredModel> {
    live().filter(Column::Id.eq(id)).one(rows).await?.ok_or(Error::NotFound("model"))
}

/// Live models, newest first; of one task where that is said.
pub async fn list(rows: &impl ConnectionTrait, task: Option<&str>, paging: Paging) -> Result<Page<RegisteredModel>> {
    let mut query = live().order_by_desc(Column::Id);
    if let Some(task) = task {
        query = query.filter(Column::ModelType.eq(task));
    }
    super::page(rows, query, paging).await
}

/// How many live models there are.
pub async fn count(rows: &impl ConnectionTrait) -> Result<u64> {
    Ok(live().count(rows).await?)
}

/// The model that has or had this name and version.
pub async fn of_version(rows: &impl ConnectionTrait, name: &str, version: &str) -> Result<Option<RegisteredModel>> {
    let query = Entity::find().filter(Column::Name.eq(name)).filter(Column::Version.eq(version));
    Ok(query.order_by_desc(Column::Id).one(rows).await?)
}

/// The active model of a task.
pub async fn active(rows: &impl ConnectionTrait, task: &str) -> Result<Option<RegisteredModel>> {
    Ok(live().filter(Column::ModelType.eq(task)).filter(Column::IsActive.eq(true)).one(rows).await?)
}

/// What a model made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Recordings last heard with it.
    pub recordings: u64,
    /// Notations last written with it.
    pub notations: u64,
    /// Separations made with it.
    pub separations: u64,
}

/// What the model of this name and version made.
pub async fn made(rows: &impl ConnectionTrait, version: &str) -> Result<Made> {
    let heard = audio_files::Entity::find().filter(audio_files::Column::ModelVersion.eq(version));
    let apart = separations::Entity::find().filter(separations::Column::Separator.eq(version));
    let written = notations::Entity::find().filter(notations::Column::ModelVersion.eq(version));
    Ok(Made {
        recordings: heard.filter(audio_files::Column::DeletedAt.is_null()).count(rows).await?,
        notations: written.filter(notations::Column::DeletedAt.is_null()).count(rows).await?,
        separations: apart.filter(separations::Column::DeletedAt.is_null()).count(rows).await?,
    })
}

/// Notes what came of checking a model.
pub async fn judged(
    rows: &impl ConnectionTrait,
    model: RegisteredModel,
    status: &str,
    verdict: Json,
) -> Result<RegisteredModel> {
    let mut model: ActiveModel = model.into();
    model.status = Set(status.to_owned());
    model.verdict = Set(Some(verdict));
    model.verified_at = Set(Some(now()));
    model.updated_at = Set(now());
    Ok(model.update(rows).await?)
}

/// Makes a model the active one of its task, in a transaction; the one before is not any more.
///
/// # Errors
/// `Error::Conflict` when another became active at the same time.
pub async fn activate(rows: &impl ConnectionTrait, model: RegisteredModel) -> Result<RegisteredModel> {
    let update = Entity::update_many()
        .col_expr(Column::IsActive, Expr::value(false))
        .col_expr(Column::UpdatedAt, Expr::value(now()))
        .filter(Column::ModelType.eq(model.model_type.as_str()))
        .filter(Column::IsActive.eq(true));
    update.exec(rows).await?;
    let mut model: ActiveModel = model.into();
    model.is_active = Set(true);
    model.activated_at = Set(Some(now()));
    model.updated_at = Set(now());
    Ok(model.update(rows).await?)
}

/// Makes a model inactive.
pub async fn deactivate(rows: &impl ConnectionTrait, model: RegisteredModel) -> Result<RegisteredModel> {
    let mut model: ActiveModel = model.into();
    model.is_active = Set(false);
    model.updated_at = Set(now());
    Ok(model.update(rows).await?)
}

/// Stores figures about a model.
pub async fn set_metrics(
    rows: &impl ConnectionTrait,
    model: RegisteredModel,
    metrics: Json,
) -> Result<RegisteredModel> {
    let mut model: ActiveModel = model.into();
    model.metrics = Set(Some(metrics));
    model.updated_at = Set(now());
    Ok(model.update(rows).await?)
}

/// Marks a model as deleted, unless it is active; whether it was.
pub async fn delete(rows: &impl ConnectionTrait, id: Uuid) -> Result<bool> {
    let update = Entity::update_many()
        .col_expr(Column::DeletedAt, Expr::value(now()))
        .filter(Column::Id.eq(id))
        .filter(Column::IsActive.eq(false))
        .filter(Column::DeletedAt.is_null());
    Ok(update.exec(rows).await?.rows_affected == 1)
}
