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
        match error {
            DbErr::ConnectionAcquire(cause) => Self::Unavailable(cause.to_string()),
            DbErr::Conn(cause) => Self::Unavailable(cause.to_string()),
            DbErr::RecordNotFound(_) => Self::NotFound("row"),
            DbErr::Json(cause) | DbErr::Type(cause) => Self::Corrupt(cause),
            other => Self::Database(other),
        }
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
