//! Moving an installation: every row and every file, to another database and another place for files, and back.
//!
//! Conventions: a move only reads its source and only adds to its target. It may be cut off anywhere and begun again: rows
//! are copied in the order of their ids, so the target itself says how far it came, and a file is there whole or not at
//! all. Until everything was counted and hashed on both sides, the target is marked, and no process starts on it.

mod digest;
mod files;
mod marker;
mod tables;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};

use crate::{Blobs, Error, Result, Store, queue};

pub use files::FilesDone;
pub use marker::unfinished;
use tables::{Rows, Table};

/// What is moved, and where to. Rows or files stay where they are when they have no new place.
#[derive(Debug)]
pub struct Move {
    /// The rows as they are.
    pub from: Store,
    /// The files as they are.
    pub from_blobs: Blobs,
    /// The rows' new database.
    pub to: Option<Store>,
    /// The files' new place.
    pub to_blobs: Option<Blobs>,
    /// The source in words, without passwords: whoever goes on with a move must come from the same.
    pub origin: String,
}

/// How far a move is, for whoever watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many files are in their new place.
    Files(FilesDone),
    /// So many rows of a table are.
    Rows {
        /// The table.
        table: &'static str,
        /// How many.
        done: u64,
        /// Of how many.
        all: u64,
    },
    /// A table was compared and is the same on both sides.
    Compared {
        /// The table.
        table: &'static str,
        /// Its rows.
        rows: u64,
    },
}

/// Told every step.
pub type Tell<'a> = &'a mut (dyn FnMut(Step) + Send);

/// What a move did, all of it checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Tables compared.
    pub tables: usize,
    /// Rows compared.
    pub rows: u64,
    /// Files compared.
    pub files: FilesDone,
}

/// What a move would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Rows of each table of the source.
    pub rows: Vec<(&'static str, u64)>,
    /// Files of the source, and their bytes.
    pub files: FilesDone,
    /// Whether the target holds the beginning of this move.
    pub begun: bool,
}

/// Longest wait for those who still write to the source, milliseconds.
const WRITERS_MS_MAX: u32 = 20_000;

/// Looks at both sides without changing either.
///
/// # Errors
/// As [`run`].
pub async fn survey(plan: &Move) -> Result<Survey> {
    check_source(plan).await?;
    let mut survey = Survey::default();
    for table in tables::all() {
        survey.rows.push((table.name, table.count(&plan.from.rows().into()).await?));
    }
    let listed = files::list(&plan.from_blobs).await?;
    survey.files = files::sum(&listed);
    if let Some(to) = &plan.to
        && to.migrate_status().await?.iter().any(|migration| migration.applied)
    {
        survey.begun = marker::check(to, &plan.origin).await?;
    }
    if let Some(blobs) = &plan.to_blobs {
        files::check_target(blobs, &listed).await?;
    }
    Ok(survey)
}

/// Moves, or goes on with a move that was cut off, and compares both sides.
///
/// # Errors
/// `TargetInUse` when the target has data that is not of this move; `SourceInUse` when somebody works on the source;
/// `Differs` when both sides are not the same in the end; `SourceUnfit` for a source of an older version.
pub async fn run(plan: &Move, tell: Tell<'_>) -> Result<Moved> {
    check_source(plan).await?;
    if let Some(to) = &plan.to {
        to.migrate_up(None).await?;
        marker::begin(to, &plan.origin).await?;
    }
    let listed = files::list(&plan.from_blobs).await?;
    let mut moved = Moved::default();
    if let Some(blobs) = &plan.to_blobs {
        files::check_target(blobs, &listed).await?;
        moved.files = files::copy(&plan.from_blobs, blobs, &listed, tell).await?;
    }
    // From here to the end nobody writes to the source, so that what is compared is what was copied.
    let source = hold(&plan.from).await?;
    let to = plan.to.as_ref().map(|to| Rows::from(to.rows()));
    for table in tables::all() {
        if let Some(to) = &to {
            copy_table(&(&source).into(), to, &table, tell).await?;
        }
        let rows = compare_table(&(&source).into(), to.as_ref(), &table, &listed).await?;
        tell(Step::Compared { table: table.name, rows });
        moved.tables += 1;
        moved.rows += rows;
    }
    source.rollback().await?;
    if let Some(to) = &plan.to {
        tables::go_on_counting(to.rows()).await?;
        marker::finish(to).await?;
    }
    Ok(moved)
}

/// A source must have every table and nobody at work.
async fn check_source(plan: &Move) -> Result<()> {
    let missing = plan.from.migrate_status().await?.iter().filter(|migration| !migration.applied).count();
    if missing > 0 {
        let why = format!("{missing} migrations are missing; run `backbeat migrate up` on it first");
        return Err(Error::SourceUnfit(why));
    }
    if let Some(origin) = unfinished(plan.from.rows()).await? {
        let why = format!("it is itself the target of a move from {origin} that is not finished");
        return Err(Error::SourceUnfit(why));
    }
    match queue::working(plan.from.rows()).await? {
        0 => Ok(()),
        jobs => Err(Error::SourceInUse(format!("{jobs} jobs are being worked on"))),
    }
}

/// A transaction in which the source stands still.
async fn hold(from: &Store) -> Result<DatabaseTransaction> {
    // On SQLite it takes the one lock for writing.
    let held = from.begin().await?.rows;
    if held.get_database_backend() == DbBackend::Postgres {
        held.execute_unprepared(&format!("SET LOCAL lock_timeout = {WRITERS_MS_MAX}")).await?;
        let names: Vec<&str> = tables::all().iter().map(|table| table.name).collect();
        let lock = format!("LOCK TABLE {} IN SHARE MODE", names.join(", "));
        held.execute_unprepared(&lock).await.map_err(|error| Error::SourceInUse(error.to_string()))?;
    }
    Ok(held)
}

async fn copy_table(source: &Rows<'_>, to: &Rows<'_>, table: &Table, tell: Tell<'_>) -> Result<()> {
    let all = table.count(source).await?;
    let mut done = table.count(to).await?;
    let mut after = table.last(to).await?;
    loop {
        let (rows, last) = table.copy(source, to, after).await?;
        if rows == 0 {
            return Ok(());
        }
        done += rows;
        after = last;
        tell(Step::Rows { table: table.name, done, all });
    }
}

/// Compares a table on both sides, and sees that every row has its file; gives how many rows there are.
async fn compare_table(source: &Rows<'_>, to: Option<&Rows<'_>>, table: &Table, listed: &files::Listed) -> Result<u64> {
    let here = table.digest(source).await?;
    if let Some(to) = to {
        let there = table.digest(to).await?;
        if here.rows != there.rows {
            return Err(Error::Differs(format!("{}: {} rows, then {}", table.name, here.rows, there.rows)));
        }
        if here.hash != there.hash {
            return Err(Error::Differs(format!("{}: not all of {} rows", table.name, here.rows)));
        }
    }
    let lost: Vec<&String> = here.files.iter().filter(|key| !listed.contains_key(*key)).collect();
    match lost.first() {
        None => Ok(here.rows),
        Some(first) => {
            let what = format!("{} rows of {} have no file, such as {first}", lost.len(), table.name);
            Err(Error::Differs(what))
        }
    }
}
