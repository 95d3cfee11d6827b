//! A notation heard again by another model: what would change is shown, and done only when its owner says so.
//!
//! Conventions: what a person decided is told from what the machine wrote by comparing the current revision with the last
//! one the machine wrote ([`transcribe::relisten`]); once taken over, the decisions are kept in the report as `by_hand`.

use std::collections::BTreeMap;

use drums::Seconds;
use score::{ElementId, Score};
use serde_json::{Value as Document, json};
use store::notations::{self as rows, RevisionEntry, State};
use store::{Job, Notation, Relistening, relistenings};
use transcribe::relisten::{Before, ByHand, ChangeKind, Gone, Relistened, by_hand, relisten};
use uuid::Uuid;

use super::owned;
use super::revisions::{REVERTED, View, at_revision, revise};
use crate::error::refusal;
use crate::jobs::{self, JobType};
use crate::pipeline::PipelineError;
use crate::pipeline::documents::{performance_document, read_performance, read_score};
use crate::pipeline::known::Known;
use crate::pipeline::steps::put_score;
use crate::pipeline::writing::options_of;
use crate::policy::Action;
use crate::{Actor, App, Error, Result};

pub use transcribe::relisten::Change;

/// With which model to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelWish {
    /// The active one.
    Active,
    /// The one in the executable.
    BuiltIn,
    /// A registered one.
    Registered(Uuid),
}

/// What would change.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What was heard, and by which model.
    pub heard: Relistening,
    /// The revision that would be changed.
    pub revision: i32,
    /// Every difference, in order of time.
    pub changes: Vec<Change>,
}

impl Proposal {
    /// How many differences of each kind there are.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        counts(&self.changes)
    }
}

fn counts(changes: &[Change]) -> BTreeMap<&'static str, usize> {
    use ChangeKind::{Added, Changed, Kept, Removed, Unplaced};
    let of = |kind: ChangeKind| changes.iter().filter(|change| change.kind == kind).count();
    [Added, Removed, Changed, Kept, Unplaced].map(|kind| (kind.code(), of(kind))).into()
}

/// Asks for a notation's recording to be heard again.
///
/// # Errors
/// `NotFound`; `Rule` for a notation of no recording; `Conflict` for a model that did not pass its check; those of
/// `jobs::request`.
pub async fn ask(app: &App, actor: &Actor, id: Uuid, wish: ModelWish) -> Result<Job> {
    let notation = owned(app, actor, Action::ChangeNotation, id).await?;
    let Some(video_id) = notation.video_id else {
        return Err(Error::Rule(refusal(
            "notation_without_sound",
            "This notation was written from posted strokes; there is no recording to hear again.",
            "Post other strokes, or make a notation of a recording.",
        )));
    };
    let mut payload = json!({ "force": true, "notation": id, "base_revision": notation.revision });
    match wish {
        ModelWish::Active => {}
        ModelWish::BuiltIn => payload["model"] = json!("built_in"),
        ModelWish::Registered(model) => {
            if store::models::get(app.store.rows(), model).await?.status != "verified" {
                let message = "The model was not checked, or did not pass its check.";
                let hint = "Ask an admin to verify it.";
                return Err(Error::Conflict(refusal("model_not_verified", message, hint)));
            }
            payload["model"] = json!(model);
        }
    }
    jobs::enqueue(app, actor, video_id, JobType::AudioAnalysis, payload).await
}

/// What would change in the current revision.
///
/// # Errors
/// `NotFound`, also where nothing was heard again.
pub async fn proposal(app: &App, actor: &Actor, id: Uuid) -> Result<Proposal> {
    let notation = owned(app, actor, Action::ReadNotation, id).await?;
    let heard = waiting(app, id).await?;
    let written = written_last(app, &notation).await?;
    let (state, document, revision) = (State::from(&notation), heard.performance_json.clone(), notation.revision);
    let merged = tokio::task::spawn_blocking(move || merge(&written, &state, &document));
    let merged = merged.await.map_err(Error::internal)?.map_err(Error::internal)?;
    Ok(Proposal { heard, revision, changes: merged.changes })
}

/// Takes over what was heard; a new revision.
///
/// # Errors
/// As [`proposal`]; `Conflict` when the notation is in another revision.
pub async fn accept(app: &App, actor: &Actor, id: Uuid, base_revision: i32) -> Result<View> {
    let notation = owned(app, actor, Action::ChangeNotation, id).await?;
    let heard = waiting(app, id).await?;
    let written = written_last(app, &notation).await?;
    let view = revise(app, notation, Some(base_revision), false, move |from: State| {
        let merged = merge(&written, &from, &heard.performance_json).map_err(Error::internal)?;
        taken_over(from, &merged, heard).map_err(Error::internal)
    })
    .await?;
    relistenings::remove(app.store.rows(), id).await?;
    Ok(view)
}

/// Drops what was heard.
///
/// # Errors
/// `NotFound`, also where nothing was heard again.
pub async fn discard(app: &App, actor: &Actor, id: Uuid) -> Result<()> {
    owned(app, actor, Action::ChangeNotation, id).await?;
    if relistenings::remove(app.store.rows(), id).await? { Ok(()) } else { Err(Error::NotFound("new hearing")) }
}

async fn waiting(app: &App, id: Uuid) -> Result<Relistening> {
    relistenings::of_notation(app.store.rows(), id).await?.ok_or(Error::NotFound("new hearing"))
}

/// The state that the machine wrote last: the corrections since then are a person's.
async fn written_last(app: &App, notation: &Notation) -> Result<State> {
    let entries = rows::revisions(app.store.rows(), notation.id).await?;
    let mut revision = notation.revision;
    // Each step goes back in time; a damaged tree must not be walked for ever.
    for _ in 0..entries.len() {
        let row = rows::revision(app.store.rows(), notation.id, revision).await?;
        let by_machine = row.forth.as_ref().is_some_and(|step| step.get("performance").is_some());
        let earlier = reverted_to(&row.summary).filter(|earlier| has(&entries, *earlier));
        match (earlier, row.parent) {
            (Some(earlier), _) => revision = earlier,
            (None, Some(parent)) if !by_machine => revision = parent,
            _ => break,
        }
    }
    at_revision(app, notation, &entries, revision).await
}

fn has(entries: &[RevisionEntry], revision: i32) -> bool {
    entries.iter().any(|entry| entry.revision == revision)
}

/// Which revision a revision is the same as, where it goes back to one.
fn reverted_to(summary: &str) -> Option<i32> {
    summary.strip_prefix(REVERTED)?.trim().parse().ok()
}

fn merge(written: &State, now: &State, heard: &Document) -> Result<Relistened, PipelineError> {
    let wrote: Score = read_score(&written.notation_json)?;
    let score = read_score(&now.notation_json)?;
    let performance = read_performance(&now.performance_json)?;
    let heard = read_performance(heard)?;
    let decided = by_hand(&wrote, &score, &performance, &read_by_hand(written));
    let known = Known { options: options_of(now), ..Known::default() };
    // What a notation was written with was checked then; another version of us may read it differently.
    let wishes = known.read().unwrap_or_default();
    let heard = wishes.within(&heard)?;
    let before = Before {
        score: &score,
        performance: &performance,
        by_hand: &decided,
        notation: &wishes.options.notation,
        level: wishes.level,
    };
    Ok(relisten(&before, &heard))
}

fn taken_over(from: State, merged: &Relistened, heard: Relistening) -> Result<(State, String), PipelineError> {
    let counts = counts(&merged.changes);
    let words: Vec<String> =
        counts.iter().filter(|(_, count)| **count > 0).map(|(kind, count)| format!("{count} {kind}")).collect();
    let words = if words.is_empty() { "nothing else".to_owned() } else { words.join(", ") };
    let summary = format!("As {} heard it again: {words}", heard.model_version);
    let mut report = json!({ "remarks": heard.remarks, "by_hand": write_by_hand(&merged.by_hand) });
    let options = options_of(&from);
    if !options.is_empty() {
        report["options"] = json!(options);
    }
    let mut state = State {
        performance_json: performance_document(&merged.performance)?,
        model_version: Some(heard.model_version),
        report: Some(report),
        ..from
    };
    put_score(&mut state, &merged.score)?;
    Ok((state, summary))
}

fn write_by_hand(decided: &ByHand) -> Document {
    let notes: Vec<u32> = decided.notes.iter().map(|id| id.0).collect();
    let gone = |gone: &Gone| json!({ "time_s": gone.time.get(), "instrument": gone.instrument.id() });
    json!({ "notes": notes, "removed": decided.removed.iter().map(gone).collect::<Vec<_>>() })
}

fn read_by_hand(state: &State) -> ByHand {
    let Some(kept) = state.report.as_ref().and_then(|report| report.get("by_hand")) else { return ByHand::default() };
    let notes = kept["notes"].as_array().into_iter().flatten().filter_map(Document::as_u64);
    let gone = |gone: &Document| {
        let time = Seconds::new(gone["time_s"].as_f64()?).ok()?;
        Some(Gone { time, instrument: gone["instrument"].as_str()?.parse().ok()? })
    };
    ByHand {
        notes: notes.filter_map(|id| u32::try_from(id).ok()).map(ElementId).collect(),
        removed: kept["removed"].as_array().into_iter().flatten().filter_map(gone).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_read_as_they_were_written() {
        let decided = ByHand {
            notes: [ElementId(3), ElementId(70)].into(),
            removed: vec![Gone { time: Seconds::clamped(1.25), instrument: "snare".parse().unwrap() }],
        };
        let state = State {
            title: String::new(),
            tempo: 120.0,
            time_signature: "4/4".to_owned(),
            measures: 1,
            notation_json: Document::Null,
            performance_json: Document::Null,
            model_version: None,
            report: Some(json!({ "by_hand": write_by_hand(&decided) })),
        };
        assert_eq!(read_by_hand(&state), decided);
        assert_eq!(reverted_to("Back to revision 12"), Some(12));
        assert_eq!(reverted_to("Removed a note"), None);
    }
}
