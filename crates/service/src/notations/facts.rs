//! What a notation says, for programs.

use uuid::Uuid;

use super::revisions::view;
use crate::error::refusal;
use crate::pipeline::PipelineError;
use crate::pipeline::reading::{Comparison, Doubt, MeasureFact, Music, NoteFact, Statistics};
use crate::{Actor, App, Error, Result};

/// Notes of one instrument no further apart than this are the same when two notations are compared, seconds.
const SAME_NOTE_S: f64 = 0.05;

/// Which notes to list.
#[derive(Clone, Debug, Default)]
pub struct NoteFilter {
    /// Only from this time on, seconds.
    pub from_s: Option<f64>,
    /// Only before this time, seconds.
    pub to_s: Option<f64>,
    /// Only this instrument.
    pub instrument: Option<String>,
    /// Only notes of which the listener was at least so sure, 0-1.
    pub min_confidence: Option<f64>,
}

/// Two notations side by side.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Tempo and meter of each, as printed.
    pub facts: [(f64, String); 2],
    /// Where they agree and where not.
    pub comparison: Comparison,
}

/// Reads a notation of one's own and asks it something, on a blocking thread.
async fn ask<T: Send + 'static>(
    app: &App,
    actor: &Actor,
    id: Uuid,
    revision: Option<i32>,
    question: impl FnOnce(&Music) -> T + Send + 'static,
) -> Result<T> {
    let notation = view(app, actor, id, revision).await?.notation;
    let answer = tokio::task::spawn_blocking(move || -> Result<T, PipelineError> {
        Ok(question(&Music::read(&notation.notation_json, &notation.performance_json)?))
    });
    answer.await.map_err(Error::internal)?.map_err(Error::internal)
}

/// The measures with printed numbers `from..=to`, and how many there are in all.
///
/// # Errors
/// `NotFound`, also for those of others; `Rule` for a range that runs backwards.
pub async fn measures(
    app: &App,
    actor: &Actor,
    id: Uuid,
    revision: Option<i32>,
    (from, to): (u32, u32),
) -> Result<(Vec<MeasureFact>, usize)> {
    if from > to {
        let message = format!("Measures {from} to {to} run backwards.");
        return Err(Error::Rule(refusal("range_backwards", message, "Say the smaller number first.")));
    }
    ask(app, actor, id, revision, move |music| (music.measures(from, to), music.score.measures.len())).await
}

/// The notes in order of time.
///
/// # Errors
/// `NotFound`, also for those of others; `Rule` for a range that runs backwards or an instrument nobody knows.
pub async fn strokes(
    app: &App,
    actor: &Actor,
    id: Uuid,
    revision: Option<i32>,
    filter: NoteFilter,
) -> Result<Vec<NoteFact>> {
    let (from, to) = (filter.from_s.unwrap_or(f64::NEG_INFINITY), filter.to_s.unwrap_or(f64::INFINITY));
    if from > to {
        let message = format!("The time from {from} to {to} s runs backwards.");
        return Err(Error::Rule(refusal("range_backwards", message, "Say the earlier time first.")));
    }
    let instrument = filter.instrument.map(|name| known_instrument(&name)).transpose()?;
    let sure = filter.min_confidence.unwrap_or(0.0);
    ask(app, actor, id, revision, move |music| {
        let mut notes = music.notes();
        notes.retain(|note| {
            (from..to).contains(&note.time_s)
                && instrument.is_none_or(|wanted| note.instrument == wanted)
                && note.confidence.unwrap_or(1.0) >= sure
        });
        notes
    })
    .await
}

/// The id of an instrument named by id or alias.
pub(crate) fn known_instrument(name: &str) -> Result<&'static str> {
    name.parse::<drums::Instrument>().map(drums::Instrument::id).map_err(|error| {
        let known = drums::instruments().iter().map(|row| row.id).collect::<Vec<_>>().join(", ");
        Error::Rule(refusal("instrument_unknown", crate::error::sentence(&error), format!("Instruments: {known}.")))
    })
}

/// The hits of whose instrument the listener was less sure than `below`, most doubtful first, and how many there are.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn review(app: &App, actor: &Actor, id: Uuid, below: f64, limit: usize) -> Result<(Vec<Doubt>, usize)> {
    ask(app, actor, id, None, move |music| {
        let mut doubts = music.doubts(below);
        let total = doubts.len();
        doubts.truncate(limit);
        (doubts, total)
    })
    .await
}

/// The laws of notation that a score breaks, in words; none for a notation made here.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn validate(app: &App, actor: &Actor, id: Uuid, revision: Option<i32>) -> Result<Vec<String>> {
    ask(app, actor, id, revision, Music::violations).await
}

/// Figures about a notation.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn statistics(app: &App, actor: &Actor, id: Uuid, revision: Option<i32>) -> Result<Statistics> {
    ask(app, actor, id, revision, Music::statistics).await
}

/// How two notations, or two revisions of one, differ.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn compare(
    app: &App,
    actor: &Actor,
    first: (Uuid, Option<i32>),
    second: (Uuid, Option<i32>),
) -> Result<Compared> {
    let one = view(app, actor, first.0, first.1).await?.notation;
    let two = view(app, actor, second.0, second.1).await?.notation;
    let facts = [(one.tempo, one.time_signature.clone()), (two.tempo, two.time_signature.clone())];
    let compared = tokio::task::spawn_blocking(move || -> Result<Comparison, PipelineError> {
        let one = Music::read(&one.notation_json, &one.performance_json)?;
        let two = Music::read(&two.notation_json, &two.performance_json)?;
        Ok(one.compare(&two, SAME_NOTE_S))
    });
    let comparison = compared.await.map_err(Error::internal)?.map_err(Error::internal)?;
    Ok(Compared { facts, comparison })
}
