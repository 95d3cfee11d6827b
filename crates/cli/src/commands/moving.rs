//! `backbeat move`: an installation to another database and another place for files, and back.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use service::Config;
use store::moving::{self, FilesDone, Move, Moved, Step};
use store::{Blobs, Connections, Store};

use crate::exit::Exit;
use crate::{configuration, terminal};

/// What goes where.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// New database: postgresql://user:password@host/name or sqlite:////folder/backbeat.db; rows stay where this is missing
    #[arg(long, value_name = "URL", env = "MOVE_TO_DB", hide_env_values = true)]
    to_db: Option<String>,
    /// New place for files: s3://bucket/prefix or file:/folder; files stay where this is missing
    #[arg(long, value_name = "URL", env = "MOVE_TO_BLOBS", hide_env_values = true)]
    to_blobs: Option<String>,
    /// Present database [default: that of the settings]
    #[arg(long, value_name = "URL", env = "MOVE_FROM_DB", hide_env_values = true)]
    from_db: Option<String>,
    /// Present place of files [default: that of the settings]
    #[arg(long, value_name = "URL", env = "MOVE_FROM_BLOBS", hide_env_values = true)]
    from_blobs: Option<String>,
    /// Data folder, as for `serve`
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Look at both sides and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Connections to each side: one copies, one has the source stand still.
const CONNECTIONS: u32 = 4;
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// Moves, or says what would be moved.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let config = configuration::load(arguments.data.as_deref(), None)?;
    let _log = configuration::log(&config)?;
    ensure!(
        arguments.to_db.is_some() || arguments.to_blobs.is_some(),
        "say where to: --to-db for the rows, --to-blobs for the files"
    );
    configuration::runtime()?.block_on(async {
        let plan = open(arguments, &config).await?;
        if arguments.dry_run {
            return look(&plan).await;
        }
        let mut told = Told { last: None };
        let moved = moving::run(&plan, &mut |step| told.step(step)).await?;
        conclude(arguments, &config, moved);
        Ok(Exit::Done)
    })
}

async fn open(arguments: &Arguments, config: &Config) -> Result<Move> {
    let from_db = absolute(&arguments.from_db.clone().unwrap_or_else(|| config.database_url()))?;
    let from_blobs = absolute(&arguments.from_blobs.clone().unwrap_or_else(|| config.blobs_address()))?;
    ensure!(store::is_there(&from_db)?, "there is no database at {}", store::without_password(&from_db));
    ensure!(Blobs::is_there(&from_blobs), "there are no files at {}", shown(&from_blobs));
    let (to_db, to_blobs) = (there(&arguments.to_db)?, there(&arguments.to_blobs)?);
    ensure!(to_db.as_ref() != Some(&from_db), "source and target are the same database");
    ensure!(to_blobs.as_ref() != Some(&from_blobs), "source and target are the same place of files");
    let origin = format!("{}, files in {}", store::without_password(&from_db), shown(&from_blobs));
    terminal::say(&format!("from  {origin}"));
    let rows = to_db.as_deref().map_or("rows stay".to_owned(), store::without_password);
    let files = to_blobs.as_deref().map_or("files stay".to_owned(), |url| format!("files in {}", shown(url)));
    terminal::say(&format!("to    {rows}, {files}"));
    let connect = async |url: &str| {
        let opened = Store::open_with(url, Connections::at_most(CONNECTIONS)).await;
        opened.with_context(|| store::without_password(url))
    };
    // What is not there yet is made, but not to be looked at.
    let look_only = arguments.dry_run;
    let to_db = to_db.filter(|url| !look_only || store::is_there(url).unwrap_or(true));
    let to_blobs = to_blobs.filter(|url| !look_only || Blobs::is_there(url));
    Ok(Move {
        from: connect(&from_db).await?,
        from_blobs: Blobs::open(&from_blobs)?,
        to: match to_db {
            Some(url) => Some(connect(&url).await?),
            None => None,
        },
        to_blobs: to_blobs.as_deref().map(Blobs::open).transpose()?,
        origin,
    })
}

/// The address with its folder as seen from the root: whoever goes on with a move may stand elsewhere.
fn absolute(url: &str) -> Result<String> {
    let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
    // What stands before a path, which may be relative: as SQLAlchemy has it, and as in any address.
    let before = match scheme.split('+').next() {
        Some("sqlite") => "///",
        Some("file") => "//",
        _ => return Ok(url.to_owned()),
    };
    let path = rest.strip_prefix(before).or_else(|| rest.strip_prefix("//")).unwrap_or(rest);
    let path = std::path::absolute(path).with_context(|| url.to_owned())?;
    Ok(format!("{scheme}:{before}{}", path.display()))
}

fn there(url: &Option<String>) -> Result<Option<String>> {
    url.as_deref().map(absolute).transpose()
}

/// The address of files without what is secret in it.
fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

async fn look(plan: &Move) -> Result<Exit> {
    let survey = moving::survey(plan).await?;
    for (table, rows) in survey.rows.iter().filter(|(_, rows)| *rows > 0) {
        terminal::say(&format!("  {table:<20} {rows:>10} rows"));
    }
    let files = survey.files;
    terminal::say(&format!("  {:<20} {:>10}, {}", "files", files.files, megabytes(files.bytes)));
    terminal::say(if survey.begun {
        "The target holds the beginning of this move; it would go on. Nothing was changed."
    } else {
        "The target is empty. Nothing was changed."
    });
    Ok(Exit::Done)
}

/// Prints how far it is, now and then.
struct Told {
    last: Option<Instant>,
}

impl Told {
    fn step(&mut self, step: Step) {
        let (line, always) = match step {
            Step::Files(done) => {
                let line = format!("files {} of {}, {}", done.files, done.files_all, megabytes(done.bytes));
                (line, done.files == done.files_all)
            }
            Step::Rows { table, done, all } => (format!("rows  {table} {done} of {all}"), done == all),
            Step::Compared { table, rows } => (format!("same  {table} {rows}"), rows > 0),
        };
        let due = self.last.is_none_or(|last| last.elapsed() >= TELL_EVERY);
        if always || due {
            self.last = Some(Instant::now());
            terminal::say(&line);
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn conclude(arguments: &Arguments, config: &Config, moved: Moved) {
    let Moved { tables, rows, files } = moved;
    let FilesDone { files, bytes, found, .. } = files;
    terminal::say(&format!(
        "moved: {rows} rows of {tables} tables and {files} files ({}, {found} of them were there already) are the same on \
         both sides, by number and SHA-256",
        megabytes(bytes)
    ));
    if arguments.to_db.is_some() {
        terminal::say("Next: set DATABASE_URL_ASYNC to the new database.");
    }
    if arguments.to_blobs.is_some() {
        terminal::say("Next: set BLOBS_URL to the new place of the files.");
    }
    let secret = config.data_dir.join("secret_key");
    if config.secret_key.expose().is_empty() && secret.exists() {
        terminal::say(&format!(
            "Next: set SECRET_KEY to what is in {}; with another one everybody logs in anew and webhooks have new secrets.",
            secret.display()
        ));
    }
    terminal::say("The source is as it was; remove it once the new place works.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_folders_do_not_depend_on_where_one_stands() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(absolute("sqlite:///data/a.db").unwrap(), format!("sqlite:///{}/data/a.db", here.display()));
        assert_eq!(absolute("sqlite:////data/a.db").unwrap(), "sqlite:////data/a.db");
        assert_eq!(absolute("file:///blobs").unwrap(), "file:///blobs");
        assert_eq!(absolute("file:blobs").unwrap(), format!("file://{}/blobs", here.display()));
        assert_eq!(absolute("postgresql://host/name").unwrap(), "postgresql://host/name");
    }
}
