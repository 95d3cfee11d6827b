//! The one place where SQLite and PostgreSQL differ.
//!
//! Conventions: several machines share one PostgreSQL, so queue times are told by its clock; SQLite lives in one
//! process, and its own time text sorts differently from the program's, so there the program's clock is used.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{DbBackend, SqliteTransactionMode, TransactionOptions};

/// The present in the resolution that both databases keep.
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// The present, plus `ahead`, as the database at hand should tell it.
pub(crate) fn clock(backend: DbBackend, ahead: Duration) -> SimpleExpr {
    match backend {
        DbBackend::Postgres => {
            Expr::cust_with_values("clock_timestamp() + make_interval(secs => $1)", [ahead.as_secs_f64()])
        }
        _ => Expr::val(now() + ahead),
    }
}

/// How a writing transaction begins: on SQLite it takes the write lock at once. A plain BEGIN that reads first and
/// writes later fails when another connection wrote in between, and no time-out helps.
pub(crate) fn writing() -> TransactionOptions {
    TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() }
}
