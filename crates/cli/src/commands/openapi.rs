//! `backbeat openapi`: the contract, for tools.

use crate::exit::Exit;
use crate::terminal;
use anyhow::Result;

/// Prints the document.
pub(crate) fn run() -> Result<Exit> {
    terminal::say(&api::openapi_json());
    Ok(Exit::Done)
}
