//! Background jobs: the rows are the queue.

use sea_orm::entity::prelude::*;

/// Where a job is in its life.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "snake_case")]
pub enum JobStatus {
    /// Waits for a worker.
    Pending,
    /// A worker has it.
    Running,
    /// Done.
    Completed,
    /// Given up, or cancelled.
    Failed,
}

impl JobStatus {
    /// The word used in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// One job.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "processing_jobs")]
pub struct Model {
    /// UUID v7, so ids sort by creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The recording it works on.
    pub video_id: Option<Uuid>,
    /// Who asked for it.
    pub user_id: Uuid,
    /// Such as `audio_extraction`.
    pub job_type: String,
    /// Where it is in its life.
    pub status: JobStatus,
    /// Percent, 0-100.
    pub progress: i32,
    /// What it is doing, in a word.
    pub stage: Option<String>,
    /// Why it failed, in a sentence for people.
    pub error_message: Option<String>,
    /// Why it failed, as a stable code.
    pub error_code: Option<String>,
    /// Parameters, known to the job type only.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// What came of it.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub result: Option<Json>,
    /// How often it was started.
    pub attempts: i32,
    /// How often it may be started.
    pub max_attempts: i32,
    /// Higher goes first.
    pub priority: i32,
    /// Its place in the line: when it was asked for, less the head start it was given.
    pub rank_at: Option<ChronoDateTimeUtc>,
    /// How many jobs of its user may run at once; 0 for any number.
    pub user_slots: i32,
    /// How many batches of early hits followers can read.
    pub hits_told: i32,
    /// The request that asked for it.
    pub request_id: Option<Uuid>,
    /// Whether those who wait for its end were told, or nobody waits.
    pub announced: bool,
    /// Not to be started before.
    pub run_at: ChronoDateTimeUtc,
    /// When its worker counts as lost.
    pub lease_expires_at: Option<ChronoDateTimeUtc>,
    /// The worker that runs it.
    pub locked_by: Option<String>,
    /// Its owner wants it stopped.
    pub cancel_requested: bool,
    /// First start.
    pub started_at: Option<ChronoDateTimeUtc>,
    /// End, good or bad.
    pub finished_at: Option<ChronoDateTimeUtc>,
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
