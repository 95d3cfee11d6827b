//! From one state of a notation to another: edits, and the steps between revisions.
//!
//! Conventions: a step is a JSON document `{"score": <backbeat-edits>, "performance"?, "report"?}`; the score part says
//! exactly what to put back, the others are there where they differ.

use export::json;
use score::{Edit, Score};
use serde::{Deserialize, Serialize};
use serde_json::Value as Document;
use store::notations::State;

use super::PipelineError;
use super::documents::{read_score, score_document};

/// What leads from one state to another.
#[derive(Debug, Serialize, Deserialize)]
struct Step {
    score: Document,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    performance: Option<Document>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    report: Option<Document>,
}

/// Why edits were not made.
#[derive(Debug)]
pub(crate) enum EditError {
    /// This one, from 0, does not fit the score.
    Refused(usize, score::Error),
    /// A document could not be read or written.
    Pipeline(PipelineError),
}

impl<E: Into<PipelineError>> From<E> for EditError {
    fn from(error: E) -> Self {
        Self::Pipeline(error.into())
    }
}

/// Reads the edits of a request.
pub(crate) fn read_edits(edits: &[Document]) -> Result<Vec<Edit>, export::Error> {
    let document = serde_json::json!({ "format": "backbeat-edits", "version": 1, "edits": edits });
    json::read_edits(&serde_json::to_vec(&document)?)
}

/// Puts a score into a state, with the facts that are kept beside it.
pub(crate) fn put_score(state: &mut State, score: &Score) -> Result<(), PipelineError> {
    state.notation_json = score_document(score)?;
    state.title.clone_from(&score.title);
    state.measures = i32::try_from(score.measures.len()).unwrap_or(i32::MAX);
    if let Some(tempo) = score.tempo() {
        state.tempo = tempo.bpm.get();
    }
    if let Some(first) = score.measures.first() {
        state.time_signature = first.meter.to_string();
    }
    Ok(())
}

/// A state after some edits.
pub(crate) fn edited(mut state: State, edits: Vec<Edit>) -> Result<State, EditError> {
    let mut score = read_score(&state.notation_json)?;
    for (index, edit) in edits.into_iter().enumerate() {
        score = score::apply(&score, edit).map_err(|error| EditError::Refused(index, error))?.0;
    }
    put_score(&mut state, &score)?;
    Ok(state)
}

/// The step that leads from one state to another.
pub(crate) fn between(from: &State, to: &State) -> Result<Document, PipelineError> {
    let (now, then) = (read_score(&from.notation_json)?, read_score(&to.notation_json)?);
    let part = Edit::Restore(Box::new(score::difference(&now, &then)));
    let report = (from.report != to.report).then(|| to.report.clone().unwrap_or_default());
    let step = Step {
        score: serde_json::from_slice(&json::write_edits(&[part])?)?,
        performance: (from.performance_json != to.performance_json).then(|| to.performance_json.clone()),
        report: report.filter(|report| !report.is_null()),
    };
    Ok(serde_json::to_value(step)?)
}

/// A state after some steps.
pub(crate) fn follow(mut state: State, steps: Vec<Document>) -> Result<State, EditError> {
    let mut score = read_score(&state.notation_json)?;
    for step in steps {
        let step: Step = serde_json::from_value(step)?;
        for edit in json::read_edits(&serde_json::to_vec(&step.score)?)? {
            score = score::apply(&score, edit).map_err(|error| EditError::Refused(0, error))?.0;
        }
        state.performance_json = step.performance.unwrap_or(state.performance_json);
        state.report = step.report.or(state.report);
    }
    put_score(&mut state, &score)?;
    Ok(state)
}

/// What edits do, in words.
pub(crate) fn summary(edits: &[Edit]) -> String {
    let Some(first) = edits.first() else { return "Nothing changed".to_owned() };
    let first = words(first);
    match edits.len() {
        1 => first,
        2 => format!("{first} and 1 more change"),
        count => format!("{first} and {} more changes", count - 1),
    }
}

fn words(edit: &Edit) -> String {
    let name = |instrument: &drums::Instrument| instrument.name();
    match edit {
        Edit::Add { instrument, .. } => format!("Added: {}", name(instrument)),
        Edit::Remove(_) => "Removed a note".to_owned(),
        Edit::Move { .. } => "Moved a note".to_owned(),
        Edit::Instrument(_, instrument) => format!("Changed a note to: {}", name(instrument)),
        Edit::Velocity(..) => "Changed how hard a note is played".to_owned(),
        Edit::Ghost(_, true) => "Made a ghost note".to_owned(),
        Edit::Ghost(..) => "Made a ghost note a full one".to_owned(),
        Edit::Choke(_, true) => "Choked a cymbal".to_owned(),
        Edit::Choke(..) => "Let a cymbal ring".to_owned(),
        Edit::Accent(_, true) => "Added an accent".to_owned(),
        Edit::Accent(..) => "Removed an accent".to_owned(),
        Edit::Sticking(..) => "Changed the sticking".to_owned(),
        Edit::Graces(..) => "Changed grace notes".to_owned(),
        Edit::Roll(..) => "Changed a roll".to_owned(),
        Edit::Rehearsal(_, letter) if letter.trim().is_empty() => "Removed a rehearsal mark".to_owned(),
        Edit::Rehearsal(_, letter) => format!("Rehearsal mark {}", letter.chars().take(20).collect::<String>()),
        Edit::HalfTempo => "Half the tempo".to_owned(),
        Edit::DoubleTempo => "Double the tempo".to_owned(),
        Edit::ShiftBarOne { beats } => format!("Moved bar 1 by {beats} beats"),
        Edit::Meter { meter, .. } => format!("Changed the meter to {meter}"),
        _ => "Put a passage back".to_owned(),
    }
}
