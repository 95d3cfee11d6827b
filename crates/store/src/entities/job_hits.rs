//! Hits a running job has heard so far, for those who follow it.

use sea_orm::entity::prelude::*;

/// Some hits of one attempt, in the order they were heard.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job_hits")]
pub struct Model {
    /// Grows; followers resume by it.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The job.
    pub job_id: Uuid,
    /// The attempt that heard them.
    pub attempt: i32,
    /// The hits, unopened here.
    #[sea_orm(column_type = "JsonBinary")]
    pub hits: Json,
    /// When the row was made, UTC.
    pub created_at: ChronoDateTimeUtc,
}

/// No relations: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
