//! The same stories on SQLite and PostgreSQL.

mod migrations;
mod queue;
mod support;
