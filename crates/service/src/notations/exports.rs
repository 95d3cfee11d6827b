//! A notation as a file.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::revisions::view;
use crate::error::{refusal, sentence};
use crate::pipeline::{self, Exported, PipelineError};
use crate::{Actor, App, Error, FieldError, Result};

/// A file asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Id or extension of a format.
    pub format: String,
    /// Which revision; the current one where nothing is said.
    pub revision: Option<i32>,
    /// A drum kit of one's own to lay over the score.
    pub kit: Option<Uuid>,
    /// Values of options by name, as `export::OPTIONS` lists them.
    pub options: BTreeMap<String, String>,
}

/// A name for the content of a file, the same as long as the content is; found without making the file.
///
/// # Errors
/// As [`view`].
pub async fn tag(app: &App, actor: &Actor, id: Uuid, wanted: &Wanted) -> Result<String> {
    let seen = view(app, actor, id, wanted.revision).await?;
    let format = wanted.format.to_ascii_lowercase();
    let kit = match wanted.kit {
        Some(kit) => Some((kit, crate::drum_kits::lines(app, actor, kit).await?.1)),
        None => None,
    };
    let facts = (env!("CARGO_PKG_VERSION"), id, seen.notation.revision, format, kit, &wanted.options);
    Ok(hex::encode(&Sha256::digest(format!("{facts:?}"))[..16]))
}

/// A notation as a file, and a name for it without extension.
///
/// # Errors
/// `NotFound`; `Rule` for an unknown format, naming those there are, and for a page that is not there; `Invalid` for an
/// option that the format does not have or a value it does not take.
pub async fn export(app: &App, actor: &Actor, id: Uuid, wanted: Wanted) -> Result<(Exported, String)> {
    let notation = view(app, actor, id, wanted.revision).await?.notation;
    let name = notation.title.clone();
    let (format, options) = read(&wanted.format, &wanted.options)?;
    let kit = match wanted.kit {
        Some(kit) => crate::drum_kits::lines(app, actor, kit).await?.0,
        None => Vec::new(),
    };
    // Pictures and sound of a long score take memory: so many at a time, the others wait for their turn.
    let _place = app.exporting.acquire().await.expect("the places are never closed");
    let written = tokio::task::spawn_blocking(move || {
        write(&notation.notation_json, &notation.performance_json, format, &options, &kit).map_err(refused)
    });
    Ok((written.await.map_err(Error::internal)??, if name.is_empty() { "notation".to_owned() } else { name }))
}

pub(crate) use pipeline::export as write;

/// The refusal of what cannot be written.
pub(crate) fn refused(error: PipelineError) -> Error {
    match error {
        PipelineError::Export(error @ export::Error::NoSuchPage { .. }) => {
            Error::Rule(refusal("page_unknown", sentence(&error), "Pages count from 1."))
        }
        PipelineError::Export(error @ export::Error::LimitReached { .. }) => {
            Error::Rule(refusal("export_too_large", sentence(&error), "Export pages one by one, or with fewer dpi."))
        }
        other => Error::internal(other),
    }
}

/// A format by id or extension, and options for it by name.
///
/// # Errors
/// `Rule` for an unknown format, naming those there are; `Invalid` for options that it does not take.
pub(crate) fn read(format: &str, values: &BTreeMap<String, String>) -> Result<(export::Format, export::Options)> {
    let format = export::find(format).map_err(|error| {
        let hint = format!("Formats: {}.", pipeline::formats().join(", "));
        Error::Rule(refusal("format_unknown", sentence(&error), hint))
    })?;
    Ok((format, read_options(format, values)?))
}

/// Options by name, each checked against the list and the format.
fn read_options(format: export::Format, values: &BTreeMap<String, String>) -> Result<export::Options> {
    let mut options = export::Options::default();
    let mut wrong = Vec::new();
    for (name, value) in values {
        let place = vec!["query".to_owned(), name.chars().take(40).collect()];
        let known = export::OPTIONS.iter().find(|option| option.name == name);
        let (kind, message) = match (known, options.set(name, value)) {
            (Some(option), Ok(())) if !option.formats.is_empty() && !option.formats.contains(&format.id) => {
                let formats = option.formats.join(", ");
                ("rule", format!("the format {} has no such option; it is for {formats}", format.id))
            }
            (_, Ok(())) => continue,
            (_, Err(error)) => ("option", error.to_string()),
        };
        wrong.push(FieldError { place, kind, message });
    }
    if wrong.is_empty() { Ok(options) } else { Err(Error::Invalid(wrong)) }
}
