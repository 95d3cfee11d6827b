//! What can go wrong below the rules: rows, files, connections.

/// Failures of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The thing asked for is not there.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// A uniqueness rule of the database refused the write.
    #[error("already there: {0}")]
    Conflict(String),
    /// The database or the blob store does not answer.
    #[error("storage does not answer: {0}")]
    Unavailable(String),
    /// Stored data does not have the shape it was written in.
    #[error("stored data is damaged: {0}")]
    Corrupt(String),
    /// The address of a database or blob store is not understood.
    #[error("address {url:?} is not understood: {why}")]
    Address {
        /// The address without its password.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The target of a move has data that is not of this move.
    #[error("the target is in use: it has {0}; choose an empty one")]
    TargetInUse(String),
    /// Somebody works on the source of a move.
    #[error("the source is in use: {0}; stop its servers and workers, then move again")]
    SourceInUse(String),
    /// The source cannot be moved as it is.
    #[error("the source cannot be moved: {0}")]
    SourceUnfit(String),
    /// Source and target of a move are not the same.
    #[error("source and target differ: {0}; start again with an empty target")]
    Differs(String),
    /// Any other database failure.
    #[error("database: {0}")]
    Database(#[source] sea_orm::DbErr),
    /// Any other blob failure.
    #[error("blob store: {0}")]
    Blob(#[source] object_store::Error),
    /// A file of the machine could not be read or written.
    #[error("file {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        use sea_orm::{DbErr, SqlErr};
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(what)) => return Self::Conflict(what),
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => return Self::NotFound("referenced row"),
            _ => {}
        }
        if let Some(why) = passing(&error) {
            return Self::Unavailable(why.to_owned());
        }
        match error {
            DbErr::ConnectionAcquire(cause) => Self::Unavailable(cause.to_string()),
            DbErr::Conn(cause) => Self::Unavailable(cause.to_string()),
            DbErr::RecordNotFound(_) => Self::NotFound("row"),
            DbErr::Json(cause) | DbErr::Type(cause) => Self::Corrupt(cause),
            other => Self::Database(other),
        }
    }
}

/// Why the database cannot do now what it can do at other times, if that is so.
fn passing(error: &sea_orm::DbErr) -> Option<&'static str> {
    use sea_orm::{DbErr, RuntimeErr};
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = error else {
        return None;
    };
    let sqlx::Error::Database(cause) = cause.as_ref() else { return None };
    let code = cause.code()?;
    match code.as_ref() {
        "53100" => Some("the database's disk is full"),
        // SQLite's codes are smaller; the last byte is the family.
        code if code.len() < 5 => match code.parse::<u32>().ok()? & 0xFF {
            5 => Some("the database is busy"),
            10 => Some("the database's disk cannot be read or written"),
            13 => Some("the database's disk is full"),
            _ => None,
        },
        _ => None,
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound("file"),
            // What a bucket says when it cannot be reached, or not now.
            object_store::Error::Generic { store: "S3", source } => Self::Unavailable(source.to_string()),
            other => Self::Blob(other),
        }
    }
}

/// Result with this crate's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;
