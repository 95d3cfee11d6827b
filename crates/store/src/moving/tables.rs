//! Every table, and what a move does with one.
//!
//! Conventions: in an order in which rows come after those they point at. A row is the list of its values, in the order of
//! the table's columns. A table that is missing here is found by a test.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Order, Query, SelectStatement, Value};
use sea_orm::{
    DatabaseConnection, DatabaseExecutor, DbBackend, FromQueryResult, Iterable, ModelTrait, QueryResult, QueryTrait,
};
use sha2::{Digest as _, Sha256};

use super::digest::{self, Digest};
use crate::entities::*;
use crate::{Error, Result};

/// Rows copied with one statement, of tables with documents in them and of others. At most so many are in memory.
const DOCUMENTS_AT_ONCE: u64 = 50;
const ROWS_AT_ONCE: u64 = 1000;

/// The key of every table.
const ID: &str = "id";
/// The column that names a file.
const FILE: &str = "storage_path";

/// Whoever answers questions: a database, or a transaction on one.
pub(super) type Rows<'a> = DatabaseExecutor<'a>;

/// The values of a row.
type Row = Vec<Value>;

/// A table.
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    columns: Vec<&'static str>,
    /// Whether its rows may be large.
    has_documents: bool,
    /// Asks for all of its columns.
    select: fn() -> SelectStatement,
    /// Reads what was answered.
    read: fn(&QueryResult) -> Result<Row>,
}

macro_rules! tables {
    ($($table:ident),* $(,)?) => {
        /// Every table but `moves`, which is about the database it is in, and the list of migrations.
        pub(super) fn all() -> Vec<Table> {
            vec![$(of::<$table::Entity>(stringify!($table))),*]
        }
    };
}

tables!(
    users,
    roles,
    user_roles,
    sessions,
    refresh_tokens,
    setup_links,
    login_failures,
    idempotency_keys,
    models,
    drum_kits,
    videos,
    audio_files,
    drum_events,
    derived_files,
    separations,
    shares,
    uploads,
    upload_parts,
    condemned_files,
    processing_jobs,
    job_hits,
    notations,
    revisions,
    exports,
    openai_enrichments,
    relistenings,
    webhooks,
    webhook_deliveries,
);

/// Tables that name files which need not be there: uploads under way, files to be removed.
const FILES_MAY_MISS: [&str; 2] = ["uploads", "condemned_files"];
/// Tables whose soft-deleted rows have lost their files.
const FILES_GO_FIRST: [&str; 1] = ["models"];

fn of<E: EntityTrait>(name: &'static str) -> Table {
    let is_document = |column: E::Column| *column.def().get_column_type() == ColumnType::JsonBinary;
    Table {
        name,
        columns: E::Column::iter().map(|column| column.as_str()).collect(),
        has_documents: E::Column::iter().any(is_document),
        select: || E::find().into_query(),
        read: read::<E>,
    }
}

fn read<E: EntityTrait>(row: &QueryResult) -> Result<Row> {
    let row = E::Model::from_query_result(row, "")?;
    Ok(E::Column::iter().map(|column| row.get(column)).collect())
}

impl Table {
    /// How many rows it has.
    pub(super) async fn count(&self, rows: &Rows<'_>) -> Result<u64> {
        let count = Query::select().expr(Func::count(Expr::col(ID))).from(self.name).to_owned();
        let row = rows.query_one(&count).await?.ok_or(Error::NotFound("number"))?;
        Ok(u64::try_from(row.try_get_by_index::<i64>(0)?).unwrap_or(0))
    }

    /// The highest id in it.
    pub(super) async fn last(&self, rows: &Rows<'_>) -> Result<Option<Value>> {
        let last = (self.select)().order_by((Alias::new(self.name), ID), Order::Desc).limit(1).to_owned();
        let row = rows.query_one(&last).await?;
        row.map(|row| Ok(self.id((self.read)(&row)?))).transpose()
    }

    fn at(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| *name == column)
    }

    fn id(&self, mut row: Row) -> Value {
        row.swap_remove(self.at(ID).expect("every table has an id"))
    }

    /// The next rows behind an id, in order.
    async fn page(&self, rows: &Rows<'_>, after: Option<Value>) -> Result<Vec<Row>> {
        let id = || Expr::col((Alias::new(self.name), ID));
        let limit = if self.has_documents { DOCUMENTS_AT_ONCE } else { ROWS_AT_ONCE };
        let mut query = (self.select)().order_by_expr(id(), Order::Asc).limit(limit).to_owned();
        if let Some(after) = after {
            query.and_where(id().gt(after));
        }
        rows.query_all(&query).await?.iter().map(self.read).collect()
    }

    /// Copies the next rows behind an id; gives how many, and the id of the last.
    pub(super) async fn copy(
        &self,
        source: &Rows<'_>,
        to: &Rows<'_>,
        after: Option<Value>,
    ) -> Result<(u64, Option<Value>)> {
        let rows = self.page(source, after).await?;
        let Some(last) = rows.last().map(|row| self.id(row.clone())) else { return Ok((0, None)) };
        let number = rows.len() as u64;
        let mut insert = Query::insert().into_table(self.name).columns(self.columns.iter().copied()).to_owned();
        for row in rows {
            insert.values_panic(row.into_iter().map(Expr::val));
        }
        to.execute(&insert).await?;
        Ok((number, Some(last)))
    }

    /// What all of its rows come to.
    pub(super) async fn digest(&self, rows: &Rows<'_>) -> Result<Digest> {
        let file = self.at(FILE).filter(|_| !FILES_MAY_MISS.contains(&self.name));
        let (mut hash, mut number, mut files, mut after) = (Sha256::new(), 0, Vec::new(), None);
        loop {
            let page = self.page(rows, after).await?;
            let Some(last) = page.last().map(|row| self.id(row.clone())) else { break };
            for row in page {
                number += 1;
                let deleted = self.at("deleted_at").and_then(|at| row.get(at)).is_some_and(is_there);
                let kept = !(deleted && FILES_GO_FIRST.contains(&self.name));
                if let Some(Value::String(Some(key))) = file.filter(|_| kept).and_then(|at| row.get(at)) {
                    files.push(key.clone());
                }
                row.into_iter().try_for_each(|value| digest::add(&mut hash, value))?;
            }
            after = Some(last);
        }
        Ok(Digest { rows: number, hash: hash.finalize().into(), files })
    }
}

/// Whether a time is set.
fn is_there(time: &Value) -> bool {
    matches!(time, Value::ChronoDateTimeUtc(Some(_)))
}

/// Lets the one table whose ids are counted go on behind the rows that were copied.
pub(super) async fn go_on_counting(rows: &DatabaseConnection) -> Result<()> {
    if rows.get_database_backend() == DbBackend::Postgres {
        let next = "SELECT setval(pg_get_serial_sequence('job_hits', 'id'), \
                    coalesce((SELECT max(id) FROM job_hits), 0) + 1, false)";
        rows.execute_unprepared(next).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_table_comes_along() {
        let entities = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/entities")).unwrap();
        let names = entities.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
        let expected: BTreeSet<String> = names.filter(|name| name != "moves").collect();
        let moved: BTreeSet<String> = super::all().iter().map(|table| table.name.to_owned()).collect();
        assert_eq!(moved, expected);
    }
}
