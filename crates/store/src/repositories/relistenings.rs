//! What other models heard in the recordings of notations.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder};

use crate::dialect::now;
use crate::entities::relistenings::{ActiveModel, Column, Entity};
use crate::{Relistening, Result};

/// What another model heard.
#[derive(Clone, Debug)]
pub struct NewRelistening {
    /// The notation it is for.
    pub notation_id: Uuid,
    /// The registered model; none for the one in the executable.
    pub model_id: Option<Uuid>,
    /// Its name and version.
    pub model_version: String,
    /// The job that listened.
    pub job_id: Uuid,
    /// The revision the notation was in when it was asked for.
    pub base_revision: i32,
    /// What was heard, unopened here.
    pub performance_json: Json,
    /// Doubts and advice, unopened here.
    pub remarks: Json,
}

/// Stores it in place of what waited for this notation before.
pub async fn insert(rows: &impl ConnectionTrait, new: NewRelistening) -> Result<Relistening> {
    remove(rows, new.notation_id).await?;
    let now = now();
    let heard = ActiveModel {
        id: Set(Uuid::now_v7()),
        notation_id: Set(new.notation_id),
        model_id: Set(new.model_id),
        model_version: Set(new.model_version),
        job_id: Set(Some(new.job_id)),
        base_revision: Set(new.base_revision),
        performance_json: Set(new.performance_json),
        remarks: Set(new.remarks),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(heard.insert(rows).await?)
}

/// What waits for a notation.
pub async fn of_notation(rows: &impl ConnectionTrait, notation_id: Uuid) -> Result<Option<Relistening>> {
    let query = Entity::find().filter(Column::NotationId.eq(notation_id)).order_by_desc(Column::Id);
    Ok(query.one(rows).await?)
}

/// Removes what waits for a notation; whether anything did.
pub async fn remove(rows: &impl ConnectionTrait, notation_id: Uuid) -> Result<bool> {
    let gone = Entity::delete_many().filter(Column::NotationId.eq(notation_id)).exec(rows).await?;
    Ok(gone.rows_affected > 0)
}
