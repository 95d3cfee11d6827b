//! Database addresses: ours, sqlx's and SQLAlchemy's ways to write them.
//!
//! Conventions: as in SQLAlchemy, `sqlite:///notes.db` is relative to the working directory and `sqlite:////var/notes.db`
//! absolute; the driver behind the plus sign (`+asyncpg`, `+psycopg2`, `+aiosqlite`) is ignored, and asyncpg's `ssl=` is read
//! as `sslmode=`: what somebody wants encrypted must not go in the clear because of a word.

use std::path::PathBuf;

use crate::{Error, Result};

/// A database address taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A file.
    Sqlite(PathBuf),
    /// A server, as a `postgres://` URL.
    Postgres(String),
}

/// Reads a database address.
///
/// # Errors
/// `Error::Address` for other databases, for a missing file name and for `:memory:`, which no second connection sees.
pub(crate) fn parse(url: &str) -> Result<Address> {
    let refuse = |why: &str| Error::Address { url: without_password(url), why: why.to_owned() };
    let (scheme, rest) =
        url.split_once(':').ok_or_else(|| refuse("it has no scheme such as sqlite: or postgresql:"))?;
    let dialect = scheme.split('+').next().unwrap_or(scheme);
    match dialect {
        "sqlite" => {
            let path = rest.strip_prefix("///").or_else(|| rest.strip_prefix("//")).unwrap_or(rest);
            let path = path.split('?').next().unwrap_or(path);
            if path.is_empty() || path == ":memory:" {
                return Err(refuse("SQLite needs a file name"));
            }
            Ok(Address::Sqlite(PathBuf::from(path)))
        }
        "postgres" | "postgresql" => {
            let rest = rest.replace("?ssl=", "?sslmode=").replace("&ssl=", "&sslmode=");
            Ok(Address::Postgres(format!("postgres:{rest}")))
        }
        other => Err(refuse(&format!("{other} is neither sqlite nor postgresql"))),
    }
}

/// The address with its password replaced, fit for logs and messages.
pub fn without_password(url: &str) -> String {
    let Some((head, tail)) = url.split_once("://") else { return url.to_owned() };
    let Some((user, host)) = tail.rsplit_once('@') else { return url.to_owned() };
    let user = user.split(':').next().unwrap_or(user);
    format!("{head}://{user}:***@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlalchemy_addresses_are_understood() {
        let sqlite = |path: &str| Address::Sqlite(PathBuf::from(path));
        assert_eq!(parse("sqlite+aiosqlite:///./drums.db").unwrap(), sqlite("./drums.db"));
        assert_eq!(parse("sqlite:////var/lib/drums.db").unwrap(), sqlite("/var/lib/drums.db"));
        assert_eq!(parse("sqlite:drums.db?mode=rwc").unwrap(), sqlite("drums.db"));
        let postgres = Address::Postgres("postgres://me:pw@host:5432/drums".to_owned());
        for scheme in ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg2"] {
            assert_eq!(parse(&format!("{scheme}://me:pw@host:5432/drums")).unwrap(), postgres);
        }
        let encrypted = Address::Postgres("postgres://host/drums?a=b&sslmode=require".to_owned());
        assert_eq!(parse("postgresql+asyncpg://host/drums?a=b&ssl=require").unwrap(), encrypted);
    }

    #[test]
    fn other_databases_are_refused_without_showing_the_password() {
        let error = parse("mysql://me:hunter2@host/drums").unwrap_err().to_string();
        assert!(error.contains("mysql is neither") && !error.contains("hunter2"), "{error}");
        assert!(parse("sqlite::memory:").is_err());
        assert!(parse("drums.db").is_err());
    }
}
