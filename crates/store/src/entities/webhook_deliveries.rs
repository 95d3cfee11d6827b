//! Calls to webhooks, made and to be made.

use sea_orm::entity::prelude::*;

/// Where a call is in its life.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// To be made, for the first time or again.
    Pending,
    /// Answered with success.
    Delivered,
    /// Given up.
    Failed,
}

impl DeliveryStatus {
    /// The word used in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// One call.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The webhook.
    pub webhook_id: Uuid,
    /// Name of the event.
    pub event: String,
    /// What is sent, unopened here.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// Where it is in its life.
    pub status: DeliveryStatus,
    /// How often it was tried.
    pub attempts: i32,
    /// Not to be tried before.
    pub next_at: ChronoDateTimeUtc,
    /// What the last try was answered with.
    pub response_status: Option<i32>,
    /// Why the last try did not work out.
    pub error: Option<String>,
    /// When the row was made, UTC.
    pub created_at: ChronoDateTimeUtc,
    /// When the row last changed, UTC.
    pub updated_at: ChronoDateTimeUtc,
}

/// No relations: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
