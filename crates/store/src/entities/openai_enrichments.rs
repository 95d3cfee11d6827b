//! Answers of a language model, cached by prompt.

use sea_orm::entity::prelude::*;

/// One cached answer.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "openai_enrichments")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The notation it is about.
    pub notation_id: Uuid,
    /// What was asked for.
    pub enrichment_type: String,
    /// SHA-256 of the prompt and model, hexadecimal.
    pub prompt_hash: String,
    /// The language model.
    pub model: String,
    /// What was sent.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub input_json: Option<Json>,
    /// What came back.
    #[sea_orm(column_type = "JsonBinary")]
    pub output_json: Json,
    /// Tokens the answer cost.
    pub tokens_used: Option<i32>,
    /// When the row was made, UTC.
    pub created_at: ChronoDateTimeUtc,
    /// When the row last changed, UTC.
    pub updated_at: ChronoDateTimeUtc,
    /// Set when the row was soft-deleted.
    pub deleted_at: Option<ChronoDateTimeUtc>,
}

/// No relations: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
