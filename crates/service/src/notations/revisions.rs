//! Changing a notation: every change makes a revision, and none is ever lost.
//!
//! Conventions: revisions are a tree. A change makes a child of the current revision under the next free number; undo goes
//! to the parent, redo to the child made last. Each revision keeps the step to its parent and back, so that any state
//! comes back exactly.

use serde_json::Value as Document;
use store::notations::{self as rows, NewRevision, RevisionEntry, State};
use store::{Notation, Revision};
use uuid::Uuid;

use super::owned;
use crate::error::{refusal, sentence};
use crate::pipeline::PipelineError;
use crate::pipeline::steps::{self, EditError};
use crate::policy::Action;
use crate::{Actor, App, Error, FieldError, Result};

/// Longest name of a revision, characters.
const NAME_CHARS_MAX: usize = 200;

/// How the summary of a revision begins that is the same as an earlier one.
pub(super) const REVERTED: &str = "Back to revision ";

/// A notation in one of its revisions, and what lies around that.
#[derive(Clone, Debug)]
pub struct View {
    /// The notation as it is in the revision.
    pub notation: Notation,
    /// Where an undo leads.
    pub undo_to: Option<i32>,
    /// Where a redo leads.
    pub redo_to: Option<i32>,
    /// The highest number of a revision.
    pub newest: i32,
}

/// A change asked for.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The revision the changes were made for.
    pub base_revision: i32,
    /// Only show what would come of it.
    pub preview: bool,
    /// The edits, as in the document `backbeat-edits`.
    pub edits: Vec<Document>,
}

/// A notation of one's own, in its current revision or another.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn view(app: &App, actor: &Actor, id: Uuid, revision: Option<i32>) -> Result<View> {
    let notation = owned(app, actor, Action::ReadNotation, id).await?;
    let wanted = revision.unwrap_or(notation.revision);
    let entries = rows::revisions(app.store.rows(), id).await?;
    if !entries.iter().any(|entry| entry.revision == wanted) {
        return Err(Error::NotFound("revision"));
    }
    let state = at_revision(app, &notation, &entries, wanted).await?;
    Ok(seen(notation, state, &entries, wanted))
}

/// A notation as it is in a revision, for whoever asked for it when they might.
///
/// # Errors
/// `NotFound`.
pub(crate) async fn in_revision(app: &App, id: Uuid, revision: i32) -> Result<Notation> {
    let notation = rows::get(app.store.rows(), id).await?;
    let entries = rows::revisions(app.store.rows(), id).await?;
    let state = at_revision(app, &notation, &entries, revision).await?;
    Ok(seen(notation, state, &entries, revision).notation)
}

/// All revisions, oldest first.
///
/// # Errors
/// As [`view`].
pub async fn list(app: &App, actor: &Actor, id: Uuid) -> Result<(Notation, Vec<RevisionEntry>)> {
    let notation = owned(app, actor, Action::ReadNotation, id).await?;
    let entries = rows::revisions(app.store.rows(), id).await?;
    Ok((notation, entries))
}

/// Gives a revision a name, or takes it away.
///
/// # Errors
/// As [`view`]; `Invalid` for a name that is too long.
pub async fn rename(app: &App, actor: &Actor, id: Uuid, revision: i32, name: Option<String>) -> Result<RevisionEntry> {
    owned(app, actor, Action::ChangeNotation, id).await?;
    let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    if name.as_ref().is_some_and(|name| name.chars().count() > NAME_CHARS_MAX) {
        let message = format!("a name has at most {NAME_CHARS_MAX} characters");
        return Err(Error::Invalid(vec![FieldError::body("name", "too_long", message)]));
    }
    rows::name_revision(app.store.rows(), id, revision, name).await?;
    let entries = rows::revisions(app.store.rows(), id).await?;
    entries.into_iter().find(|entry| entry.revision == revision).ok_or(Error::NotFound("revision"))
}

/// Makes edits, all or none.
///
/// # Errors
/// As [`view`]; `Invalid` for what is no edit; `Rule` for an edit that does not fit the score; `Conflict` when somebody
/// changed the notation meanwhile.
pub async fn edit(app: &App, actor: &Actor, id: Uuid, changes: Changes) -> Result<View> {
    let notation = owned(app, actor, Action::ChangeNotation, id).await?;
    let most = app.config.notation_edits_max;
    if changes.edits.len() > most {
        let message = format!("{} edits, at most {most} are taken at once", changes.edits.len());
        return Err(Error::Invalid(vec![FieldError::body("edits", "too_long", message)]));
    }
    let edits = changes.edits;
    let work = move |state: State| {
        let edits = steps::read_edits(&edits).map_err(|error| no_edits(&error))?;
        let summary = steps::summary(&edits);
        Ok((steps::edited(state, edits).map_err(refused)?, summary))
    };
    revise(app, notation, Some(changes.base_revision), changes.preview, work).await
}

/// Goes back to the revision the current one was made from.
///
/// # Errors
/// As [`view`]; `Conflict` when there is none.
pub async fn undo(app: &App, actor: &Actor, id: Uuid) -> Result<View> {
    let notation = owned(app, actor, Action::ChangeNotation, id).await?;
    let current = rows::revision(app.store.rows(), id, notation.revision).await?;
    let nothing = || refusal("nothing_to_undo", "There is nothing to undo.", "This is what was heard first.");
    let target = current.parent.ok_or_else(|| Error::Conflict(nothing()))?;
    go(app, notation, target).await
}

/// Goes on to the revision that was last made from the current one.
///
/// # Errors
/// As [`view`]; `Conflict` when there is none.
pub async fn redo(app: &App, actor: &Actor, id: Uuid) -> Result<View> {
    let notation = owned(app, actor, Action::ChangeNotation, id).await?;
    let current = rows::revision(app.store.rows(), id, notation.revision).await?;
    let nothing = || refusal("nothing_to_redo", "There is nothing to redo.", "Nothing was changed after this.");
    let target = current.redo_to.ok_or_else(|| Error::Conflict(nothing()))?;
    go(app, notation, target).await
}

/// Makes a new revision that is the same as an earlier one; an undo takes that back.
///
/// # Errors
/// As [`view`]; `Conflict` when somebody changed the notation meanwhile.
pub async fn revert(app: &App, actor: &Actor, id: Uuid, revision: i32) -> Result<View> {
    let notation = owned(app, actor, Action::ChangeNotation, id).await?;
    let entries = rows::revisions(app.store.rows(), id).await?;
    if !entries.iter().any(|entry| entry.revision == revision) {
        return Err(Error::NotFound("revision"));
    }
    let state = at_revision(app, &notation, &entries, revision).await?;
    let work = move |_: State| Ok((state, format!("{REVERTED}{revision}")));
    revise(app, notation, None, false, work).await
}

/// Makes a revision of what `work` makes of the current state, which happens on a blocking thread.
pub(crate) async fn revise(
    app: &App,
    notation: Notation,
    base: Option<i32>,
    preview: bool,
    work: impl FnOnce(State) -> Result<(State, String)> + Send + 'static,
) -> Result<View> {
    let base = base.unwrap_or(notation.revision);
    if base != notation.revision {
        return Err(conflict(base, notation.revision));
    }
    let from = State::from(&notation);
    let made = tokio::task::spawn_blocking(move || -> Result<_> {
        let (to, summary) = work(from.clone())?;
        let forth = steps::between(&from, &to).map_err(Error::internal)?;
        let back = steps::between(&to, &from).map_err(Error::internal)?;
        Ok((to, summary, back, forth))
    });
    let (to, summary, back, forth) = made.await.map_err(Error::internal)??;
    let entries = rows::revisions(app.store.rows(), notation.id).await?;
    if preview {
        return Ok(seen(notation, to, &entries, base));
    }
    check_room(app, entries.len())?;
    let tx = app.store.begin().await?;
    let number = newest(&rows::revisions(tx.rows(), notation.id).await?) + 1;
    if !rows::move_to(tx.rows(), notation.id, base, number, to.clone()).await? {
        drop(tx);
        let now = rows::get(app.store.rows(), notation.id).await?;
        return Err(conflict(base, now.revision));
    }
    let new = NewRevision {
        notation_id: notation.id,
        revision: number,
        parent: Some(base),
        summary,
        back: Some(back),
        forth: Some(forth),
    };
    match rows::add_revision(tx.rows(), new, &to).await {
        Err(store::Error::Conflict(_)) => return Err(conflict(base, number)),
        other => other?,
    }
    tx.commit().await?;
    current(app, notation.id).await
}

fn check_room(app: &App, revisions: usize) -> Result<()> {
    let most = app.config.notation_revisions_max;
    if revisions < most {
        return Ok(());
    }
    Err(Error::Rule(refusal(
        "too_many_revisions",
        format!("This notation has {revisions} revisions, the most one may have."),
        "Make a new notation of the recording, or export this one.",
    )))
}

/// Goes to a revision that is there, along the steps between.
async fn go(app: &App, notation: Notation, target: i32) -> Result<View> {
    let entries = rows::revisions(app.store.rows(), notation.id).await?;
    let state = at_revision(app, &notation, &entries, target).await?;
    if !rows::move_to(app.store.rows(), notation.id, notation.revision, target, state).await? {
        let now = rows::get(app.store.rows(), notation.id).await?;
        return Err(conflict(notation.revision, now.revision));
    }
    current(app, notation.id).await
}

pub(super) async fn current(app: &App, id: Uuid) -> Result<View> {
    let notation = rows::get(app.store.rows(), id).await?;
    let entries = rows::revisions(app.store.rows(), id).await?;
    let (state, revision) = (State::from(&notation), notation.revision);
    Ok(seen(notation, state, &entries, revision))
}

fn newest(entries: &[RevisionEntry]) -> i32 {
    entries.iter().map(|entry| entry.revision).max().unwrap_or(0)
}

fn seen(mut notation: Notation, state: State, entries: &[RevisionEntry], revision: i32) -> View {
    let entry = entries.iter().find(|entry| entry.revision == revision);
    notation.title = state.title;
    notation.tempo = state.tempo;
    notation.time_signature = state.time_signature;
    notation.measures = state.measures;
    notation.notation_json = state.notation_json;
    notation.performance_json = state.performance_json;
    notation.model_version = state.model_version;
    notation.report = state.report;
    notation.revision = revision;
    View {
        notation,
        undo_to: entry.and_then(|entry| entry.parent),
        redo_to: entry.and_then(|entry| entry.redo_to),
        newest: newest(entries),
    }
}

/// The state of a revision, from the current one up to where they part and down again.
pub(super) async fn at_revision(
    app: &App,
    notation: &Notation,
    entries: &[RevisionEntry],
    wanted: i32,
) -> Result<State> {
    let state = State::from(notation);
    if wanted == notation.revision {
        return Ok(state);
    }
    let (up, down) = (ancestry(entries, notation.revision), ancestry(entries, wanted));
    let parted = up.iter().copied().find(|revision| down.contains(revision)).ok_or(Error::NotFound("revision"))?;
    let mut way = Vec::new();
    for &revision in up.iter().take_while(|revision| **revision != parted) {
        way.push(step(rows::revision(app.store.rows(), notation.id, revision).await?, |row| row.back)?);
    }
    let down: Vec<i32> = down.into_iter().take_while(|revision| *revision != parted).collect();
    for &revision in down.iter().rev() {
        way.push(step(rows::revision(app.store.rows(), notation.id, revision).await?, |row| row.forth)?);
    }
    let model_version =
        entries.iter().find(|entry| entry.revision == wanted).and_then(|entry| entry.model_version.clone());
    let followed = tokio::task::spawn_blocking(move || steps::follow(state, way));
    match followed.await.map_err(Error::internal)? {
        Ok(state) => Ok(State { model_version, ..state }),
        Err(EditError::Pipeline(error)) => Err(Error::internal(error)),
        Err(EditError::Refused(_, error)) => Err(Error::internal(error)),
    }
}

fn step(row: Revision, side: impl FnOnce(Revision) -> Option<Document>) -> Result<Document> {
    let revision = row.revision;
    side(row).ok_or_else(|| Error::internal(format!("revision {revision} has no step")))
}

/// A revision, its parent, and so on to the first.
fn ancestry(entries: &[RevisionEntry], revision: i32) -> Vec<i32> {
    let parent = |revision: i32| entries.iter().find(|entry| entry.revision == revision).and_then(|entry| entry.parent);
    let mut line = vec![revision];
    while let Some(next) = parent(line[line.len() - 1]).filter(|next| !line.contains(next)) {
        line.push(next);
    }
    line
}

fn conflict(base: i32, now: i32) -> Error {
    Error::Conflict(refusal(
        "revision_conflict",
        format!("The changes are for revision {base}, the notation is at revision {now}."),
        "Read the notation again and make the changes there.",
    ))
}

fn no_edits(error: &export::Error) -> Error {
    let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    let message: String = format!("{error}{cause}").chars().take(300).collect();
    Error::Invalid(vec![FieldError::body("edits", "value_error", message)])
}

fn refused(error: EditError) -> Error {
    match error {
        EditError::Pipeline(PipelineError::Export(error)) => no_edits(&error),
        EditError::Pipeline(error) => Error::internal(error),
        EditError::Refused(index, error) => Error::Rule(refusal(
            "edit_refused",
            format!("Edit {}: {}", index + 1, sentence(&error)),
            "Nothing was changed. Correct the edit and send all of them again.",
        )),
    }
}
