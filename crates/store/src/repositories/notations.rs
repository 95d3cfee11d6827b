//! Written scores: each in its current state, and the revisions that led there.
//!
//! Conventions: a notation is live when neither it nor the recording it was made from is deleted.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{self, Condition, Func, LikeExpr, SelectStatement};
use sea_orm::{ActiveValue::Set, FromQueryResult, QueryOrder, QuerySelect, QueryTrait, Select};

use crate::dialect::now;
use crate::entities::{notations, revisions, videos};
use crate::{Error, Notation, Page, Paging, Result, Revision};

/// What is known of a notation when it is stored.
#[derive(Clone, Debug)]
pub struct NewNotation {
    /// The owner.
    pub user_id: Uuid,
    /// The recording, if there is one.
    pub video_id: Option<Uuid>,
    /// The sound track it was heard in.
    pub audio_file_id: Option<Uuid>,
    /// What the first revision is, in words.
    pub summary: String,
    /// What it is.
    pub state: State,
}

/// What a notation is in one of its revisions.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Printed on top.
    pub title: String,
    /// Beats a minute, as printed.
    pub tempo: f64,
    /// Such as `4/4`.
    pub time_signature: String,
    /// How many.
    pub measures: i32,
    /// The score, unopened here.
    pub notation_json: Json,
    /// What was played, unopened here.
    pub performance_json: Json,
    /// The model that listened.
    pub model_version: Option<String>,
    /// Remarks and settings.
    pub report: Option<Json>,
}

impl From<&Notation> for State {
    fn from(notation: &Notation) -> Self {
        Self {
            title: notation.title.clone(),
            tempo: notation.tempo,
            time_signature: notation.time_signature.clone(),
            measures: notation.measures,
            notation_json: notation.notation_json.clone(),
            performance_json: notation.performance_json.clone(),
            model_version: notation.model_version.clone(),
            report: notation.report.clone(),
        }
    }
}

/// A revision to be stored.
#[derive(Clone, Debug)]
pub struct NewRevision {
    /// The notation.
    pub notation_id: Uuid,
    /// Its number.
    pub revision: i32,
    /// The revision it is made from.
    pub parent: Option<i32>,
    /// What was done, in words.
    pub summary: String,
    /// The step to its parent, unopened here.
    pub back: Option<Json>,
    /// The step from its parent, unopened here.
    pub forth: Option<Json>,
}

/// A revision without its steps.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct RevisionEntry {
    /// Its number, from 1.
    pub revision: i32,
    /// The revision it was made from.
    pub parent: Option<i32>,
    /// Its child made last.
    pub redo_to: Option<i32>,
    /// What was done, in words.
    pub summary: String,
    /// A name somebody gave it.
    pub name: Option<String>,
    /// Beats a minute, as printed.
    pub tempo: f64,
    /// Such as `4/4`.
    pub time_signature: String,
    /// Number of measures.
    pub measures: i32,
    /// The model that listened.
    pub model_version: Option<String>,
    /// When it was made, UTC.
    pub created_at: DateTime<Utc>,
}

/// A notation without its documents.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct NotationEntry {
    /// Its id.
    pub id: Uuid,
    /// The owner.
    pub user_id: Uuid,
    /// The recording, if there is one.
    pub video_id: Option<Uuid>,
    /// Printed on top.
    pub title: String,
    /// Beats a minute, as printed.
    pub tempo: f64,
    /// Such as `4/4`.
    pub time_signature: String,
    /// Number of measures.
    pub measures: i32,
    /// The model that listened.
    pub model_version: Option<String>,
    /// Which of its revisions it is in.
    pub revision: i32,
    /// When it was made, UTC.
    pub created_at: DateTime<Utc>,
    /// When it last changed, UTC.
    pub updated_at: DateTime<Utc>,
}

/// Which notations to list.
#[derive(Clone, Debug, Default)]
pub struct NotationFilter {
    /// Only of this account.
    pub user_id: Option<Uuid>,
    /// Only of this recording.
    pub video_id: Option<Uuid>,
    /// Only in this meter.
    pub time_signature: Option<String>,
    /// Only from this tempo on, beats a minute.
    pub tempo_min: Option<f64>,
    /// Only up to this tempo, beats a minute.
    pub tempo_max: Option<f64>,
    /// Only with this in the title, in whatever case.
    pub title: Option<String>,
}

/// Stores a notation and its first revision.
pub async fn insert(rows: &impl ConnectionTrait, new: NewNotation) -> Result<Notation> {
    let now = now();
    let state = new.state;
    let notation = notations::ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(new.user_id),
        video_id: Set(new.video_id),
        audio_file_id: Set(new.audio_file_id),
        title: Set(state.title),
        tempo: Set(state.tempo),
        time_signature: Set(state.time_signature),
        measures: Set(state.measures),
        notation_json: Set(state.notation_json),
        performance_json: Set(state.performance_json),
        model_version: Set(state.model_version),
        report: Set(state.report),
        revision: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    let notation = notation.insert(rows).await?;
    let (notation_id, summary) = (notation.id, new.summary);
    let first = NewRevision { notation_id, revision: 1, parent: None, summary, back: None, forth: None };
    insert_revision(rows, first, &State::from(&notation)).await?;
    Ok(notation)
}

async fn insert_revision(rows: &impl ConnectionTrait, new: NewRevision, state: &State) -> Result<()> {
    let now = now();
    let revision = revisions::ActiveModel {
        id: Set(Uuid::now_v7()),
        notation_id: Set(new.notation_id),
        revision: Set(new.revision),
        parent: Set(new.parent),
        redo_to: Set(None),
        summary: Set(new.summary),
        name: Set(None),
        tempo: Set(state.tempo),
        time_signature: Set(state.time_signature.clone()),
        measures: Set(state.measures),
        model_version: Set(state.model_version.clone()),
        back: Set(new.back),
        forth: Set(new.forth),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    revisions::Entity::insert(revision).exec_without_returning(rows).await?;
    Ok(())
}

/// Live notations.
fn live() -> Select<notations::Entity> {
    let gone: SelectStatement = videos::Entity::find()
        .select_only()
        .column(videos::Column::Id)
        .filter(videos::Column::DeletedAt.is_not_null())
        .into_query();
    let seen = Condition::any()
        .add(notations::Column::VideoId.is_null())
        .add(notations::Column::VideoId.not_in_subquery(gone));
    notations::Entity::find().filter(notations::Column::DeletedAt.is_null()).filter(seen)
}

/// A live notation.
///
/// # Errors
/// `Error::NotFound`.
pub async fn get(rows: &impl ConnectionTrait, id: Uuid) -> Result<Notation> {
    live().filter(notations::Column::Id.eq(id)).one(rows).await?.ok_or(Error::NotFound("notation"))
}

/// The newest live notation of a recording.
pub async fn newest_of_video(rows: &impl ConnectionTrait, video_id: Uuid) -> Result<Option<Notation>> {
    let query = notations::Entity::find()
        .filter(notations::Column::VideoId.eq(video_id))
        .filter(notations::Column::DeletedAt.is_null())
        .order_by_desc(notations::Column::CreatedAt)
        .order_by_desc(notations::Column::Id);
    Ok(query.one(rows).await?)
}

/// Live notations without their documents, newest first.
pub async fn list(rows: &impl ConnectionTrait, filter: NotationFilter, paging: Paging) -> Result<Page<NotationEntry>> {
    use notations::Column;
    let title = filter.title.map(|title| {
        let wanted =
            format!("%{}%", title.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        let lower = Func::lower(Expr::col((notations::Entity, Column::Title)));
        sea_query::ExprTrait::like(Expr::expr(lower), LikeExpr::new(wanted).escape('\\'))
    });
    let condition = Condition::all()
        .add_option(filter.user_id.map(|id| ColumnTrait::eq(&Column::UserId, id)))
        .add_option(filter.video_id.map(|id| ColumnTrait::eq(&Column::VideoId, id)))
        .add_option(filter.time_signature.map(|meter| Column::TimeSignature.eq(meter)))
        .add_option(filter.tempo_min.map(|bpm| Column::Tempo.gte(bpm)))
        .add_option(filter.tempo_max.map(|bpm| Column::Tempo.lte(bpm)))
        .add_option(title);
    let query = live().filter(condition);
    let total = query.clone().count(rows).await?;
    let columns = [
        Column::Id,
        Column::UserId,
        Column::VideoId,
        Column::Title,
        Column::Tempo,
        Column::TimeSignature,
        Column::Measures,
        Column::ModelVersion,
        Column::Revision,
        Column::CreatedAt,
        Column::UpdatedAt,
    ];
    let query = query.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).select_only().columns(columns);
    let found =
        query.offset(super::before(paging)).limit(paging.per_page).into_model::<NotationEntry>().all(rows).await?;
    Ok(Page { rows: found, total, paging })
}

/// Brings a notation from the revision `from` to another; whether it still was in `from`.
pub async fn move_to(rows: &impl ConnectionTrait, id: Uuid, from: i32, to: i32, state: State) -> Result<bool> {
    use notations::Column;
    let change = notations::ActiveModel {
        title: Set(state.title),
        tempo: Set(state.tempo),
        time_signature: Set(state.time_signature),
        measures: Set(state.measures),
        notation_json: Set(state.notation_json),
        performance_json: Set(state.performance_json),
        model_version: Set(state.model_version),
        report: Set(state.report),
        revision: Set(to),
        updated_at: Set(now()),
        ..Default::default()
    };
    let update = notations::Entity::update_many().set(change);
    let update = update.filter(Column::Id.eq(id)).filter(Column::Revision.eq(from));
    Ok(update.filter(Column::DeletedAt.is_null()).exec(rows).await?.rows_affected == 1)
}

/// Stores a child of a revision, which a redo from there leads to from now on.
pub async fn add_revision(rows: &impl ConnectionTrait, new: NewRevision, state: &State) -> Result<()> {
    use revisions::Column;
    let update = revisions::Entity::update_many()
        .col_expr(Column::RedoTo, Expr::value(Some(new.revision)))
        .filter(Column::NotationId.eq(new.notation_id))
        .filter(Column::Revision.eq(new.parent));
    update.exec(rows).await?;
    insert_revision(rows, new, state).await
}

/// A revision.
///
/// # Errors
/// `Error::NotFound`.
pub async fn revision(rows: &impl ConnectionTrait, notation_id: Uuid, revision: i32) -> Result<Revision> {
    use revisions::Column;
    let query = revisions::Entity::find().filter(Column::NotationId.eq(notation_id));
    query.filter(Column::Revision.eq(revision)).one(rows).await?.ok_or(Error::NotFound("revision"))
}

/// All revisions of a notation without their steps, oldest first.
pub async fn revisions(rows: &impl ConnectionTrait, notation_id: Uuid) -> Result<Vec<RevisionEntry>> {
    use revisions::Column;
    let columns = [
        Column::Revision,
        Column::Parent,
        Column::RedoTo,
        Column::Summary,
        Column::Name,
        Column::Tempo,
        Column::TimeSignature,
        Column::Measures,
        Column::ModelVersion,
        Column::CreatedAt,
    ];
    let query = revisions::Entity::find().filter(Column::NotationId.eq(notation_id)).order_by_asc(Column::Revision);
    Ok(query.select_only().columns(columns).into_model::<RevisionEntry>().all(rows).await?)
}

/// Gives a revision a name, or takes it away.
///
/// # Errors
/// `Error::NotFound`.
pub async fn name_revision(
    rows: &impl ConnectionTrait,
    notation_id: Uuid,
    revision: i32,
    name: Option<String>,
) -> Result<()> {
    use revisions::Column;
    let update = revisions::Entity::update_many()
        .col_expr(Column::Name, Expr::value(name))
        .col_expr(Column::UpdatedAt, Expr::value(now()))
        .filter(Column::NotationId.eq(notation_id))
        .filter(Column::Revision.eq(revision));
    if update.exec(rows).await?.rows_affected == 0 { Err(Error::NotFound("revision")) } else { Ok(()) }
}

/// Marks a notation as deleted; whether it was live.
pub async fn delete(rows: &impl ConnectionTrait, id: Uuid) -> Result<bool> {
    let update = notations::Entity::update_many()
        .col_expr(notations::Column::DeletedAt, Expr::value(now()))
        .filter(notations::Column::Id.eq(id))
        .filter(notations::Column::DeletedAt.is_null());
    Ok(update.exec(rows).await?.rows_affected == 1)
}
